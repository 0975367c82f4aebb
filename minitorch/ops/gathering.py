"""Gathering and scattering by index tensors along a dimension, and by masks.

Floor 2. `gather(x, 1, i)[r, c]` is `x[r, i[r, c]]`; `scatter` goes the other way. The gradient of
the one is the other: what is gathered several times adds up.
"""

import warnings

import numpy as np

from .. import devices, errors, meta
from ..devices import contiguous, zeros
from ..primitive import NUMBERS, Primitive
from ..recording import write_out
from ..tensor import Tensor, wrap
from . import assigning, comparison, creation, indexing, shapes

# ---- whole slices: index_select, index_add -----------------------------------------------------


def _checked_index(op, index, texts):
    """The array of an index that must be a vector of ints."""
    vector, dtype = texts
    array = index._array
    if array.ndim > 1:
        raise IndexError(vector.format(array=array, size=errors.sizes(array.shape)))
    if not indexing.of_positions(array):
        raise RuntimeError(dtype.format(name=errors.scalar_name(array)))
    return array


def _explain_select(arrays, keywords):
    x, index = arrays
    size = x.shape[keywords["axis"]] if x.ndim else 1
    wrong = indexing.not_there(index, 0, size, negative=False)
    if wrong and keywords["axis"] == 1 and x.ndim and x.flags.c_contiguous:
        bad = index[(index < 0) | (index >= size)][0]
        return RuntimeError(f"INDICES element is out of DATA bounds, id={bad} axis_dim={size}")
    return wrong and IndexError("index out of range in self")


def _select_slices(x, index, *, axis):
    if index.size and (index.min() < 0 or not x.ndim and index.any()):
        raise IndexError("no such position")
    return indexing.index_along.kernel(x, index, axis=axis)


index_select_primitive = Primitive(
    "index_select", _select_slices, inputs="input index", explain=_explain_select,
    input=lambda g, index, input_shape, axis: indexing.add_back(
        g, index, shape=tuple(input_shape), axis=axis),
)  # fmt: skip


def index_select(input, dim: int, index: Tensor, *, out=None):
    """The slices along a dimension that a vector of ints names; a copy.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]]).index_select(1, minitorch.tensor([1, 0]))
    tensor([[2, 1],
            [4, 3]])
    """
    array = _checked_index("index_select", index, (
        "index_select(): Index is supposed to be a vector",
        "index_select(): Expected dtype int32 or int64 for index"))  # fmt: skip
    ndim = input._array.ndim
    axis = errors.wrap_dim(dim, ndim)
    if not ndim:
        if array.size != 1:
            raise RuntimeError("index_select(): Index to scalar can have only 1 value, got "
                               f"{array.size} value(s)")  # fmt: skip
    index = index if array.ndim else shapes.reshape(index, 1)
    return assigning.into(out, index_select_primitive, input, index, axis=axis)


def _index_add(x, source, index, *, axis, alpha):
    source = source if alpha == 1 else source * source.dtype.type(alpha)
    return indexing.add_along(x.copy(), source, index, axis)


index_add_primitive = Primitive(
    "index_add", _index_add, inputs="input source index",
    input=lambda g: g,
    source=lambda g, index, axis, alpha: indexing.index_along(
        g if alpha == 1 else g * alpha, index, axis=axis),
)  # fmt: skip


