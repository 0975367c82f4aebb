"""Activations as functions, elementwise or along one dimension.

Floor 3. torch's signatures around the primitives of `ops/activations.py`; with `inplace` the result
is written into the input.
"""

import warnings

import numpy as np

from .. import errors
from ..ops import activations, creation, sampling
from ..ops.activations import prelu
from ..ops.inplace import check_writable, inplace, take_over
from ..tensor import Tensor, wrap
from .arguments import number, whole

__all__ = [
    "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardsigmoid", "hardswish", "hardtanh",
    "hardtanh_", "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish", "prelu", "relu",
    "relu6", "relu_", "selu", "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus",
    "softsign", "tanh",
]  # fmt: skip


def _apply(primitive, input, in_place=False, **keywords):
    """Run a primitive, in place if asked, with keywords that must be numbers."""
    for i, (name, value) in enumerate(keywords.items()):
        keywords[name] = number(primitive.name, name, i + 2, value)
    if not in_place:
        return primitive.function(input, **keywords)
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor(f"{primitive.name}_", "input", 1, input)
    check_writable(input)
    take_over(input, primitive.function(input, **keywords))
    return input


# ---- bent --------------------------------------------------------------------------------------


def relu(input, inplace=False):
    """max(0, x), elementwise.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.relu(minitorch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return _apply(activations.relu, input, inplace)


def relu6(input, inplace=False):
    """min(max(0, x), 6), elementwise.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.relu6(minitorch.tensor([-1., 2., 7.]))
    tensor([0., 2., 6.])
    """
    return _apply(activations.relu6, input, inplace, min_val=0, max_val=6)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where it is positive, else `negative_slope` * x.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.leaky_relu(minitorch.tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _apply(activations.leaky_relu, input, inplace, negative_slope=negative_slope)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x, but no less than `min_val` and no more than `max_val`.

    A ValueError if the first is greater than the second.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.hardtanh(minitorch.tensor([-2., 0.5, 2.]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if isinstance(input, Tensor) and input._array.dtype.kind == "u" and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return _apply(activations.hardtanh, input, inplace, min_val=min_val, max_val=max_val)


def hardsigmoid(input, inplace=False):
    """min(max(0, x + 3), 6) / 6: a sigmoid of three straight lines.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.hardsigmoid(minitorch.tensor([-4., 0., 4.]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _apply(activations.hardsigmoid, input, inplace)


def hardswish(input, inplace=False):
    """x * hardsigmoid(x).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.hardswish(minitorch.tensor([-4., 0., 4.]))
    tensor([-0., 0., 4.])
    """
    return _apply(activations.hardswish, input, inplace)


# ---- smooth ------------------------------------------------------------------------------------


def sigmoid(input):
    """1 / (1 + exp(-x)), elementwise."""
    return input.sigmoid()


def tanh(input):
    """The hyperbolic tangent, elementwise."""
    return input.tanh()


def elu(input, alpha=1.0, inplace=False):
    """x where it is positive, else alpha * (exp(x) - 1).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.elu(minitorch.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return _apply(activations.elu, input, inplace, alpha=alpha, scale=1.0)


def selu(input, inplace=False):
    """`elu` scaled so that layers keep mean 0 and variance 1.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.selu(minitorch.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    return _apply(activations.selu, input, inplace, alpha=1.6732632423543772848170429916717,
                  scale=1.0507009873554804934193349852946)  # fmt: skip


def gelu(input, *, approximate="none"):
    """x times the share of a normal distribution below x; `approximate="tanh"` for a quicker form.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.gelu(minitorch.tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """
    if not isinstance(approximate, str):
        raise TypeError("gelu(): argument 'approximate' must be str, not "
                        f"{errors.shown(approximate)}")  # fmt: skip
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return activations.gelu.function(input, approximate=approximate)


def silu(input, inplace=False):
    """x * sigmoid(x), also known as swish.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.silu(minitorch.tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """
    return _apply(activations.silu, input, inplace)


def mish(input, inplace=False):
    """x * tanh(softplus(x)).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.mish(minitorch.tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """
    return _apply(activations.mish, input, inplace)


def softplus(input, beta=1, threshold=20):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above `threshold`.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.softplus(minitorch.tensor([-1., 2.]))
    tensor([0.3133, 2.1269])
    """
    return _apply(activations.softplus, input, beta=beta, threshold=threshold)


def softsign(input):
    """x / (1 + abs(x)).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.softsign(minitorch.tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """
    return input / (input.abs() + 1)


def logsigmoid(input):
    """log(sigmoid(x)), without overflow.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.logsigmoid(minitorch.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """
    return activations.log_sigmoid.function(input)


def glu(input, dim=-1):
    """The first half along `dim` times the sigmoid of the second; an odd size is a RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.glu(minitorch.tensor([2., 4., 0., 0.]))
    tensor([1., 2.])
    """
    dim = whole("glu", "dim", 2, dim)
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    axis = errors.wrap_dim(dim, input.dim())
    if input.shape[axis] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {axis} is size "
                           f"{input.shape[axis]}")  # fmt: skip
    return activations.glu.function(input, axis=axis)


# ---- along one dimension -----------------------------------------------------------------------


def _dim_of(name, input, dim, stacklevel):
    """`dim`, or the one that torch guesses, with its warning."""
    if dim is not None:
        return dim
    ndim = input.dim()
    warnings.warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to "
                  "include dim=X as an argument.", stacklevel=stacklevel)  # fmt: skip
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(x) / sum(exp(x)) along `dim`: positive numbers that sum to 1.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.softmax(minitorch.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return input.softmax(_dim_of("softmax", input, dim, _stacklevel), dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-x) along `dim`: the smallest number gets the largest share.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.softmin(minitorch.tensor([0., 1.]), dim=0)
    tensor([0.7311, 0.2689])
    """
    dim = _dim_of("softmin", input, dim, _stacklevel)
    return (-input).softmax(dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """x - log(sum(exp(x))) along `dim`: the logarithm of the softmax, without overflow.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.log_softmax(minitorch.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return input.log_softmax(_dim_of("log_softmax", input, dim, _stacklevel), dtype=dtype)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A random choice along `dim`, with probabilities softmax(logits), that has a gradient.

    softmax((logits + noise) / tau) with noise from the Gumbel distribution. With `hard` the result
    is one-hot, with the gradient of the soft one.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.gumbel_softmax(minitorch.tensor([9., 0., 0.]), hard=True)
    tensor([1., 0., 0.])
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -sampling.exponential_(creation.empty_like(logits).contiguous()).log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    x = np.atleast_1d(soft._array)
    chosen = np.zeros_like(x)
    np.put_along_axis(chosen, x.argmax(dim, keepdims=True), 1, dim)
    return wrap(chosen.reshape(soft.shape)) - soft.detach() + soft


# ---- in place ----------------------------------------------------------------------------------


relu_, leaky_relu_, elu_, selu_, hardtanh_ = (
    inplace(function, f"{function.__name__}_")
    for function in (relu, leaky_relu, elu, selu, hardtanh)
)
