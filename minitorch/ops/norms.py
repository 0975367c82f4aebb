"""Normalisation: subtract a mean, divide by a standard deviation, scale and shift.

Floor 2. Batch, layer, group and instance normalisation differ only in the axes they average over.
"""

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..primitive import Primitive
from ..tensor import wrap
from . import reductions, shapes


class Layout(NamedTuple):
    """How an input is seen, over what its moments are taken, where the weights lie, and numbers."""

    view: tuple
    weights: tuple  # the shape of the weights in that view
    axes: tuple
    total: Callable  # sums over `axes`, which share a mean
    across: Callable  # sums over what shares a weight
    count: object  # the elements that share a mean; 1 where there are none: sums of nothing are 0
    eps: object
    one: object


def layout(x, view, axes, weights, eps):
    """The Layout of an array `x`, seen in the shape `view`."""
    return _layout(view, axes, weights, eps, x.dtype if x.__class__ is np.ndarray else None)


@functools.lru_cache(512)
def _layout(view, axes, weights, eps, dtype):
    """Worked out once for each shape, since it takes longer than a small sum. The numbers become
    arrays of `dtype`, if one is given: NumPy computes with them in half the time."""
    across = tuple(i for i, n in enumerate(weights) if n == 1)
    numbers = [math.prod(view[i] for i in axes) or 1, eps, 1]
    if dtype is not None:
        numbers = [np.asarray(n, dtype) for n in numbers]
    return Layout(view, weights, axes, _summing(view, axes), _summing(view, across), *numbers)


@functools.lru_cache(512)
def _summing(shape, axes):
    """The function that sums arrays of a shape over leading and trailing axes, which stay: products
    with ones, since BLAS adds up faster than NumPy where there is much to add (but does not know
    half precision)."""
    kept = [i for i in range(len(shape)) if i not in axes]
    rows = math.prod(shape[: kept[0]] if kept else ())
    columns = math.prod(shape[kept[-1] + 1 :] if kept else shape)
    result = tuple(1 if i in axes else n for i, n in enumerate(shape))
    few = rows * columns < 16 or 0 in shape

    def total(x):
        if few or x.dtype.char == "e":
            return np.add.reduce(x, axes, keepdims=True)
        if columns > 1:
            x = np.dot(x.reshape(-1, columns), _ones(columns, x))
        if rows > 1:
            x = np.dot(_ones(rows, x), x.reshape(rows, -1))
        return x.reshape(result)

    return total


@functools.lru_cache(64)
def _few_ones(count, dtype):
    return np.ones(count, dtype)


def _ones(count, like):
    """Ones beside an array. A few are kept: to make them takes as long as a small sum."""
    if count <= 4096 and like.__class__ is np.ndarray:
        return _few_ones(count, like.dtype)
    return np.ones_like(like, shape=count)


def _norm(input, weight, bias, *, layout, stats, name, seen=None):
    """(x - mean) / sqrt(var + eps) * weight + bias. Mean and biased variance are those of the
    input, of which `seen` is told, or the constants `stats`."""
    view, weights, _, total, _, count, eps, one = layout
    x = input.reshape(view)
    if stats is not None:
        mean, var = stats
        out = x - mean
    else:
        mean = total(x) / count
        out = x - mean
        var = total(out * out) / count
        if seen is not None:
            seen(mean, var)
    scale = one / np.sqrt(var + eps)
    out *= scale if weight is None else scale * weight.reshape(weights)
    if bias is not None:
        out += bias.reshape(weights)
    return out.reshape(input.shape), mean, scale


def _norm_backward(g, needs, input, weight, bias_shape, mean, scale, layout, stats):
    """scale * (g' - mean(g') - x' * mean(g' * x')), with x' normalised and g' = g * weight."""
    view, weights, _, total, across, count, *_ = layout
    g, x = g.reshape(view), input.reshape(view) - mean
    grad_input = np.empty_like(input, order="C")  # of its own, or the leaf would copy it
    out = grad_input.reshape(view)
    if across is total:  # batch norm: sums serve both, and scale and weight come after them
        along, level = total(np.multiply(g, x, out=out)) * scale, total(g)
        of_weight, of_bias, slope = along, level, along * scale
        if weight is not None:
            scale = scale * weight.reshape(weights)
    else:
        x *= scale
        of_weight = across(np.multiply(g, x, out=out)) if needs[1] else None
        of_bias = across(g) if needs[2] else None
        if needs[0]:
            g = g if weight is None else g * weight.reshape(weights)
            slope, level = total(np.multiply(g, x, out=out)), total(g)
    if needs[0] and stats is None:
        np.multiply(x, slope / count, out=out)
        np.subtract(g, out, out=out)
        out -= level / count
        out *= scale
    elif needs[0]:
        np.multiply(g, scale, out=out)
    return (
        grad_input if needs[0] else None,
        of_weight.reshape(weight.shape) if needs[1] else None,
        of_bias.reshape(bias_shape) if needs[2] else None,
    )


def _norm_definition(input, weight, bias, *, layout, stats, name, seen=None):
    x = shapes.reshape(input, *layout.view)
    if stats is not None:
        mean, var = map(wrap, stats)
    else:
        mean = reductions.mean(x, layout.axes, True)
        var = reductions.mean((x - mean) ** 2, layout.axes, True)
    out = (x - mean) * (var + float(layout.eps)) ** -0.5
    if weight is not None:
        out = out * shapes.reshape(weight, *layout.weights)
    if bias is not None:
        out = out + shapes.reshape(bias, *layout.weights)
    return shapes.reshape(out, *input._array.shape)


norm = Primitive(
    "norm", _norm, inputs="input weight bias", residuals="mean scale", backward=_norm_backward,
    definition=_norm_definition, node=lambda name, **_: name,
)  # fmt: skip
