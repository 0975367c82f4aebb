"""Operations on each element by itself: sums and products, quotients, rounding.

Floor 2. Kernel left, gradients right; the engine undoes broadcasting, so a formula never does.
Next door are `powers.py` (with exponentials and trigonometry) and `comparison.py` (with choices).
"""

import numpy as np

from .. import errors
from ..devices import is_array
from ..dtypes import result_numpy
from ..primitive import NUMBERS, Primitive
from ..tensor import Tensor
from .creation import number

abs_number = abs  # Python's: below, `abs` and `round` are operations

# ---- sums and products -------------------------------------------------------------------------

_USE_NOT = "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."


def _no_masks(arrays, keywords):
    """torch refuses `-` on masks, and says what to use instead."""
    masks = sum(isinstance(a, bool) or getattr(a, "dtype", None) == np.bool_ for a in arrays)
    if not masks:
        return None
    if len(arrays) == 1:
        return RuntimeError(
            f"Negation, the `-` operator, on a bool tensor is not supported. {_USE_NOT}"
        )
    if masks == 2:
        return RuntimeError("Subtraction, the `-` operator, with two bool tensors is not supported."
                            " Use the `^` or `logical_xor()` operator instead.")  # fmt: skip
    return RuntimeError(
        f"Subtraction, the `-` operator, with a bool tensor is not supported. {_USE_NOT}"
    )


def _rsub_error(arrays, keywords):
    return _no_masks(arrays, keywords) or errors.broadcast(*map(np.shape, reversed(arrays)))


add_primitive = Primitive("add", np.add, promote="same", numbers="input other",
                          input=lambda g: g, other=lambda g: g)  # fmt: skip
sub_primitive = Primitive("sub", np.subtract, promote="same", numbers="input other",
                          explain=_no_masks, input=lambda g: g, other=lambda g: -g)  # fmt: skip
rsub_primitive = Primitive("rsub", lambda input, other: np.subtract(other, input), promote="same",
                           numbers="other", explain=_rsub_error,
                           node=("RsubBackward0", "RsubBackward1"),
                           input=lambda g: -g, other=lambda g: g)  # fmt: skip
add_scaled = Primitive("add", lambda x, y, *, alpha=1: x + alpha * y, promote="same",
                       numbers="input other",
                       input=lambda g: g, other=lambda g, alpha: g * alpha)  # fmt: skip
sub_scaled = Primitive("sub", lambda x, y, *, alpha=1: x - alpha * y, promote="same",
                       numbers="input other", explain=_no_masks,
                       input=lambda g: g, other=lambda g, alpha: g * -alpha)  # fmt: skip
rsub_scaled = Primitive("rsub", lambda x, y, *, alpha=1: y - alpha * x, promote="same",
                        numbers="other", explain=_rsub_error,
                        node=("RsubBackward0", "RsubBackward1"),
                        input=lambda g, alpha: g * -alpha, other=lambda g: g)  # fmt: skip


def _common_kind(*operands):
    return result_numpy([getattr(x, "_array", x) for x in operands])


def _factor(number, kind):
    """A number to multiply arrays of the NumPy dtype `kind` with."""
    return float(number) if kind.kind == "f" else np.asarray(number).astype(kind)[()]


def _with_alpha(plain, scaled, doc):
    """The public function of a sum: `alpha` times the second term, if it is not 1."""
    name = plain.name

    def function(input, other, *, alpha=1, out=None):
        if alpha.__class__ is int and alpha == 1:
            return plain.function(input, other, out=out)
        alpha = number(alpha, name, "alpha")
        kind = _common_kind(input, other)
        if isinstance(alpha, (bool, np.bool_)) and kind.kind != "b":
            raise RuntimeError("Boolean alpha only supported for Boolean results.")
        if isinstance(alpha, float) and kind.kind != "f":
            raise RuntimeError("For integral input tensors, argument alpha must not be a floating "
                               "point number.")  # fmt: skip
        return scaled.function(input, other, alpha=_factor(alpha, kind), out=out)

    function.__name__ = function.__qualname__ = name
    function.__doc__, function.primitive = doc, plain
    return function


add = _with_alpha(add_primitive, add_scaled, "input + alpha * other; either may be a number.")
sub = _with_alpha(sub_primitive, sub_scaled, "input - alpha * other; either may be a number.")
_rsub = _with_alpha(rsub_primitive, rsub_scaled, None)


