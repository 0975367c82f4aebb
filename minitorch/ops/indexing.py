"""Taking elements by position: `x[i]`, `x[a:b]`, `x[mask]`, and the views that this makes.

Floor 2. As in torch, an index is worked off from left to right: integers select, slices slice and
None unsqueezes, each a view; what is left, tensors and lists, gathers a copy. `assigning.py` has
the other direction, `x[i] = y`.
"""

import warnings

import numpy as np

from .. import errors
from ..devices import contiguous, is_array, zeros
from ..meta import MetaArray
from ..modes import recording_mode
from ..primitive import Primitive
from ..tensor import Tensor, wrap
from . import parts, shapes

# ---- adding up ---------------------------------------------------------------------------------
#
# numpy.add.at is quick only for one flat index; so all gradients of gathering go through one.


def positions(shape, axis, index):
    """Where the elements that `index`, along one axis, names lie in an array of this shape."""
    inner = 1
    for n in shape[axis + 1 :]:
        inner *= n
    found, step = index if inner == 1 else np.multiply(index, inner, dtype=np.int64), 1
    for k in range(len(shape) - 1, -1, -1):
        if k != axis and index.shape[k] > 1:
            line = np.arange(0, index.shape[k] * step, step, like=index)
            found = found + line.reshape((-1,) + (1,) * (len(shape) - 1 - k))
        step *= shape[k]
    return found


def add_along(full, values, index, axis):
    """Add slice i of `values` along an axis to slice index[i] of `full`, in its memory.

    `index` may have more dimensions than one, which `values` then has in the place of the axis.
    """
    index = index.reshape(-1).astype(np.int64, copy=False)
    if not values.size:
        return full
    if not full.ndim:
        np.add.at(full.reshape(-1), index, values.reshape(-1))
        return full
    outer, size, inner = full.shape[:axis], full.shape[axis], full.shape[axis + 1 :]
    width = int(np.prod(inner))
    if index.min() < 0:
        index = index % size
    values = values.reshape(*outer, index.size, *inner)
    if width > 400:  # a slice is long enough to be added by itself
        for i, k in enumerate(index.tolist()):
            full[parts.at(axis, k)] += values[parts.at(axis, i)]
        return full
    flat = full.reshape(-1)  # a view: `full` is contiguous
    if width > 1:
        index = (index[:, None] * width + np.arange(width, like=index)).reshape(-1)
    if outer:
        rows = np.arange(int(np.prod(outer)), like=index)
        index = (rows[:, None] * (size * width) + index).reshape(-1)
    np.add.at(flat, index, values.reshape(-1))
    return full


def of_positions(array):
    """Whether an array can be an index: int64 or int32. (NumPy takes 3 us to say `dtype.name`.)"""
    return array.dtype.kind == "i" and array.itemsize >= 4


# ---- gathering by tensors ----------------------------------------------------------------------


def _take_along(x, index, *, axis):
    """`x[:, index]`; `take` is the quicker way, but would copy all of `x` to put it in order."""
    if not x.ndim:
        return x.copy()
    if x.flags.c_contiguous:
        return x.take(index, axis)
    return contiguous(x[parts.at(axis, index)])


def _explain_index(arrays, keywords):
    x, index = arrays
    return not_there(index, 0, x.shape[keywords["axis"]])


def not_there(index, dim, size, kind=IndexError, negative=True):
    """The error for the first element of an index that the dimension does not have."""
    if size == 0 and negative:
        return IndexError("index is out of bounds for dimension with size 0")
    wrong = index[(index >= size) | (index < (-size if negative else 0))]
    return parts.out_of_bounds(wrong.flat[0], dim, size, kind) if wrong.size else None


# One index tensor, the plain case.
index_along = Primitive(
    "index", _take_along, inputs="input index", explain=_explain_index,
    input=lambda g, index, input_shape, axis: add_back(g, index, shape=input_shape, axis=axis),
)  # fmt: skip
add_back = Primitive(
    "index_put", lambda g, index, *, shape, axis: add_along(
        zeros(shape, g), g, index, axis),
    inputs="g index", g=lambda g, index, axis: index_along(g, index, axis=axis),
)  # fmt: skip


def _merged(x, axis, dims):
    """`x` with the dimensions that a mask covers made one."""
    shape = x.shape
    size = 1
    for n in shape[axis : axis + dims]:
        size *= n
    return x.reshape(*shape[:axis], size, *shape[axis + dims :])


def _put_along(g, *, shape, axis, dims, places):
    full = zeros(shape, g)
    _merged(full, axis, dims)[parts.at(axis, places)] = g
    return full


# One mask: the places where it is True, found in the flat mask, in a tenth of the time that NumPy
# takes for one with dimensions.
index_mask = Primitive(
    "index", lambda x, *, axis, dims, places: _merged(x, axis, dims).take(places, axis),
    inputs="input", input=lambda g, input_shape, axis, dims, places: put_mask(
        g, shape=tuple(input_shape), axis=axis, dims=dims, places=places),
)  # fmt: skip
put_mask = Primitive(
    "index_put", _put_along, inputs="g",
    g=lambda g, axis, dims, places: index_mask(g, axis=axis, dims=dims, places=places),
)  # fmt: skip


