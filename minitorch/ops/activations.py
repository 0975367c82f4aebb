"""Activations: the bends between the layers of a network, each with its slope.

Floor 2. One primitive for each, named as torch's kernel is; `functional/activations.py` gives them
torch's signatures. Where a formula has branches, each branch is finite wherever it is not chosen,
so that a second derivative meets no 0 * inf.
"""

import math

import numpy as np

from .. import errors
from ..primitive import Primitive
from ..tensor import Tensor
from .comparison import choose, clamp_max, keep
from .joining import cat_primitive
from .parts import at, slice_primitive
from .powers import erf, exp, sigmoid, tanh
from .shapes import reshape_primitive


def _floats(name, kernel, cpu, **formulas):
    """An activation of floats only; `cpu` is what torch calls its kernel when it refuses others."""
    return Primitive(name, kernel, promote="same", only=("f", cpu), **formulas)


# ---- bent once ---------------------------------------------------------------------------------


def _relu(x):
    if x.size > 4096 and x.dtype.kind == "f":  # np.clip costs more per call, less per number
        return np.clip(x, 0, np.inf)
    return np.maximum(x, 0)


relu = Primitive("relu", _relu, promote="same", only=("fiu", ""), doc="max(0, x), elementwise.",
                 explain=lambda arrays, keywords: _no_bools(arrays, "Boolean inputs", "relu"),
                 input=lambda g, out: keep(g, ~(out <= 0)))  # fmt: skip


def _no_bools(arrays, what, name):
    if arrays[0].dtype.kind == "b":
        return RuntimeError(f"{what} not supported for {name}")
    return None


def _leaky_relu(x, *, negative_slope=0.01):
    if 0 < negative_slope <= 1:
        return np.maximum(x, x * negative_slope)
    return choose(x > 0, x, x * negative_slope)


leaky_relu = _floats(
    "leaky_relu", _leaky_relu, "leaky_relu_cpu",
    input=lambda g, input, negative_slope: choose(input > 0, g, g * negative_slope),
)  # fmt: skip
prelu_primitive = _floats(
    "prelu", lambda x, weight: choose(x > 0, x, weight * x), "prelu_cpu",
    node="PreluKernelBackward0", input=lambda g, input, weight: choose(input > 0, g, weight * g),
    weight=lambda g, input: keep(input * g, ~(input > 0)),
)  # fmt: skip


def prelu(input, weight):
    """x where it is positive, else weight * x: one learned weight, or one for each channel (dim 1).

    Other numbers of weights are a RuntimeError.

    >>> import minitorch
    >>> minitorch.prelu(minitorch.tensor([-1., 2.]), minitorch.tensor(0.25))
    tensor([-0.2500,  2.0000])
    """
    for i, (name, value) in enumerate((("input", input), ("weight", weight))):
        if not isinstance(value, Tensor):
            raise errors.not_a_tensor("prelu", name, i + 1, value)
    x, w = input._array, weight._array
    if x.dtype != w.dtype:
        raise RuntimeError("prelu: Type promoting not supported. Got "
                           f"{errors.scalar_name(x)} and {errors.scalar_name(w)}")  # fmt: skip
    if w.size != 1:
        if x.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = x.shape[1] if x.ndim > 1 else 1
        if w.size != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{w.size} and channel size = {channels}.")  # fmt: skip
    if w.ndim > 1:
        raise RuntimeError("prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = "
                           f"{w.ndim}")  # fmt: skip
    shape = [w.size if i == (x.ndim > 1) else 1 for i in range(x.ndim)]
    return prelu_primitive.function(input, reshape_primitive(weight, shape=shape))


# ---- bent twice --------------------------------------------------------------------------------


def _clip(x, *, min_val=-1.0, max_val=1.0):
    return x.clip(x.dtype.type(min_val), x.dtype.type(max_val))


def _hardtanh(name):
    return Primitive(
        name, _clip, node="HardtanhBackward0", promote="same", only=("fiu", "hardtanh_cpu"),
        explain=lambda arrays, keywords: _no_bools(arrays, "Bool inputs", "hardtanh"),
        input=lambda g, input, min_val, max_val: keep(g, (input > min_val) & (input < max_val)),
    )  # fmt: skip


