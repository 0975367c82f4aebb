"""Losses as modules: each calls the function of `functional.py` that has its name.

May import floors 0-3. Convention: `reduction` is "mean", "sum" or "none"; class weights are a
buffer, so they move with the module and are saved with it.
"""

import warnings

from .. import functional as F
from .module import Module

__all__ = ["CrossEntropyLoss"]


def _reduction_of(size_average, reduce):
    """The `reduction` that torch's two older arguments ask for."""
    averaged, reduced = (flag is None or flag for flag in (size_average, reduce))
    reduction = ("mean" if averaged else "sum") if reduced else "none"
    warnings.warn(
        "size_average and reduce args will be deprecated, please use reduction='"
        f"{reduction}' instead.",
        stacklevel=4,
    )
    return reduction


class _Loss(Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = _reduction_of(size_average, reduce)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """-log softmax(x)[y], averaged over the batch: x are unnormalised scores.

    Shapes: input (C), (N, C) or (N, C, d1, ...); target the same without C (class indices), or the
    same as input (probabilities). Targets equal to `ignore_index` count for nothing.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.CrossEntropyLoss()(minitorch.zeros(2, 4), minitorch.tensor([0, 3]))
    tensor(1.3863)
    """

    def __init__(
        self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
        label_smoothing=0.0,
    ):  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input, target):
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
