"""Putting elements by position: `x[i] = y`, `index_put`.

Floor 2. The index is read as in `indexing.py`. Where nothing is recorded NumPy writes at once;
else the part that is a view is written to like any view, and the rest is a recorded `index_put`.
"""

import numpy as np

from .. import errors
from ..devices import is_array
from ..modes import recording_mode
from ..primitive import NUMBERS, Primitive
from ..recording import write_out
from ..tensor import Tensor, wrap
from . import creation, indexing, inplace, shapes

# ---- index_put ---------------------------------------------------------------------------------


def _put(x, values, *, where, accumulate=False):
    if accumulate and where:
        return x + indexing.add_where(values, shape=x.shape, where=where)
    out = x.copy(order="K")
    out[where] = values
    return out


def _explain_put(arrays, keywords):
    (x, values), where = arrays, keywords["where"]
    first = tuple([i * 0 if is_array(i) else i for i in where])
    try:
        shape = x[first].shape
        np.broadcast_to(values, shape)
    except IndexError:
        return indexing.explain_where(where, x.shape)
    except ValueError:
        return RuntimeError(f"shape mismatch: value tensor of shape {errors.sizes(values.shape)} "
                            "cannot be broadcast to indexing result of shape "
                            f"{errors.sizes(shape)}")  # fmt: skip
    return indexing.explain_where(where, x.shape)


index_put_primitive = Primitive(
    "index_put", _put, inputs="input values", explain=_explain_put,
    input=lambda g, where, accumulate: g if accumulate else put_zero(g, where=where),
    values=lambda g, where: indexing.index_primitive(g, where=where),
)  # fmt: skip
put_zero = Primitive("index_put", lambda g, *, where: _put(g, 0, where=where), inputs="g",
                     g=lambda g, where: put_zero(g, where=where))  # fmt: skip


def index_put(input, indices, values, accumulate=False):
    """A copy with `values` at the positions that the tensors `indices` name, one per dimension;
    added there with `accumulate`.

    >>> import minitorch
    >>> x, i = minitorch.zeros(3), minitorch.tensor([0, 2])
    >>> x.index_put((i,), minitorch.tensor(5.))
    tensor([5., 0., 5.])
    """
    where, values = _where("index_put", input, indices, values, 2, accumulate)
    return index_put_primitive(input, values, where=where, accumulate=accumulate)


def index_put_(input, indices, values, accumulate=False):
    """`index_put`, in place; returns the tensor itself."""
    where, values = _where("index_put_", input, indices, values, 1, accumulate)
    if accumulate:
        inplace.check_writable(input)
        added = index_put_primitive(input, values, where=where, accumulate=True)
        inplace.take_over(input, added)
    else:
        _write(input, where, values)
    return input


def _where(op, input, indices, values, position, accumulate):
    """The index that the tensors `indices`, argument `position`, make together, checked, and the
    values in the dtype of the input."""
    if isinstance(indices, Tensor) or not isinstance(indices, (tuple, list)):
        raise TypeError(f"{op}(): argument 'indices' (position {position}) must be tuple of "
                        f"Tensors, not {errors.shown(indices)}")  # fmt: skip
    for i, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise errors.not_an_element(i, index)
    if not isinstance(values, Tensor):
        raise errors.not_a_tensor(op, "values", position + 1, values)
    left, axis, ndim = {}, 0, input._array.ndim
    for index in indices:
        left[axis] = index
        axis += indexing._dims(index)
    if axis > ndim:
        if len(left) <= ndim:  # masks, of which torch finds out later
            errors.wrap_dim(ndim, ndim)
        raise IndexError(f"too many indices for tensor of dimension {ndim} (got {axis})")
    if not left:
        raise RuntimeError("sym_strides() called on an undefined Tensor")
    where = indexing.where_of(left, input._array.shape, put=True)
    values = _of_dtype(input, left, values, where, accumulate)
    return indexing.kept(where, input, values), values