def index_add(input, dim: int, index: Tensor, source: Tensor, *, alpha=1):
    """A copy with the slices of `source`, times `alpha`, added to those that `index` names.

    >>> import minitorch
    >>> minitorch.zeros(3).index_add(0, minitorch.tensor([0, 2, 0]), minitorch.ones(3))
    tensor([2., 0., 1.])
    """
    x, s = input._array, source._array
    axis = errors.wrap_dim(dim, x.ndim)
    array = _checked_index("index_add", index, (
        "index_add_(): Index is supposed to be a vector, but got dim: {array.ndim} with type: "
        f"{errors.scalar_name(index._array)} and size: {{size}}",
        "index_add_(): Expected dtype int32/int64 for index but got: {name}"))  # fmt: skip
    if x.dtype != s.dtype:
        raise RuntimeError(f"index_add_(): self ({errors.scalar_name(x)}) and source "
                           f"({errors.scalar_name(s)}) must have the same scalar type")  # fmt: skip
    length = s.shape[axis] if s.ndim > axis else 1
    if array.size != length:
        raise RuntimeError(f"index_add_(): Number of indices ({array.size}) should be equal to "
                           f"source.size(dim): ({length}), for dim: {axis}")  # fmt: skip
    beside = lambda shape: (*shape[:axis], *shape[axis + 1 :])
    if beside(s.shape) != beside(x.shape) or s.ndim != x.ndim:
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the "
                           f"specified dimension. Got self.shape = {errors.sizes(x.shape)} "
                           f"source.shape = {errors.sizes(s.shape)}")  # fmt: skip
    index = index if array.ndim else shapes.reshape(index, 1)
    size = x.shape[axis] if x.ndim else 1
    if array.size and not 0 <= array.min() <= array.max() < size:
        if alpha != 1 or x.ndim < 2 or axis not in (0, x.ndim - 1):
            raise IndexError("index out of range in self")
        raise indexing.not_there(index._array, axis, size, RuntimeError, False)
    return index_add_primitive(input, source, index, axis=axis, alpha=alpha)


# ---- single elements: gather, scatter ----------------------------------------------------------


_UNSIGNED = {4: np.dtype(np.uint32), 8: np.dtype(np.uint64)}


def _places(x, index, axis):
    """Where the elements that `index` names lie in the flat `x`; IndexError if one does not."""
    if not index.size:
        return np.empty(index.shape, np.int64, like=index)
    flat = index.reshape(-1).view(_UNSIGNED[index.itemsize])  # a negative number is a large one
    if flat[flat.argmax()] >= (x.shape[axis] if x.ndim else 1):
        raise IndexError("out of bounds")
    return indexing.positions(x.shape, axis, index) if x.ndim and index.ndim else index


def _explain_places(arrays, keywords):
    """The error for a position that the dimension does not have: here none is negative."""
    x, index, axis = arrays[0], arrays[-1], keywords["axis"]
    size = x.shape[axis] if x.ndim else 1
    return indexing.not_there(index, axis, size, RuntimeError, False)


def _gather(x, index, *, axis):
    return x.reshape(-1).take(_places(x, index, axis))


def _scatter(x, src, index, *, axis):
    out = x.copy()
    if index.size:
        out.reshape(-1)[_places(x, index, axis)] = _corner(src, index)
    return out


def _scatter_add(x, src, index, *, axis, ufunc=np.add):
    out = x.copy()
    if index.size:
        places, part = _places(x, index, axis), _corner(src, index)
        if ufunc is np.multiply and not isinstance(x, np.ndarray):
            return _multiplied_elsewhere(out, places, part)
        ufunc.at(out.reshape(-1), places.reshape(-1), part.reshape(-1))
    return out


def _multiplied_elsewhere(out, places, part):
    """`np.multiply.at`, which CuPy does not have, on the CPU."""
    if isinstance(out, meta.MetaArray):
        return out
    numbers, places, part = (devices.moved(a, devices.cpu) for a in (out, places, part))
    np.multiply.at(numbers.reshape(-1), places.reshape(-1), part.reshape(-1))
    return np.asarray(numbers, like=out)


def _corner(src, index):
    """What `scatter` uses of its source: as much as the index is large."""
    if not src.ndim:
        return np.broadcast_to(src, index.shape)
    if not index.ndim:
        return src.reshape(())
    return src if src.shape == index.shape else src[tuple(map(slice, index.shape))]


def _gather_back(name):
    """The gradient of `src`; like torch, only where `scatter` has used all of it."""

    def formula(g, index, src_shape, axis):
        got, wanted = gather_primitive(g, index, axis=axis), tuple(src_shape)
        if wanted != tuple(index.shape) and wanted and tuple(index.shape):
            raise RuntimeError(
                f"Function {name}Backward0 returned an invalid gradient at index 1 - got "
                f"{errors.sizes(index.shape)} but expected shape compatible with "
                f"{errors.sizes(wanted)}"
            )
        return shapes.reshape_primitive(got, shape=wanted)

    return formula


