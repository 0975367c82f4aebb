"""Operations that make many numbers one: sums, means, variances, products, and the softmax family.

Floor 2. The public function turns `dim` into a tuple of axes and calls the primitive; `keepdim`
leaves them there with size 1. Maxima, medians and orders are in `ordering.py`.
"""

import math
import warnings
from functools import lru_cache

import numpy as np

from .. import errors
from ..devices import as_array, library, reduced
from ..primitive import Primitive
from . import scans, shapes
from .comparison import choose

_INT64 = np.dtype(np.int64)
_ALL = [tuple(range(ndim)) for ndim in range(65)]

# ---- axes --------------------------------------------------------------------------------------


def axes_of(dim, ndim):
    """`dim`, an int, a sequence or None (all), as a tuple of axes, checked."""
    if dim.__class__ is int:
        return (dim % ndim,) if -ndim <= dim < ndim else (errors.wrap_dim(dim, ndim),)[:ndim]
    if hasattr(dim, "__index__") and not isinstance(dim, bool):
        return axes_of(dim.__index__(), ndim)
    if dim is None or len(dim) == 0:
        return _ALL[ndim]
    axes = tuple([errors.wrap_dim(d, ndim) for d in dim])
    for axis in axes:
        if axes.count(axis) > 1:
            raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
    return axes if ndim else ()


def kept(g, shape, axes, keepdim):
    """`g` with the axes that a reduction of an array of this shape took away, at size 1."""
    if keepdim or not axes or len(axes) == len(shape):
        return g  # a single number fits everywhere
    sizes = tuple([1 if i in axes else n for i, n in enumerate(shape)])
    return shapes.reshape_primitive(g, shape=sizes)


def spread(g, shape, axes, keepdim):
    """The gradient of a sum: each summed element gets `g`."""
    return shapes.expand_primitive(kept(g, shape, axes, keepdim), shape=tuple(shape))


def count_of(shape, axes):
    """How many elements become one."""
    count = 1
    for axis in axes:
        count *= shape[axis]
    return count


def titled(function, name, doc):
    """A public function made inside another, with its own name and docstring."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _numbered(name):
    """torch numbers its reductions: SumBackward0 over everything, SumBackward1 over dims."""
    return lambda whole=False, **keywords: f"{name}Backward{0 if whole else 1}"


# ---- sum and mean ------------------------------------------------------------------------------

_LARGE, _WHOLE = 4096, 20_000  # where BLAS pays: for sums over some axes, and over all
_LONG = 2048  # how many float32 it may add up in one go
_ones = lru_cache(np.ones)


def total(x, axes, keepdim=False):
    """np.add.reduce over some axes; where a large array's are adjacent, by BLAS, much faster."""
    kind, n = x.dtype, len(axes)
    few = _WHOLE if n == x.ndim else _LARGE
    if (x.size < few or kind.char not in "fd" or not x.flags.c_contiguous
            or x.__class__ is not np.ndarray):  # fmt: skip
        if kind.char == "e":
            return np.add.reduce(x, axes, np.float32, keepdims=keepdim).astype(kind)
        return np.add.reduce(x, axes, keepdims=keepdim)
    shape = [1 if i in axes else s for i, s in enumerate(x.shape) if keepdim or i not in axes]
    if n == x.ndim:
        return total_of_products(x.reshape(-1)).reshape(shape)
    count = count_of(x.shape, axes)
    if not n or count > _LONG or axes != tuple(range(axes[0], axes[0] + n)):
        return np.add.reduce(x, axes, keepdims=keepdim)
    ones, before = _ones(count, kind), math.prod(x.shape[: axes[0]])
    if axes[-1] == x.ndim - 1:
        return (x.reshape(before, count) @ ones).reshape(shape)
    return (ones @ x.reshape(before, count, -1)).reshape(shape)


