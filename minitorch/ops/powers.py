"""Powers, exponentials, logarithms, trigonometry: the smooth functions of one number.

Floor 2. Kernel left, gradients right. All turn integers into floats, except `pow`.
"""

import math

import numpy as np

from .. import errors
from ..dtypes import result_numpy
from ..primitive import NUMBERS, Primitive
from ..tensor import Tensor
from . import special
from .comparison import choose
from .creation import fitting, to_copy
from .elementwise import nothing


def _smooth(name, kernel, doc, formula):
    return Primitive(name, kernel, promote="float", doc=doc, input=formula)


# ---- exponentials and logarithms ---------------------------------------------------------------

exp = _smooth("exp", np.exp, "e to the power of each element.", lambda g, out: g * out)
exp2 = _smooth("exp2", np.exp2, "2 to the power of each element.",
               lambda g, out: g * out * math.log(2))  # fmt: skip
expm1 = _smooth("expm1", np.expm1, "exp(input) - 1, exact also near 0.",
                lambda g, out: g * (out + 1))  # fmt: skip
log = _smooth("log", np.log, "The natural logarithm.", lambda g, input: g / input)
log2 = _smooth("log2", np.log2, "The logarithm to base 2.",
               lambda g, input: g / (input * math.log(2)))  # fmt: skip
log10 = _smooth("log10", np.log10, "The logarithm to base 10.",
                lambda g, input: g / (input * math.log(10)))  # fmt: skip
log1p = _smooth("log1p", np.log1p, "log(1 + input), exact also near 0.",
                lambda g, input: g / (input + 1))  # fmt: skip
logaddexp = Primitive("logaddexp", np.logaddexp, promote="same", only=("f", "logaddexp_cpu"),
                      doc="log(exp(input) + exp(other)), without overflow.",
                      input=lambda g, input, other: g / (1 + exp(other - input)),
                      other=lambda g, input, other: g / (1 + exp(input - other)))  # fmt: skip


def _sigmoid(x):
    t = np.exp(np.negative(x))
    t += 1
    return np.reciprocal(t)


sigmoid = _smooth("sigmoid", _sigmoid, "1 / (1 + exp(-input)).",
                  lambda g, out: g * ((1 - out) * out))  # fmt: skip
tanh = _smooth("tanh", np.tanh, "The hyperbolic tangent.", lambda g, out: g * (1 - out * out))
_PER_ROOT_PI = 2 / math.sqrt(math.pi)
erf = _smooth("erf", special.erf, special.erf.__doc__,
              lambda g, input: g * (_PER_ROOT_PI * exp(-(input * input))))  # fmt: skip
erfc = _smooth("erfc", special.erfc, special.erfc.__doc__,
               lambda g, input: g * (-_PER_ROOT_PI * exp(-(input * input))))  # fmt: skip

# ---- powers ------------------------------------------------------------------------------------

sqrt = _smooth("sqrt", np.sqrt, "The square root.", lambda g, out: g / (2 * out))
rsqrt = _smooth("rsqrt", lambda x: 1 / np.sqrt(x), "1 / sqrt(input).",
                lambda g, out: -0.5 * g * (out * out * out))  # fmt: skip

# Exponents that torch, too, computes without np.power, which takes thirty times as long.
_QUICK = {
    -2: lambda x: 1 / (x * x), -1: np.reciprocal, -0.5: lambda x: 1 / np.sqrt(x), 0: np.ones_like,
    0.5: np.sqrt, 1: np.copy, 2: np.square, 3: lambda x: x * x * x,
}  # fmt: skip


def _power_number(x, *, exponent):
    quick = _QUICK.get(exponent)
    return np.power(x, exponent) if quick is None else quick(x)


def _power(x, exponent):
    """np.power, which refuses negative exponents of integers: torch's result is 0, or +-1."""
    if exponent.dtype.kind != "i" or not (exponent < 0).any():
        return np.power(x, exponent)
    power = np.power(x, np.where(exponent < 0, exponent & 1, exponent))
    return np.where((exponent < 0) & (np.absolute(x) != 1), np.zeros_like(power), power)


def _of_base(g, input, exponent):
    """d(a ** b)/da for a number b."""
    if exponent == 0:
        return nothing(g)
    return g * (exponent * pow_number(input, exponent=exponent - 1))


def _of_exponent(g, out, base, exponent):
    """d(a ** b)/db = a ** b * log(a), and 0 where a is 0 and b is not negative."""
    return g * choose((base == 0) & (exponent >= 0), 0.0, out * log(base))


