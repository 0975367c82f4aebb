"""Pixels: moved between channels and the plane, or resampled.

May import floors 0-3.
"""

from .. import functional as F
from .module import Module

__all__ = ["PixelShuffle", "PixelUnshuffle", "Upsample"]


class PixelShuffle(Module):
    """Channels become pixels, r = `upscale_factor`: (*, C r r, H, W) to (*, C, H r, W r).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.PixelShuffle(2)(minitorch.arange(4.).view(4, 1, 1))
    tensor([[[0., 1.],
             [2., 3.]]])
    """

    def __init__(self, upscale_factor):
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input):
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self):
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels become channels, r = `downscale_factor`: (*, C, H r, W r) to (*, C r r, H, W).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.PixelUnshuffle(2)(minitorch.ones(1, 4, 6)).shape
    torch.Size([4, 2, 3])
    """

    def __init__(self, downscale_factor):
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input):
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self):
        return f"downscale_factor={self.downscale_factor}"


class Upsample(Module):
    """The space of (N, C, *space) resampled to `size`, or by `scale_factor`.

    `mode` is "nearest", "linear" (1-d), "bilinear" or "bicubic" (2-d), or "trilinear" (3-d).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Upsample(scale_factor=2)(minitorch.tensor([[[1., 2.]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self, size=None, scale_factor=None, mode="nearest", align_corners=None,
        recompute_scale_factor=None,
    ):  # fmt: skip
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input):
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self):
        which = "size" if self.scale_factor is None else "scale_factor"
        return f"{which}={getattr(self, which)!r}, mode={self.mode!r}"
