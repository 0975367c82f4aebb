"""Joining and splitting, repeating and turning round.

Floor 2. What splits gives views, several at once; what joins, repeats or turns round copies.
"""

import numpy as np

from .. import dtypes, errors
from ..primitive import Primitive
from ..tensor import Tensor, wrap
from . import assigning, creation, gathering, indexing, parts, reductions, shapes

# ---- joining -----------------------------------------------------------------------------------


def _sequence(op, tensors):
    """The tensors given to `cat` and its like, checked."""
    if tensors.__class__ not in (list, tuple):
        if isinstance(tensors, Tensor) or not hasattr(tensors, "__iter__"):
            raise TypeError(f"{op}(): argument 'tensors' (position 1) must be tuple of Tensors, "
                            f"not {errors.shown(tensors)}")  # fmt: skip
        tensors = tuple(tensors)
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise errors.not_an_element(i, x)
    if not tensors:
        if op == "cat":
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        raise RuntimeError(f"{op} expects a non-empty TensorList")
    return tensors


def _of_one_kind(arrays):
    """The arrays in torch's common dtype."""
    kind = arrays[0].dtype
    for a in arrays:
        if a.dtype is not kind:
            kind = dtypes.result_numpy(arrays)
            return [b.astype(kind, copy=False) for b in arrays]
    return arrays


def _cat(*arrays, axis):
    arrays = _of_one_kind(arrays)
    try:
        return _joined(arrays, axis)
    except ValueError:  # torch skips empty vectors among tensors of any shape
        rest = [a for a in arrays if a.shape != (0,)]
        if not 0 < len(rest) < len(arrays):
            raise
        return _joined(rest, axis)


def _joined(arrays, axis):
    out = np.concatenate(arrays, axis)
    return out if out.flags.c_contiguous else out.copy()


def _cat_back(g, shapes, axis):
    start, pieces = 0, []
    for shape in shapes:
        skipped = shape == (0,) and g.ndim > 1
        stop = start if skipped else start + shape[axis]
        part = parts.slice_primitive(g, where=parts.at(axis, slice(start, stop)))
        pieces.append(reshape(part, shape=shape) if skipped else part)
        start = stop
    return pieces


reshape = shapes.reshape_primitive
cat_primitive = Primitive(
    "cat", _cat, inputs="", casts=True, backward=_cat_back,
    explain=lambda arrays, keywords: _explain_cat(arrays, **keywords),
)  # fmt: skip


def _stack(*arrays, axis):
    arrays, shape = _of_one_kind(arrays), arrays[0].shape
    if axis == len(shape):
        return _joined([a[..., None] for a in arrays], axis)
    for a in arrays:
        if a.shape != shape:
            raise ValueError("shapes differ")
    return _joined(arrays, axis).reshape(*shape[:axis], len(arrays), *shape[axis:])


def _explain_stack(arrays, keywords):
    first = arrays[0].shape
    for i, a in enumerate(arrays):
        if a.shape != first:
            return RuntimeError(
                f"stack expects each tensor to be equal size, but got {errors.sizes(first)} at "
                f"entry 0 and {errors.sizes(a.shape)} at entry {i}"
            )


stack_primitive = Primitive(
    "stack", _stack, inputs="", explain=_explain_stack, backward=lambda g, shapes, axis: [
        parts.select_primitive(g, where=parts.at(axis, i)) for i in range(len(shapes))],
)  # fmt: skip


def _explain_cat(arrays, axis):
    for i, a in enumerate(arrays):
        if not a.ndim:
            return RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    whole = [(i, a.shape) for i, a in enumerate(arrays) if a.shape != (0,)]
    first = whole[0][1]
    for i, shape in whole:
        if len(shape) != len(first):
            return RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} "
                                f"and {len(shape)}")  # fmt: skip
        for k, (n, m) in enumerate(zip(first, shape)):
            if n != m and k != axis:
                return RuntimeError(f"Sizes of tensors must match except in dimension {axis}. "
                                    f"Expected size {n} but got size {m} for tensor number {i} in "
                                    "the list.")  # fmt: skip


