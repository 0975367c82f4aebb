"""nn.init: the values that parameters start from.

Every function fills its tensor in place, is not recorded, and returns the tensor. The random ones
draw what torch draws, in its order: the same seed gives the same numbers. May import floors 0-3.
Convention: a weight is (fan_out, fan_in, *kernel); what is not drawn is computed on bare arrays.
"""

import math
import warnings

import numpy as np

from ..modes import no_grad
from ..ops.creation import empty, empty_like
from ..ops.creation import eye as identity
from ..ops.sampling import randperm
from ..tensor import wrap

# ---- constants ---------------------------------------------------------------------------------


@no_grad()
def constant_(tensor, val):
    """Fill with `val`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.init.constant_(minitorch.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)


def ones_(tensor):
    """Fill with 1."""
    return constant_(tensor, 1.0)


@no_grad()
def zeros_(tensor):
    """Fill with 0."""
    return tensor.zero_()


@no_grad()
def eye_(tensor):
    """Fill with the identity matrix; ValueError unless there are 2 dimensions."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(identity(*tensor.shape, device=tensor.device))


@no_grad()
def dirac_(tensor, groups=1):
    """Fill a convolution's weight so that it hands on its input channels (in each group).

    ValueError unless there are 3, 4 or 5 dimensions, the first divisible by `groups`.
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out_channels, in_channels, *kernel = tensor.shape
    if out_channels % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    values = tensor.zero_()._array
    per_group = out_channels // groups
    centre = tuple(size // 2 for size in kernel)
    for group in range(groups):
        for channel in range(min(per_group, in_channels)):
            values[(group * per_group + channel, channel, *centre)] = 1
    return tensor


# ---- plain random numbers ----------------------------------------------------------------------


@no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Fill from the uniform distribution on [a, b).

    >>> import minitorch
    >>> from minitorch import nn
    >>> seed = minitorch.manual_seed(0)
    >>> nn.init.uniform_(minitorch.empty(2), -1, 1)
    tensor([-0.0075,  0.5364])
    """
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Fill from the normal distribution N(mean, std^2)."""
    return tensor.normal_(mean, std, generator=generator)


# ---- scaled by the size of the layer -----------------------------------------------------------

_GAINS = {
    "sigmoid": 1,
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
    **dict.fromkeys(["linear", "conv1d", "conv2d", "conv3d"], 1),
    **dict.fromkeys(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"], 1),
}


def calculate_gain(nonlinearity, param=None):
    """How much an activation shrinks its input: the factor that makes up for it.

    `param` is the slope of "leaky_relu", 0.01 by default. An unknown name raises ValueError.

    >>> from minitorch import nn
    >>> nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor):
    """How many numbers each output is made of, and each input goes into."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    out_maps, in_maps, *kernel = tensor.shape
    return in_maps * math.prod(kernel), out_maps * math.prod(kernel)


def _xavier_std(tensor, gain):
    return gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """U(-a, a) with a = gain * sqrt(6 / (fan_in + fan_out)): Glorot and Bengio, 2010."""
    a = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """N(0, std^2) with std = gain * sqrt(2 / (fan_in + fan_out)): Glorot and Bengio, 2010."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _kaiming_std(tensor, a, mode, nonlinearity):
    """gain / sqrt(fan), or None (and a warning) for a tensor without elements."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {modes}")
    fan = _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """U(-b, b) with b = gain * sqrt(3 / fan): He et al., 2015.

    `mode` says which fan, `a` is the slope of "leaky_relu".

    >>> import minitorch
    >>> from minitorch import nn
    >>> seed = minitorch.manual_seed(0)
    >>> nn.init.kaiming_uniform_(minitorch.empty(1, 3), nonlinearity="relu")
    tensor([[-0.0106,  0.7586, -1.1640]])
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """N(0, std^2) with std = gain / sqrt(fan): He et al., 2015."""
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return tensor if std is None else normal_(tensor, 0, std, generator)


# ---- drawn until they fit ----------------------------------------------------------------------


@no_grad()
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Fill from N(mean, std^2) with values outside [a, b] drawn again."""
    if tensor.is_meta:
        return tensor
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=3,
        )
    share_inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    if share_inside > 0.3:
        return _redraw_outside(tensor, mean, std, a, b, generator)
    return _draw_under_curve(tensor, mean, std, a, b, generator)


def _normal_cdf(x):
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _redraw_outside(tensor, mean, std, a, b, generator):
    """Normal numbers; as long as some are outside, as many new ones for these to choose from."""
    values = tensor.normal_(mean, std, generator=generator)._array
    low, high = values.dtype.type(a), values.dtype.type(b)
    while (outside := (values < low) | (values > high)).any():
        fresh = empty_like(tensor).normal_(mean, std, generator=generator)._array
        np.copyto(values, fresh, where=outside)
    return tensor


def _draw_under_curve(tensor, mean, std, a, b, generator):
    """Uniform numbers in [a, b], each kept with the probability that the bell curve gives it."""
    peak = max(a, min(mean, b))
    log_peak = -0.5 * ((peak - mean) / std) ** 2
    values = tensor.zero_()._array
    pending = np.array(True)
    while pending.any():
        fresh = empty_like(tensor).uniform_(a, b, generator=generator)._array
        np.copyto(values, fresh, where=pending)
        log_height = -0.5 * ((fresh - mean) / std) ** 2 - log_peak
        with np.errstate(divide="ignore"):  # log(0) = -inf, accepted
            height = np.log(empty_like(tensor).uniform_(generator=generator)._array)
        pending = pending & (height > log_height)
    return tensor


# ---- matrices ----------------------------------------------------------------------------------


@no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """Fill with a matrix of orthonormal rows or columns, times `gain`: Saxe et al., 2013.

    Dimensions after the first count as columns. ValueError for fewer than 2 dimensions.

    >>> import minitorch
    >>> from minitorch import nn
    >>> w = nn.init.orthogonal_(minitorch.empty(2, 5))
    >>> [[round(x, 4) for x in row] for row in (w @ w.T).abs().tolist()]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0 or tensor.is_meta:
        return tensor
    rows = tensor.shape[0]
    cols = tensor.numel() // rows
    matrix = empty((rows, cols), dtype=tensor.dtype).normal_(0, 1, generator=generator)._array
    q, r = np.linalg.qr(matrix.T if rows < cols else matrix)
    q = q * np.sign(np.diagonal(r))  # QR leaves the signs open: so every q is equally likely
    if rows < cols:
        q = q.T
    return tensor.copy_(wrap(q.reshape(tensor.shape) * gain))


@no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Fill from N(0, std^2), then set a share `sparsity` of every column to zero: Martens, 2010.

    ValueError unless there are 2 dimensions.
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    if tensor.is_meta:
        return tensor
    rows, cols = tensor.shape
    n_zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for col in range(cols):
        tensor[randperm(rows)[:n_zeros], col] = 0
    return tensor


# ---- the old names -----------------------------------------------------------------------------


def _deprecated(function):
    new = function.__name__
    old = new.removesuffix("_")

    def init(*args, **kwargs):
        warnings.warn(
            f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    init.__name__ = init.__qualname__ = old
    init.__doc__ = f"Deprecated: the old name of `{new}`."
    return init


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
