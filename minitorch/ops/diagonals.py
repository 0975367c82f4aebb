"""Diagonals and triangles of matrices.

Floor 2. A diagonal is described by `where`, a tuple (offset, first dimension, second dimension).
"""

from operator import index

import numpy as np

from .. import devices, dtypes, errors
from ..devices import zeros
from ..primitive import Primitive
from . import creation, parts

# ---- diagonals ---------------------------------------------------------------------------------


def _diagonal(x, where):
    seen = x.diagonal(*where)
    if isinstance(seen, np.ndarray):
        seen.flags.writeable = x.flags.writeable  # NumPy's is not
    return seen


diagonal_primitive = parts.part_of("diagonal", _diagonal)
diagonal_copy = Primitive(
    "diagonal", lambda x, *, where: _diagonal(x, where).copy(), inputs="input",
    node="DiagonalBackward0_copy",
    input=lambda g, input_shape, where: diagonal_embedded(g, shape=tuple(input_shape), where=where),
)  # fmt: skip


def _embedded(x, *, shape, where):
    full = zeros(shape, x)
    _diagonal(full, where)[...] = x
    return full


diagonal_embedded = Primitive(
    "diag_embed", _embedded, inputs="input",
    input=lambda g, where: diagonal_primitive(g, where=where),
)  # fmt: skip


def _two(dim1, dim2, ndim):
    axes = errors.wrap_dim(dim1, ndim), errors.wrap_dim(dim2, ndim)
    if axes[0] == axes[1]:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return axes


def diagonal(input, offset: int = 0, dim1: int = 0, dim2: int = 1):
    """The elements whose indices in two dimensions agree, or differ by `offset`; a view.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    axes = _two(dim1, dim2, input._array.ndim)
    return diagonal_primitive.quick(input, (offset, *axes))


def diag_embed(input, offset: int = 0, dim1: int = -2, dim2: int = -1):
    """Matrices with the last dimension of `input` on their diagonal, zeros elsewhere.

    >>> import minitorch
    >>> minitorch.diag_embed(minitorch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    shape = input._array.shape
    first, second = _two(dim1, dim2, len(shape) + 1)
    size = shape[-1] + abs(offset)
    whole = list(shape[:-1])
    for axis in sorted((first, second)):
        whole.insert(axis, size)
    return diagonal_embedded(input, shape=tuple(whole), where=(offset, first, second))


def diag(input, diagonal: int = 0, *, out=None):
    """A matrix with the vector on its diagonal, or the diagonal of a matrix; a copy.

    >>> import minitorch
    >>> minitorch.diag(minitorch.tensor([[1, 2], [3, 4]]), 1)
    tensor([2])
    """
    ndim = input._array.ndim
    if ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    if ndim == 1:
        return diag_embed(input, diagonal)
    return diagonal_copy(input, where=(diagonal, 0, 1))


# ---- triangles ---------------------------------------------------------------------------------


def _lower(rows, columns, diagonal, like):
    """A mask of what lies on or below a diagonal."""
    small = max(rows, columns) < 2**14 and abs(diagonal) < 2**14  # narrow ints compare quicker
    kind = np.int16 if small else np.int64
    last = np.arange(diagonal, rows + diagonal, dtype=kind, like=like)[:, None]
    return last >= np.arange(columns, dtype=kind, like=like)


def _triangle(name, upper):
    def kernel(x, *, diagonal):
        mask = _lower(*x.shape[-2:], diagonal - upper, x)
        out = zeros(x.shape, x)
        np.copyto(out, x, where=~mask if upper else mask)
        return out

    primitive = Primitive(name, kernel, inputs="input",
                          input=lambda g, diagonal: primitive(g, diagonal=diagonal))  # fmt: skip

    def triangle(input, diagonal: int = 0, *, out=None):
        if input._array.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        return primitive(input, diagonal=index(diagonal), out=out)

    triangle.__name__ = triangle.__qualname__ = name
    return triangle


tril, triu = _triangle("tril", False), _triangle("triu", True)
tril.__doc__ = """The lower triangle of each matrix, up to a diagonal, zeros above it.

    >>> import minitorch
    >>> minitorch.ones(2, 2).tril()
    tensor([[1., 0.],
            [1., 1.]])
    """
triu.__doc__ = """The upper triangle of each matrix, from a diagonal on, zeros below it.

    >>> import minitorch
    >>> minitorch.ones(2, 2).triu(1)
    tensor([[0., 1.],
            [0., 0.]])
    """


def _indices(name, upper):
    def indices(row: int, col: int, offset: int = 0, *, dtype=dtypes.int64, device=None):
        for which, n in (("row", index(row)), ("col", index(col))):
            if n < 0:
                raise RuntimeError(f"{which} must be non-negative, got{n}")
        if dtype.is_floating_point:
            raise errors.not_implemented(name, dtype._numpy)
        mask = _lower(row, col, offset - upper, None)
        places = np.array((~mask if upper else mask).nonzero(), dtype._numpy)
        return creation.made(places, devices.check(device))

    indices.__name__ = indices.__qualname__ = name
    return indices


tril_indices, triu_indices = _indices("tril_indices", False), _indices("triu_indices", True)
tril_indices.__doc__ = """Rows and columns of the elements of a lower triangle, as a (2, n) tensor.

    >>> import minitorch
    >>> minitorch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
triu_indices.__doc__ = """Rows and columns of the elements of an upper triangle, as a (2, n) tensor.

    >>> import minitorch
    >>> minitorch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