def _of_dtype(x, left, values, where, accumulate=False):
    """The values, which have the dtype of `x`, or are one number for the places of one mask."""
    if values._array.dtype != x._array.dtype:
        (index, *others), kind = left.values(), x._array.dtype
        fills = not (others or accumulate) and index._array.dtype.kind in "bu"
        if fills and values._array.size == 1:
            creation.fitting(values.item(), kind)
            return creation.to_copy(values, kind=kind)
        told = _explain_put((x._array, values._array), {"where": where})
        raise told or RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{errors.scalar_name(x._array)} for the destination and "
            f"{errors.scalar_name(values._array)} for the source."
        )
    return values


def _write(x, where, values):
    """Write `values` into `x`, recorded where a gradient is wanted."""
    if recording_mode() and (values.requires_grad or x.requires_grad):
        inplace.check_writable(x)
        where = indexing.kept(where, x, values)
        inplace.take_over(x, index_put_primitive(x, values, where=where))
        return
    try:
        inplace.memory_of(x)[where] = values._array
    except (ValueError, IndexError):
        raise _explain_put((x._array, values._array), {"where": where}) from None
    x._bump()


def into(out, primitive, *inputs, **keywords):
    """The result of a primitive, written to `out` if that is given."""
    result = primitive.function(*inputs, **keywords)
    if out is None:
        return result
    if isinstance(out, Tensor):
        if any(x is out or _will_share(out._array, result._array.size, x._array) for x in inputs):
            raise errors.shares_memory(others=True)
    return write_out(primitive, result, out)


def _will_share(out, size, x):
    """Whether `out`, resized in place to that many elements, would lie where `x` lies."""
    first, start = (a.__array_interface__["data"][0] for a in (out, x))
    beyond = size > out.size and first <= start < first + size * out.itemsize
    return beyond or np.may_share_memory(out, x)


# ---- x[index] = value --------------------------------------------------------------------------


def setitem(self, index, value):
    """`self[index] = value`."""
    plain = value.__class__ in (int, float, bool)
    if not plain and not isinstance(value, Tensor):
        if not isinstance(value, NUMBERS):
            raise TypeError(f"can't assign a {errors.shown(value)} to a "
                            f"torch.{errors.scalar_name(self._array)}Tensor")  # fmt: skip
        value, plain = value.item(), True
    if isinstance(index, bool):
        if not index:
            return
        index = None
    if not (recording_mode() and (self.requires_grad or (not plain and value.requires_grad))):
        if _written_at_once(self, index, value):
            return
    if plain:
        if value.__class__ is int and not -(2**63) <= value < 2**63:
            raise ValueError("Overflow when unpacking long long")
        value = wrap(creation.scalar(value, self._array.dtype, self._array))
    part, left = indexing.walked(self, index)
    if left:
        value, where = _without_ones(value), indexing.where_of(left, part._array.shape, put=True)
        _write(part, where, _of_dtype(part, left, value, where))
    elif value._array.shape == part._array.shape:
        inplace.copy_(part, value)
    elif not value._array.ndim:
        inplace.fill_(part, value)
    else:
        inplace.copy_(part, shapes.expand(_without_ones(value), *part._array.shape))


def _without_ones(value):
    """A tensor without leading dimensions of size 1, which torch drops before it broadcasts."""
    shape = value._array.shape
    ones = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    return shapes.view(value, *shape[ones:]) if ones else value


def _written_at_once(x, index, value):
    """Whether NumPy could do the whole assignment: a plain index and a value that fits."""
    if isinstance(value, Tensor):
        if value._counter is x._counter:
            return False  # it may lie in the same memory
        value = value._array
    elif value.__class__ is float and x._array.dtype.kind != "f" or not -65504 <= value <= 65504:
        return False  # it may be too large a number
    target = x._array
    if not isinstance(target, np.ndarray):
        return False
    if index.__class__ is Tensor:
        where = index._array
        if not where.ndim or not (indexing.of_positions(where) or where.dtype.kind == "b"):
            return False
        if value.__class__ is np.ndarray and value.dtype is not target.dtype:
            return False
        if where.dtype.kind == "b" and target.flags.c_contiguous:
            if where.shape != target.shape[: where.ndim]:
                return False
            target = target.reshape(-1, *target.shape[where.ndim :]) if target.size else target[:0]
            where = where.reshape(-1).nonzero()[0]
    elif (where := indexing.basic(index)) is None:
        return False
    try:
        target[where] = value
    except (ValueError, IndexError, OverflowError):
        return False  # the general way finds the words
    x._bump()
    return True