def cat(tensors: tuple, dim: int = 0, *, out=None):
    """Tensors joined along an existing dimension.

    >>> import minitorch
    >>> minitorch.cat([minitorch.zeros(2), minitorch.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = _sequence("cat", tensors)
    ndim = tensors[0]._array.ndim
    if not ndim:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    if tensors[0]._array.shape == (0,):  # an empty vector fits everywhere
        others = [x._array.ndim for x in tensors if x._array.shape != (0,)]
        ndim, dim = (others[0], dim) if others else (1, 0)
    axis = errors.wrap_dim(dim, ndim)
    if out is None:
        return cat_primitive.function(*tensors, axis=axis)
    kind = dtypes.result_numpy([x._array for x in tensors])
    if not dtypes.can_cast(dtypes.from_numpy(kind), out.dtype):
        raise TypeError("torch.cat(): input types can't be cast to the desired output type "
                        f"{errors.scalar_name(out._array)}")  # fmt: skip
    return assigning.into(out, cat_primitive, *tensors, axis=axis)


def stack(tensors: tuple, dim: int = 0, *, out=None):
    """Tensors of one shape joined along a new dimension.

    >>> import minitorch
    >>> minitorch.stack([minitorch.zeros(2), minitorch.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    tensors = _sequence("stack", tensors)
    axis = errors.wrap_dim(dim, tensors[0]._array.ndim + 1)
    return stack_primitive.function(*tensors, axis=axis, out=out)


def hstack(tensors: tuple, *, out=None):
    """Tensors joined side by side: along the second dimension, vectors along the only one.

    >>> import minitorch
    >>> minitorch.hstack([minitorch.zeros(2), minitorch.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = [x if x._array.ndim else shapes.reshape(x, 1) for x in _sequence("hstack", tensors)]
    return cat(tensors, min(tensors[0]._array.ndim - 1, 1), out=out)


def vstack(tensors: tuple, *, out=None):
    """Tensors joined one below the other; a vector is a row.

    >>> import minitorch
    >>> minitorch.vstack([minitorch.zeros(2), minitorch.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    rows = []
    for x in _sequence("vstack", tensors):
        ndim = x._array.ndim
        rows.append(x if ndim > 1 else shapes.unsqueeze(x, 0) if ndim else shapes.reshape(x, 1, 1))
    return cat(rows, out=out)


# ---- splitting ---------------------------------------------------------------------------------


def _parts(x, *, axis, sizes):
    start, lead, pieces = 0, (slice(None),) * axis, []
    for size in sizes:
        pieces.append(x[(*lead, slice(start, start + size))])
        start += size
    return pieces


def _splitting(name):
    return Primitive(name, _parts, inputs="input", view=True, outputs=True,
                     input=lambda g, axis: cat_primitive(*g, axis=axis))  # fmt: skip


split_primitive, split_with_sizes = _splitting("split"), _splitting("split_with_sizes")
unbind_primitive = Primitive(
    "unbind", lambda x, *, axis: [x[parts.at(axis, i)] for i in range(x.shape[axis])],
    inputs="input", view=True, outputs=True, input=lambda g, axis: stack_primitive(*g, axis=axis),
)  # fmt: skip


def split(tensor, split_size_or_sections=None, dim: int = 0, *, split_size=None):
    """The tensor in parts of one size (the last may be smaller) or of the sizes listed; views.

    >>> import minitorch
    >>> minitorch.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    size = split_size_or_sections if split_size is None else split_size
    shape = tensor._array.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if hasattr(size, "__index__") and not isinstance(size, bool):
        return _split_evenly(split_primitive, tensor, size.__index__(), dim)
    if isinstance(size, (str, float)) or not hasattr(size, "__iter__"):
        raise shapes.not_ints("split_with_sizes", "split_sizes", size, 2)
    sizes = shapes.ints("split_with_sizes", "split_sizes", (size,), position=2)
    axis = errors.wrap_dim(dim, len(shape))
    if min(sizes, default=0) < 0:
        raise RuntimeError("split_with_sizes expects split_sizes have only non-negative entries, "
                           f"but got split_sizes={errors.sizes(sizes)}")  # fmt: skip
    if sum(sizes) != shape[axis]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {shape[axis]} (input tensor's "
            f"size at dimension {axis}), but got split_sizes={errors.sizes(sizes)}"
        )
    return split_with_sizes(tensor, axis=axis, sizes=sizes)


def _split_evenly(primitive, tensor, size, dim):
    shape = tensor._array.shape
    axis = errors.wrap_dim(dim, len(shape))
    length = shape[axis]
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and length:
        raise RuntimeError("split_size can only be 0 if dimension size is 0, but got dimension "
                           f"size of {length}")  # fmt: skip
    whole, rest = divmod(length, size) if size else (0, 0)
    sizes = (size,) * whole + (rest,) * (rest > 0 or not whole)
    return primitive(tensor, axis=axis, sizes=sizes)


def chunk(input, chunks: int, dim: int = 0):
    """The tensor in `chunks` parts of equal size (the last may be smaller, or be lacking); views.

    >>> import minitorch
    >>> minitorch.arange(5).chunk(2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    axis = errors.wrap_dim(dim, len(shape))
    if shape[axis] == 0:
        return split_with_sizes(input, axis=axis, sizes=(0,) * chunks)
    return _split_evenly(split_primitive, input, -(-shape[axis] // chunks), axis)


def unbind(input, dim: int = 0):
    """The parts at every position of a dimension, without it; views.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]]).unbind(1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    if not input._array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return unbind_primitive(input, axis=errors.wrap_dim(dim, input._array.ndim))


# ---- turning round -----------------------------------------------------------------------------



def _flip(x, *, axes):
    turned = x[tuple([slice(None, None, -1 if i in axes else 1) for i in range(x.ndim)])]
    return turned.copy(creation.order_of(x))


flip_primitive = Primitive("flip", _flip, inputs="input",
                           input=lambda g, axes: flip_primitive(g, axes=axes))  # fmt: skip


def flip(input, *axes, dims=None):
    """The order of the elements reversed along the dimensions `dims`; a copy.

    >>> import minitorch
    >>> minitorch.arange(3).flip(0)
    tensor([2, 1, 0])
    """
    dims = shapes.ints("flip", "dims", axes, dims)
    return flip_primitive(input, axes=shapes.axes_of(dims, input._array.ndim))


def _roll(x, *, shifts, axes):
    if not axes:
        return _roll(x.reshape(-1), shifts=shifts, axes=(0,)).reshape(x.shape)
    for shift, axis in zip(shifts, axes):
        cut = x.shape[axis] - shift % x.shape[axis] if x.size else 0
        lead = (slice(None),) * axis
        x = _joined((x[(*lead, slice(cut, None))], x[(*lead, slice(cut))]), axis)
    return x


roll_primitive = Primitive(
    "roll", _roll, inputs="input", input=lambda g, shifts, axes: roll_primitive(
        g, shifts=tuple(-n for n in shifts), axes=axes),
)  # fmt: skip


def roll(input, shifts, dims=None):
    """The elements moved along dimensions, those that fall off at the end coming in at the start;
    without `dims`, moved as if the tensor were flat.

    >>> import minitorch
    >>> minitorch.arange(4).roll(1)
    tensor([3, 0, 1, 2])
    """
    shifts = shapes.ints("roll", "shifts", (shifts,), position=2)
    dims = shapes.ints("roll", "dims", (() if dims is None else dims,), position=3)
    ndim = input._array.ndim
    if not shifts:
        raise RuntimeError("`shifts` required")
    if len(shifts) != len(dims) and (dims or len(shifts) > 1):
        raise RuntimeError("shifts and dimensions must align. shifts: "
                           f"{len(shifts)}, dims:{len(dims)}")  # fmt: skip
    if dims and not ndim:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    axes = tuple(errors.wrap_dim(d, ndim) for d in dims) if input._array.size else ()
    return roll_primitive(input, shifts=shifts, axes=axes)


# ---- repeating ---------------------------------------------------------------------------------


def _repeat(x, *, repeats):
    x = x[(None,) * (len(repeats) - x.ndim) + (...,)]
    ones = [part for n in x.shape for part in (1, n)]
    pairs = [part for n, k in zip(x.shape, repeats) for part in (k, n)]
    whole = [n * k for n, k in zip(x.shape, repeats)]
    out = np.empty(pairs, x.dtype, like=x)
    out[...] = x.reshape(ones)
    return out.reshape(whole)


def _repeat_back(g, input_shape, repeats):
    sizes = (1,) * (len(repeats) - len(input_shape)) + tuple(input_shape)
    pairs = [part for n, k in zip(sizes, repeats) for part in (k, n)]
    apart = reshape(g, shape=tuple(pairs))
    axes = tuple(range(0, 2 * len(repeats), 2))
    total = reductions.sum_primitive(apart, axes=axes, keepdim=False)
    return reshape(total, shape=tuple(input_shape))


repeat_primitive = Primitive("repeat", _repeat, inputs="input", input=_repeat_back)


def repeat(input, *sizes, repeats=None):
    """The tensor beside itself, so many times along each dimension; a copy.

    >>> import minitorch
    >>> minitorch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    repeats, shape = shapes.ints("repeat", "repeats", sizes, repeats), input._array.shape
    if len(repeats) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of "
                           "dimensions of tensor")  # fmt: skip
    whole = [n * k for n, k in zip((1,) * (len(repeats) - len(shape)) + shape, repeats)]
    for k, n in zip(repeats, whole):
        if k < 0:
            raise RuntimeError("Trying to create tensor with negative dimension "
                               f"{n}: {errors.sizes(whole)}")  # fmt: skip
    return repeat_primitive(input, repeats=repeats)


def tile(input, *sizes, dims=None):
    """`repeat`, where `dims` may be shorter than the shape: it counts from the last dimension.

    >>> import minitorch
    >>> minitorch.tensor([[1], [2]]).tile(2)
    tensor([[1, 1],
            [2, 2]])
    """
    dims = shapes.ints("tile", "dims", sizes, dims)
    return repeat(input, repeats=(1,) * (input._array.ndim - len(dims)) + dims)


def repeat_interleave(input: Tensor = None, repeats=None, dim=None, *, output_size=None):
    """Each element repeated in place, all `repeats` times or as often as the tensor `repeats`
    says for each; with counts alone, the index of each, as often as it says.

    >>> import minitorch
    >>> minitorch.tensor([1, 2]).repeat_interleave(2)
    tensor([1, 1, 2, 2])
    >>> minitorch.repeat_interleave(minitorch.tensor([0, 2, 1]))
    tensor([1, 1, 2])
    """
    if input is None or repeats is None:
        return _counted(repeats if input is None else input, output_size)
    if dim is None:
        input, dim = shapes.flatten(input), 0
    if isinstance(repeats, Tensor) and repeats._array.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    shape = input._array.shape
    axis = errors.wrap_dim(dim, len(shape))
    if isinstance(repeats, Tensor) and repeats._array.size == 1:
        _counted(shapes.reshape(repeats, 1), None)
        repeats = int(repeats._array.item())
    if isinstance(repeats, Tensor):
        if repeats._array.size != shape[axis]:
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{repeats._array.size} and input.size({axis}) = {shape[axis]}"
            )
        return gathering.index_select(input, axis, _counted(repeats, output_size))
    return _repeated(input, repeats, axis, output_size)


def _repeated(input, repeats, axis, output_size):
    if not isinstance(repeats, int):
        raise errors.combination("repeat_interleave", (input, repeats, axis), [
            f"Tensor input, {kind} repeats, int dim = None, *, int output_size = None"
            for kind in ("Tensor", "int")])  # fmt: skip
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    apart, shape = shapes.unsqueeze(input, axis + 1), input._array.shape
    if output_size not in (None, shape[axis] * repeats):
        raise RuntimeError("repeat_interleave: Invalid output_size, expected "
                           f"{shape[axis] * repeats} but got {output_size}")  # fmt: skip
    spread = shapes.expand(apart, *shape[: axis + 1], repeats, *shape[axis + 1 :])
    whole = (*shape[:axis], shape[axis] * repeats, *shape[axis + 1 :])
    return shapes.view(shapes.copy_in_order(spread), *whole)


def _counted(repeats, output_size):
    """Each index as often as the vector of counts says."""
    counts = repeats._array
    if repeats.is_meta:
        if output_size is None:
            raise RuntimeError("cannot repeat_interleave a meta tensor without output_size")
        return wrap(np.empty(output_size, counts.dtype, like=counts))
    if counts.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if not indexing.of_positions(counts):
        raise errors.not_implemented("repeat_interleave_cpu", counts.dtype)
    if counts.size and counts.min() < 0:
        raise RuntimeError("repeats can not be negative")
    if output_size not in (None, int(counts.sum())):
        raise RuntimeError("allocated size does not match required size")
    return wrap(np.repeat(np.arange(counts.size, dtype=counts.dtype, like=counts), counts))
