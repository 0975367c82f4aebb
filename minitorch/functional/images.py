"""Padding, rearranging and resizing images and sequences.

Floor 3.
"""

import math

import numpy as np

from .. import errors
from ..ops import resampling
from ..ops.shapes import ints
from ..tensor import Tensor
from .arguments import as_float, flag, whole
from .pooling import adaptive_avg_pool

__all__ = ["interpolate", "pad", "pixel_shuffle", "pixel_unshuffle"]


# ---- padding -----------------------------------------------------------------------------------


def pad(input, pad, mode="constant", value=None):
    """More samples around `input`: `pad` is (before, after) of the last dimension, then the next.

    `mode` "constant" fills with `value` (0), "reflect" mirrors at the border sample, "replicate"
    repeats it, "circular" goes round. Negative numbers take samples away.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.pad(minitorch.tensor([1., 2., 3.]), (1, 2))
    tensor([0., 1., 2., 3., 0., 0.])
    """
    x, pad = input._array, ints("pad", "pad", (), given=pad)
    if not isinstance(mode, str):
        raise TypeError("pad(): argument 'mode' (position 3) must be str, not "
                        f"{errors.shown(mode)}")  # fmt: skip
    value = None if value is None else as_float("pad", "value", 4, value)
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * x.ndim:
        raise RuntimeError("Padding length should be less than or equal to two times the input "
                           f"dimension but got padding length {len(pad)} and input of dimension "
                           f"{x.ndim}")  # fmt: skip
    pairs = list(zip(pad[::2], pad[1::2]))
    if mode == "constant":
        pads = ((0, 0),) * (x.ndim - len(pairs)) + tuple(reversed(pairs))
        if any(a + n + b < 0 for n, (a, b) in zip(x.shape, pads)):
            raise RuntimeError("narrow(): length must be non-negative.")
        return resampling.pad(input, pads=pads, value=0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    d = len(pairs)
    if x.ndim not in (d + 1, d + 2) or d > 3:
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {x.ndim}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    axes = tuple(range(x.ndim - d, x.ndim))
    places = tuple(_places(x, axis, pair, mode) for axis, pair in zip(axes, reversed(pairs)))
    kind = {"reflect": "Reflection", "replicate": "Replication"}.get(mode)
    name = f"{kind}Pad{d}DBackward0" if kind else "CopySlices"
    return resampling.take_along(input, axes=axes, places=places, name=name)


def _places(x, axis, pair, mode):
    """Which sample stands at each place of a padded dimension."""
    n, (before, after) = x.shape[axis], pair
    at = np.arange(-before, n + after)
    if mode == "replicate":
        return np.clip(at, 0, n - 1)
    if mode == "circular":  # what negative numbers take away is gone before the rest goes round
        if before > n or after > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        start, left = max(-before, 0), n + min(before, 0) + min(after, 0)
        return start + np.arange(-max(before, 0), left + max(after, 0)) % left
    if before >= n or after >= n:
        raise RuntimeError("Argument #4: Padding size should be less than the corresponding input "
                           f"dimension, but got: padding ({before}, {after}) at dimension {axis} "
                           f"of input {errors.sizes(x.shape)}")  # fmt: skip
    return np.where(at < 0, -at, np.where(at >= n, 2 * (n - 1) - at, at))


# ---- pixels and channels -----------------------------------------------------------------------


def pixel_shuffle(input, upscale_factor):
    """Channels become pixels: (..., C r r, H, W) -> (..., C, H r, W r).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.pixel_shuffle(minitorch.arange(4.0).view(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    shape, r = input._array.shape, whole("pixel_shuffle", "upscale_factor", 2, upscale_factor)
    _check_pixels("pixel_shuffle", shape, r, "upscale_factor")
    if shape[-3] % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={shape[-3]} is not divisible by {r * r}"
        )
    return resampling.pixel_shuffle(input, factor=r)


def pixel_unshuffle(input, downscale_factor):
    """Pixels become channels: (..., C, H r, W r) -> (..., C r r, H, W).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.pixel_unshuffle(minitorch.ones(1, 4, 4), 2).shape
    torch.Size([4, 2, 2])
    """
    shape, r = input._array.shape, whole("pixel_unshuffle", "downscale_factor", 2, downscale_factor)
    _check_pixels("pixel_unshuffle", shape, r, "downscale_factor")
    for name, i in (("height", -2), ("width", -1)):
        if shape[i] % r:
            raise RuntimeError(f"pixel_unshuffle expects {name} to be divisible by "
                               f"downscale_factor, but input.size({i})={shape[i]} is not "
                               f"divisible by {r}")  # fmt: skip
    return resampling.pixel_unshuffle(input, factor=r) if input._array.size else input.clone()


def _check_pixels(name, shape, factor, what):
    if len(shape) < 3:
        raise RuntimeError(f"{name} expects input to have at least 3 dimensions, but got input "
                           f"with {len(shape)} dimension(s)")  # fmt: skip
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {what}, but got {factor}")


# ---- resizing ----------------------------------------------------------------------------------

_DIMENSIONS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_MODES = ("nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact")


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None,
                recompute_scale_factor=None, antialias=False):  # fmt: skip
    """`input`, (N, C, *space), resampled to `size`, or by `scale_factor`.

    `mode`: nearest, nearest-exact, linear (1-d), bilinear, bicubic (2-d), trilinear (3-d), area.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.interpolate(minitorch.tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    d, x = input.dim() - 2, input._array
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError("align_corners option can only be set with the interpolating modes: "
                             "linear | bilinear | bicubic | trilinear")  # fmt: skip
    elif align_corners is not None:
        align_corners = flag(f"upsample_{mode}{d}d", "align_corners", None, align_corners)
    if antialias:
        raise ValueError("antialias=True is not part of minitorch; torch has it for bilinear and "
                         "bicubic modes.")  # fmt: skip
    sizes, scales = _sizes(x.shape[2:], size, scale_factor, recompute_scale_factor)
    if d not in (1, 2, 3) or mode not in (*_DIMENSIONS, "nearest", "nearest-exact", "area"):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {x.ndim}D) for the "
            f"modes: {_MODES} (got {mode})"
        )
    if _DIMENSIONS.get(mode, d) != d:
        raise NotImplementedError(f"Got {x.ndim}D input, but {mode} mode needs "
                                  f"{_DIMENSIONS[mode] + 2}D input")  # fmt: skip
    if mode == "area":
        return adaptive_avg_pool(d, input, sizes)
    _check_sizes(x.shape[2:], sizes)
    if mode.startswith("nearest"):
        half = 0.5 if mode == "nearest-exact" else 0.0
        places = tuple(
            np.minimum(((np.arange(m) + half) * np.float32(s)).astype(np.int64), n - 1)
            for n, m, s in zip(x.shape[2:], sizes, scales)
        )
        name = f"UpsampleNearest{'Exact' if half else ''}{d}DBackward0"
        return resampling.take_along(input, axes=tuple(range(2, d + 2)), places=places, name=name)
    weights = resampling.cubic_weights if mode == "bicubic" else resampling.linear_weights
    matrices = tuple(
        weights(n, m, s, bool(align_corners)) for n, m, s in zip(x.shape[2:], sizes, scales)
    )
    return resampling.separable(input, matrices=matrices,
                                name=f"Upsample{mode.title()}{d}DBackward0")  # fmt: skip