def rsub(input, other, *, alpha=1):
    """other - alpha * input; `other` may be a number.

    >>> import minitorch
    >>> minitorch.rsub(minitorch.tensor([1., 2.]), 3)
    tensor([2., 1.])
    """
    if not isinstance(input, Tensor) or not isinstance(other, (Tensor, *NUMBERS)):
        raise errors.combination("rsub", (input, other), (
            "Tensor input, Tensor other, *, Number alpha = 1",
            "Tensor input, Number other, Number alpha = 1"))  # fmt: skip
    return _rsub(input, other, alpha=alpha)


mul = Primitive("mul", np.multiply, promote="same", numbers="input other",
                doc="input * other, elementwise; either may be a number.",
                input=lambda g, other: g * other, other=lambda g, input: g * input)  # fmt: skip
neg = Primitive("neg", np.negative, promote="same", explain=_no_masks,
                doc="-input, elementwise.", input=lambda g: -g)  # fmt: skip


def positive(input):
    """The tensor itself: what `+input` gives.

    >>> import minitorch
    >>> minitorch.positive(minitorch.tensor([-1., 2.]))
    tensor([-1.,  2.])
    """
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor("positive", "input", 1, input)
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def _with_value(name, kernel, only, doc, **formulas):
    """addcmul and addcdiv: a term, with a factor `value`, added to the input."""
    primitive = Primitive(name, kernel, inputs="input tensor1 tensor2", promote="same", only=only,
                          explain=_no_integer_division if name == "addcdiv" else None,
                          input=lambda g: g, **formulas)  # fmt: skip

    def function(input, tensor1, tensor2, *, value=1, out=None):
        value = number(value, name, "value")
        given = (input, tensor1, tensor2)
        if all([isinstance(x, Tensor) for x in given]):
            value = _factor(value, _common_kind(*given))
        return primitive.function(*given, value=value, out=out)

    function.__name__ = function.__qualname__ = name
    function.__doc__, function.primitive = doc, primitive
    return function


def _no_integer_division(arrays, keywords):
    if all(a.dtype.kind != "f" for a in arrays[1:]):
        return RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release "
            "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
            "behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2)).to("
            "input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float "
            "inputs. The future addcdiv behavior is just the latter implementation: (input + value "
            "* tensor1 / tensor2), for all dtypes."
        )
    return None


addcmul = _with_value(
    "addcmul", lambda x, a, b, *, value: x + value * a * b, ("fiu", "addcmul_cpu_out"),
    "input + value * tensor1 * tensor2, elementwise.",
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value))  # fmt: skip
addcdiv = _with_value(
    "addcdiv", lambda x, a, b, *, value: x + value * a / b, ("f", "addcdiv_cpu_out"),
    "input + value * tensor1 / tensor2, elementwise.",
    tensor1=lambda g, tensor2, value: g * (value / tensor2),
    tensor2=lambda g, tensor1, tensor2, value:
        -g * (value * tensor1 / (tensor2 * tensor2)))  # fmt: skip


def _lerp(x, end, weight):
    """From the nearer end, so that both ends are met exactly."""
    up = lambda: x + weight * (end - x)
    down = lambda: end - (end - x) * (1 - weight)
    if not is_array(weight):
        return up() if abs_number(weight) < 0.5 else down()
    weight = weight.astype(x.dtype, copy=False)
    return np.where(np.absolute(weight) < 0.5, up(), down())


lerp_primitive = Primitive(
    "lerp", _lerp, inputs="input end weight", numbers="weight", casts=True,
    node=("LerpBackward1", "LerpBackward0"),
    input=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
    explain=lambda arrays, keywords: errors.broadcast(*map(np.shape, arrays)))  # fmt: skip


def lerp(input, end, weight, *, out=None):
    """input + weight * (end - input), where `weight` may be a number.

    >>> import minitorch
    >>> minitorch.lerp(minitorch.tensor([0., 10.]), minitorch.tensor([1., 20.]), 0.5)
    tensor([ 0.5000, 15.0000])
    """
    given, wanted = (input, end, weight), (Tensor, Tensor, (Tensor, *NUMBERS))
    if not all(map(isinstance, given, wanted)):
        raise errors.combination("lerp", given, (
            "Tensor input, Tensor end, Tensor weight, *, Tensor out = None",
            "Tensor input, Tensor end, Number weight, *, Tensor out = None"))  # fmt: skip
    kind = input._array.dtype
    for name, x in (("end", end), ("weight", weight)):
        if isinstance(x, Tensor) and x._array.dtype != kind and (name == "end" or x._array.ndim):
            raise RuntimeError(f"expected dtype {errors.meta_name(kind)} for `{name}` but got "
                               f"dtype {errors.meta_name(x._array.dtype)}")  # fmt: skip
    if kind.kind != "f":
        form = "tensor" if isinstance(weight, Tensor) else "scalar"
        shapes = [x._array.shape for x in given if isinstance(x, Tensor)]
        raise errors.broadcast(*shapes) or errors.not_implemented(f"lerp_kernel_{form}", kind)
    return lerp_primitive.function(input, end, weight, out=out)


