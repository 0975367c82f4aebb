"""Normalisation: subtract a mean, divide by a standard deviation, scale and shift.

Floor 2. Batch, layer, group and instance normalisation differ only in the axes they average over.
"""

import math

import numpy as np

from ..primitive import Primitive
from ..tensor import wrap
from . import reductions, shapes


def moments(x, axes):
    """Mean and biased variance over `axes`, which stay."""
    count = math.prod(x.shape[axis] for axis in axes)
    mean = np.add.reduce(x, axes, keepdims=True) / count
    centred = x - mean
    centred *= centred
    return mean, np.add.reduce(centred, axes, keepdims=True) / count


def _norm(input, weight, bias, *, axes, eps, view, shape, stats, fixed, name):
    """(x - mean) / sqrt(var + eps) * weight + bias, with `input` seen in the shape `view` and the
    weights in `shape`. `stats` are mean and variance, if known; `fixed` if they are constants."""
    x = input.reshape(view)
    mean, var = moments(x, axes) if stats is None else stats
    scale = 1 / np.sqrt(var + eps)
    out = x - mean
    out *= scale
    if weight is not None:
        out *= weight.reshape(shape)
    if bias is not None:
        out += bias.reshape(shape)
    return out.reshape(input.shape), mean, scale


def _norm_backward(g, needs, input, weight, mean, scale, axes, view, shape, fixed):
    """scale * (g' - mean(g') - x' * mean(g' * x')), with x' normalised and g' = g * weight."""
    whole, g = g.shape, g.reshape(view)
    normal = input.reshape(view) - mean
    normal *= scale
    grad_input = grad_weight = grad_bias = None
    others = tuple(i for i, n in enumerate(shape) if n == 1)
    if needs[1]:
        grad_weight = np.add.reduce(g * normal, others).reshape(weight.shape)
    if needs[2]:
        grad_bias = np.add.reduce(g, others)
        grad_bias = grad_bias.reshape(weight.shape) if weight is not None else grad_bias.reshape(-1)
    if needs[0]:
        grad_input = g if weight is None else g * weight.reshape(shape)
        if not fixed:
            count = math.prod(view[axis] for axis in axes)
            along = np.add.reduce(grad_input * normal, axes, keepdims=True) / count
            normal *= along
            normal += np.add.reduce(grad_input, axes, keepdims=True) / count
            grad_input = grad_input - normal
        grad_input = (grad_input * scale).reshape(whole)
    return grad_input, grad_weight, grad_bias


def _norm_definition(input, weight, bias, *, axes, eps, view, shape, stats, fixed, name):
    x = shapes.reshape(input, *view)
    if fixed:
        mean, var = map(wrap, stats)
    else:
        mean = reductions.mean(x, axes, True)
        var = reductions.mean((x - mean) ** 2, axes, True)
    out = (x - mean) * (var + eps) ** -0.5
    if weight is not None:
        out = out * shapes.reshape(weight, *shape)
    if bias is not None:
        out = out + shapes.reshape(bias, *shape)
    return shapes.reshape(out, *input._array.shape)


norm = Primitive(
    "norm", _norm, inputs="input weight bias", residuals="mean scale", backward=_norm_backward,
    definition=_norm_definition, node=lambda name, **_: name,
)  # fmt: skip
