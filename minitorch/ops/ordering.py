"""Operations that compare elements: extremes, medians, sorted orders, distinct values.

Floor 2. What is picked along an axis comes with its indices, in a named tuple, and its gradient
goes to where it was picked; an extreme of several elements at once shares it among the equal ones.
"""

import builtins
from collections import namedtuple
from functools import lru_cache

import numpy as np

from .. import errors
from ..devices import reduced, zeros
from ..primitive import Primitive
from ..tensor import Tensor
from . import comparison
from .reductions import axes_of, kept, titled
from .selection import places

# ---- named results -----------------------------------------------------------------------------


def named(name, fields="values indices"):
    """A tuple with named fields that prints as torch's."""
    kind = namedtuple(name, fields)
    line = ",\n".join(f"{field}={{!r}}" for field in kind._fields)
    kind.__repr__ = lambda self: f"torch.return_types.{name}(\n{line.format(*self)})"
    return kind


# ---- picking along an axis, and putting back ---------------------------------------------------


@lru_cache(maxsize=64)
def _grid(shape):
    """Arrays that, as an index, name every place of a shape."""
    return np.ogrid[tuple(slice(n) for n in shape)]


def _where(index, axis, ndim):
    """The NumPy index of what `index`, which may lack the axis, picks along it."""
    grid = list(_grid(index.shape))
    if not isinstance(index, np.ndarray):
        grid = [np.asarray(along, like=index) for along in grid]
    if index.ndim < ndim:
        return (*grid[:axis], index, *grid[axis:])
    return (*grid[:axis], index, *grid[axis + 1 :]) if ndim else ()


def _between(axis, start, stop):
    return (slice(None),) * axis + (slice(start, stop),)


def _put(grad, index, *, shape, axis):
    full = zeros(shape, grad)
    full[_where(index, axis, len(shape))] = grad
    return full


take_along = Primitive(
    "take_along", lambda x, index, *, axis: x[_where(index, axis, x.ndim)], inputs="input index",
    input=lambda g, index, input_shape, axis: put_along(g, index, shape=input_shape, axis=axis),
)  # fmt: skip
put_along = Primitive("put_along", _put, inputs="grad index",
                      grad=lambda g, index, axis: take_along(g, index, axis=axis))  # fmt: skip


def picking(name, kernel, node=None):
    """The primitive of a kernel that gives the index of what it picks: values and indices."""

    def both(x, *, axis, **keywords):
        vector = x if x.ndim else x.reshape(1)
        index = kernel(vector, axis=axis, **keywords)
        if not keywords.pop("keepdim", True):
            index = index.squeeze(axis)
        index = index if x.ndim else index.reshape(())
        return x[_where(index, axis, x.ndim)], index

    return Primitive(name, both, outputs="values indices", inputs="input", node=node,
                     input=lambda g, indices, input_shape, axis: put_along(
                         g[0], indices, shape=input_shape, axis=axis))  # fmt: skip


def _check_sizes(name, x, axes):
    """torch's error for an extreme along an axis without elements."""
    for axis in axes[: x.ndim]:
        if x.shape[axis] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


def _check_some(name, x, kind=RuntimeError):
    """torch's error for an extreme of nothing."""
    if x.size == 0:
        hint = " Specify the reduction dim with the 'dim' argument." * (kind is RuntimeError)
        raise kind(f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
                   f"{hint}")  # fmt: skip


# ---- extremes ----------------------------------------------------------------------------------

# Shares `grad` evenly among the elements that a mask marks along the axes.
evenly = Primitive(
    "evenly", lambda grad, mask, *, axes: mask * (
        grad / np.add.reduce(mask, axes, grad.dtype, keepdims=True)),
    inputs="grad mask", grad=lambda g, mask, axes: evenly(g, mask, axes=axes),
)  # fmt: skip


def _to_equals(g, input, out, axes, keepdim):
    g, out = (kept(value, input.shape, axes, keepdim) for value in (g, out))
    return evenly(g, input == out, axes=axes)