# ---- quotients and remainders ------------------------------------------------------------------

# A gradient that is 0 everywhere, also where `g` is not a number.
nothing = Primitive("zeros_like", np.zeros_like, inputs="g")


def _missing(name):
    """The formula of an operation for which torch has none."""

    def formula(g):
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return formula


def _unless_by_zero(quotient, y):
    """The result of a division, or torch's error for integers divided by zero on the CPU."""
    host = isinstance(quotient, (np.ndarray, np.generic))  # a GPU gives what it gives
    if host and quotient.dtype.kind != "f" and not np.all(y):
        raise RuntimeError("ZeroDivisionError")
    return quotient


def _floor_divide(x, y):
    return _unless_by_zero(np.floor_divide(x, y), y)


def _trunc_divide(x, y):
    if x.dtype.kind == "f":
        return np.trunc(np.true_divide(x, y))
    q = _unless_by_zero(np.floor_divide(x, y), y)
    return q + ((np.remainder(x, y) != 0) & ((x < 0) != (y < 0)))


def _remainder(x, y):
    """With the sign of `y`; but a zero has the sign of `x`, as in torch."""
    m = _unless_by_zero(np.remainder(x, y), y)
    return np.where(m == 0, np.copysign(m, x), m) if m.dtype.kind == "f" else m


def _fmod(x, y):
    return _unless_by_zero(np.fmod(x, y), y)


div_primitive = Primitive("div", np.true_divide, promote="float", numbers="input other",
                          input=lambda g, other: g / other,
                          other=lambda g, input, other: -g * ((input / other) / other))  # fmt: skip
div_rounded = {
    mode: Primitive("div", kernel, promote="same", numbers="input other", node="DivBackward2",
                    only=("fiu", f"div_{mode}_cpu"),
                    input=lambda g: nothing(g), other=lambda g: nothing(g))
    for mode, kernel in (("floor", _floor_divide), ("trunc", _trunc_divide))
}  # fmt: skip


def div(input, other, *, rounding_mode=None, out=None):
    """input / other, elementwise; rounded down ("floor") or toward zero ("trunc") if asked to.

    >>> import minitorch
    >>> minitorch.div(minitorch.tensor([-3., 3.]), 2, rounding_mode="floor")
    tensor([-2.,  1.])
    """
    if rounding_mode is None:
        return div_primitive.function(input, other, out=out)
    if rounding_mode not in div_rounded:
        raise RuntimeError("div expected rounding_mode to be one of None, 'trunc', or 'floor' but "
                           f"found '{rounding_mode}'")  # fmt: skip
    return div_rounded[rounding_mode].function(input, other, out=out)


def true_divide(input, other, *, out=None):
    """input / other, elementwise."""
    return div_primitive.function(input, other, out=out)


div.primitive = true_divide.primitive = div_primitive
reciprocal = Primitive("reciprocal", np.reciprocal, promote="float", doc="1 / input, elementwise.",
                       input=lambda g, out: -g * (out * out))  # fmt: skip
floor_divide = Primitive("floor_divide", _floor_divide, promote="same", numbers="input other",
                         only=("fiu", "div_floor_cpu"), node="NotImplemented",
                         doc="input / other rounded down, elementwise. It has no gradient.",
                         input=_missing("floor_divide"),
                         other=_missing("floor_divide"))  # fmt: skip
fmod = Primitive("fmod", _fmod, promote="same", numbers="other", only=("fiu", "fmod_cpu"),
                 node=("FmodBackward1", "FmodBackward0"),
                 doc="The remainder of input / other, with the sign of `input`.", input=lambda g: g,
                 other=lambda g, input, other: -g * div_rounded["trunc"](input, other))  # fmt: skip
remainder_primitive = Primitive(
    "remainder", _remainder, promote="same", numbers="self other", only=("fiu", "remainder_cpu"),
    node=("RemainderBackward1", "RemainderBackward0"), input=lambda g: g,
    other=lambda g, input, other: -g * div_rounded["floor"](input, other))  # fmt: skip
remainder_of_number = Primitive(
    "remainder", _remainder, inputs="input other", promote="same", numbers="input",
    only=("fiu", "remainder_cpu"), node="NotImplemented", other=_missing("remainder"))  # fmt: skip


