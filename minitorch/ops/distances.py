"""Norms of vectors and matrices, and distances between rows.

Floor 2. `norm` is minitorch.norm; what `minitorch.linalg` shows is `linalg.py`'s affair.
"""

import numpy as np

from .. import errors
from ..devices import reduced, zeros
from ..primitive import Primitive
from ..recording import write_out
from ..tensor import Tensor
from . import elementwise, reductions, shapes
from .comparison import choose
from .linalg import floats, svdvals
from .ordering import amax, amin, evenly
from .reductions import axes_of, kept, total, total_of_products

# ---- vector norms ------------------------------------------------------------------------------


def _norm(x, *, ord, axes, keepdim):
    """(sum of |x|^ord)^(1/ord); for 0 how many are not zero, for inf the largest."""
    if ord == 2 and x.dtype.char in "fd" and len(axes) == x.ndim and x.flags.c_contiguous:
        flat = x.reshape(-1)
        return np.sqrt(total_of_products(flat, flat)).reshape((1,) * (keepdim * x.ndim))
    wide = np.abs(x.astype(np.float32) if x.dtype.char == "e" else x)
    if abs(ord) == np.inf:
        most = np.maximum if ord > 0 else np.minimum
        return reduced(most, wide, axes, keepdim).astype(x.dtype, copy=False)
    if ord == 0:
        return np.add.reduce(wide != 0, axes, x.dtype, keepdims=keepdim)
    if ord == 1:
        out = total(wide, axes, keepdim)
    elif ord == 2:
        out = np.sqrt(total(np.square(wide), axes, keepdim))
    else:
        out = total(wide**ord, axes, keepdim) ** (1 / ord)
    return out.astype(x.dtype, copy=False)


def _norm_input(g, input, out, ord, axes, keepdim):
    """sign(x) |x / norm|^(ord - 1), where that is a number; 0 for a norm of 0."""
    g, norm = (kept(value, input.shape, axes, keepdim) for value in (g, out))
    if ord == 0:
        return None
    if abs(ord) == np.inf:
        mask = (abs(input) == norm) | ((input != input) & (norm != norm))
        return evenly(g, mask, axes=axes) * elementwise.sign(input)
    if ord == 1:
        return g * elementwise.sign(input)
    if ord == 2:
        return g * choose(norm == 0, 0, input / norm)
    if ord < 2:
        power = elementwise.sign(input) * abs(input) ** (ord - 1)
    else:
        power = input * abs(input) ** (ord - 2)
    if ord < 1:
        return choose(input == 0, 0, power) * (g * norm ** (1 - ord))
    return power * choose(norm == 0, 0, g / norm ** (ord - 1))


norm_primitive = Primitive("linalg_vector_norm", _norm, input=_norm_input)


def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None, out=None):
    """(sum of |x|^ord)^(1/ord), of all elements or over `dim`; `ord` may be 0, inf and -inf.

    >>> import minitorch
    >>> x = minitorch.tensor([3., -4.])
    >>> minitorch.linalg.vector_norm(x), minitorch.linalg.vector_norm(x, 1)
    (tensor(5.), tensor(7.))
    """
    if not isinstance(ord, (int, float)):
        raise TypeError("linalg_vector_norm(): argument 'ord' (position 2) must be Number, not "
                        f"{type(ord).__name__}")  # fmt: skip
    x = floats("vector_norm", x, matrix=False, dtype=dtype)
    shape = x._array.shape
    axes = axes_of(dim, len(shape))
    if (ord < 0 or ord == np.inf) and x._array.size == 0:
        what = f"linalg.vector_norm cannot compute the {ord:g} norm on "
        if dim is None or dim == ():
            raise RuntimeError(f"{what}an empty tensor because the operation does not have an "
                               "identity")  # fmt: skip
        for axis in axes:
            if shape[axis] == 0:
                raise RuntimeError(f"{what}the dimension {axis}because this dimension is empty and "
                                   "the operation does not have an identity")  # fmt: skip
    return norm_primitive(x, ord=ord, axes=axes, keepdim=keepdim, out=out)


