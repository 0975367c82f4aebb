"""Views of a part: one position of a dimension, some of them, windows over them.

Floor 2. What is seen is described by `where`, for most an index of NumPy's, with ... behind the
ints so that the result is never a NumPy scalar. The gradient of a part lies in zeros.
"""

import numpy as np

from .. import errors
from ..devices import strided, zeros
from ..primitive import Primitive
from ..tensor import Tensor

# ---- the primitives ----------------------------------------------------------------------------


def _put(g, *, shape, where, part=None):
    full = zeros(shape, g)
    if part is None:
        full[where] = g
    else:
        part.kernel(full, where)[...] = g
    return full


put_primitive = Primitive("put", _put, inputs="g", g=lambda g, part, where: (
    part or take_primitive)(g, where=where))  # fmt: skip


def part_of(name, kernel=None):
    """The primitive of a view of distinct elements: its gradient lies in zeros."""
    part = Primitive(name, kernel or (lambda x, where: x[where]), inputs="input", view=True,
                     explain=_explain,
                     input=lambda g, input_shape, where: put_primitive(
                         g, shape=tuple(input_shape), where=where,
                         part=kernel and part))  # fmt: skip
    return part


def _explain(arrays, keywords):
    """The error for an int at the front that is out of range."""
    (x,), where = arrays, keywords["where"]
    if x.ndim == 0 and where[0] == 0:
        return IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )
    if where[0].__class__ is int:
        return out_of_bounds(where[0], 0, x.shape[0] if x.ndim else 0)
    return None


def out_of_bounds(i, dim, size, kind=IndexError):
    """The error for a position that a dimension does not have."""
    return kind(f"index {i} is out of bounds for dimension {dim} with size {size}")


take_primitive, select_primitive = part_of("take"), part_of("select")
slice_primitive = part_of("slice")


def at(axis, item):
    """The index of `item` in dimension `axis`."""
    return (slice(None),) * axis + (item, ...)


# ---- positions ---------------------------------------------------------------------------------


def select(input, dim: int, index: int):
    """The part at one position of a dimension, without that dimension; a view.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]]).select(1, 0)
    tensor([1, 3])
    """
    shape, index = input._array.shape, index.__index__()
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    axis = errors.wrap_dim(dim, len(shape))
    if not -shape[axis] <= index < shape[axis]:
        raise IndexError(f"select(): index {index} out of range for tensor of size "
                         f"{errors.sizes(shape)} at dimension {axis}")  # fmt: skip
    return select_primitive.quick(input, at(axis, index))


def narrow(input, dim: int, start, length: int):
    """The `length` positions of a dimension from `start` on; a view.

    >>> import minitorch
    >>> minitorch.arange(5).narrow(0, 1, 3)
    tensor([1, 2, 3])
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, Tensor) and (start._array.ndim or start._array.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    axis, begin = errors.wrap_dim(dim, len(shape)), start.__index__()
    size = shape[axis]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= begin <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but "
                         f"got {begin})")  # fmt: skip
    begin += size if begin < 0 else 0
    if begin + length > size:
        raise RuntimeError(f"start ({begin}) + length ({length}) exceeds dimension size ({size}).")
    return slice_primitive.quick(input, at(axis, slice(begin, begin + length)))


# ---- windows -----------------------------------------------------------------------------------


def _windows(x, where):
    axis, size, step = where
    if not x.ndim:
        return strided(x, (size,), (x.itemsize,))
    shape, strides = list(x.shape), list(x.strides)
    shape[axis], strides[axis] = (shape[axis] - size) // step + 1, strides[axis] * step
    return strided(x, (*shape, size), (*strides, x.strides[axis]))


def _folded(g, *, shape, where):
    """Windows added up where they overlap."""
    axis, size, step = where
    if not shape:
        return np.add.reduce(g)
    full = zeros(shape, g)
    moved, lined = np.moveaxis(g, axis, 0), np.moveaxis(full, axis, 0)
    for k in range(size):
        lined[k : k + step * len(moved) : step] += moved[..., k]
    return full


unfold_primitive = Primitive("unfold", _windows, inputs="input", view=True,
                             input=lambda g, input_shape, where: fold_primitive(
                                 g, shape=tuple(input_shape), where=where))  # fmt: skip
fold_primitive = Primitive("unfold_backward", _folded, inputs="g",
                           g=lambda g, where: unfold_primitive(g, where=where))  # fmt: skip


def unfold(input, dimension: int, size: int, step: int):
    """All windows of `size` elements along a dimension, `step` apart, in a new last dimension.

    >>> import minitorch
    >>> minitorch.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    shape = input._array.shape
    axis = errors.wrap_dim(dimension, len(shape))
    length = shape[axis] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {axis} is {length} but size is "
                           f"{size}")  # fmt: skip
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return unfold_primitive.quick(input, (axis, size, step))
