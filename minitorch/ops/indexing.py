"""Taking and putting elements by position: `x[i]`, `x[a:b]`, `x[mask]`, `x[...] = y`.

Floor 2. As in torch, an index is worked off from left to right: integers select, slices slice and
None unsqueezes, each a view; what is left, tensors and lists, gathers a copy.
"""

import numpy as np

from .. import errors
from ..primitive import Primitive
from ..tensor import Tensor
from . import shapes

# ---- one dimension at a time -------------------------------------------------------------------


def _inside(g, shape, where):
    """Zeros of `shape` with `g` at `where`: the gradient of taking what is there."""
    return put_primitive(g, shape=tuple(shape), where=where)


def _put(g, *, shape, where):
    full = np.zeros(shape, g.dtype)
    full[where] = g
    return full


put_primitive = Primitive("put", _put, inputs="g",
                          g=lambda g, where: take_primitive(g, where=where))  # fmt: skip
take_primitive = Primitive("take", lambda x, *, where: x[where], inputs="x", view=True,
                           x=lambda g, x_shape, where: _inside(g, x_shape, where))  # fmt: skip


def _at(axis, where):
    return (slice(None),) * axis + (where,)


select_primitive = Primitive(
    "select", lambda x, *, axis, index: x[(*_at(axis, index), ...)],  # `...`: a view, even if 0-d
    inputs="input", view=True,
    input=lambda g, input_shape, axis, index: _inside(g, input_shape, _at(axis, index)),
)  # fmt: skip
slice_primitive = Primitive(
    "slice", lambda x, *, axis, start, stop, step: x[_at(axis, slice(start, stop, step))],
    inputs="input", view=True,
    input=lambda g, input_shape, axis, start, stop, step: _inside(
        g, input_shape, _at(axis, slice(start, stop, step))),
)  # fmt: skip


# ---- gathering by tensors ----------------------------------------------------------------------


def _index(x, *, where):
    return x[where]


def _add_at(g, *, shape, where):
    full = np.zeros(shape, g.dtype)
    if any(w.dtype.kind == "b" for w in where if isinstance(w, np.ndarray)):
        full[where] = g  # a mask names each element once
    else:
        np.add.at(full, where, g)
    return full


add_at_primitive = Primitive("index_put", _add_at, inputs="g",
                             g=lambda g, where: index_primitive(g, where=where))  # fmt: skip
index_primitive = Primitive("index", _index, inputs="input",
                            input=lambda g, input_shape, where: add_at_primitive(
                                g, shape=tuple(input_shape), where=where))  # fmt: skip


# ---- the whole index ---------------------------------------------------------------------------


def _items(index, ndim):
    """The index as a list with the ellipsis spelt out and lists, tensors made arrays."""
    items = list(index) if isinstance(index, tuple) else [index]
    items = [_as_array(i) for i in items]
    used = 0
    for item in items:
        if isinstance(item, np.ndarray):
            used += item.ndim if item.dtype.kind == "b" else 1
        elif item is not None and item is not Ellipsis and not isinstance(item, bool):
            used += 1
    if used > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    places = [k for k, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if places:
        items[places[0] : places[0] + 1] = [slice(None)] * (ndim - used)
    return items


def _as_array(item):
    if isinstance(item, Tensor):
        item = item._array
        if item.ndim == 0 and item.dtype.kind in "biu":
            return bool(item) if item.dtype.kind == "b" else int(item)
        if item.dtype.kind == "f":
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        return item.astype(bool) if item.dtype == np.uint8 else item
    if isinstance(item, np.ndarray) and item.ndim == 0 or isinstance(item, np.integer):
        return int(item)
    if isinstance(item, (list, np.ndarray, range)):
        return np.asarray([_as_array(i) for i in item] if isinstance(item, list) else item,
                          None if len(item) else np.int64)  # fmt: skip
    if item is None or item is Ellipsis or isinstance(item, (int, slice)):
        return item
    if hasattr(item, "__index__"):
        return item.__index__()
    raise IndexError("only integers, slices (`:`), ellipsis (`...`), None and long or byte "
                     f"Variables are valid indices (got {type(item).__name__})")  # fmt: skip


def _bounded(i, n, axis):
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for dimension {axis} with size {n}")
    return i % n


def walked(x, index):
    """`x` with the plain part of an index taken, and what is left: arrays by dimension, or None."""
    if isinstance(index, slice) and not x._array.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    items = _items(index, x._array.ndim)
    axis, arrays = 0, {}
    for item in items:
        if isinstance(item, bool):
            x = shapes.unsqueeze_primitive(x, axis=axis)
            arrays[axis] = np.array([item])
            axis += 1
        elif isinstance(item, int):
            n = x._array.shape[axis]
            if not -n <= item < n and x._array.ndim:
                raise IndexError(f"index {item} is out of bounds for dimension {axis} with size {n}")
            x = select_primitive(x, axis=axis, index=item % n)
        elif isinstance(item, slice):
            x = _sliced(x, axis, item)
            axis += 1
        elif item is None:
            x = shapes.unsqueeze_primitive(x, axis=axis)
            axis += 1
        else:
            _check_array(item, x._array.shape, axis)
            arrays[axis] = item
            axis += item.ndim if item.dtype.kind == "b" else 1
    return x, arrays


def _sliced(x, axis, s, alone=False):
    start, stop, step = (None if v is None else int(v) for v in (s.start, s.stop, s.step))
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, step = slice(start, stop, step).indices(x._array.shape[axis])
    if (start, stop, step) == (0, x._array.shape[axis], 1) and not alone:
        return x
    return slice_primitive(x, axis=axis, start=start, stop=max(start, stop), step=step)


def _check_array(item, shape, axis):
    if item.dtype.kind == "b":
        for k, n in enumerate(item.shape):
            if n != shape[axis + k]:
                raise IndexError(
                    f"The shape of the mask {errors.sizes(item.shape)} at index {k} does not match "
                    f"the shape of the indexed tensor {errors.sizes(shape)} at index {axis + k}"
                )
    elif item.size:
        for extreme in (item.min(), item.max()):
            _bounded(int(extreme), shape[axis], axis)


def _where(arrays, ndim):
    """The arrays by dimension as one NumPy index."""
    index, axis = [], 0
    while axis < ndim and len(arrays):
        if axis > max(arrays):
            break
        item = arrays.get(axis, slice(None))
        index.append(item)
        axis += item.ndim if isinstance(item, np.ndarray) and item.dtype.kind == "b" else 1
    return tuple(index)


def getitem(input, index):
    """`input[index]`."""
    if isinstance(index, slice) and input._array.ndim:
        return _sliced(input, 0, index, alone=True)
    taken, arrays = walked(input, index)
    if not arrays:
        return shapes.alias(taken) if taken is input else taken
    where = _where(arrays, taken._array.ndim)
    try:
        return index_primitive(taken, where=where)
    except IndexError:
        many = ", ".join(errors.sizes(a.shape) for a in arrays.values())
        raise IndexError("shape mismatch: indexing tensors could not be broadcast together with "
                         f"shapes {many}") from None  # fmt: skip
