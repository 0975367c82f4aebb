"""Activations as modules: each calls the function of `functional.py` that has its name.

May import floors 0-3.
"""

from .. import functional as F
from .module import Module

__all__ = ["ReLU"]


class ReLU(Module):
    """max(0, x), elementwise; `inplace` writes it into the input.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ReLU()(minitorch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.relu(input, inplace=self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""