def total_of_products(x, y=None):
    """The sum of a vector, or of its products with another; by parts, so that none is long."""
    if not isinstance(x, np.ndarray):
        return np.add.reduce(x if y is None else x * y)
    if y is not None and x.size <= _LONG:
        return np.dot(x, y)
    whole = x.size - x.size % _LONG
    rows, rest = x[:whole].reshape(-1, _LONG), x[whole:]
    if y is None:
        return np.add.reduce(rows @ _ones(_LONG, x.dtype)) + np.add.reduce(rest)
    return np.add.reduce(np.vecdot(rows, y[:whole].reshape(-1, _LONG))) + np.dot(rest, y[whole:])


def _sum(x, *, axes, keepdim, whole=False, kind=None):
    return np.add.reduce(x, axes, kind, keepdims=keepdim) if kind else total(x, axes, keepdim)


sum_primitive = Primitive(
    "sum", _sum, inputs="input", node=_numbered("Sum"),
    input=lambda g, input_shape, axes, keepdim: spread(g, input_shape, axes, keepdim),
)  # fmt: skip


def _sum_to(x, *, shape):
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1
    )
    return total(x, axes, True).reshape(shape)


sum_to = Primitive(
    "sum_to_size", _sum_to, inputs="input",
    input=lambda g, input_shape: shapes.expand_primitive(g, shape=input_shape),
)  # fmt: skip


def along(x, axes):
    """The sum over some axes, which stay with size 1."""
    return sum_primitive(x, axes=axes, keepdim=True)


