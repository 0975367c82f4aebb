"""Linear and the layers that only reshape.

May import floors 0-3. Convention: a weight is (out, in), as torch keeps it, so a layer computes
x W^T + b.
"""

import math

from .. import functional as F
from ..ops.creation import empty
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Flatten", "Identity", "Linear", "Unflatten"]

# ---- reshaping ---------------------------------------------------------------------------------


class Identity(Module):
    """Returns its input; arguments are accepted and ignored.

    >>> from minitorch import nn
    >>> nn.Identity(54, unused=True)(3)
    3
    """

    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, input):
        return input


class Flatten(Module):
    """Makes one dimension of the dimensions `start_dim` to `end_dim`, inclusive.

    Shapes: (N, A, B) to (N, A * B).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Flatten()(minitorch.zeros(2, 3, 4)).shape
    torch.Size([2, 12])
    """

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input):
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self):
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Makes several dimensions, of sizes `unflattened_size`, of dimension `dim`.

    Shapes: (N, A * B) to (N, A, B). Sizes that are no integers raise TypeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Unflatten(1, (3, 4))(minitorch.zeros(2, 12)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, dim, unflattened_size):
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                "unflattened_size must be a tuple of ints, but found type "
                f"{type(unflattened_size).__name__}"
            )
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(size).__name__} at pos {i}"
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input):
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self):
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


# ---- linear ------------------------------------------------------------------------------------


class Linear(Module):
    """y = x W^T + b.

    `weight` is (out_features, in_features), `bias` (out_features) or None; both start from
    U(-k, k), k = 1 / sqrt(in_features). Shapes: (*, in_features) to (*, out_features).

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.Linear(3, 2)
    >>> m(minitorch.zeros(4, 3)).shape, m
    (torch.Size([4, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty((out_features, in_features), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw the parameters anew."""
        # With a = sqrt(5) the gain is 1 / sqrt(3), and so the bound 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self):
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
