"""Normalisation as functions.

Floor 3.
"""

import math

import numpy as np

from .. import dtypes, errors
from ..modes import recording_mode
from ..ops import elementwise, norms, powers, reductions, shapes
from ..tensor import Tensor
from .arguments import as_float, flag, number, sizes, whole

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "normalize", "rms_norm"]


def _alike(x, shape, *parameters):
    """Whether all is as most often, and so need not be checked: floats of one dtype, and every
    parameter there, in this shape."""
    for t in parameters:
        if t is None or t._array.shape != shape or t._array.dtype is not x.dtype:
            return False
    return x.dtype.kind == "f"


def _check_dtypes(kernel, input, *parameters):
    """The input is of floats. The first parameter decides: has it the input's dtype, all must; else
    all must be float32, and the input float16."""
    x, own = input._array, [t._array for t in parameters if t is not None]
    if own and own[0].dtype == x.dtype:
        for other in own:
            if other.dtype != x.dtype:
                raise RuntimeError(f"expected scalar type {errors.scalar_name(x)} but found "
                                   f"{errors.scalar_name(other)}")  # fmt: skip
    elif any(other.dtype != np.float32 for other in own):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    elif own and x.dtype != np.float16:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    if x.dtype.kind != "f":
        raise errors.not_implemented(kernel, x.dtype)


# ---- over the batch ----------------------------------------------------------------------------