def _to_equals_or_nan(g, input, out):
    mask = input != input if bool(out != out) else input == out
    return evenly(g, mask, axes=tuple(range(len(input.shape))))


_FORMS = (
    "Tensor input, *, Tensor out = None", "Tensor input, Tensor other, *, Tensor out = None",
    "Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out = None",
)  # fmt: skip


def _extreme(name, ufunc, arg, elementwise, example):
    """max or min."""
    whole = Primitive(name, lambda x: reduced(ufunc, x), node=f"{name.title()}Backward1",
                      input=_to_equals_or_nan)  # fmt: skip
    picked = picking(name, lambda x, *, axis, keepdim: arg(x, axis, keepdims=True))
    result = named(name)

    def extreme(input, dim=None, keepdim=False, *, other=None):
        dim = dim if other is None else other
        if dim is not None and not isinstance(input, Tensor):
            raise errors.combination(name, (input, dim), _FORMS)
        x = input._array
        if dim is None:
            _check_some(name, x)
            return whole(input)
        if isinstance(dim, Tensor):
            return elementwise.function(input, dim)
        axis = errors.wrap_dim(dim, x.ndim)
        _check_sizes(name, x, (axis,))
        return result(*picked(input, axis=axis, keepdim=keepdim))

    return titled(extreme, name, f"""The {name}imum of all elements; along `dim`, with the indices;
    or of two tensors, elementwise.

    >>> import minitorch
    >>> minitorch.{name}(minitorch.tensor([3, 1, 2]))
    tensor({example})
    """)  # fmt: skip


def extremes(x, axes, keepdim, ufunc=np.maximum, arg=np.argmax):
    """The maxima over some axes. Along short rows argmax is much quicker than reducing."""
    if axes == (x.ndim - 1,) and 0 < x.shape[-1] <= 256 and x.size >= 4096:
        return x[_where(arg(x, -1, keepdims=keepdim), x.ndim - 1, x.ndim)]
    return reduced(ufunc, x, axes, keepdim, initial=None if x.size else 0)


def _over_dims(name, ufunc, arg, example):
    """amax or amin."""
    primitive = Primitive(name, lambda x, *, axes, keepdim: extremes(x, axes, keepdim, ufunc, arg),
                          input=_to_equals)  # fmt: skip

    def over_dims(input, dim=(), keepdim=False, *, out=None):
        x = input._array
        axes = axes_of(dim, x.ndim)
        if not hasattr(dim, "__index__") and not dim:  # (), None: all of them
            _check_some(name, x)
        _check_sizes(name, x, axes)
        if out is not None and out._array.dtype != x.dtype:
            have, wanted = errors.scalar_name(x), errors.scalar_name(out._array)
            raise RuntimeError("Expected the dtype for input and out to match, but got "
                               f"{have} for input's dtype and {wanted} for out's dtype.")
        return primitive(input, axes=axes, keepdim=keepdim, out=out)

    return titled(over_dims, name, f"""The {name[1:]}imum over one or several dimensions.

    Equal elements share the gradient; {name[1:]} along a dimension gives it to one of them.

    >>> import minitorch
    >>> minitorch.{name}(minitorch.tensor([[3, 1], [2, 5]]), (0, 1))
    tensor({example})
    """)  # fmt: skip


def _arg(name, kernel, example):
    """argmax or argmin."""
    primitive = Primitive(name, lambda x, *, axis, keepdim: kernel(x, axis, keepdims=keepdim),
                          inputs="input")  # fmt: skip

    def arg(input, dim: int = None, keepdim=False, *, out=None):
        x = input._array
        if x.dtype.kind == "b":
            raise RuntimeError(f"{name}(): does not support bool input")
        if dim is None:
            _check_some(name, x, IndexError)
            return primitive(input, axis=None, keepdim=keepdim, out=out)
        axis = errors.wrap_dim(dim, x.ndim)
        _check_sizes(name, x, (axis,))
        return primitive(input, axis=axis if x.ndim else None, keepdim=keepdim, out=out)

    return titled(arg, name, f"""The index of the {name[3:]}imum, of all elements or along `dim`.

    >>> import minitorch
    >>> minitorch.{name}(minitorch.tensor([5, 9, 1]))
    tensor({example})
    """)  # fmt: skip