hardtanh, relu6 = _hardtanh("hardtanh"), _hardtanh("relu6")
hardsigmoid = _floats("hardsigmoid", lambda x: (x + 3).clip(0, 6) / 6, "hardsigmoid_cpu",
                      input=lambda g, input: keep(g / 6, (input > -3) & (input < 3)))  # fmt: skip
hardswish = _floats("hardswish", lambda x: x * (x + 3).clip(0, 6) / 6, "hardswish_cpu",
                    input=lambda g, input: choose(
                        input < 3, keep(g * (input / 3 + 0.5), input > -3), g))  # fmt: skip

# ---- smooth ------------------------------------------------------------------------------------


def _elu(name):
    """scale * x, or scale * alpha * (exp(x) - 1) below zero."""
    return _floats(
        name, lambda x, *, alpha=1.0, scale=1.0: (
            x.clip(0, None) * scale + np.expm1(x.clip(None, 0)) * (alpha * scale)),
        "elu_cpu", node="EluBackward0",
        input=lambda g, input, alpha, scale: choose(
            input > 0, g * scale, g * (exp(keep(input, ~(input > 0))) * (alpha * scale))),
    )  # fmt: skip


elu, selu = _elu("elu"), _elu("selu")


def _softplus(x, *, beta=1, threshold=20):
    z = x * beta
    return choose(z > threshold, x, np.log1p(np.exp(z)) / beta)


softplus = _floats("softplus", _softplus, "softplus_cpu",
                   input=lambda g, input, beta, threshold: choose(
                       input * beta > threshold, g, g * sigmoid(input * beta)))  # fmt: skip
log_sigmoid = _floats(
    "log_sigmoid", lambda x: x.clip(None, 0) - np.log1p(np.exp(-np.abs(x))), "log_sigmoid_cpu",
    input=lambda g, input: g * sigmoid(-input),
)  # fmt: skip


def _silu_input(g, input):
    s = sigmoid(input)
    return g * (s * (1 + input * (1 - s)))


silu = _floats("silu", lambda x: x / (1 + np.exp(-x)), "silu_cpu", input=_silu_input)


def _tanh_softplus(x):
    """tanh(log(1 + exp(x))) with one exponential; from 20 on it is 1."""
    e = exp(clamp_max(x, 20.0))
    n = e * (e + 2)
    return n / (n + 2)


def _mish_input(g, input):
    t = _tanh_softplus(input)
    return g * (t + input * (1 - t * t) * sigmoid(input))


mish = _floats("mish", lambda x: x * _tanh_softplus(x), "mish_cpu", input=_mish_input)

_CUBIC, _TANH_SCALE = 0.044715, math.sqrt(2 / math.pi)


def _normal_cdf(x, approximate):
    """The share of a normal distribution below x, or torch's approximation of it by tanh."""
    if approximate == "tanh":
        return 0.5 * (1 + tanh(_TANH_SCALE * (x + _CUBIC * (x * x * x))))
    return 0.5 * (1 + erf(x * math.sqrt(0.5)))


def _gelu(x, *, approximate="none"):
    cdf = _normal_cdf(x, approximate)
    return x * cdf, cdf


def _gelu_input(g, input, cdf, approximate):
    if isinstance(g, Tensor):  # what the kernel kept has no history
        cdf = _normal_cdf(input, approximate)
    if approximate == "tanh":
        density = 2 * cdf * (1 - cdf) * (_TANH_SCALE * (1 + 3 * _CUBIC * (input * input)))
    else:
        density = exp(input * input * -0.5) * math.sqrt(0.5 / math.pi)
    return g * (cdf + input * density)


gelu = _floats("gelu", _gelu, "GeluKernelImpl", residuals="cdf", inputs="input", input=_gelu_input)

# ---- one half gates the other ------------------------------------------------------------------


def _halves(x, axis):
    n = x.shape[axis] // 2
    return (slice_primitive(x, where=at(axis, slice(i, i + n))) for i in (0, n))


def _glu(x, *, axis=-1):
    a, b = _halves(x, axis)
    return a / (1 + np.exp(-b))


def _glu_input(g, input, axis):
    a, b = _halves(input, axis)
    s = sigmoid(b)
    return cat_primitive(g * s, g * a * (s * (1 - s)), axis=axis)


glu = _floats("glu", _glu, "glu_cpu", input=_glu_input)
