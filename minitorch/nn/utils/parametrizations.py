"""Parametrizations that come ready made: weight normalization, and orthogonal matrices.

May import floors 0-4. Convention: a batch of matrices is (..., m, n).
"""

import math
from functools import partial

import numpy as np

from ... import dtypes, errors, linalg
from ...modes import no_grad
from ...ops.comparison import allclose
from ...ops.creation import eye, zeros_like
from ...ops.joining import cat
from ...ops.sampling import randn
from ...primitive import Primitive
from ...tensor import Tensor, from_numpy
from ..module import Module
from .parametrize import register_parametrization

__all__ = ["orthogonal", "weight_norm"]


# ---- weight normalization ----------------------------------------------------------------------


def _norm_except_dim(v, dim):
    """The norms of the slices of `v` along `dim` (its size stays, the others are 1); -1: of all."""
    if dim == -1:
        return v.norm()
    others = _others(errors.wrap_dim(dim, v.dim()), v)
    return linalg.vector_norm(v, dim=others, keepdim=True) if others else v.abs()


def _others(dim, v):
    return tuple(d for d in range(v.dim()) if d != dim)


def _scaled(v, g, *, axes):
    return v * (g / _length(v, axes))


def _length(v, axes):
    return (v * v).sum(axes, keepdims=True) ** 0.5


def _scaled_backward(grad, v, g, axes):
    """of v: g / |v| (grad - v (grad . v) / |v|^2), of g: (grad . v) / |v|."""
    length = _length(v, axes)
    along = (grad * v).sum(axes, keepdims=True) / length
    return g / length * (grad - v * along / length), along


# One operation where torch has one: for the first and the last dimension.
_scaled_primitive = Primitive("weight_norm_interface", _scaled, inputs="v g",
                              backward=_scaled_backward)  # fmt: skip


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        if self.dim in (0, weight_v.dim() - 1):
            return _scaled_primitive(weight_v, weight_g, axes=_others(self.dim, weight_v))
        return weight_v * (weight_g / _norm_except_dim(weight_v, self.dim))

    def right_inverse(self, weight):
        return _norm_except_dim(weight, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Learn the length and the direction of a weight apart: w = g v / |v|. Returns `module`.

    g is `parametrizations.<name>.original0`, v is `original1`. There is a length for each slice
    along `dim` (0: for each output), with None one for all.

    >>> from minitorch import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(20, 40))
    >>> layer
    ParametrizedLinear(
      in_features=20, out_features=40, bias=True
      (parametrizations): ModuleDict(
        (weight): ParametrizationList(
          (0): _WeightNorm()
        )
      )
    )
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(partial(_rename_old_keys, name))
    return module


def _rename_old_keys(name, state_dict, prefix, *_):
    """What the first weight norm, which was made of hooks, saved as `weight_g` and `weight_v`."""
    old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
    if all(key in state_dict for key in old):
        for i, key in enumerate(old):
            state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)


# ---- maps from all matrices to orthogonal ones -------------------------------------------------


def _skew(X):
    """The skew-symmetric matrix below whose diagonal are the columns of `X`."""
    *batch, n, k = X.shape
    X = X.tril()
    if n != k:
        X = cat([X, X.new_zeros(*batch, n, n - k)], dim=-1)
    return X - X.mT


def _matrix_exp(A):
    """I + A + A^2 / 2! + ..., of A / 2^s, then squared s times: exp(A) = exp(A / 2^s)^(2^s)."""
    norm = float(abs(A.detach()).sum(-1).max())
    halvings = max(0, math.frexp(norm)[1] + 1)  # the norm is then at most 1/2
    A = A / 2**halvings
    I = _eye_like(A)
    result = I
    for k in reversed(range(1, 16)):
        result = I + A @ result / k
    for _ in range(halvings):
        result = result @ result
    return result


def _cayley(A):
    I = _eye_like(A)
    return linalg.solve(I - A / 2, I + A / 2)


def _householder(X):
    """The first k columns of a product of k reflections: column i below the diagonal is the ith.

    With V these columns and 1 on the diagonal, H_1 ... H_k = I - V S^-1 V^T, where S is V^T V
    without what is below the diagonal and half of the diagonal (the compact WY form).
    """
    n, k = X.shape[-2:]
    I = eye(n, k, dtype=X.dtype, device=X.device)
    V = X.tril(-1) + I
    S = (V.mT @ V).triu() * (1 - I[:k] / 2)
    Q = I - V @ linalg.solve(S, V[..., :k, :].mT)
    return Q * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)  # signs: no gradient


def _eye_like(A):
    return eye(A.shape[-1], dtype=A.dtype, device=A.device)


# ---- orthogonal --------------------------------------------------------------------------------

_MAPS = {
    "matrix_exp": lambda X: _matrix_exp(_skew(X))[..., : X.shape[-1]],
    "cayley": lambda X: _cayley(_skew(X))[..., : X.shape[-1]],
    "householder": _householder,
}


class _Orthogonal(Module):
    """A map of `_MAPS`, and with `use_trivialization` a turn to where it began (the buffer)."""

    def __init__(self, weight, orthogonal_map, *, use_trivialization=True):
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X):
        wide = X.shape[-2] < X.shape[-1]
        Q = _MAPS[self.orthogonal_map](X.mT if wide else X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if wide else Q

    @no_grad()
    def right_inverse(self, Q):
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {Q.shape}."
            )
        wide = Q.shape[-2] < Q.shape[-1]
        tall = Q.mT if wide else Q
        if hasattr(self, "base"):
            self.base = _completed(tall)
            start = zeros_like(Q)  # each map makes of this the first columns of the identity
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            )
        X = _reflections(tall)
        return X.mT if wide else X


def _completed(Q):
    """A square orthogonal matrix whose first columns are those of `Q`, made orthogonal."""
    *batch, n, k = Q.shape
    if n == k and _is_orthogonal(Q):
        return Q.clone()
    if n != k:
        Q = cat([Q, randn(*batch, n, n - k, dtype=Q.dtype, device=Q.device)], dim=-1)
    Q, R = linalg.qr(Q)
    return Q * R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)  # the one with R > 0


def _is_orthogonal(Q):
    eps = 10.0 * Q.shape[-2] * dtypes.finfo(Q.dtype).eps
    return allclose(Q.mT @ Q, _eye_like(Q), atol=eps)


def _reflections(Q):
    """The X that `_householder` maps to `Q`, made orthogonal: what LAPACK's geqrf leaves."""
    X, tau = np.linalg.qr(Q.detach().numpy(), mode="raw")
    X = np.ascontiguousarray(X.swapaxes(-1, -2))
    signs = np.sign(np.diagonal(X, axis1=-2, axis2=-1))
    i = np.arange(signs.shape[-1])
    X[..., i, i] = np.where(tau == 0, -signs, signs)  # 0: a reflection that was not needed
    return from_numpy(X)


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    """Keep a weight orthogonal, Q^T Q = I (Q Q^T = I if it is wide), while it is learned.

    `orthogonal_map` is "matrix_exp" (exp(A), A skew-symmetric; the default for square weights),
    "cayley" ((I + A/2) (I - A/2)^-1) or "householder" (a product of reflections; the default for
    others). With `use_trivialization` the map starts at the weight of now, kept as a buffer `base`.
    Returns `module`; ValueError if the weight is no matrix.

    >>> import minitorch
    >>> from minitorch import nn
    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(20, 40))
    >>> Q = layer.weight
    >>> minitorch.allclose(Q.mT @ Q, minitorch.eye(20), atol=1e-5)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.dim() < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions."
        )
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)