max = _extreme("max", np.maximum, np.argmax, comparison.maximum, 3)
min = _extreme("min", np.minimum, np.argmin, comparison.minimum, 1)
amax = _over_dims("amax", np.maximum, np.argmax, 5)
amin = _over_dims("amin", np.minimum, np.argmin, 1)
argmax, argmin = _arg("argmax", np.argmax, 1), _arg("argmin", np.argmin, 2)

# ---- the middle --------------------------------------------------------------------------------


def _median(x):
    if x.size == 0 or (x.dtype.kind == "f" and np.isnan(x).any()):
        return np.full((), np.nan).astype(x.dtype)
    return np.partition(x.reshape(-1), (x.size - 1) // 2)[(x.size - 1) // 2]


def _median_index(x, *, axis, keepdim):
    """Of equal elements, the one that would come to stand in the middle in a stable order."""
    middle = (x.shape[axis] - 1) // 2
    value = np.partition(x, middle, axis)[_between(axis, middle, middle + 1)]
    before = np.add.reduce(x < value, axis, keepdims=True)
    index = (np.add.accumulate(x == value, axis, int) == middle - before + 1).argmax(
        axis, keepdims=True)  # fmt: skip
    if x.dtype.kind == "f":  # a NaN is the median of all
        nans = np.isnan(x)
        index = np.where(nans.any(axis, keepdims=True), nans.argmax(axis, keepdims=True), index)
    return index


_median_of_all = Primitive("median", _median, input=_to_equals_or_nan)
_median_along = picking("median", _median_index, node="MedianBackward1")
_median_result = named("median")


def median(input, dim=None, keepdim=False):
    """The middle element of all, or along `dim` with its index: of two the lower.

    >>> import minitorch
    >>> minitorch.tensor([3, 1, 2, 4]).median()
    tensor(2)
    """
    x = input._array
    if x.dtype.kind == "b":
        raise errors.not_implemented("median_cpu", x.dtype)
    if dim is None:
        return _median_of_all(input)
    axis = errors.wrap_dim(dim, x.ndim)
    _check_sizes("median", x, (axis,))
    return _median_result(*_median_along(input, axis=axis, keepdim=keepdim))


# ---- in order ----------------------------------------------------------------------------------


def _order(x, *, axis, descending):
    """The indices that sort; equal elements stay in their order, and NaN counts as largest."""
    if not descending:
        return np.argsort(x, axis, "stable")
    backwards = np.flip(np.argsort(np.flip(x, axis), axis, "stable"), axis)
    return x.shape[axis] - 1 - backwards


def _top(x, *, axis, k, largest):
    """The first k + 1 in order (one more, to see whether it is equal), of which k remain."""
    n, m = x.shape[axis], builtins.min(k + 1, x.shape[axis])
    if n <= 16 or 4 * m > n:
        index = _order(x, axis=axis, descending=largest)[_between(axis, 0, m)]
    else:
        parts = np.argpartition(x, n - m if largest else m - 1, axis)
        found = parts[_between(axis, n - m, n) if largest else _between(axis, 0, m)]
        order = _order(x[_where(found, axis, x.ndim)], axis=axis, descending=largest)
        index = found[_where(order, axis, x.ndim)]
    values = x[_where(index, axis, x.ndim)]
    ties = values[_between(axis, 1, m)] == values[_between(axis, 0, m - 1)]
    if x.dtype.kind == "f":
        ties |= np.isnan(values[_between(axis, 1, m)]) & np.isnan(values[_between(axis, 0, m - 1)])
    index = index[_between(axis, 0, k)]
    if k and isinstance(x, np.ndarray) and ties.any():
        for lane in map(tuple, np.argwhere(ties.any(axis))):
            at = lane[:axis] + (slice(None),) + lane[axis:]
            index[at] = places(x[at], k, largest)
    return index


_sort, _topk = picking("sort", _order), picking("topk", _top)
_sort_result, _topk_result = named("sort"), named("topk")


def sort(input, dim=-1, descending=False, *, stable=False):
    """The elements in order along `dim`, and the indices where they stood.

    Equal elements keep their order, whether `stable` is asked for or not.

    >>> import minitorch
    >>> minitorch.tensor([3, 1, 2]).sort()
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    axis = errors.wrap_dim(dim, input._array.ndim)
    return _sort_result(*_sort(input, axis=axis, descending=descending))


def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices that put the elements in order along `dim`.

    >>> import minitorch
    >>> minitorch.tensor([3, 1, 2]).argsort()
    tensor([1, 2, 0])
    """
    axis = errors.wrap_dim(dim, input._array.ndim)
    return _sort(input.detach(), axis=axis, descending=descending)[1]


def topk(input, k: int, dim: int = -1, largest=True, sorted=True):
    """The `k` largest (or smallest) elements along `dim` in order, and their indices.

    >>> import minitorch
    >>> minitorch.tensor([3, 1, 2]).topk(2)
    torch.return_types.topk(
    values=tensor([3, 2]),
    indices=tensor([0, 2]))
    """
    x = input._array
    axis = errors.wrap_dim(dim, x.ndim)
    if not 0 <= k <= (x.shape[axis] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if x.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    k = k if x.ndim else 1
    return _topk_result(*_topk(input, axis=axis, k=k, largest=largest))


# ---- distinct, counted -------------------------------------------------------------------------


def _unique_backward(g, axis):
    name = "_unique2" if axis is None else "unique_dim"
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")


def _unique_kernel(x, *, axis):
    if axis is not None and x.shape[axis] == 0:
        return x.copy(), np.zeros(0, np.int64), np.zeros(0, np.int64)
    values, inverse, counts = np.unique(x, False, True, True, axis=axis, equal_nan=False)
    return values, inverse.reshape(x.shape if axis is None else -1), counts


_unique = Primitive(
    "unique", _unique_kernel, outputs=True, inputs="input", backward=_unique_backward,
    node=lambda axis: "Unique2Backward0" if axis is None else "UniqueDimBackward0",
)  # fmt: skip


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct elements (or slices along `dim`) in order.

    With `return_inverse` also where each element of the input went, with `return_counts` also how
    often each value was there.

    >>> import minitorch
    >>> minitorch.unique(minitorch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = input._array
    axis = None
    if dim is not None:
        axis = errors.wrap_dim(dim, x.ndim)
        if 0 in x.shape[:axis] + x.shape[axis + 1 :]:
            raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique "
                               "cannot be applied")  # fmt: skip
    values, inverse, counts = _unique(input, axis=axis)
    results = (values,) + (inverse,) * bool(return_inverse) + (counts,) * bool(return_counts)
    return results if len(results) > 1 else values


def _count(x, weights, *, minlength):
    counts = np.bincount(x, weights, minlength)
    narrow = weights is not None and x.size and weights.dtype == np.float32
    return counts.astype(np.float32) if narrow else counts


def _bincount_backward(g):
    raise RuntimeError("derivative for aten::bincount is not implemented")


_bincount = Primitive("bincount", _count, inputs="input weights", weights=_bincount_backward)


def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, 2, ... occurs in a vector of ints; or the sum of their weights.

    >>> import minitorch
    >>> minitorch.tensor([0, 2, 2]).bincount()
    tensor([1, 0, 2])
    """
    x = input._array
    if x.dtype.kind in "fb":
        raise errors.not_implemented("bincount_cpu", x.dtype)
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights._array.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    if x.size == 0:
        weights = None
    return _bincount(input, weights, minlength=minlength)
