"""Operations that compare, choose and combine truth values, element by element.

Floor 2. What they say is not differentiable; what they choose is: the gradient goes to the number
that was chosen, and is divided between two that are equal, as torch does.
"""

import operator
import warnings

import numpy as np

from .. import errors
from ..dtypes import get_default_dtype, result_numpy
from ..primitive import NUMBERS, Primitive, cast
from ..tensor import Tensor, wrap
from .creation import fitting, scalar, to_copy

# ---- comparisons -------------------------------------------------------------------------------


def _comparison(name, kernel, doc):
    return Primitive(name, kernel, inputs="input other", promote="same", numbers="other", doc=doc)


eq = _comparison("eq", np.equal, "Whether input = other, elementwise.")
ne = _comparison("ne", np.not_equal, "Whether input and other differ, elementwise.")
lt = _comparison("lt", np.less, "Whether input < other, elementwise.")
le = _comparison("le", np.less_equal, "Whether input <= other, elementwise.")
gt = _comparison("gt", np.greater, "Whether input > other, elementwise.")
ge = _comparison("ge", np.greater_equal, "Whether input >= other, elementwise.")

isfinite = Primitive("isfinite", np.isfinite, inputs="input", promote="same",
                     doc="Whether each element is neither infinite nor NaN.")  # fmt: skip
isinf = Primitive("isinf", np.isinf, inputs="input", promote="same",
                  doc="Whether each element is infinite.")  # fmt: skip
isnan = Primitive("isnan", np.isnan, inputs="input", promote="same",
                  doc="Whether each element is NaN, not a number.")  # fmt: skip


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether |input - other| <= atol + rtol |other|, elementwise; equal infinities are close.

    >>> import minitorch
    >>> minitorch.isclose(minitorch.tensor([1., 2.]), minitorch.tensor([1., 2.1]))
    tensor([ True, False])
    """
    x, y = _pair("isclose", input, other)
    if x.dtype != y.dtype:
        raise RuntimeError(f"{errors.scalar_name(x)} did not match {errors.scalar_name(y)}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(
                f"{name} must be greater than or equal to zero, but got {tolerance:g}"
            )
    if error := errors.broadcast(x.shape, y.shape):
        raise error
    close = x == y
    if equal_nan and x.dtype.kind == "f":
        close |= np.isnan(x) & np.isnan(y)
    if rtol or atol:
        if x.dtype.kind != "f":
            kind = get_default_dtype()._numpy
            x, y = x.astype(kind), y.astype(kind)
        distance = np.abs(x - y)
        close |= np.isfinite(distance) & (distance <= atol + rtol * np.abs(y))
    return wrap(close)


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close, in the sense of `isclose`, as a Python bool.

    >>> import minitorch
    >>> minitorch.allclose(minitorch.ones(2), minitorch.ones(2) + 1e-9)
    True
    """
    _pair("allclose", input, other)
    return bool(wrap(isclose(input, other, rtol, atol, equal_nan)._array.all()))


def equal(input, other):
    """Whether two tensors have the same shape and the same elements, as a Python bool.

    >>> import minitorch
    >>> minitorch.equal(minitorch.tensor([1, 2]), minitorch.tensor([1, 2]))
    True
    """
    return np.array_equal(*_pair("equal", input, other))


def isin(elements, test_elements, *, assume_unique=False, invert=False, out=None):
    """Whether each element is among `test_elements`; either may be a number.

    >>> import minitorch
    >>> minitorch.isin(minitorch.tensor([1, 2, 3]), minitorch.tensor([2, 4]))
    tensor([False,  True, False])
    """
    given = (elements, test_elements)
    if all(isinstance(x, NUMBERS) for x in given) or not all(isinstance(x, _TAKEN) for x in given):
        more = "*, bool assume_unique = False, bool invert = False, Tensor out = None"
        raise errors.combination("isin", given, (
            f"Tensor elements, Tensor test_elements, {more}",
            f"Number element, Tensor test_elements, {more}",
            f"Tensor elements, Number test_element, {more}"))  # fmt: skip
    x, y = (t._array for t in promoted_pair(*given))
    if x.dtype.kind == "b":
        raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    return _isin(wrap(x), wrap(y), invert=invert, out=out)