_PLAIN = {int, float}
square_primitive = Primitive("pow", np.square, promote="same", casts=True,
                             input=lambda g, input: g * (2 * input))  # fmt: skip
pow_number = Primitive("pow", _power_number, inputs="input", casts=True, input=_of_base)
pow_tensor = Primitive("pow", _power, promote="same", only=("fiu", "pow"), node="PowBackward1",
                       inputs="base exponent",
                       base=lambda g, base, exponent: choose(
                           exponent == 0, 0.0, g * (exponent * base ** (exponent - 1))),
                       exponent=_of_exponent)  # fmt: skip
pow_base = Primitive("pow", _power, promote="same", only=("fiu", "pow"), node="PowBackward2",
                     inputs="base exponent", numbers="base", exponent=_of_exponent)  # fmt: skip


def pow(input, exponent, *, out=None):
    """`input` to the power `exponent`, elementwise; either may be a number.

    Integers stay integers, but not to a negative number: that is an error.

    >>> import minitorch
    >>> minitorch.tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])
    """
    if (
        exponent.__class__ in _PLAIN
        and isinstance(input, Tensor)
        and input._array.dtype.kind == "f"
    ):
        if exponent == 2:
            return square_primitive.function(input, out=out)
        return pow_number.function(input, exponent=exponent, out=out)
    if isinstance(exponent, Tensor) and isinstance(input, (Tensor, *NUMBERS)):
        primitive = pow_tensor if isinstance(input, Tensor) else pow_base
        return primitive(input, exponent, out=out)
    if not isinstance(exponent, NUMBERS) or not isinstance(input, Tensor):
        raise errors.combination("pow", (input, exponent), (
            "Tensor input, Tensor exponent, *, Tensor out = None",
            "Number self, Tensor exponent, *, Tensor out = None",
            "Tensor input, Number exponent, *, Tensor out = None"))  # fmt: skip
    x, exponent = input._array, getattr(exponent, "item", lambda: exponent)()
    if x.dtype.kind != "f":
        kind = result_numpy((x, exponent))
        if kind.kind != "f":
            if exponent < 0:
                raise RuntimeError("Integers to negative integer powers are not allowed.")
            exponent = fitting(exponent, kind)
        if kind != x.dtype:
            input = to_copy(input, kind=kind)
    return pow_number.function(input, exponent=exponent, out=out)


def rpow(exponent, base):
    """`base ** exponent` for a number `base`: the operator's reflected form."""
    return pow(base, exponent)


def square(input, *, out=None):
    """The square of each element.

    >>> import minitorch
    >>> minitorch.square(minitorch.tensor([-1., 2.]))
    tensor([1., 4.])
    """
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor("square", "input", 1, input)
    return pow(input, 2, out=out)


# ---- trigonometry ------------------------------------------------------------------------------

sin = _smooth("sin", np.sin, "The sine.", lambda g, input: g * cos(input))
cos = _smooth("cos", np.cos, "The cosine.", lambda g, input: g * -sin(input))
tan = _smooth("tan", np.tan, "The tangent.", lambda g, out: g * (1 + out * out))
asin = _smooth("asin", np.arcsin, "The angle with this sine, in [-pi/2, pi/2].",
               lambda g, input: g * rsqrt(1 - input * input))  # fmt: skip
acos = _smooth("acos", np.arccos, "The angle with this cosine, in [0, pi].",
               lambda g, input: g * -rsqrt(1 - input * input))  # fmt: skip
atan = _smooth("atan", np.arctan, "The angle with this tangent, in (-pi/2, pi/2).",
               lambda g, input: g / (input * input + 1))  # fmt: skip
sinh = _smooth("sinh", np.sinh, "The hyperbolic sine.", lambda g, input: g * cosh(input))
cosh = _smooth("cosh", np.cosh, "The hyperbolic cosine.", lambda g, input: g * sinh(input))


def _over_square(numerator, y, x):
    """numerator / (x^2 + y^2), and 0 at the origin."""
    square = y * y + x * x
    return choose(square == 0, 0.0, numerator / square)


atan2 = Primitive("atan2", np.arctan2, promote="float",
                  doc="The angle of the point (other, input), in (-pi, pi].",
                  input=lambda g, input, other: g * _over_square(other, input, other),
                  other=lambda g, input, other: g * _over_square(-input, input, other))  # fmt: skip