def add_where(g, *, shape, where):
    """Zeros of a shape, with `g` added wherever an index of NumPy's says."""
    full = zeros(shape, g)
    places = np.arange(full.size, like=full).reshape(shape)[where]
    np.add.at(full.reshape(-1), places.reshape(-1), np.broadcast_to(g, places.shape).reshape(-1))
    return full


# Several of them, with slices between them.
index_primitive = Primitive(
    "index", lambda x, *, where: contiguous(x[where]), inputs="input",
    input=lambda g, input_shape, where: add_where_primitive(g, shape=input_shape, where=where),
)  # fmt: skip
add_where_primitive = Primitive("index_put", add_where, inputs="g",
                                g=lambda g, where: index_primitive(g, where=where))  # fmt: skip


# ---- what an index says ------------------------------------------------------------------------

_TUPLE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in "
    "pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as "
    "tensor index, x[torch.tensor(seq)], which will result either in an error or a different result"
)


_PLAIN = {int, type(None)}


def basic(index):
    """The index in NumPy's words, if it is made of ints, slices, None and ... alone; else None."""
    kind = index.__class__
    if kind is int:
        return index, ...
    items = index if kind is tuple else (index,)
    whole = False
    for item in items:
        kind = item.__class__
        if kind is slice:
            ends = item.start.__class__ in _PLAIN and item.stop.__class__ in _PLAIN
            if not ends or item.step.__class__ not in _PLAIN or (item.step or 1) < 1:
                return None
        elif item is ...:
            if whole:
                return None
            whole = True
        elif kind is not int and item is not None:
            return None
    return items if whole else (*items, ...)


def as_items(index):
    """The parts of an index, lists and NumPy arrays among them made tensors."""
    if isinstance(index, (list, range, str)) and len(index) < 32 and (
        isinstance(index, str)
        or any(isinstance(i, (Tensor, list, tuple, np.ndarray, slice, str)) or i in (None, ...)
               for i in index)
    ):  # fmt: skip
        warnings.warn(_TUPLE, UserWarning, stacklevel=3)
        index = tuple(index)
    return [as_item(item) for item in (index if isinstance(index, tuple) else (index,))]


def as_item(item):
    """A part of an index as an int, a bool, a slice, None, ... or a tensor."""
    if item is None or item is ... or isinstance(item, (int, slice, Tensor)):
        return item
    if isinstance(item, np.integer):
        return int(item)
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    if isinstance(item, (list, tuple, range, np.ndarray)):
        array = np.asarray(_numbers(item))
        as_it_is = array.dtype.name in ("int64", "bool", "uint8")
        return wrap(array if as_it_is else array.astype(np.int64))
    raise IndexError("only integers, slices (`:`), ellipsis (`...`), None and long or byte "
                     f"Variables are valid indices (got {errors.shown(item)})")  # fmt: skip


def _numbers(item):
    if isinstance(item, (list, tuple)):
        return [_numbers(part) for part in item]
    return errors.one_element(item) if isinstance(item, Tensor) else item


def _dims(item):
    """How many dimensions of the tensor a part of an index speaks of."""
    if item is None or item is ... or isinstance(item, bool):
        return 0
    mask = isinstance(item, Tensor) and item._array.dtype.kind in "bu"
    return item._array.ndim if mask else 1


def _beside(index, x):
    """A tensor of an index on the device of `x`, if it is on the CPU."""
    if index._array.__class__ is x._array.__class__:
        return index
    if not index.is_cpu:
        raise RuntimeError("indices should be either on cpu or on the same device as the indexed "
                           f"tensor ({x.device})")  # fmt: skip
    return index.to(x.device)


def walked(x, index):
    """`x` with the plain part of an index taken, and what is left: tensors by dimension."""
    items, ndim = as_items(index), x._array.ndim
    used = sum(map(_dims, items))
    if used > ndim and not (isinstance(index, (int, slice)) and ndim == 0):
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    return _walk(x, items, ndim - used)


def _walk(x, items, rest):
    """Work the parts of an index off; ... stands for `rest` dimensions."""
    axis, left = 0, {}
    for place, item in enumerate(items):
        if isinstance(item, (bool, Tensor)):
            item = _plain(item)
        if isinstance(item, bool):
            x = shapes.unsqueeze(x, axis)
            item = wrap(np.arange(int(item)))
        if isinstance(item, Tensor):
            left[axis] = _beside(item, x)
            axis += _dims(item)
        elif item is None:
            x = shapes.unsqueeze(x, axis)
            axis += 1
        elif item is ...:
            axis += rest
        elif isinstance(item, slice):
            x = sliced(x, axis, item)
            axis += 1
        else:
            x = _selected(x, axis, int(item), place)
    return x, left


