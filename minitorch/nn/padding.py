"""Padding: more samples around a sequence or a plane.

May import floors 0-3. Convention: `padding` is one number, or (left, right) for sequences and
(left, right, top, bottom) for planes.
"""

from .. import functional as F
from .module import Module
from .sizes import each

__all__ = [
    "ConstantPad1d", "ConstantPad2d", "ReflectionPad1d", "ReflectionPad2d", "ZeroPad1d",
    "ZeroPad2d",
]  # fmt: skip

# ---- with a number -----------------------------------------------------------------------------


class _ConstantPadNd(Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """`value` before and after a sequence: (*, L) to (*, left + L + right).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ConstantPad1d((1, 2), 7.)(minitorch.tensor([[1., 2.]]))
    tensor([[7., 1., 2., 7., 7.]])
    """

    def __init__(self, padding, value):
        super().__init__(value)
        self.padding = each(padding, 2)


class ConstantPad2d(_ConstantPadNd):
    """`value` around a plane: (*, H, W) to (*, top + H + bottom, left + W + right).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ConstantPad2d((1, 0, 0, 1), 7.)(minitorch.tensor([[[1., 2.]]]))
    tensor([[[7., 1., 2.],
             [7., 7., 7.]]])
    """

    def __init__(self, padding, value):
        super().__init__(value)
        self.padding = each(padding, 4)


class ZeroPad1d(ConstantPad1d):
    """Zeros before and after a sequence: (*, L) to (*, left + L + right).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ZeroPad1d(1)(minitorch.tensor([[1., 2.]]))
    tensor([[0., 1., 2., 0.]])
    """

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Zeros around a plane: (*, H, W) to (*, top + H + bottom, left + W + right).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ZeroPad2d(1)(minitorch.ones(1, 1, 2)).shape
    torch.Size([1, 3, 4])
    """

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


# ---- with a mirror -----------------------------------------------------------------------------


class _ReflectionPadNd(Module):
    def forward(self, input):
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self):
        return f"{self.padding}"


class ReflectionPad1d(_ReflectionPadNd):
    """A sequence mirrored at its first and last sample: (C, L) to (C, left + L + right).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ReflectionPad1d(2)(minitorch.tensor([[1., 2., 3.]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    def __init__(self, padding):
        super().__init__()
        self.padding = each(padding, 2)


class ReflectionPad2d(_ReflectionPadNd):
    """A plane mirrored at its border: (C, H, W) to (C, top + H + bottom, left + W + right).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ReflectionPad2d((1, 1, 0, 0))(minitorch.tensor([[[1., 2.], [3., 4.]]]))
    tensor([[[2., 1., 2., 1.],
             [4., 3., 4., 3.]]])
    """

    def __init__(self, padding):
        super().__init__()
        self.padding = each(padding, 4)