def remainder(input, other, *, out=None):
    """The remainder of input / other, with the sign of `other`: Python's %. Either may be a number.

    >>> import minitorch
    >>> minitorch.tensor([-3, 3]) % 2
    tensor([1, 1])
    """
    if isinstance(input, NUMBERS) and isinstance(other, Tensor):
        return remainder_of_number(input, other, out=out)
    return remainder_primitive.function(input, other, out=out)


remainder.primitive = remainder_primitive


def rdiv(input, other):
    """`other / input` for a number `other`, which torch computes as reciprocal times other."""
    return mul.function(reciprocal.function(input), other)


# ---- signs, rounding ---------------------------------------------------------------------------


_SMALL = np.dtype("int8")


def _sign(x):
    if x.dtype.kind == "f":  # np.sign(nan) is nan
        return ((x > 0).view(_SMALL) - (x < 0).view(_SMALL)).astype(x.dtype)
    return x.copy() if x.dtype.kind == "b" else np.sign(x)


def _whole(kernel):
    """Rounding leaves integers as they are."""
    return lambda x: kernel(x) if x.dtype.kind == "f" else x.copy()


def _rounding(name, kernel, doc):
    return Primitive(name, _whole(kernel), promote="same", only=("fiu", f"{name}_vml_cpu"), doc=doc,
                     input=lambda g: nothing(g))  # fmt: skip


abs = Primitive("abs", np.absolute, promote="same", only=("fiu", "abs_cpu"),
                doc="|input|, elementwise; its gradient at 0 is 0.",
                input=lambda g, input: g * sign(input))  # fmt: skip
sign = Primitive("sign", _sign, promote="same", doc="-1, 0 or 1, elementwise; 0 for NaN.",
                 input=lambda g: nothing(g))  # fmt: skip
ceil = _rounding("ceil", np.ceil, "The elements rounded up.")
floor = _rounding("floor", np.floor, "The elements rounded down.")
trunc = _rounding("trunc", np.trunc, "The elements rounded toward zero.")
frac = Primitive("frac", lambda x: x - np.trunc(x), promote="same", only=("f", "frac_cpu"),
                 doc="The elements without their whole part.", input=lambda g: g)  # fmt: skip
round_primitive = _rounding("round", np.rint, None)


def _round_decimals(x, *, decimals):
    scale = 10.0 ** abs_number(decimals)
    if decimals < 0:
        return np.rint(x / scale) * x.dtype.type(scale)
    return np.rint(x * scale) / x.dtype.type(scale)


round_decimals = Primitive("round", _round_decimals, inputs="input", node="RoundBackward1",
                           input=lambda g: nothing(g))  # fmt: skip


def round(input, *, decimals=None, out=None):
    """The elements rounded to whole numbers, or to `decimals` places; a half goes to the even one.

    >>> import minitorch
    >>> minitorch.tensor([0.5, 1.5, 2.6]).round()
    tensor([0., 2., 3.])
    """
    if decimals is None:
        return round_primitive.function(input, out=out)
    if not isinstance(input, Tensor) or not isinstance(decimals, int):
        raise errors.combination("round", (input,), (
            "Tensor input, *, Tensor out = None",
            "Tensor input, *, int decimals, Tensor out = None"), decimals=decimals)  # fmt: skip
    kind = input._array.dtype
    if kind.kind != "f":
        raise errors.not_implemented("round_cpu" if decimals else "round_vml_cpu", kind)
    return round_decimals(input, decimals=decimals, out=out)


def _nan_to_num(x, *, nan, posinf, neginf):
    x = x.copy()
    if x.dtype.kind == "f":
        limits = np.finfo(x.dtype)
        x[np.isnan(x)] = nan
        x[x == np.inf] = limits.max if posinf is None else posinf
        x[x == -np.inf] = limits.min if neginf is None else neginf
    return x


nan_to_num_primitive = Primitive("nan_to_num", _nan_to_num, inputs="input",
                                 input=lambda g, input: g * (input - input == 0))  # fmt: skip


def nan_to_num(input, nan=None, posinf=None, neginf=None, *, out=None):
    """NaN replaced by `nan` (0), infinities by `posinf` and `neginf` (the largest of the dtype).

    >>> import minitorch
    >>> minitorch.nan_to_num(minitorch.tensor([float("nan"), 1.]))
    tensor([0., 1.])
    """
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor("nan_to_num", "input", 1, input)
    for name, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None and not isinstance(value, NUMBERS):
            raise TypeError(f"nan_to_num(): argument '{name}' must be float, not "
                            f"{errors.shown(value)}")  # fmt: skip
    nan = 0.0 if nan is None else nan
    return nan_to_num_primitive(input, nan=nan, posinf=posinf, neginf=neginf, out=out)