def _plain(item):
    """A tensor without dimensions, that is no float, as the int or bool it holds."""
    if isinstance(item, bool) or item._array.ndim or item._array.dtype.kind == "f":
        return item
    return int(item) if item._array.dtype.kind == "i" else bool(item)


def sliced(x, axis, item, whole=False):
    """`x` sliced along an axis, or `x` itself where that is all of it (unless `whole`)."""
    if not x._array.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    size = x._array.shape[axis]
    start, stop, step = item.indices(size)
    if step < 0:
        raise ValueError("step must be greater than zero")
    from_start, to_end = item.start in (None, 0), item.stop is None or item.stop >= size
    if from_start and to_end and step == 1 and not whole:  # as written: torch slices x[-9:]
        return x
    return parts.slice_primitive.quick(x, parts.at(axis, slice(start, stop, step)))


def _selected(x, axis, i, place):
    try:
        return parts.select_primitive.quick(x, parts.at(axis, i))
    except IndexError:
        if not x._array.ndim:
            raise
        size = x._array.shape[axis] if axis < x._array.ndim else 0
        raise parts.out_of_bounds(i, place, size) from None


def where_of(left, shape, put=False):
    """The tensors that are left of an index, by dimension, as one index of NumPy's."""
    found, axis, last = [], 0, max(left)
    while axis <= last:
        if axis not in left:
            found.append(slice(None))
            axis += 1
            continue
        index = left[axis]._array
        if index.dtype.kind not in "bu" and not of_positions(index):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if index.dtype.kind == "i":
            found.append(index)
            axis += 1
            continue
        if index.dtype.kind == "u":
            warnings.warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype "
                          "torch.bool instead.", UserWarning, stacklevel=4)  # fmt: skip
        check_mask(index, shape, axis)
        found += [index] if put and isinstance(index, MetaArray) else index.nonzero()
        axis += index.ndim
    return tuple(found)


def kept(where, *tensors):
    """An index with arrays of its own, if one of the tensors will need it in a backward."""
    if recording_mode() and any(x.requires_grad for x in tensors):
        return tuple([i.copy() if is_array(i) else i for i in where])
    return where


def check_mask(mask, shape, axis):
    """An error if a mask does not fit the dimensions from `axis` on."""
    if mask.shape == shape[axis : axis + mask.ndim]:
        return
    for k, n in enumerate(mask.shape, axis):
        if n != shape[k]:
            raise IndexError(
                f"The shape of the mask {errors.sizes(mask.shape)} at index {k - axis} does not "
                f"match the shape of the indexed tensor {errors.sizes(shape)} at index {k}"
            )


def explain_where(where, shape):
    """The error for an index of several arrays that NumPy refused."""
    arrays = [(axis, a) for axis, a in enumerate(where) if is_array(a)]
    try:
        np.broadcast_shapes(*(a.shape for _, a in arrays))
    except ValueError:
        all_of_them = ", ".join(errors.sizes(a.shape) for _, a in arrays)
        return IndexError("shape mismatch: indexing tensors could not be broadcast together with "
                          f"shapes {all_of_them}")  # fmt: skip
    told = (not_there(a, dim, shape[axis]) for dim, (axis, a) in enumerate(arrays))
    return next(filter(None, told), None)


# ---- x[index] ----------------------------------------------------------------------------------


def masked(x, mask, axis=0):
    """What a mask over some dimensions of `x` selects, as one dimension."""
    check_mask(mask, x._array.shape, axis)
    return index_mask.function(x, axis=axis, dims=mask.ndim, places=mask.reshape(-1).nonzero()[0])


def getitem(input, index):
    """`input[index]`."""
    if index.__class__ is Tensor:
        if of_positions(index._array) and index._array.ndim and input._array.ndim:
            return index_along.function(input, _beside(index, input), axis=0)
        taken, left = walked(input, index)
    elif (where := basic(index)) is not None:
        if index.__class__ is int:
            return parts.select_primitive.quick(input, where)
        if index.__class__ is slice:
            return sliced(input, 0, index, whole=True)
        if not (recording_mode() and input.requires_grad):
            return _taken(input, index, where)
        rest = input._array.ndim + 1 + where.count(None) - len(where)
        taken, left = _walk(input, where, rest) if rest >= 0 else walked(input, index)
    else:
        taken, left = walked(input, index)
    if not left:
        return shapes.alias(taken) if taken is input else taken
    if len(left) == 1:
        ((axis, only),) = left.items()
        if of_positions(only._array):
            return index_along(taken, only, axis=axis)
        if only._array.dtype.kind == "b":
            return masked(taken, only._array, axis)
    where = kept(where_of(left, taken._array.shape), taken)
    try:
        return index_primitive(taken, where=where)
    except IndexError as error:
        raise explain_where(where, taken._array.shape) or error from None


def _taken(input, index, where):
    """A basic index taken at once, where no step of it is recorded."""
    try:
        return parts.take_primitive.quick(input, where)
    except IndexError:
        walked(input, index)  # finds the words
        raise