def sum(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """The sum of all elements, or over the dimensions `dim`; ints and bools as int64.

    >>> import minitorch
    >>> minitorch.ones(2, 3).sum(0)
    tensor([2., 2., 2.])
    """
    if dtype is not None:
        input = input.to(dtype)
    x = input._array
    kind = None if x.dtype.kind == "f" else x.dtype if dtype else _INT64
    return sum_primitive.function(input, axes=axes_of(dim, x.ndim), keepdim=keepdim, kind=kind,
                                  whole=dim is None and not keepdim, out=out)  # fmt: skip


nansum_primitive = Primitive(
    "nansum", lambda x, *, axes, keepdim: total(np.where(x == x, x, 0), axes, keepdim),
    input=lambda g, input, axes, keepdim: choose(
        input == input, spread(g, input.shape, axes, keepdim), 0),
)  # fmt: skip


def nansum(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """The sum, with NaN counted as zero.

    >>> import minitorch
    >>> minitorch.tensor([1., float("nan")]).nansum()
    tensor(1.)
    """
    if dtype is not None:
        input = input.to(dtype)
    x = input._array
    if x.dtype.kind != "f":
        return sum(input, dim, keepdim, dtype=dtype, out=out)
    return nansum_primitive(input, axes=axes_of(dim, x.ndim), keepdim=keepdim, out=out)


mean_primitive = Primitive(
    "mean", lambda x, *, axes, keepdim, count, whole=False: total(x, axes, keepdim) / count,
    inputs="input", node=_numbered("Mean"),
    input=lambda g, input_shape, axes, keepdim, count: spread(
        g / count, input_shape, axes, keepdim),
)  # fmt: skip


def mean(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """The mean of all elements, or over the dimensions `dim`; of floats only, as in torch.

    >>> import minitorch
    >>> minitorch.tensor([1., 2., 6.]).mean()
    tensor(3.)
    """
    which = "Input"
    if dtype is not None:
        input, which = input.to(dtype), "Optional"
    x = input._array
    if x.dtype.kind != "f":
        raise RuntimeError(
            f"mean(): could not infer output dtype. {which} dtype must be either a floating point "
            f"or complex dtype. Got: {errors.scalar_name(x)}"
        )
    axes = axes_of(dim, x.ndim)
    count = count_of(x.shape, axes) or float("nan")  # the mean of nothing is NaN
    return mean_primitive.function(input, axes=axes, keepdim=keepdim, count=count,
                                   whole=dim is None and not keepdim, out=out)  # fmt: skip


def _mean_of(x, axes):
    return mean_primitive(x, axes=axes, keepdim=True, count=count_of(x.shape, axes) or float("nan"))


# ---- variance ----------------------------------------------------------------------------------


def _var_mean(x, *, axes, keepdim, correction):
    """torch computes in float32 for float16; without any degree of freedom it divides by zero."""
    wide = x.astype(np.float32) if x.dtype.char == "e" else x
    mean = _mean_of(wide, axes)
    centred = wide - mean
    freedom = wide.dtype.type(max(count_of(x.shape, axes) - correction, 0))
    var = total(as_array(centred * centred), axes, keepdim) / freedom
    mean = mean.reshape(np.shape(var))
    return var.astype(x.dtype, copy=False), mean.astype(x.dtype, copy=False)


def _var_input(g, input, axes, keepdim, correction):
    freedom = count_of(input.shape, axes) - correction
    scale = 2 / freedom if freedom else float("inf")
    return kept(g, input.shape, axes, keepdim) * scale * (input - _mean_of(input, axes))


def _of_std(g, std):
    """The gradient with respect to the variance, given that of its root; 0 where that is 0."""
    return choose(std == 0, 0, g / (2 * std))


def _with_mean(g, var, input, axes, keepdim, correction):
    spread_mean = spread(g / count_of(input.shape, axes), input.shape, axes, keepdim)
    return spread_mean + _var_input(var, input, axes, keepdim, correction)


def _std_mean(x, **keywords):
    var, mean = _var_mean(x, **keywords)
    return np.sqrt(var), mean


_var = Primitive("var", lambda x, **keywords: _var_mean(x, **keywords)[0], input=_var_input)
_std = Primitive(
    "std", lambda x, **keywords: _std_mean(x, **keywords)[0],
    input=lambda g, input, out, axes, keepdim, correction: _var_input(
        _of_std(g, out), input, axes, keepdim, correction),
)  # fmt: skip
_var_with_mean = Primitive(
    "var_mean", _var_mean, outputs="var mean",
    input=lambda g, input, axes, keepdim, correction: _with_mean(
        g[1], g[0], input, axes, keepdim, correction),
)  # fmt: skip
_std_with_mean = Primitive(
    "std_mean", _std_mean, outputs="std mean",
    input=lambda g, input, std, axes, keepdim, correction: _with_mean(
        g[1], _of_std(g[0], std), input, axes, keepdim, correction),
)  # fmt: skip


def _varied(name, primitive, doc):
    """The public function of a primitive: `var(dim, unbiased, keepdim)`, `var(unbiased)` or
    `var(dim, correction=, keepdim=)`, as torch's overloads."""

    def function(input, dim=None, unbiased=None, keepdim=False, *, correction=None, out=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 0 if unbiased is False else 1
        x = input._array
        if x.dtype.kind != "f":
            who = name if "_" in name else "std and var"
            raise RuntimeError(f"{who} only support floating point and complex dtypes")
        axes = axes_of(dim, x.ndim)
        if x.size == 0 or count_of(x.shape, axes) <= correction:
            warnings.warn(
                f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than "
                "the reduction factor (input numel divided by output numel).",
                stacklevel=2,
            )
        return primitive(input, axes=axes, keepdim=keepdim, correction=correction, out=out)

    return titled(function, name, doc)


var = _varied("var", _var, """The variance, sum((x - mean)^2) / (N - correction).

    >>> import minitorch
    >>> minitorch.tensor([1., 2., 3.]).var(), minitorch.tensor([1., 2., 3.]).var(correction=0)
    (tensor(1.), tensor(0.6667))
    """)  # fmt: skip
std = _varied("std", _std, """The standard deviation, the root of the variance.

    >>> import minitorch
    >>> minitorch.tensor([1., 2., 3.]).std()
    tensor(1.)
    """)  # fmt: skip
var_mean = _varied("var_mean", _var_with_mean, """The variance and the mean.

    >>> import minitorch
    >>> minitorch.var_mean(minitorch.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """)  # fmt: skip
std_mean = _varied("std_mean", _std_with_mean, """The standard deviation and the mean.

    >>> import minitorch
    >>> minitorch.std_mean(minitorch.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """)  # fmt: skip

# ---- product -----------------------------------------------------------------------------------


def _prod(x, *, axes, keepdim, whole=False):
    wide = np.float32 if x.dtype.char == "e" else x.dtype
    return np.multiply.reduce(x, axes, wide, keepdims=keepdim).astype(x.dtype, copy=False)


def _prod_input(g, input, out, axes, keepdim):
    """g * (the product of the others), without a division by zero where an element is zero."""
    g, out = (kept(value, input.shape, axes, keepdim) for value in (g, out))
    if (input != 0).all():
        return g * (out / input)
    if not axes:
        return g
    x = shapes.reshape_primitive(input, shape=(-1,)) if len(axes) > 1 else input
    axis = 0 if len(axes) > 1 else axes[0]
    others = scans.products_before(x, axis) * scans.products_before(x, axis, reverse=True)
    return g * shapes.reshape_primitive(others, shape=tuple(input.shape))


prod_primitive = Primitive("prod", _prod, inputs="input", node=_numbered("Prod"), input=_prod_input)


def prod(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """The product of all elements, or along the dimension `dim`; ints and bools as int64.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]]).prod(1)
    tensor([ 2, 12])
    """
    if dtype is None and input._array.dtype.kind != "f":
        input = input.long()
    elif dtype is not None:
        input = input.to(dtype)
    ndim = input._array.ndim
    axes = tuple(range(ndim)) if dim is None else (errors.wrap_dim(dim, ndim),)[:ndim]
    return prod_primitive(input, axes=axes, keepdim=keepdim, whole=dim is None, out=out)


# ---- true or not, zero or not ------------------------------------------------------------------


def _logical(x, ufunc, axes, keepdim):
    out = reduced(ufunc, x, axes, keepdim)
    return out.astype(np.uint8) if x.dtype == np.uint8 else out  # as torch, for old masks' sake


_all = Primitive("all", lambda x, *, axes, keepdim: _logical(x, np.logical_and, axes, keepdim),
                 inputs="input")  # fmt: skip
_any = Primitive("any", lambda x, *, axes, keepdim: _logical(x, np.logical_or, axes, keepdim),
                 inputs="input")  # fmt: skip
_count_nonzero = Primitive(
    "count_nonzero", lambda x, *, axes: np.add.reduce(x != 0, axes, np.int64), inputs="input"
)


def _tested(primitive, input, dim, keepdim, out):
    x = input._array
    axes = () if dim in ((), []) else axes_of(dim, x.ndim)  # here, torch takes "none" at its word
    if out is not None and out._array.dtype.kind != "b" and x.dtype != np.uint8:
        raise RuntimeError(f"{primitive.name} only supports bool tensor for result, got: "
                           f"{errors.scalar_name(out._array)}")  # fmt: skip
    return primitive(input, axes=axes, keepdim=keepdim, out=out)


def all(input, dim=None, keepdim=False, *, out=None):
    """Whether all elements are true (not zero), or all along `dim`.

    >>> import minitorch
    >>> minitorch.tensor([True, False]).all()
    tensor(False)
    """
    return _tested(_all, input, dim, keepdim, out)


def any(input, dim=None, keepdim=False, *, out=None):
    """Whether any element is true (not zero), or any along `dim`.

    >>> import minitorch
    >>> minitorch.tensor([True, False]).any()
    tensor(True)
    """
    return _tested(_any, input, dim, keepdim, out)


def count_nonzero(input, dim=None):
    """How many elements are not zero, in all or along `dim`.

    >>> import minitorch
    >>> minitorch.tensor([0, 3, 5]).count_nonzero()
    tensor(2)
    """
    return _count_nonzero(input, axes=axes_of(dim, input._array.ndim))


# ---- trace -------------------------------------------------------------------------------------

trace_primitive = Primitive(
    "trace", lambda x: x.trace(dtype=None if x.dtype.kind == "f" else np.int64), inputs="input",
    input=lambda g, input_shape: g * np.eye(*input_shape, dtype=bool, like=library(g)),
)  # fmt: skip


def trace(input):
    """The sum of the diagonal of a matrix.

    >>> import minitorch
    >>> minitorch.eye(3).trace()
    tensor(3.)
    """
    x = input._array
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {x.ndim}")
    if x.dtype.kind == "b":
        raise errors.not_implemented("trace", x.dtype)
    return trace_primitive(input)
