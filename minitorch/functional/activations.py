"""Activations as functions, elementwise or along one dimension.

Floor 3.
"""

from ..ops import elementwise, reductions

__all__ = ["log_softmax", "relu"]


def relu(input, inplace=False):
    """max(0, x), elementwise.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.relu(minitorch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else elementwise.relu.function(input)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """x - log(sum(exp(x))) along `dim`: the logarithm of the softmax, without overflow.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.log_softmax(minitorch.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return reductions.log_softmax(input, dim, dtype=dtype)
