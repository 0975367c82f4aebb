"""Operations on each element by itself: arithmetic, powers and exponentials, comparisons.

Floor 2. Kernel left, gradients right; the engine undoes broadcasting, so a formula never does.
"""

import numpy as np

from ..dtypes import result_numpy
from ..errors import scalar_name
from ..primitive import Primitive
from ..tensor import Tensor, wrap
from .creation import to_copy

# ---- arithmetic --------------------------------------------------------------------------------


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
        return RuntimeError("Subtraction, the `-` operator, with two bool tensors is not "
                            "supported. Use the `^` or `logical_xor()` operator instead.")  # fmt: skip
    return RuntimeError(
        f"Subtraction, the `-` operator, with a bool tensor is not supported. {_USE_NOT}"
    )


add = Primitive("add", np.add, promote="same", numbers="input other", input=lambda g: g, other=lambda g: g)
sub = Primitive("sub", np.subtract, promote="same", numbers="input other", explain=_no_masks,
                input=lambda g: g, other=lambda g: -g)  # fmt: skip
rsub = Primitive("rsub", lambda input, other: np.subtract(other, input), promote="same", numbers="input other",
                 explain=_no_masks, node="RsubBackward1",
                 input=lambda g: -g, other=lambda g: g)  # fmt: skip
mul = Primitive("mul", np.multiply, promote="same", numbers="input other",
                input=lambda g, other: g * other, other=lambda g, input: g * input)  # fmt: skip
div = Primitive("div", np.true_divide, promote="float", numbers="input other",
                input=lambda g, other: g / other,
                other=lambda g, input, other: -g * ((input / other) / other))  # fmt: skip
neg = Primitive("neg", np.negative, promote="same", explain=_no_masks,
                input=lambda g: -g)  # fmt: skip
reciprocal = Primitive("reciprocal", lambda x: 1 / x, promote="float",
                       input=lambda g, out: -g * (out * out))  # fmt: skip
abs = Primitive("abs", np.absolute, promote="same", input=lambda g, input: g * sign(input))
sign = Primitive("sign", np.sign, promote="same", input=lambda g: g * 0)

# ---- powers, exponentials ----------------------------------------------------------------------


def promoted_pair(a, b):
    """Two tensors or numbers as two tensors of torch's common dtype."""
    kind = result_numpy([x._array if isinstance(x, Tensor) else x for x in (a, b)])
    return tuple(
        (x if x._array.dtype == kind else to_copy(x, kind=kind)) if isinstance(x, Tensor)
        else wrap(np.asarray(x, kind)) for x in (a, b)
    )  # fmt: skip


def _power(g, input, exponent):
    return g * 0 if exponent == 0 else g * (exponent * input ** (exponent - 1))


def _power_of(g, out, input, exponent):
    """d(a ** b)/db = a ** b * log(a), and 0 where a is 0 and b is not negative."""
    return g * choose((input == 0) & (exponent >= 0), 0.0, out * log(input))


pow_number = Primitive("pow", lambda x, *, exponent: x**exponent, inputs="input", input=_power)
pow_tensor = Primitive("pow", np.power, promote="same", node="PowBackward1", inputs="input exponent", numbers="input exponent",
                       input=lambda g, input, exponent: g * exponent * input ** (exponent - 1),
                       exponent=_power_of)  # fmt: skip
pow_base = Primitive("pow", np.power, promote="same", node="PowBackward2", inputs="base exponent", numbers="base",
                     exponent=lambda g, out, base: g * out * np.log(base))  # fmt: skip
exp = Primitive("exp", np.exp, promote="float", input=lambda g, out: g * out)
log = Primitive("log", np.log, promote="float", input=lambda g, input: g / input)
sqrt = Primitive("sqrt", np.sqrt, promote="float", input=lambda g, out: g / (2 * out))
tanh = Primitive("tanh", np.tanh, promote="float", input=lambda g, out: g * (1 - out * out))
sigmoid = Primitive("sigmoid", lambda x: 1 / (1 + np.exp(-x)), promote="float",
                    input=lambda g, out: g * ((1 - out) * out))  # fmt: skip


def rpow(exponent, base):
    """`base ** exponent` for a number `base`: the operator's reflected form."""
    return pow_base(base, exponent)


def rdiv(input, other):
    """`other / input` for a number `other`, which torch computes as reciprocal times other."""
    return mul(reciprocal(input), other)


def pow(input, exponent, *, out=None):
    """`input` to the power `exponent`, elementwise; either may be a number.

    >>> import minitorch
    >>> minitorch.tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])
    """
    if isinstance(exponent, Tensor):
        return pow_tensor(input, exponent, out=out)
    x = input._array
    if x.dtype.kind in "iub" and isinstance(exponent, int) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if isinstance(exponent, float) and x.dtype.kind != "f":
        return pow_tensor(input, exponent, out=out)
    return pow_number(input, exponent=exponent, out=out)


# ---- comparisons and choices -------------------------------------------------------------------

eq = Primitive("eq", np.equal, inputs="input other", promote="same", numbers="input other")
ne = Primitive("ne", np.not_equal, inputs="input other", promote="same", numbers="input other")
lt = Primitive("lt", np.less, inputs="input other", promote="same", numbers="input other")
le = Primitive("le", np.less_equal, inputs="input other", promote="same", numbers="input other")
gt = Primitive("gt", np.greater, inputs="input other", promote="same", numbers="input other")
ge = Primitive("ge", np.greater_equal, inputs="input other", promote="same", numbers="input other")
bitwise_and = Primitive("bitwise_and", np.bitwise_and, inputs="input other", promote="same", numbers="input other")
bitwise_or = Primitive("bitwise_or", np.bitwise_or, inputs="input other", promote="same", numbers="input other")
bitwise_xor = Primitive("bitwise_xor", np.bitwise_xor, inputs="input other", promote="same", numbers="input other")
bitwise_not = Primitive("bitwise_not", np.invert, inputs="input", promote="same")

choose = Primitive("where", np.where, inputs="condition input other", numbers="input other",
                   input=lambda g, condition: choose(condition, g, 0),
                   other=lambda g, condition: choose(condition, 0, g))  # fmt: skip


def where(condition, input=None, other=None, *, out=None):
    """`input` where the condition holds, else `other`; with a condition alone, where it holds.

    >>> import minitorch
    >>> x = minitorch.tensor([-1., 2.])
    >>> minitorch.where(x > 0, x, 0.)
    tensor([0., 2.])
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition._array.dtype.kind != "b":
        if condition._array.dtype.name != "uint8":
            raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor "
                               f"with dtype {scalar_name(condition._array)}")  # fmt: skip
    input, other = promoted_pair(input, other)
    return choose(condition, input, other, out=out)


relu = Primitive("relu", lambda x: np.maximum(x, 0), promote="same",
                 input=lambda g, out: g * (out > 0))  # fmt: skip
