"""Dropout: in training, part of the input is set to zero and the rest made up for it.

May import floors 0-3. Convention: `p` is the probability of zero; in evaluation nothing happens.
"""

from .. import functional as F
from .module import Module

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


class _DropoutNd(Module):
    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Each element zeroed with probability `p`, the others divided by 1 - p; any shape.

    A `p` outside 0 .. 1 raises ValueError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> seed = minitorch.manual_seed(0)
    >>> m = nn.Dropout(0.5)
    >>> m(minitorch.ones(6)), m.eval()(minitorch.ones(2))
    (tensor([0., 0., 2., 0., 0., 0.]), tensor([1., 1.]))
    """

    def forward(self, input):
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Whole channels zeroed: (N, C, L) or (C, L).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Dropout1d(0.0)(minitorch.ones(1, 2, 3)).sum()
    tensor(6.)
    """

    def forward(self, input):
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Whole channels zeroed: (N, C, H, W).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Dropout2d(1.0)(minitorch.ones(1, 2, 3, 3)).sum()
    tensor(0.)
    """

    def forward(self, input):
        return F.dropout2d(input, self.p, self.training, self.inplace)
