"""Operations that take the samples along a dimension anew: padding, repeating, interpolating.

Floor 2. Each is linear, so its gradient is its adjoint, and the adjoint's gradient is it again.
"""

import math

import numpy as np

from ..devices import contiguous, zeros
from ..primitive import Primitive

# ---- padding with a constant -------------------------------------------------------------------


def _pad(x, *, pads, value):
    """`x` with (before, after) more by dimension; negative numbers take away."""
    shape = tuple(a + n + b for n, (a, b) in zip(x.shape, pads))
    out = np.full(shape, value, x.dtype, like=x)
    into = tuple(slice(max(a, 0), n - max(b, 0)) for n, (a, b) in zip(shape, pads))
    out_of = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pads))
    out[into] = x[out_of]
    return out


pad = Primitive("constant_pad_nd", _pad, inputs="input",
                input=lambda g, pads: pad(g, pads=tuple((-a, -b) for a, b in pads), value=0))

# ---- taking samples by their places ------------------------------------------------------------


def _take_along(x, *, axes, places, name):
    for axis, index in zip(axes, places):
        x = x.take(np.asarray(index, like=x), axis)
    return x


def _add_along(g, *, axes, places, shape, name):
    for axis, index in reversed(list(zip(axes, places))):
        out = zeros((shape[axis], *np.moveaxis(g, axis, 0).shape[1:]), g)
        np.add.at(out, np.asarray(index, like=g), np.moveaxis(g, axis, 0))
        g = np.moveaxis(out, 0, axis)
    return contiguous(g)


take_along = Primitive(
    "take_along", _take_along, inputs="input", node=lambda axes, places, name: name,
    input=lambda g, input_shape, axes, places, name: add_along(
        g, axes=axes, places=places, shape=tuple(input_shape), name=name),
)  # fmt: skip
add_along = Primitive(
    "add_along", _add_along, inputs="input", node=lambda axes, places, shape, name: name,
    input=lambda g, axes, places, name: take_along(g, axes=axes, places=places, name=name),
)  # fmt: skip

# ---- pixels and channels -----------------------------------------------------------------------


def _shuffle(x, *, factor):
    """(..., C r r, H, W) -> (..., C, H r, W r)."""
    *lead, c, h, w = x.shape
    x = x.reshape(math.prod(lead), c // factor**2, factor, factor, h, w).transpose(0, 1, 4, 2, 5, 3)
    return x.copy().reshape(*lead, c // factor**2, h * factor, w * factor)


def _unshuffle(x, *, factor):
    """(..., C, H r, W r) -> (..., C r r, H, W)."""
    *lead, c, h, w = x.shape
    x = x.reshape(math.prod(lead), c, h // factor, factor, w // factor, factor)
    x = x.transpose(0, 1, 3, 5, 2, 4)
    return x.copy().reshape(*lead, c * factor**2, h // factor, w // factor)


pixel_shuffle = Primitive("pixel_shuffle", _shuffle, inputs="input",
                          input=lambda g, factor: pixel_unshuffle(g, factor=factor))
pixel_unshuffle = Primitive("pixel_unshuffle", _unshuffle, inputs="input",
                            input=lambda g, factor: pixel_shuffle(g, factor=factor))

# ---- mixing samples by a matrix ----------------------------------------------------------------


def _separable(x, *, matrices, name):
    """One matrix for each of the last dimensions, applied along it."""
    for i, matrix in enumerate(matrices, start=-len(matrices)):
        mixed = np.moveaxis(x, i, -1) @ np.asarray(matrix.T, x.dtype, like=x)
        x = np.moveaxis(mixed, -1, i)
    return contiguous(x)


separable = Primitive(
    "separable", _separable, inputs="input", node=lambda matrices, name: name,
    input=lambda g, matrices, name: separable(
        g, matrices=tuple(m.T for m in matrices), name=name),
)  # fmt: skip


def averages(n, m):
    """The (m, n) matrix whose row i averages the i-th of m even pieces of n."""
    matrix = np.zeros((m, n))
    for i in range(m):
        start, stop = i * n // m, -(-(i + 1) * n // m)
        matrix[i, start:stop] = 1 / (stop - start)
    return matrix


def source_places(n, m, scale, align_corners):
    """Where each of m samples lies among n: pixel centres, or corners on corners."""
    if align_corners:
        return np.arange(m) * ((n - 1) / (m - 1) if m > 1 else 0.0)
    return (np.arange(m) + 0.5) * scale - 0.5


def linear_weights(n, m, scale, align_corners):
    """The (m, n) matrix of linear interpolation."""
    at = np.maximum(source_places(n, m, scale, align_corners), 0)
    low = np.minimum(at.astype(np.int64), n - 1)
    high = np.minimum(low + 1, n - 1)
    matrix = np.zeros((m, n))
    np.add.at(matrix, (np.arange(m), low), 1 - (at - low))
    np.add.at(matrix, (np.arange(m), high), at - low)
    return matrix


def cubic_weights(n, m, scale, align_corners, a=-0.75):
    """The (m, n) matrix of cubic convolution (Keys 1981) with torch's a = -0.75."""
    at = source_places(n, m, scale, align_corners)
    low = np.floor(at).astype(np.int64)
    matrix = np.zeros((m, n))
    for k in range(-1, 3):
        x = np.abs(at - low - k)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        np.add.at(matrix, (np.arange(m), np.clip(low + k, 0, n - 1)), np.where(x <= 1, near, far))
    return matrix
