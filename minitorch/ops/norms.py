"""Normalisation: subtract a mean, divide by a standard deviation, scale and shift.

Floor 2. Batch, layer, group and instance normalisation differ only in the axes they average over.
"""

import functools
import math
from typing import NamedTuple

import numpy as np

from ..primitive import Primitive
from ..tensor import wrap
from . import reductions, shapes


class Layout(NamedTuple):
    """How the input is seen, along which axes its moments are taken, and where the weights lie."""

    view: tuple
    axes: tuple
    weights: tuple  # the shape of the weights in that view
    across: tuple  # the axes that share a weight
    count: int  # the elements that share a mean; 1 where there are none, for sums of nothing are 0


@functools.lru_cache(512)
def layout(view, axes, weights):
    """The Layout for these shapes: worked out once, since it takes longer than a small sum."""
    across = tuple(i for i, n in enumerate(weights) if n == 1)
    return Layout(view, axes, weights, across, math.prod(view[i] for i in axes) or 1)


@functools.lru_cache(512)
def _ends(shape, axes):
    """The sizes of the leading and the trailing axes of a sum, and the shape of its result."""
    kept = [i for i in range(len(shape)) if i not in axes]
    left = kept[0] if kept else 0
    right = kept[-1] + 1 if kept else 0
    result = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return math.prod(shape[:left]), math.prod(shape[right:]), result


@functools.lru_cache(64)
def _few_ones(count, dtype):
    return np.ones(count, dtype)


def _ones(count, like):
    """Ones beside an array. A few are kept: to make them takes as long as a small sum."""
    if count <= 4096 and isinstance(like, np.ndarray):
        return _few_ones(count, like.dtype)
    return np.ones_like(like, shape=count)


def total(x, axes):
    """The sum over leading and trailing axes, which stay: products with ones, since BLAS adds up
    faster than NumPy where there is much to add (but does not know half precision)."""
    rows, columns, shape = _ends(x.shape, axes)
    if rows * columns < 16 or x.dtype == np.float16 or not x.size:
        return np.add.reduce(x, axes, keepdims=True)
    if columns > 1:
        x = np.dot(x.reshape(-1, columns), _ones(columns, x))
    if rows > 1:
        x = np.dot(_ones(rows, x), x.reshape(rows, -1))
    return x.reshape(shape)


def _norm(input, weight, bias, *, layout, eps, stats, name, seen=None):
    """(x - mean) / sqrt(var + eps) * weight + bias. Mean and biased variance are those of the
    input, of which `seen` is told, or the constants `stats`."""
    x = input.reshape(layout.view)
    if stats is not None:
        mean, var = stats
        out = x - mean
    else:
        mean = total(x, layout.axes) / layout.count
        out = x - mean
        var = total(out * out, layout.axes) / layout.count
        if seen is not None:
            seen(mean, var)
    scale = 1 / np.sqrt(var + eps)
    out *= scale if weight is None else scale * weight.reshape(layout.weights)
    if bias is not None:
        out += bias.reshape(layout.weights)
    return out.reshape(input.shape), mean, scale


def _norm_backward(g, needs, input, weight, bias_shape, mean, scale, layout, stats):
    """scale * (g' - mean(g') - x' * mean(g' * x')), with x' normalised and g' = g * weight."""
    view, axes, weights, across, count = layout
    g, x = g.reshape(view), input.reshape(view) - mean
    grad_input = np.empty_like(input, order="C")  # of its own, or the leaf would copy it
    out = grad_input.reshape(view)
    if across == axes:  # batch norm: sums serve both, and scale and weight come after them
        along, level = total(np.multiply(g, x, out=out), axes) * scale, total(g, axes)
        of_weight, of_bias, slope = along, level, along * scale
        if weight is not None:
            scale = scale * weight.reshape(weights)
    else:
        x *= scale
        of_weight = total(np.multiply(g, x, out=out), across) if needs[1] else None
        of_bias = total(g, across) if needs[2] else None
        if needs[0]:
            g = g if weight is None else g * weight.reshape(weights)
            slope, level = total(np.multiply(g, x, out=out), axes), total(g, axes)
    if needs[0] and stats is None:
        np.multiply(x, slope / -count, out=out)
        out += g
        out -= level / count
        out *= scale
    elif needs[0]:
        np.multiply(g, scale, out=out)
    return (
        grad_input if needs[0] else None,
        of_weight.reshape(weight.shape) if needs[1] else None,
        of_bias.reshape(bias_shape) if needs[2] else None,
    )


def _norm_definition(input, weight, bias, *, layout, eps, stats, name, seen=None):
    x = shapes.reshape(input, *layout.view)
    if stats is not None:
        mean, var = map(wrap, stats)
    else:
        mean = reductions.mean(x, layout.axes, True)
        var = reductions.mean((x - mean) ** 2, layout.axes, True)
    out = (x - mean) * (var + eps) ** -0.5
    if weight is not None:
        out = out * shapes.reshape(weight, *layout.weights)
    if bias is not None:
        out = out + shapes.reshape(bias, *layout.weights)
    return shapes.reshape(out, *input._array.shape)


norm = Primitive(
    "norm", _norm, inputs="input weight bias", residuals="mean scale", backward=_norm_backward,
    definition=_norm_definition, node=lambda name, **_: name,
)  # fmt: skip
