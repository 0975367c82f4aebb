"""Inverses and factorisations of matrices.

Floor 2. Matrices are the last two dimensions, the others are a batch. NumPy calls the same LAPACK
as torch; what fails there is worded here. `minitorch.linalg` shows these and the norms.
"""

import numpy as np

from .. import dtypes, errors
from ..devices import library
from ..primitive import Primitive
from ..tensor import Tensor
from . import joining
from .ordering import named

# ---- checks ------------------------------------------------------------------------------------


class LinAlgError(RuntimeError):
    """A matrix is singular.

    >>> import minitorch
    >>> issubclass(minitorch.linalg.LinAlgError, RuntimeError)
    True
    """


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"  # what torch's error says it is


def floats(name, A, matrix=True, square=False, half=True, dtype=None):
    """`A`, cast to `dtype`, or torch's error if it is no float or has not the shape it should."""
    if not isinstance(A, Tensor):
        argument = "input" if name.endswith("norm") else "A"
        raise errors.not_a_tensor(f"linalg_{name}", argument, 1, A)
    x = A._array
    if x.dtype.kind != "f":
        raise RuntimeError(f"linalg.{name}: Expected a floating point or complex tensor as input. "
                           f"Got {errors.scalar_name(x)}")  # fmt: skip
    if matrix and x.ndim < 2:
        raise RuntimeError(f"linalg.{name}: The input tensor A must have at least 2 dimensions.")
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(f"linalg.{name}: A must be batches of square matrices, but they are "
                           f"{x.shape[-2]} by {x.shape[-1]} matrices")  # fmt: skip
    if dtype is not None:
        given, wanted = (errors.SCALAR_NAME[d._name] for d in (A.dtype, dtype))
        if not dtype.is_floating_point:
            raise RuntimeError(f"linalg.{name}: dtype should be floating point or complex, but got "
                               f"{wanted}")  # fmt: skip
        if dtypes.promote_types(A.dtype, dtype) is not dtype:
            raise RuntimeError(
                f"linalg.{name}: the dtype of the input ({given}) should be convertible without "
                f"narrowing to the specified dtype ({wanted})"
            )
        A = A.to(dtype)
    if not half and A._array.dtype.char == "e":
        raise RuntimeError(f"linalg.{name}: Low precision dtypes not supported. Got Half")
    return A


# ---- inverse and solution ----------------------------------------------------------------------


def _pivot(x):
    """The first zero on the diagonal of U in A = P L U, counted from 1."""
    x, n = x.copy(), len(x)
    for k in range(n):
        p = k + abs(x[k:, k]).argmax()
        if x[p, k] == 0:
            return k + 1
        x[[k, p]] = x[[p, k]]
        x[k + 1 :] -= x[k + 1 :, k : k + 1] / x[k, k] * x[k]
    return n


def _first_singular(A):
    """Which matrix has no inverse, as torch names it in a batch, and the matrix."""
    for i, x in enumerate(A.reshape(-1, *A.shape[-2:])):
        try:
            np.linalg.inv(x)
        except np.linalg.LinAlgError:
            return f"(Batch element {i}): " if A.ndim > 2 else "", x


def _explain_inv(arrays, keywords):
    which, x = _first_singular(arrays[0])
    return LinAlgError(
        f"linalg.inv: {which}The diagonal element {_pivot(x)} is zero, the inversion could not be "
        "completed because the input matrix is singular."
    )


def _explain_solve(arrays, keywords):
    A, B = arrays
    told = keywords["vector"] or errors.broadcast(B.shape[:-2], A.shape[:-2])
    if isinstance(told, Exception):
        return told
    which, _ = _first_singular(A)
    return LinAlgError(f"torch.linalg.solve: {which}The solver failed because the input matrix is "
                       "singular.")  # fmt: skip


def _solve(A, B, *, left, vector):
    B = B[..., None] if vector else B
    X = np.linalg.solve(A, B) if left else np.linalg.solve(A.mT, B.mT).mT
    return X[..., 0] if vector else X


def _solve_backward(g, A, out, left, vector):
    """of B: solve(A^T, g); of A: -(of B) X^T."""
    of_B = solve_primitive(A.mT, g, left=left, vector=vector)
    column, X = (of_B[..., None], out[..., None]) if vector else (of_B, out)
    return -(column @ X.mT if left else X.mT @ column), of_B


inv_primitive = Primitive("linalg_inv_ex", np.linalg.inv, explain=_explain_inv, inputs="A",
                          A=lambda g, out: -(out.mT @ g @ out.mT))  # fmt: skip
solve_primitive = Primitive("linalg_solve_ex", _solve, inputs="A B", backward=_solve_backward,
                            explain=_explain_solve)  # fmt: skip