gather_primitive = Primitive(
    "gather", _gather, inputs="input index", explain=_explain_places,
    input=lambda g, index, input_shape, axis: scatter_back(
        g, index, shape=tuple(input_shape), axis=axis),
)  # fmt: skip
scatter_back = Primitive(
    "scatter_add", lambda g, index, *, shape, axis: _scatter_add(
        zeros(shape, g), g, index, axis=axis),
    inputs="g index", g=lambda g, index, axis: gather_primitive(g, index, axis=axis),
)  # fmt: skip
scatter_primitive = Primitive(
    "scatter", _scatter, inputs="input src index", explain=_explain_places,
    input=lambda g, index, axis: scatter_value(g, index, value=0, axis=axis),
    src=_gather_back("Scatter"),
)  # fmt: skip
scatter_value = Primitive(
    "scatter", lambda x, index, *, value, axis: _scatter(
        x, np.asarray(value, x.dtype, like=devices.library(x)), index, axis=axis),
    inputs="input index", node="ScatterBackward1", explain=_explain_places,
    input=lambda g, index, axis: scatter_value(g, index, value=0, axis=axis),
)  # fmt: skip
scatter_add_primitive = Primitive(
    "scatter_add", _scatter_add, inputs="input src index", explain=_explain_places,
    input=lambda g: g, src=_gather_back("ScatterAdd"),
)  # fmt: skip


def _no_derivative(g):
    raise RuntimeError("derivative for aten::scatter is not implemented")


scatter_reduced = Primitive(
    "scatter", _scatter_add, inputs="input src index", explain=_explain_places,
    node="torch::autograd::NotImplemented", input=_no_derivative, src=_no_derivative,
)  # fmt: skip


def _check_places(op, x, index, axis, src=None):
    """torch's errors for what does not fit `gather` or `scatter`."""
    if not index.size:
        return
    if not indexing.of_positions(index):
        raise RuntimeError(f"{op}(): Expected dtype int32/int64 for index")
    for other, name in ((x, "input" if op == "gather" else "self"), (src, "src")):
        if other is not None and max(index.ndim, 1) != max(other.ndim, 1):
            raise RuntimeError(f"Index tensor must have the same number of dimensions as {name} "
                               "tensor")  # fmt: skip
    larger = [k for k in range(x.ndim) if k != axis and index.ndim and index.shape[k] > x.shape[k]]
    if op == "gather" and larger:
        raise RuntimeError(f"Size does not match at dimension {larger[0]} expected index "
                           f"{errors.sizes(index.shape)} to be no larger than self "
                           f"{errors.sizes(x.shape)} apart from dimension {axis}")  # fmt: skip
    short = src is not None and any(n > m for n, m in zip(index.shape, src.shape))
    if larger or short:
        text = (f"Expected index {errors.sizes(index.shape)} to be no larger than self "
                f"{errors.sizes(x.shape)} apart from dimension {axis}")  # fmt: skip
        if src is not None:
            text += f" and to be no larger size than src {errors.sizes(src.shape)}"
        raise RuntimeError(text)