def batch_norm(input, running_mean: Tensor, running_var: Tensor, weight: Tensor = None,
               bias: Tensor = None, training=False, momentum=0.1, eps=1e-5):  # fmt: skip
    """Each channel normalised over the batch and space: (N, C, *) -> (N, C, *).

    y = (x - mean) / sqrt(var + eps) * weight + bias. In training mean and (biased) variance are the
    batch's, and the running ones move towards them: running = (1 - momentum) running + momentum
    batch, with the unbiased variance. Otherwise the running ones are used.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.batch_norm(minitorch.tensor([[0.], [2.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    x = input._array
    if training is not True and training is not False:
        training = flag("batch_norm", "training", 6, training)
    if training and x.shape[0] * math.prod(x.shape[2:]) == 1:
        raise ValueError("Expected more than 1 value per channel when training, got input size "
                         f"{input.shape}")  # fmt: skip
    if eps <= 0.0 if training else eps < 0.0:
        sign = "positive during training" if training else "non-negative"
        raise ValueError(f"batch_norm eps must be {sign}, but got {eps}")
    if momentum.__class__ is not float:
        momentum = as_float("batch_norm", "momentum", 7, momentum)
    eps = as_float("batch_norm", "eps", 8, eps)
    return _over_batch(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _over_batch(input, running_mean, running_var, weight, bias, training, momentum, eps):
    x = input._array
    n, channels = x.shape[:2] if x.ndim > 1 else (1, *x.shape)
    if x.ndim > 2:
        shape = (1, channels, 1)
        layout = norms.layout(x, (n, channels, math.prod(x.shape[2:])), (0, 2), shape, eps)
    else:
        shape = (1, channels)
        layout = norms.layout(x, (n, channels), (0,), shape, eps)
    if not _alike(x, (channels,), running_mean, running_var, weight, bias):
        _check_over_batch(input, running_mean, running_var, weight, bias, training, channels)
    _check_constant(running_mean, running_var)
    stats = None
    if not training:  # in the input's dtype, which may be half of theirs
        stats = tuple(t._array.reshape(shape).astype(x.dtype, copy=False)
                      for t in (running_mean, running_var))  # fmt: skip

    def seen(mean, var):
        if x.size:  # an empty batch says nothing
            count = x.size // channels
            _move(running_mean, mean, momentum, momentum)
            _move(running_var, var, momentum, momentum * count / max(count - 1, 1))  # unbiased

    return norms.norm(input, weight, bias, layout=layout, stats=stats, seen=seen,
                      name="NativeBatchNormBackward0")  # fmt: skip


def _check_constant(running_mean, running_var):
    """Statistics are measured, not learned: a Parameter in their place is a mistake."""
    for name, t in (("running_mean", running_mean), ("running_var", running_var)):
        if t is not None and t.requires_grad and recording_mode():
            raise errors.not_differentiable("native_batch_norm", name)


def _check_over_batch(input, running_mean, running_var, weight, bias, training, channels):
    for name, value in (("running_mean", running_mean), ("running_var", running_var)):
        if value is None and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    for name, value in (("running_mean", running_mean), ("running_var", running_var),
                        ("weight", weight), ("bias", bias)):  # fmt: skip
        if value is not None and value._array.size != channels:
            raise _wrong_count(name, channels, value._array.size)
    if (running_mean is None) != (running_var is None) and input._array.size:
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    for value in (running_mean, running_var):
        if value is not None and value._array.ndim != 1:
            raise RuntimeError("TensorAccessor expected 1 dims but tensor has "
                               f"{value._array.ndim}")  # fmt: skip
    if input._array.dtype.kind != "f":
        raise errors.not_implemented("batch_norm", input._array.dtype)
    _check_dtypes("batch_norm", input, weight, bias, running_mean, running_var)


def _wrong_count(name, expected, given):
    return RuntimeError(f"{name} should contain {expected} elements not {given}")


def _move(running, batch, momentum, part):
    """running <- (1 - momentum) running + part batch, unrecorded."""
    if running is not None:
        array = running._array
        array *= 1 - momentum
        array += part * batch.reshape(array.shape)
        running._bump()


def instance_norm(input, running_mean: Tensor = None, running_var: Tensor = None,
                  weight: Tensor = None, bias: Tensor = None, use_input_stats=True, momentum=0.1,
                  eps=1e-5):  # fmt: skip
    """Each channel of each sample normalised over space: (N, C, *) -> (N, C, *).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.instance_norm(minitorch.tensor([[[0., 2.]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    x, use_input_stats = input._array, flag("instance_norm", "use_input_stats", 6, use_input_stats)
    if use_input_stats and math.prod(x.shape[2:]) == 1:
        raise ValueError("Expected more than 1 spatial element when training, got input size "
                         f"{input.shape}")  # fmt: skip
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when "
                           "use_input_stats is false")  # fmt: skip
    momentum = as_float("instance_norm", "momentum", 7, momentum)
    eps = as_float("instance_norm", "eps", 8, eps)
    errors.wrap_dim(1, x.ndim)  # torch asks for this size
    n, c = x.shape[:2]
    own = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    _check_over_space(own, n, c)
    _check_constant(running_mean, running_var)
    each = lambda t: None if t is None else shapes.reshape(shapes.expand(t, n, c), n * c)
    means, variances = (None if t is None else each(t.detach()).clone()
                        for t in (running_mean, running_var))  # fmt: skip
    rows = shapes.reshape(input, 1, n * c, *x.shape[2:])
    weight, bias = each(weight), each(bias)
    out = _over_batch(rows, means, variances, weight, bias, use_input_stats, momentum, eps)
    if use_input_stats:
        for running, moved in ((running_mean, means), (running_var, variances)):
            if running is not None:
                running._array[...] = reductions.mean(shapes.reshape(moved, n, c), 0)._array
                running._bump()
    return shapes.view(out, *x.shape)


def _check_over_space(own, n, channels):
    """Parameters and statistics are one for each channel; torch counts them for all samples."""
    for name, value in own.items():
        if value is None or value._array.shape == (channels,):
            continue
        if value._array.ndim > 1:
            raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number "
                               "of dimensions of tensor")  # fmt: skip
        raise _wrong_count(name, n * channels, n * value._array.size)


# ---- within a sample ---------------------------------------------------------------------------


def _layer_sizes(op, normalized_shape):
    """The sizes as a tuple; unlike elsewhere one number alone is refused."""
    if not isinstance(normalized_shape, (tuple, list)):
        raise shapes.not_ints(op, "normalized_shape", normalized_shape, 2)
    return sizes(op, "normalized_shape", 2, normalized_shape)


def _check_layer(input, normalized_shape, weight, bias, spaced):
    x, shape = input._array, normalized_shape
    if shape.__class__ is not tuple or x.shape[-len(shape) :] != shape:
        shape = _layer_sizes("layer_norm" if spaced else "rms_norm", shape)
    if not shape:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional, i.e., "
                           "containing at least one element, but got normalized_shape = []")
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and value._array.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{errors.sizes(value._array.shape)} and normalized_shape = {errors.sizes(shape)}"
            )
    if x.shape[x.ndim - len(shape) :] != shape or x.ndim < len(shape):
        star = "*, " if spaced else "*"
        raise RuntimeError(
            f"Given normalized_shape={errors.sizes(shape)}, expected input with shape "
            f"[{star}{errors.sizes(shape)[1:]}, but got input of size{errors.sizes(x.shape)}"
        )
    return shape