def inv(A, *, out=None):
    """The inverse of each square matrix; LinAlgError for one that has none.

    >>> import minitorch
    >>> minitorch.linalg.inv(minitorch.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return inv_primitive(floats("inv", A, square=True, half=False), out=out)


def solve(A, B, *, left=True, out=None):
    """The X in A X = B (with `left=False`, X A = B); LinAlgError where there is not just one.

    `B` is a vector, or a batch of them, if it has the shape of `A` without the last dimension.

    >>> import minitorch
    >>> A = minitorch.tensor([[2., 0.], [0., 4.]])
    >>> minitorch.linalg.solve(A, minitorch.tensor([2., 2.]))
    tensor([1.0000, 0.5000])
    """
    if not isinstance(B, Tensor):
        raise errors.not_a_tensor("linalg_solve", "B", 2, B)
    a, b = floats("solve", A, square=True)._array, B._array
    if a.dtype != b.dtype:
        raise RuntimeError("linalg.solve: Expected A and B to have the same dtype, but found A of "
                           f"type {errors.scalar_name(a)} and B of type {errors.scalar_name(b)} "
                           "instead")  # fmt: skip
    vector = b.ndim == 1 or b.shape == a.shape[:-1]
    if b.ndim < 1 + (not vector):
        raise RuntimeError("linalg.solve: The input tensor B must have at least 2 dimensions.")
    rows, columns = (b.shape[-1], 1) if vector else b.shape[-2:]
    if a.shape[-1] != (rows if left else columns):
        raise RuntimeError("linalg.solve: Incompatible shapes of A and B for the equation "
                           f"{'AX' if left else 'XA'} = B ({errors.by(a.shape[-2:])} and "
                           f"{rows}x{columns})")  # fmt: skip
    if a.dtype.char == "e":
        raise errors.not_implemented("lu_cpu", a.dtype)
    return solve_primitive(A, B, left=left, vector=vector, out=out)


# ---- orthogonal and triangular -----------------------------------------------------------------


def _qr(A, *, mode):
    result = np.linalg.qr(A, mode)
    return (np.empty(0, A.dtype, like=A), result) if mode == "r" else tuple(result)


def _qr_input(g, Q, R, mode):
    """With M = R gR^T - gQ^T Q: (gQ + Q (lower(M) + strictly_lower(M)^T)) R^-T.

    A wide A is [X Y] = Q [U V]: then Y = Q V, and X = Q U is square.
    """
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please "
            "use linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
        )
    (gQ, gR), m, n = g, Q.shape[-2], R.shape[-1]
    if mode == "complete" and m > n:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and "
                           "nrows > ncols.")  # fmt: skip
    if m < n:
        U, V, gU, gV = R[..., :m], R[..., m:], gR[..., :m], gR[..., m:]
        gX = _qr_input((gQ + Q @ V @ gV.mT, gU), Q, U, mode)
        return joining.cat_primitive(gX, Q @ gV, axis=len(Q.shape) - 1)
    M = R @ gR.mT - gQ.mT @ Q
    M = M * np.tri(n, dtype=bool, like=library(gQ)) + (
        M * np.tri(n, k=-1, dtype=bool, like=library(gQ))).mT  # fmt: skip
    return solve_primitive(R.mT, gQ + Q @ M, left=False, vector=False)


qr_primitive = Primitive("linalg_qr", _qr, outputs="Q R", inputs="A", A=_qr_input)
_qr_result = named("linalg_qr", "Q R")


def qr(A, mode="reduced"):
    """A = Q R, with the columns of Q orthonormal and R upper triangular.

    Shapes (m, n) -> (m, k), (k, n), where k is the smaller of both, or m if `mode` is "complete";
    with "r" Q is left out.

    >>> import minitorch
    >>> Q, R = minitorch.linalg.qr(minitorch.tensor([[3., 1.], [4., 2.]]))
    >>> R
    tensor([[-5.0000, -2.2000],
            [ 0.0000,  0.4000]])
    """
    floats("qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr received unrecognized mode '{mode}' but expected one of 'reduced' "
                           "(default), 'r', or 'complete'")  # fmt: skip
    if A._array.dtype.char == "e":
        raise errors.not_implemented("geqrf_cpu", A._array.dtype)
    return _qr_result(*qr_primitive(A, mode=mode))


# ---- singular values ---------------------------------------------------------------------------


def _svd_input(g, U, S, Vh):
    """https://j-towns.github.io/papers/svd-derivative.pdf"""
    gU, gS, gVh = g
    m, k, n = U.shape[-2], S.shape[-1], Vh.shape[-1]
    row, column = S[..., None, :], S[..., :, None]
    unit = np.eye(k, dtype=bool, like=library(S))
    apart = row * row - column * column + unit
    of_U, of_V = U.mT @ gU, Vh @ gVh.mT
    core = (of_U - of_U.mT) / apart * row + column * ((of_V - of_V.mT) / apart)
    gA = U @ (core + unit * gS[..., None, :]) @ Vh
    if m > k:
        gA = gA + (gU - U @ of_U) / row @ Vh
    if n > k:
        gA = gA + U / row @ (gVh - of_V.mT @ Vh)
    return gA


svd_primitive = Primitive("linalg_svd", lambda A: tuple(np.linalg.svd(A, full_matrices=False)),
                          inputs="A", outputs="U S Vh", A=_svd_input)  # fmt: skip


def _svdvals_input(g, A):
    U, _, Vh = svd_primitive(A)
    return U * g[..., None, :] @ Vh


svdvals = Primitive("linalg_svd", lambda A: np.linalg.svd(A, compute_uv=False), inputs="A",
                    A=_svdvals_input)  # fmt: skip