# ---- matrix norms ------------------------------------------------------------------------------


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None, out=None):
    """A norm of matrices: "fro" (the root of the sum of squares), "nuc" (the sum of the singular
    values), 2 and -2 (the largest and smallest of them), 1 and -1 (the largest and smallest sum of
    a column), inf and -inf (of a row).

    >>> import minitorch
    >>> A = minitorch.tensor([[3., 0.], [0., 4.]])
    >>> [minitorch.linalg.matrix_norm(A, ord).item() for ord in ("fro", "nuc", 2, 1)]
    [5.0, 7.0, 4.0, 4.0]
    """
    if ord not in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    by_values = ord in ("nuc", 2, -2)
    A = floats("matrix_norm", A, dtype=dtype, half=not by_values)
    if len(dim) != 2:
        got = " ".join(map(str, dim))
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {got}")
    rows, columns = (errors.wrap_dim(d, A._array.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, out=out)
    if by_values:
        others = tuple(i for i in range(A._array.ndim) if i not in (rows, columns))
        order = others + (rows, columns)
        values = svdvals(shapes.permute_primitive(A, axes=order))
        result = _reduced(values, -1, ord, keepdim)
        if keepdim:
            back = tuple(order.index(i) for i in range(len(order)))
            result = shapes.permute_primitive(shapes.unsqueeze(result, -1), axes=back)
    else:
        down, across = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = vector_norm(A, 1, down, keepdim)
        result = _reduced(sums, across - (across > down and not keepdim), ord, keepdim)
    return result if out is None else write_out(norm_primitive, result, out)


def _reduced(x, dim, ord, keepdim):
    """The sum, the largest or the smallest along `dim`; here the largest of nothing is 0."""
    if ord == "nuc" or (ord > 0 and not x._array.shape[dim]):
        return x.sum(dim, keepdim)
    return (amax if ord > 0 else amin)(x, dim, keepdim)


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The norm of all elements, or over `dim`: a number `p`, "fro" (as 2) or "nuc" of matrices.

    >>> import minitorch
    >>> minitorch.tensor([3., 4.]).norm()
    tensor(5.)
    """
    dims = (dim,) if isinstance(dim, int) else dim
    if not isinstance(p, str) or (p == "fro" and (dims is None or len(dims) <= 2)):
        p = 2 if p in (None, "fro") else p
        return vector_norm(input, p, dims, keepdim, dtype=dtype, out=out)
    dims = range(input._array.ndim) if dims is None else dims
    return matrix_norm(input, p, dims, keepdim, dtype=dtype, out=out)


# ---- distances ---------------------------------------------------------------------------------


def _cdist(x, y, *, p, products):
    if not x.shape[-1]:
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        return zeros((*batch, x.shape[-2], y.shape[-2]), x)
    if not products:
        apart = x[..., :, None, :] - y[..., None, :, :]
        return _norm(apart, ord=p, axes=(apart.ndim - 1,), keepdim=False)
    xx, yy = (np.add.reduce(a * a, -1, keepdims=True) for a in (x, y))
    rows = np.concatenate((-2 * x, xx, np.ones_like(xx)), -1)
    columns = np.concatenate((y, np.ones_like(yy), yy), -1)
    return np.sqrt(np.maximum(rows @ columns.mT, 0))  # |x - y|^2 = -2 x.y + |x|^2 + |y|^2


def _cdist_backward(g, x1, x2, out, p, products):
    if products:
        w = choose(out == 0, 0, g / out)
        across, down = (reductions.sum_primitive(w, axes=(len(w.shape) - i,), keepdim=False)
                        for i in (1, 2))  # fmt: skip
        return x1 * across[..., None] - w @ x2, x2 * down[..., None] - w.mT @ x1
    apart = x1[..., :, None, :] - x2[..., None, :, :]
    g, out, last = g[..., None], out[..., None], len(apart.shape) - 1
    if p == np.inf:  # unlike the norm, all that are equal get the whole
        pulled = g * elementwise.sign(apart) * (abs(apart) == out)
    else:
        pulled = g * 0 * apart if p == 0 else _norm_input(g, apart, out, p, (last,), True)
    return (reductions.sum_primitive(pulled, axes=(last - 1,), keepdim=False),
            -reductions.sum_primitive(pulled, axes=(last - 2,), keepdim=False))  # fmt: skip


cdist_primitive = Primitive(
    "cdist", _cdist, inputs="x1 x2", backward=_cdist_backward,
    explain=lambda arrays, keywords: errors.broadcast(*(a.shape[:-2] for a in arrays)),
)  # fmt: skip
_MODES = {"use_mm_for_euclid_dist_if_necessary": 25, "use_mm_for_euclid_dist": -1,
          "donot_use_mm_for_euclid_dist": np.inf}  # rows beyond which products are quicker


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The distances, in the p-norm, of each row of `x1` from each of `x2`.

    Shapes (..., n, k), (..., m, k) -> (..., n, m).

    >>> import minitorch
    >>> minitorch.cdist(minitorch.tensor([[0., 0.]]), minitorch.tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for i, x in enumerate((x1, x2), 1):
        if not isinstance(x, Tensor):
            raise errors.not_a_tensor("cdist", f"x{i}", i, x)
        if x._array.dtype.kind != "f":
            raise RuntimeError(f"cdist only supports floating-point dtypes, X{i} got: "
                               f"{errors.scalar_name(x._array)}")  # fmt: skip
        if x._array.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, X{i} got: "
                               f"{x._array.ndim}D")  # fmt: skip
    a, b = x1._array, x2._array
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError("X1 and X2 must have the same number of columns. "
                           f"X1: {a.shape[-1]} X2: {b.shape[-1]}")  # fmt: skip
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected scalar type {errors.scalar_name(a)} but found "
                           f"{errors.scalar_name(b)}")  # fmt: skip
    if a.dtype.char == "e":
        raise errors.not_implemented("cdist", a.dtype)
    rows = max(a.shape[-2], b.shape[-2])
    return cdist_primitive(x1, x2, p=p, products=p == 2 and rows > _MODES[compute_mode])
