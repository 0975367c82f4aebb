"""`Variable`, the ancestor of today's Tensor, as torch keeps it for old code.

Floor 3. Since requires_grad moved to Tensor there are no Variables any more: making one gives a
Tensor, and every Tensor is said to be one.
"""

import operator
import warnings

import numpy as np

from ..dtypes import get_default_dtype
from ..tensor import Tensor, wanting_grad, wrap

__all__ = ["Variable"]


class VariableMeta(type):
    """Makes `isinstance(t, Variable)` true of every tensor."""

    def __instancecheck__(cls, other):
        return isinstance(other, Tensor)


class Variable(metaclass=VariableMeta):
    """A Tensor that shares the numbers of `data`, without its history.

    >>> import minitorch
    >>> from minitorch.autograd import Variable
    >>> v = Variable(minitorch.ones(1), requires_grad=True)
    >>> type(v) is minitorch.Tensor, isinstance(v, Variable), v
    (True, True, tensor([1.], requires_grad=True))
    """

    def __new__(cls, data=None, requires_grad=False, volatile=False):
        if operator.index(volatile):
            warnings.warn("volatile was removed and now has no effect. Use `with torch.no_grad():` "
                          "instead.", UserWarning, stacklevel=2)  # fmt: skip
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        t = wrap(np.empty(0, get_default_dtype()._numpy)) if data is None else data.detach()
        return wanting_grad(t) if operator.index(requires_grad) else t