_isin = Primitive(
    "isin", lambda x, y, *, invert: np.isin(x, y, invert=invert), inputs="input other"
)


def _pair(name, input, other):
    """The arrays of two arguments that must both be tensors."""
    for i, (argument, value) in enumerate((("input", input), ("other", other))):
        if not isinstance(value, Tensor):
            raise errors.not_a_tensor(name, argument, i + 1, value)
    return input._array, other._array


# ---- truth values and bits ---------------------------------------------------------------------


def _logical(name, kernel, doc):
    return Primitive(name, kernel, inputs="input other", promote="same", doc=doc)


logical_and = _logical("logical_and", np.logical_and, "Whether both are nonzero, elementwise.")
logical_or = _logical("logical_or", np.logical_or, "Whether one or both are nonzero, elementwise.")
logical_xor = _logical("logical_xor", np.logical_xor, "Whether just one is nonzero, elementwise.")
logical_not = Primitive("logical_not", np.logical_not, inputs="input", promote="same", casts=True,
                        doc="Whether each element is zero.")  # fmt: skip


def _bitwise(name, kernel, doc):
    return Primitive(name, kernel, inputs="input other", promote="same", numbers="self other",
                     only=("iub", f"{name}_cpu"), doc=doc)  # fmt: skip


bitwise_and = _bitwise("bitwise_and", np.bitwise_and, "The bits set in both; of bools, and.")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, "The bits set in either; of bools, or.")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, "The bits set in just one; of bools, xor.")
bitwise_not = Primitive("bitwise_not", np.invert, inputs="input", promote="same",
                        only=("iub", "bitwise_not_cpu"),
                        doc="All bits turned; of bools, not.")  # fmt: skip

# ---- choosing ----------------------------------------------------------------------------------

_BITS = {2: np.dtype("int16"), 4: np.dtype("int32"), 8: np.dtype("int64")}


def _keep(g, condition):
    """By its bits, because np.where takes fifteen times as long for conditions without pattern."""
    bits = _BITS[g.dtype.itemsize]
    return (g.view(bits) & -condition.astype(bits)).view(g.dtype)


def _shapes_differ(arrays, keywords):
    return errors.broadcast(*(np.shape(a) for a in arrays if a is not None))


# `g` where the condition holds, else 0: not a product, in which infinity times 0 would be NaN.
keep = Primitive("where", _keep, inputs="g condition", g=lambda g, condition: keep(g, condition))


def _choose(condition, input, other):
    """np.where; for many floats by their bits, as in `_keep`."""
    kind, shape = getattr(input, "dtype", None), np.shape(condition)
    if np.size(condition) < 1024 or kind != getattr(other, "dtype", None) or kind.kind != "f" or (
            condition.dtype.kind != "b" or not shape == input.shape == other.shape):  # fmt: skip
        return np.where(condition, input, other)
    bits = _BITS[kind.itemsize]
    chosen = -condition.astype(bits)
    chosen &= input.view(bits) ^ other.view(bits)
    chosen ^= other.view(bits)
    return chosen.view(kind)


choose = Primitive("where", _choose, inputs="condition input other", numbers="input other",
                   input=lambda g, condition: keep(g, condition != 0),
                   other=lambda g, condition: keep(g, condition == 0),
                   explain=_shapes_differ)  # fmt: skip


