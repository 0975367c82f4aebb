"""Convolutions and transposed convolutions over one or two dimensions of space.

May import floors 0-3. Convention: a weight is (out, in / groups, *kernel), that of a transposed
convolution (in, out / groups, *kernel); sizes given as one number hold for every dimension.
"""

import math

from .. import functional as F
from ..ops.creation import empty
from . import init
from .module import Module
from .names import own
from .parameter import Parameter
from .sizes import each

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

_PADDINGS = {"same", "valid"}
_PADDING_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """What the four have in common: sizes, checks, parameters, words. `d` dimensions of space."""

    transposed = False

    def __init__(
        self, d, in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding,
        groups, bias, padding_mode, device, dtype,
    ):  # fmt: skip
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups != 0:
                raise ValueError(f"{name} must be divisible by groups")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each(kernel_size, d)
        self.stride = each(stride, d)
        self.padding = padding if isinstance(padding, str) else each(padding, d)
        self.dilation = each(dilation, d)
        self.output_padding = each(output_padding, d)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check_padding()
        self._reversed_padding_repeated_twice = self._pads()
        shape = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (shape[0], shape[1] // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check_padding(self):
        if isinstance(self.padding, str):
            if self.padding not in _PADDINGS:
                raise ValueError(
                    f"Invalid padding string {self.padding!r}, should be one of {_PADDINGS}"
                )
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {_PADDING_MODES}, but got "
                f"padding_mode='{self.padding_mode}'"
            )

    def _pads(self):
        """(before, after) of the last dimension, then of the one before, as `F.pad` wants them.

        Worked out once: as in torch, a `padding` written later is not looked at where something
        other than zeros is put around.
        """
        if not isinstance(self.padding, str):
            return tuple(p for p in reversed(self.padding) for _ in range(2))
        same = self.padding == "same"
        totals = [same * d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
        return [pad for total in reversed(totals) for pad in (total // 2, total - total // 2)]

    def reset_parameters(self):
        """Draw the parameters anew."""
        # As in Linear: the bound is 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self):
        said = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            values = getattr(self, name)
            said += "" if values == (usual,) * len(values) else f", {name}={values}"
        said += "" if self.groups == 1 else f", groups={self.groups}"
        said += ", bias=False" if self.bias is None else ""
        said += "" if self.padding_mode == "zeros" else f", padding_mode={self.padding_mode}"
        return said


# ---- convolution -------------------------------------------------------------------------------


class _Conv(_ConvNd):
    __init_subclass__ = own("forward")

    def forward(self, input):
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input, weight, bias):
        """The convolution with other parameters: for subclasses that compute theirs."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = 0
        return self._function(
            input, weight, bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Conv):
    """out[n, o] = bias[o] + sum over c of weight[o, c] * input[n, c], where * slides (correlates).

    Shapes: (N, in_channels, L) to (N, out_channels, L'), with or without N;
    L' = (L + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1. `padding` may be "same" or
    "valid"; `padding_mode` says what it is filled with. Parameters start from U(-k, k),
    k = 1 / sqrt(in_channels / groups * kernel_size).

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.Conv1d(2, 3, 5, padding=2)
    >>> m(minitorch.zeros(1, 2, 8)).shape, m.weight.shape
    (torch.Size([1, 3, 8]), torch.Size([3, 2, 5]))
    """

    _function = staticmethod(F.conv1d)

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1,
        bias=True, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            1, in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip


class Conv2d(_Conv):
    """As `Conv1d`, over planes: (N, in_channels, H, W) to (N, out_channels, H', W').

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.Conv2d(1, 6, 5, stride=2)
    >>> m
    Conv2d(1, 6, kernel_size=(5, 5), stride=(2, 2))
    >>> m(minitorch.zeros(4, 1, 28, 28)).shape
    torch.Size([4, 6, 12, 12])
    """

    _function = staticmethod(F.conv2d)

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1,
        bias=True, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            2, in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip


# ---- transposed --------------------------------------------------------------------------------


class _ConvTransposeNd(_ConvNd):
    transposed = True
    __init_subclass__ = own("forward")

    def __init__(
        self, d, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups,
        bias, dilation, padding_mode, device, dtype,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(
                f'Only "zeros" padding mode is supported for {type(self).__name__}'
            )
        super().__init__(
            d, in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input, output_size=None):
        if self.padding_mode != "zeros":
            raise ValueError("Only `zeros` padding mode is supported for " + type(self).__name__)
        if not isinstance(self.padding, tuple):
            raise AssertionError("self.padding must be a tuple")
        extra = self.output_padding
        if output_size is not None:
            extra = self._output_padding(input, output_size)
        return self._function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip

    def _output_padding(self, input, output_size):
        """What is missing to `output_size`: several sizes shrink to one when stride is above 1."""
        d = len(self.kernel_size)
        lead = 2 if input.dim() == d + 2 else 1
        if len(output_size) == lead + d:
            output_size = output_size[lead:]
        if len(output_size) != d:
            raise ValueError(
                f"ConvTranspose{d}D: for {input.dim()}D input, output_size must have {d} or "
                f"{lead + d} elements (got {len(output_size)})"
            )
        smallest = [
            (n - 1) * s - 2 * p + dil * (k - 1) + 1
            for n, s, p, dil, k in zip(
                input.shape[lead:], self.stride, self.padding, self.dilation, self.kernel_size)
        ]  # fmt: skip
        largest = [size + s - 1 for size, s in zip(smallest, self.stride)]
        if not all(a <= n <= b for a, n, b in zip(smallest, output_size, largest)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from "
                f"{smallest} to {largest} (for an input of {input.size()[2:]})"
            )
        return [n - size for n, size in zip(output_size, smallest)]


class ConvTranspose1d(_ConvTransposeNd):
    """The adjoint of `Conv1d` in its input: each input value spreads a kernel over the output.

    Shapes: (N, in_channels, L) to (N, out_channels, L'), with or without N;
    L' = (L - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1. A call may
    ask for an `output_size` instead; one that cannot be had raises ValueError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.ConvTranspose1d(2, 3, 4, stride=2)
    >>> m(minitorch.zeros(1, 2, 5)).shape, m(minitorch.zeros(1, 2, 5), output_size=[13]).shape
    (torch.Size([1, 3, 12]), torch.Size([1, 3, 13]))
    """

    _function = staticmethod(F.conv_transpose1d)

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0,
        groups=1, bias=True, dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            1, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups,
            bias, dilation, padding_mode, device, dtype,
        )  # fmt: skip


class ConvTranspose2d(_ConvTransposeNd):
    """As `ConvTranspose1d`, over planes: (N, in_channels, H, W) to (N, out_channels, H', W').

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ConvTranspose2d(4, 2, 2, stride=2)(minitorch.zeros(1, 4, 5, 6)).shape
    torch.Size([1, 2, 10, 12])
    """

    _function = staticmethod(F.conv_transpose2d)

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0,
        groups=1, bias=True, dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            2, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups,
            bias, dilation, padding_mode, device, dtype,
        )  # fmt: skip
