"""Activations as modules: each calls the function of `functional` that has its name.

May import floors 0-3. Convention: shapes are kept, except by GLU; `inplace` writes the result into
the input.
"""

import warnings

from .. import functional as F
from ..ops import powers
from ..ops.creation import empty
from . import init as initial
from .module import Module
from .names import own
from .parameter import Parameter

__all__ = [
    "ELU", "GELU", "GLU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
    "LogSoftmax", "Mish", "PReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax", "Softmin",
    "Softplus", "Softsign", "Tanh",
]  # fmt: skip

# ---- the input alone ---------------------------------------------------------------------------


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Sigmoid()(minitorch.tensor([-1., 0., 1.]))
    tensor([0.2689, 0.5000, 0.7311])
    """

    def forward(self, input):
        return powers.sigmoid.function(input)


class Tanh(Module):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Tanh()(minitorch.tensor([-1., 0., 1.]))
    tensor([-0.7616,  0.0000,  0.7616])
    """

    def forward(self, input):
        return powers.tanh.function(input)


class LogSigmoid(Module):
    """log(1 / (1 + exp(-x))), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.LogSigmoid()(minitorch.tensor([-1., 0., 1.]))
    tensor([-1.3133, -0.6931, -0.3133])
    """

    def forward(self, input):
        return F.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Softsign()(minitorch.tensor([-1., 0., 3.]))
    tensor([-0.5000,  0.0000,  0.7500])
    """

    def forward(self, input):
        return F.softsign(input)


# ---- the input, perhaps in place ---------------------------------------------------------------


class _InPlace(Module):
    __init_subclass__ = own("__init__", "forward")

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return self._function(input, inplace=self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlace):
    """max(0, x), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ReLU()(minitorch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    _function = staticmethod(F.relu)


class SELU(_InPlace):
    """scale * (max(0, x) + min(0, alpha (exp(x) - 1))), scale and alpha as Klambauer et al., 2017.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.SELU()(minitorch.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """

    _function = staticmethod(F.selu)


class SiLU(_InPlace):
    """x * sigmoid(x), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.SiLU()(minitorch.tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """

    _function = staticmethod(F.silu)


class Mish(_InPlace):
    """x * tanh(softplus(x)), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Mish()(minitorch.tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """

    _function = staticmethod(F.mish)


class Hardsigmoid(_InPlace):
    """min(max(0, x / 6 + 1 / 2), 1), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Hardsigmoid()(minitorch.tensor([-3., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """

    _function = staticmethod(F.hardsigmoid)
    extra_repr = Module.extra_repr  # torch says nothing here


class Hardswish(_InPlace):
    """x * hardsigmoid(x), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Hardswish()(minitorch.tensor([-1., 1., 4.]))
    tensor([-0.3333,  0.6667,  4.0000])
    """

    _function = staticmethod(F.hardswish)
    extra_repr = Module.extra_repr  # torch says nothing here


# ---- with a constant ---------------------------------------------------------------------------


class LeakyReLU(Module):
    """max(0, x) + negative_slope * min(0, x), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.LeakyReLU(0.1)(minitorch.tensor([-1., 2.]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope=0.01, inplace=False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input):
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}{', inplace=True' * bool(self.inplace)}"


class ELU(Module):
    """max(0, x) + min(0, alpha (exp(x) - 1)), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ELU()(minitorch.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}{', inplace=True' * bool(self.inplace)}"


class GELU(Module):
    """x times the probability that N(0, 1) is below x; `approximate` "tanh" is a quicker formula.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.GELU()(minitorch.tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class Hardtanh(Module):
    """min(max(x, min_val), max_val), elementwise; AssertionError unless max_val > min_val.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Hardtanh()(minitorch.tensor([-3., 0.5, 2.]))
    tensor([-1.0000,  0.5000,  1.0000])
    """

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None):
        super().__init__()
        self.min_val = self._renamed("min", min_val, min_value)
        self.max_val = self._renamed("max", max_val, max_value)
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(
                f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})"
            )

    @staticmethod
    def _renamed(which, value, old):
        if old is None:
            return value
        warnings.warn(
            f"keyword argument `{which}_value` is deprecated and renamed to `{which}_val`",
            FutureWarning,
            stacklevel=3,
        )
        return old

    def forward(self, input):
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        inplace = ", inplace=True" if self.inplace else ""
        return f"min_val={self.min_val}, max_val={self.max_val}{inplace}"


class ReLU6(Hardtanh):
    """min(max(0, x), 6), elementwise.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ReLU6()(minitorch.tensor([-1., 2., 8.]))
    tensor([0., 2., 6.])
    """

    def __init__(self, inplace=False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """log(1 + exp(beta x)) / beta, elementwise; x itself where beta x is above `threshold`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Softplus()(minitorch.tensor([-1., 0., 30.]))
    tensor([ 0.3133,  0.6931, 30.0000])
    """

    def __init__(self, beta=1.0, threshold=20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input):
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self):
        return f"beta={self.beta}, threshold={self.threshold}"


# ---- with a parameter --------------------------------------------------------------------------


class PReLU(Module):
    """max(0, x) + weight * min(0, x): a slope to learn, one for all or one for each channel.

    `weight` is (num_parameters) and starts as `init`. Shapes: (N, C, *) to the same.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.PReLU()(minitorch.tensor([-1., 2.])).detach()
    tensor([-0.2500,  2.0000])
    """

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        """Start anew from `init`."""
        initial.constant_(self.weight, self.init)

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


# ---- along a dimension -------------------------------------------------------------------------


class _Along(Module):
    __init_subclass__ = own("__init__", "forward")

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return self._function(input, self.dim, _stacklevel=5)

    def extra_repr(self):
        return f"dim={self.dim}"


class Softmax(_Along):
    """exp(x_i) / sum over j of exp(x_j) along `dim`; without `dim` it is guessed, and warned of.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Softmax(dim=0)(minitorch.tensor([0., 0.]))
    tensor([0.5000, 0.5000])
    """

    _function = staticmethod(F.softmax)


class Softmin(_Along):
    """The softmax of -x along `dim`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Softmin(dim=0)(minitorch.tensor([0., 1.]))
    tensor([0.7311, 0.2689])
    """

    _function = staticmethod(F.softmin)


class LogSoftmax(_Along):
    """log(softmax(x)) along `dim`, without overflow.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.LogSoftmax(dim=0)(minitorch.tensor([0., 0.]))
    tensor([-0.6931, -0.6931])
    """

    _function = staticmethod(F.log_softmax)


class GLU(Module):
    """a * sigmoid(b), a and b the halves of x along `dim`, whose size is halved.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.GLU()(minitorch.tensor([3., 5., 0., 0.]))
    tensor([1.5000, 2.5000])
    """

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.glu(input, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"
