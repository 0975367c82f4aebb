"""Losses: how far a prediction is from its target, as one number or one for each sample.

Floor 3.
"""

from .. import errors
from ..ops.losses import cross_entropy_primitive, nll_loss_primitive

__all__ = ["cross_entropy", "nll_loss"]


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
    return nll_loss_primitive(input, target._array, None if weight is None else weight._array,
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
