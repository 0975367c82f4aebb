"""Pooling: each window of the input becomes its maximum or its mean.

May import floors 0-3. Convention: `stride` is the kernel's size unless given.
"""

from .. import functional as F
from .module import Module
from .names import own
from .sizes import each

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d",
]  # fmt: skip

# ---- maximum -----------------------------------------------------------------------------------


class _MaxPoolNd(Module):
    __init_subclass__ = own("forward")

    def __init__(
        self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False,
        ceil_mode=False,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input):
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.dilation,
            ceil_mode=self.ceil_mode, return_indices=self.return_indices,
        )  # fmt: skip

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window: (N, C, L) to (N, C, L'), with or without N.

    With `return_indices` also where each maximum stood.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.MaxPool1d(2)(minitorch.tensor([[1., 3., 2., 0.]]))
    tensor([[3., 2.]])
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window: (N, C, H, W) to (N, C, H', W'), with or without N.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.MaxPool2d(2)(minitorch.tensor([[[1., 3.], [2., 0.]]]))
    tensor([[[3.]]])
    """

    _function = staticmethod(F.max_pool2d)


# ---- mean --------------------------------------------------------------------------------------


class _AvgPoolNd(Module):
    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window: (N, C, L) to (N, C, L'), with or without N.

    Padded zeros count, unless `count_include_pad` is False.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.AvgPool1d(2)(minitorch.tensor([[1., 3., 2., 0.]]))
    tensor([[2., 1.]])
    """

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True
    ):
        super().__init__()
        self.kernel_size = each(kernel_size, 1)
        self.stride = each(kernel_size if stride is None else stride, 1)
        self.padding = each(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input):
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class AvgPool2d(_AvgPoolNd):
    """The mean of each window: (N, C, H, W) to (N, C, H', W'), with or without N.

    `divisor_override` divides the sum of a window by another number than its size.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.AvgPool2d(2)(minitorch.tensor([[[1., 3.], [2., 0.]]]))
    tensor([[[1.5000]]])
    """

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
        divisor_override=None,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input):
        return F.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


# ---- mean, to a given size ---------------------------------------------------------------------


class _AdaptiveAvgPoolNd(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Means over `output_size` even pieces: (N, C, L) to (N, C, output_size), with or without N.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.AdaptiveAvgPool1d(2)(minitorch.tensor([[1., 3., 2., 0.]]))
    tensor([[2., 1.]])
    """

    def forward(self, input):
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Means over even pieces of the plane: (N, C, H, W) to (N, C, *output_size).

    One number means a square; None keeps a size.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.AdaptiveAvgPool2d((2, None))(minitorch.ones(1, 3, 5, 7)).shape
    torch.Size([1, 3, 2, 7])
    """

    def forward(self, input):
        return F.adaptive_avg_pool2d(input, self.output_size)
