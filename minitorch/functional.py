"""`minitorch.nn.functional`: layers, activations and losses as functions.

Floor 3. Compositions of the operations in `ops/`, as torch composes them, so that the recorded
graph has torch's nodes.
"""

from . import errors
from .ops import elementwise, products, reductions, shapes
from .ops.losses import cross_entropy_primitive, nll_loss_primitive

__all__ = ["cross_entropy", "linear", "log_softmax", "nll_loss", "relu"]


# ---- layers ------------------------------------------------------------------------------------


def linear(input, weight, bias=None):
    """`input @ weight.T + bias`: shapes (..., in), (out, in), (out,) -> (..., out).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.linear(minitorch.ones(1, 2), minitorch.ones(3, 2), minitorch.zeros(3))
    tensor([[2., 2., 2.]])
    """
    if input._array.ndim == 2:
        if bias is None:
            return products.mm(input, shapes.t_primitive(weight))
        return products.addmm_primitive(bias, input, shapes.t_primitive(weight), beta=1, alpha=1)
    if input._array.ndim == 1 and weight._array.ndim == 2:
        out = linear(shapes.unsqueeze(input, 0), weight, bias)
        return shapes.squeeze(out, 0)
    rows = shapes.reshape(input, -1, input._array.shape[-1])
    out = linear(rows, weight, bias)
    return shapes.reshape(out, *input._array.shape[:-1], weight._array.shape[0])


# ---- activations -------------------------------------------------------------------------------


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


# ---- losses ------------------------------------------------------------------------------------


def check_targets(input, target):
    """torch's errors for targets that do not fit the scores."""
    x, y = input._array, target._array
    if x.ndim > 1 and y.shape[:1] != x.shape[:1]:
        raise ValueError(f"Expected input batch_size ({x.shape[0]}) to match target batch_size "
                         f"({y.shape[0] if y.ndim else 1}).")  # fmt: skip
    if y.dtype.name not in ("int64", "uint8"):
        raise RuntimeError("expected target dtype to be Long or Byte, but got "
                           f"{errors.scalar_name(y)}")  # fmt: skip


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
             reduction="mean"):  # fmt: skip
    """The negative log likelihood of the classes `target`: minus `input` at the target, averaged.

    Shapes (N, C) and (N,), or (C,) and (). Targets outside 0 .. C-1 are an IndexError, except
    `ignore_index`, which counts for nothing.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.nll_loss(minitorch.tensor([[-1., -2.]]), minitorch.tensor([1]))
    tensor(2.)
    """
    check_targets(input, target)
    return nll_loss_primitive(input, y, None if weight is None else weight._array,
                              ignore_index=ignore_index, reduction=reduction)  # fmt: skip


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
                  reduction="mean", label_smoothing=0.0):  # fmt: skip
    """The cross entropy of the scores `input` and the classes `target`.

    loss = -log(softmax(input)[target]), averaged over N. Shapes (N, C) and (N,).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.cross_entropy(minitorch.zeros(1, 2), minitorch.tensor([1]))
    tensor(0.6931)
    """
    check_targets(input, target)
    return cross_entropy_primitive(input, target._array, None if weight is None else weight._array,
                                   ignore_index=ignore_index, reduction=reduction)  # fmt: skip