def _check_sizes(space, sizes):
    if min(*space, *sizes) <= 0:
        told = lambda ns: ", ".join(f"{name}: {n}" for name, n in zip("DHW"[-len(ns) :], ns))
        also = "and " if len(space) == 1 else ""
        raise RuntimeError("Input and output sizes should be greater than 0, but got input "
                           f"({told(space)}) {also}output ({told(sizes)})")  # fmt: skip


def _is_whole(value):
    kind = value._array.dtype.kind if isinstance(value, Tensor) else ""
    return isinstance(value, (int, np.integer)) or kind in ("i", "u")


def _sizes(space, size, scale_factor, recompute):
    """The new sizes, and how far apart the new samples lie among the old."""
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None and recompute:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    given = size if size is not None else scale_factor
    alone = not isinstance(given, (tuple, list))
    values = (given,) * len(space) if alone else tuple(given)
    if len(values) != len(space):
        other, what, form = "output", "output size of", "output size in (o1, o2, ...,oK)"
        if size is None:
            other, what = "scale_factor", "scale_factor of shape"
            form = "scale_factor in (s1, s2, ...,sK)"
        raise ValueError(
            f"Input and {other} must have the same number of spatial dimensions, but got input "
            f"with spatial dimensions of {list(space)} and {what} {given}. Please provide input "
            f"tensor in (N, C, d1, d2, ...,dK) format and {form} format."
        )
    if size is not None:
        if not (alone or all(_is_whole(v) for v in values)):
            kinds = ", ".join(str(type(v)).replace("minitorch.tensor", "torch") for v in values)
            raise TypeError("expected size to be one of int or Tuple[int] or Tuple[int, int] or "
                            f"Tuple[int, int, int], but got size with types [{kinds}]")
        sizes = tuple(whole("interpolate", "size", 2, v) for v in values)
    else:
        values = tuple(as_float("interpolate", "scale_factor", 3, v) for v in values)
        sizes = tuple(math.floor(n * v) for n, v in zip(space, values))
        if not recompute:
            return sizes, tuple(1 / v if v else 0.0 for v in values)
    return sizes, tuple(n / m if m else 0.0 for n, m in zip(space, sizes))