def gather(input, dim: int, index: Tensor, *, sparse_grad=False, out=None):
    """The elements at the positions along a dimension that `index` holds; shaped like `index`.

    >>> import minitorch
    >>> x = minitorch.tensor([[1, 2], [3, 4]])
    >>> x.gather(1, minitorch.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    axis = errors.wrap_dim(dim, input._array.ndim)
    _check_places("gather", input._array, index._array, axis)
    if out is not None and out._array.dtype != input._array.dtype:
        mine, wanted = (errors.C_NAME[x._array.dtype.name] for x in (out, input))
        raise RuntimeError(f"Expected out tensor to have dtype {wanted}, but got {mine} instead")
    return assigning.into(out, gather_primitive, input, index, axis=axis)


def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy with `src`, a tensor or a number, put at the positions along a dimension that `index`
    holds; with `reduce` "add" or "multiply", combined with what is there.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).scatter(1, minitorch.tensor([[2], [0]]), 1.)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    x, axis = input._array, errors.wrap_dim(dim, input._array.ndim)
    if not isinstance(src, (Tensor, *NUMBERS)):
        raise _no_such_scatter(input, dim, index, src)
    given = src._array if isinstance(src, Tensor) else None
    _check_places("scatter", x, index._array, axis, given)
    if given is not None and given.dtype != x.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if reduce is not None:
        if given is not None:
            warnings.warn(
                "The reduce argument of torch.scatter with Tensor src is deprecated and will be "
                "removed in a future PyTorch release. Use torch.scatter_reduce instead for more "
                "reduction options.", UserWarning, stacklevel=3)  # fmt: skip
        else:
            src = wrap(np.asarray(creation.fitting(src, x.dtype), x.dtype, like=x))
        if reduce not in ("add", "multiply"):
            raise RuntimeError("reduce argument must be either add or multiply.")
        ufunc = np.add if reduce == "add" else np.multiply
        return scatter_reduced(input, src, index, axis=axis, ufunc=ufunc)
    if given is None:
        return scatter_value(input, index, value=creation.fitting(src, x.dtype), axis=axis)
    return scatter_primitive(input, src, index, axis=axis)


def _no_such_scatter(input, dim, index, src):
    given = (input, dim, index) if src is None else (input, dim, index, src)
    forms = [f"Tensor input, int dim, Tensor index, {what}, *, {reduce}Tensor out = None"
             for what in ("Tensor src", "Number value")
             for reduce in ("", "str reduce, ")]  # fmt: skip
    return errors.combination("scatter", given, forms)


def scatter_add(input, dim: int, index: Tensor, src: Tensor):
    """A copy with `src` added at the positions along a dimension that `index` holds.

    >>> import minitorch
    >>> minitorch.zeros(3).scatter_add(0, minitorch.tensor([0, 0, 2]), minitorch.ones(3))
    tensor([2., 0., 1.])
    """
    axis = errors.wrap_dim(dim, input._array.ndim)
    _check_places("scatter", input._array, index._array, axis, src._array)
    if src._array.dtype != input._array.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return scatter_add_primitive(input, src, index, axis=axis)


def take_along_dim(input, indices: Tensor, dim: int = None, *, out=None):
    """`gather` with broadcasting; without `dim`, elements of the flat tensor.

    >>> import minitorch
    >>> x = minitorch.tensor([[10, 20], [30, 40]])
    >>> x.take_along_dim(x.argmax(1, keepdim=True), 1)
    tensor([[20],
            [40]])
    """
    x, i = input._array, indices._array
    if dim is not None and x.ndim != i.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {x.ndim} dimensions for input, and {i.ndim} dimensions for indices"
        )
    if i.dtype != np.int64:
        raise RuntimeError("torch.take_along_dim(): dtype of indices should be Long but got "
                           f"{errors.scalar_name(i)}")  # fmt: skip
    if dim is None:
        return gather(shapes.view(input, -1), 0, shapes.view(indices, -1), out=out)
    axis = errors.wrap_dim(dim, x.ndim)
    without = lambda shape: shape[:axis] + (1,) + shape[axis + 1 :]
    if error := errors.broadcast(without(x.shape), without(i.shape)):
        raise error
    shape = np.broadcast_shapes(without(x.shape), without(i.shape))
    widened = lambda t, n: shapes.expand(t, *shape[:axis], n, *shape[axis + 1 :])
    return gather(widened(input, x.shape[axis]), axis,
                  _wrapped(widened(indices, i.shape[axis]), x.shape[axis]), out=out)  # fmt: skip


def _wrapped(index, size):
    """Positions counted round and round, which is what torch does here."""
    array = index._array
    if not array.size or 0 <= array.min() <= array.max() < size:
        return index
    return wrap(array % size)


# ---- masks -------------------------------------------------------------------------------------


def _explain_mask(arrays, keywords):
    return errors.broadcast(arrays[-1].shape, arrays[0].shape)


def _filled(x, mask, value):
    if x.shape != mask.shape or not isinstance(x, np.ndarray):
        return np.where(mask, value, x)
    out = x.copy()
    out.reshape(-1)[mask.reshape(-1).nonzero()[0]] = value
    return out


masked_fill_primitive = Primitive(
    "masked_fill", lambda x, mask, *, value: _filled(x, mask, value),
    inputs="input mask", explain=_explain_mask,
    input=lambda g, mask: masked_fill_primitive(g, mask, value=0),
)  # fmt: skip
masked_fill_tensor = Primitive(
    "masked_fill", lambda x, value, mask: _filled(x, mask, value.astype(x.dtype)),
    inputs="input value mask", node="MaskedFillBackward1", explain=_explain_mask,
    input=lambda g, mask: masked_fill_primitive(g, mask, value=0),
    value=lambda g, mask: comparison.choose(mask, g, 0),
)  # fmt: skip


def masked_fill(input, mask: Tensor, value):
    """A copy with `value`, a number or a 0-d tensor, where the mask is True.

    >>> import minitorch
    >>> x = minitorch.tensor([1., 2., 3.])
    >>> x.masked_fill(x > 1.5, 0)
    tensor([1., 0., 0.])
    """
    if mask._array.dtype.kind != "b":
        raise errors.broadcast(mask._array.shape, input._array.shape) or RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{errors.SPOKEN_NAME[mask._array.dtype.name]}")  # fmt: skip
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError("masked_fill_ only supports a 0-dimensional value tensor, but got "
                               f"tensor with {value._array.ndim} dimension(s).")  # fmt: skip
        return masked_fill_tensor(input, value, mask)
    if not isinstance(value, NUMBERS):
        raise errors.combination("masked_fill", (input, mask, value), (
            "Tensor input, Tensor mask, Tensor value",
            "Tensor input, Tensor mask, Number value"))  # fmt: skip
    return masked_fill_primitive(input, mask, value=creation.fitting(value, input._array.dtype))


def _masked_select(x, mask):
    if x.shape != mask.shape:
        x, mask = np.broadcast_arrays(x, mask)
    return x.reshape(-1).take(mask.reshape(-1).nonzero()[0])


def _masked_put(g, mask, *, shape):
    whole = np.broadcast_shapes(shape, mask.shape)
    full = zeros(whole, g)
    full[np.broadcast_to(mask, whole)] = g
    return full


masked_select_primitive = Primitive(
    "masked_select", _masked_select, inputs="input mask", explain=_explain_mask,
    input=lambda g, mask, input_shape: masked_put(g, mask, shape=tuple(input_shape)),
)  # fmt: skip
masked_put = Primitive("masked_scatter", _masked_put, inputs="g mask",
                       g=lambda g, mask: masked_select_primitive(g, mask))  # fmt: skip


def masked_select(input, mask: Tensor, *, out=None):
    """The elements where the mask is True, as a vector; a copy.

    >>> import minitorch
    >>> x = minitorch.tensor([1, 2, 3])
    >>> x.masked_select(x > 1)
    tensor([2, 3])
    """
    if mask._array.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    if mask.is_meta:
        raise meta.no_kernel("masked_select")
    return assigning.into(out, masked_select_primitive, input, mask)


def nonzero(input, *, out=None, as_tuple=False):
    """The indices of the elements that are not zero: one row each, or a vector per dimension.

    >>> import minitorch
    >>> minitorch.tensor([0, 5, 6]).nonzero()
    tensor([[1],
            [2]])
    >>> minitorch.tensor([0, 5, 6]).nonzero(as_tuple=True)
    (tensor([1, 2]),)
    """
    x = input._array
    if as_tuple:
        return tuple(wrap(contiguous(a)) for a in _indices(np.atleast_1d(x)))
    found = np.stack(_indices(np.atleast_1d(x)))[x.ndim == 0 :]
    return wrap(found.T) if out is None else write_out(gather_primitive, wrap(found.T), out)


def _indices(x):
    """`x.nonzero()`, for large arrays through the flat one: NumPy is quicker there."""
    if x.ndim == 1 or x.size < 1000:
        return x.nonzero()
    (rest,), found = x.reshape(-1).nonzero(), []
    for n in x.shape[::-1]:
        above = rest // n
        found.append(rest - above * n)
        rest = above
    return found[::-1]


def argwhere(input):
    """`nonzero` as rows, by its name in NumPy."""
    return nonzero(input)