def promoted_pair(a, b, beside=None):
    """Two tensors or numbers as two tensors of torch's common dtype; numbers go where the tensors
    are, at last `beside`, with which they must fit the dtype."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a._array.dtype is b._array.dtype:
        return a, b
    kind = result_numpy([x._array if isinstance(x, Tensor) else x for x in (a, b)])
    like = next(x for x in (a, b, beside) if isinstance(x, Tensor))._array
    return tuple(
        (x if x._array.dtype == kind else to_copy(x, kind=kind)) if isinstance(x, Tensor)
        else wrap(cast(x, kind, like) if beside is None else scalar(x, kind, like)) for x in (a, b)
    )  # fmt: skip


_TAKEN = (Tensor, *NUMBERS)
_WHERE = ("Tensor condition", "Tensor condition, Tensor input, Tensor other, *, Tensor out = None",
          "Tensor condition, Number self, Tensor other",
          "Tensor condition, Tensor input, Number other",
          "Tensor condition, Number self, Number other")  # fmt: skip


def where(condition, input=None, other=None, *, out=None):
    """`input` where the condition holds, else `other`; with a condition alone, where it holds.

    >>> import minitorch
    >>> x = minitorch.tensor([-1., 2.])
    >>> minitorch.where(x > 0, x, 0.)
    tensor([0., 2.])
    """
    fits = isinstance(condition, Tensor)
    if input is None and other is None and fits:
        return condition.nonzero(as_tuple=True)
    if not (fits and isinstance(input, _TAKEN) and isinstance(other, _TAKEN)):
        given = tuple(x for x in (condition, input, other) if x is not None)
        raise errors.combination("where", given, _WHERE)
    if condition._array.dtype.kind != "b":
        if condition._array.dtype.name != "uint8":
            raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor "
                               f"with dtype {errors.scalar_name(condition._array)}")  # fmt: skip
        warnings.warn("where received a uint8 condition tensor. This behavior is deprecated and "
                      "will be removed in a future version of PyTorch. Use a boolean condition "
                      "instead.", UserWarning, stacklevel=2)  # fmt: skip
    return choose.function(condition, *promoted_pair(input, other, condition), out=out)


def _extreme(name, kernel, beaten, doc):
    """Two numbers that are equal share the gradient; a NaN lets all of it pass to both."""

    def formula(g, mine, its):
        share = choose(mine == its, g / 2, g)
        return keep(share, ~beaten(mine, its))

    return Primitive(name, kernel, promote="same", doc=doc,
                     input=lambda g, input, other: formula(g, input, other),
                     other=lambda g, input, other: formula(g, other, input))  # fmt: skip


maximum = _extreme("maximum", np.maximum, operator.lt,
                   "The larger of two, elementwise; NaN if one is NaN.")  # fmt: skip
minimum = _extreme("minimum", np.minimum, operator.gt,
                   "The smaller of two, elementwise; NaN if one is NaN.")  # fmt: skip


def _number_extreme(name, kernel, wins, doc):
    """Of two numbers that are equal the first gets the gradient; a NaN gets none."""
    first = lambda input, other: wins(input, other) | (other != other)
    return Primitive(name, kernel, promote="same", doc=doc,
                     input=lambda g, input, other: keep(g, first(input, other)),
                     other=lambda g, input, other: keep(g, ~first(input, other)))  # fmt: skip


fmax = _number_extreme("fmax", np.fmax, operator.ge,
                       "The larger of two, elementwise; a number rather than NaN.")  # fmt: skip
fmin = _number_extreme("fmin", np.fmin, operator.le,
                       "The smaller of two, elementwise; a number rather than NaN.")  # fmt: skip

# ---- clamping ----------------------------------------------------------------------------------


def _within(input, min, max):
    """Where clamping changes nothing, so that the gradient passes."""
    if max is None:
        return input >= min
    return input <= max if min is None else (input >= min) & (input <= max)


def _below(input, min, max):
    return input < min if max is None else (input < min) & (min < max)


def _above(input, min, max):
    return input > max if min is None else (input > max) | (max < min)


def _clamp(x, min, max):
    if min is not None:
        x = np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def _clamp_numbers(x, *, min, max):
    if x.dtype.kind != "f" or x.size < 4096:
        return _clamp(x, min, max)
    # np.clip costs more per call, but is vectorised, which np.maximum with a number is not.
    return np.clip(x, -np.inf if min is None else min, np.inf if max is None else max)


clamp_numbers = Primitive(
    "clamp", _clamp_numbers, inputs="input", node="ClampBackward1", casts=True,
    input=lambda g, input, min, max: keep(g, _within(input, min, max)))  # fmt: skip
clamp_tensors = Primitive(
    "clamp", _clamp, inputs="input min max", node="ClampBackward0", casts=True,
    input=lambda g, input, min, max: keep(g, _within(input, min, max)),
    min=lambda g, input, min, max: keep(g, _below(input, min, max)),
    max=lambda g, input, min, max: keep(g, _above(input, min, max)),
    explain=_shapes_differ)  # fmt: skip

_NUMBER_OR_NONE = {int, float, type(None)}
_END = "*, Tensor out = None"
_CLAMP = (f"Tensor input, Tensor min = None, Tensor max = None, {_END}",
          f"Tensor input, Number min = None, Number max = None, {_END}")  # fmt: skip


def clamp(input, min=None, max=None, *, out=None):
    """The elements, those below `min` (a number or a tensor) raised to it, those above `max` cut.

    >>> import minitorch
    >>> minitorch.tensor([-2., 0.5, 3.]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    plain = min.__class__ in _NUMBER_OR_NONE and max.__class__ in _NUMBER_OR_NONE
    if plain and min is not max and isinstance(input, Tensor) and input._array.dtype.kind == "f":
        return _clamped_to_numbers(input, min, max, input._array.dtype, out)
    min, max = _bounds(input, min, max)
    given = [x for x in (input, min, max) if x is not None]
    numbers = not all(isinstance(x, Tensor) for x in given)
    kind = result_numpy([x._array if isinstance(x, Tensor) else x for x in given])
    if kind.kind == "b" and (numbers or len(given) == 3):
        side = "" if len(given) == 3 else "_min" if max is None else "_max"
        kernel = f"clamp{side}{'_scalar' if numbers else ''}_cpu"
        raise (_shapes_differ([getattr(x, "_array", x) for x in given], {})
               or errors.not_implemented(kernel, kind))  # fmt: skip
    cast = lambda x: x if x is None or x._array.dtype == kind else to_copy(x, kind=kind)
    if numbers:
        return _clamped_to_numbers(cast(input), min, max, kind, out)
    return clamp_tensors.function(cast(input), cast(min), cast(max), out=out)


def _bounds(input, min, max):
    """The bounds, both numbers or both tensors (or None), or torch's error."""
    bounds = [x for x in (min, max) if x is not None]
    tensors = [x for x in bounds if isinstance(x, Tensor)]
    fits = isinstance(input, Tensor) and all(isinstance(x, _TAKEN) for x in bounds)
    mixed = 0 < len(tensors) < len(bounds)
    if not fits or mixed and any(t._array.ndim or t.requires_grad for t in tensors):
        named = {name: x for name, x in (("max", max), ("min", min)) if x is not None}
        given = (input, named.pop("min")) if "min" in named else (input,)
        raise errors.combination("clamp", given, _CLAMP, **named)
    if not bounds:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if mixed:  # a tensor without dimensions may stand for a number
        min, max = (x.item() if isinstance(x, Tensor) else x for x in (min, max))
    return min, max


def _clamped_to_numbers(input, min, max, kind, out):
    min = None if min is None else fitting(min, kind)
    max = None if max is None else fitting(max, kind)
    return clamp_numbers.function(input, min=min, max=max, out=out)


def _bound_error(name):
    """torch's refusals of a number as the bound of bools, or of ints that cannot hold it."""

    def explain(arrays, keywords):
        if len(arrays) == 2 and not isinstance(arrays[1], np.ndarray):
            kind = result_numpy(arrays)
            if kind.kind == "b":
                return errors.not_implemented(f"{name}_scalar_cpu", kind)
            fitting(arrays[1], kind)
        return None

    return explain


clamp_min = Primitive(
    "clamp_min", np.maximum, promote="same", numbers="min", explain=_bound_error("clamp_min"),
    node=("ClampMinBackward1", "ClampMinBackward0"),
    doc="The elements, or `min` where it is larger.",
    input=lambda g, input, min: keep(g, input >= min),
    min=lambda g, input, min: keep(g, input < min))  # fmt: skip
clamp_max = Primitive(
    "clamp_max", np.minimum, promote="same", numbers="max", explain=_bound_error("clamp_max"),
    node=("ClampMaxBackward1", "ClampMaxBackward0"),
    doc="The elements, or `max` where it is smaller.",
    input=lambda g, input, max: keep(g, input <= max),
    max=lambda g, input, max: keep(g, input > max))  # fmt: skip
