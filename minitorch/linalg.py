"""`minitorch.linalg`: norms, inverses and factorisations under torch's names.

Floor 3. All but `norm` is defined in `ops/linalg.py` and `ops/distances.py`.
"""

from . import errors
from .ops.distances import matrix_norm, vector_norm
from .ops.linalg import LinAlgError, inv, qr, solve
from .tensor import Tensor

__all__ = ["LinAlgError", "inv", "matrix_norm", "norm", "qr", "solve", "vector_norm"]


def norm(A, ord=None, dim=None, keepdim=False, *, out=None, dtype=None):
    """A vector norm, or a matrix norm where `ord` is given and `dim` (or `A`) has two dimensions.

    >>> import minitorch
    >>> minitorch.linalg.norm(minitorch.tensor([3., 4.]))
    tensor(5.)
    """
    if not isinstance(A, Tensor):
        raise errors.not_a_tensor("linalg_norm", "input", 1, A)
    dims = (dim,) if isinstance(dim, int) else dim
    ndim = A._array.ndim
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError("linalg.norm: If dim is specified, it must be of length 1 or 2. Got "
                           f"{list(dims)}")  # fmt: skip
    if dims is None and ord is not None and ndim not in (1, 2):
        raise RuntimeError("linalg.norm: If dim is not specified but ord is, the input must be 1D "
                           f"or 2D. Got {ndim}D.")  # fmt: skip
    if isinstance(ord, str) or ord is not None and len(dims or range(ndim)) == 2:
        return matrix_norm(A, ord, dims or (0, 1), keepdim, dtype=dtype, out=out)
    return vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype, out=out)