def layer_norm(input, normalized_shape, weight: Tensor = None, bias: Tensor = None, eps=1e-5):
    """The last dimensions, of the sizes `normalized_shape`, normalised together.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.layer_norm(minitorch.tensor([0., 2.]), (2,))
    tensor([-1.0000,  1.0000])
    """
    if normalized_shape.__class__ is not tuple:
        normalized_shape = _layer_sizes("layer_norm", normalized_shape)
    x, shape, eps = input._array, normalized_shape, as_float("layer_norm", "eps", 5, eps)
    if not shape or x.shape[-len(shape) :] != shape or not _alike(x, shape, weight, bias):
        _check_layer(input, shape, weight, bias, spaced=True)
        _check_dtypes("LayerNormKernelImpl", input, weight, bias)
    size = math.prod(shape)
    layout = norms.layout(x, (math.prod(x.shape[: -len(shape)]), size), (1,), (1, size), eps)
    return norms.norm(input, weight, bias, layout=layout, stats=None,
                      name="NativeLayerNormBackward0")  # fmt: skip


def group_norm(input, num_groups, weight: Tensor = None, bias: Tensor = None, eps=1e-5):
    """The channels in `num_groups` groups, each normalised with its space: (N, C, *) -> (N, C, *).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.group_norm(minitorch.tensor([[0., 2.]]), 1)
    tensor([[-1.0000,  1.0000]])
    """
    x, eps = input._array, as_float("group_norm", "eps", 5, eps)
    if x.ndim < 2:
        raise RuntimeError("Expected at least 2 dimensions for input tensor but received "
                           f"{x.ndim}")  # fmt: skip
    n, c = x.shape[:2]
    if num_groups.__class__ is not int:
        num_groups = whole("group_norm", "num_groups", 2, num_groups)
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if c % num_groups:
        raise RuntimeError("Expected number of channels in input to be divisible by num_groups, "
                           f"but got input of shape {errors.sizes(x.shape)} and "
                           f"num_groups={num_groups}")  # fmt: skip
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and value._array.shape != (c,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {errors.sizes(value._array.shape)} and input of shape "
                f"{errors.sizes(x.shape)}"
            )
    _check_dtypes("GroupNormKernelImpl", input, weight, bias)
    each = c // num_groups
    if x.size and x.size == n * num_groups and n == 1:
        raise ValueError("Expected more than 1 value per channel when training, got input size "
                         f"{errors.sizes(x.shape)}")  # fmt: skip
    view = (n, num_groups, each, math.prod(x.shape[2:]))
    layout = norms.layout(x, view, (2, 3), (1, num_groups, each, 1), eps)
    return norms.norm(input, weight, bias, layout=layout, stats=None,
                      name="NativeGroupNormBackward0")  # fmt: skip


def rms_norm(input, normalized_shape, weight: Tensor = None, eps=None):
    """x / sqrt(mean(x^2) + eps) * weight over the last dimensions; `eps` is the dtype's if None.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.rms_norm(minitorch.tensor([1., 7.]), (2,))
    tensor([0.2000, 1.4000])
    """
    eps = None if eps is None else as_float("rms_norm", "eps", 4, eps)
    shape = _check_layer(input, normalized_shape, weight, None, spaced=False)
    _check_dtypes("rms_norm", input)
    axes = tuple(range(-len(shape), 0))
    own = input._array.dtype
    x = input.to(dtypes.float32) if own == np.float16 else input
    eps = float(np.finfo(x._array.dtype).eps) if eps is None else eps
    out = x * powers.rsqrt(reductions.mean(x**2, axes, True) + eps)
    out = out if weight is None else out * weight
    return out if out._array.dtype == own else out.to(input.dtype)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """x / max(norm(x), eps) along `dim`.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.normalize(minitorch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    if p is not None and not isinstance(p, str):
        p = number("linalg_vector_norm", "ord", 2, p)
    size = input.norm(p, dim, keepdim=True).clamp_min(eps)
    return elementwise.div(input, shapes.expand(size, *input._array.shape), out=out)
