"""Losses as modules: each calls the function of `functional.py` that has its name.

May import floors 0-3. Convention: `reduction` is "mean", "sum" or "none"; class weights are a
buffer, so they move with the module and are saved with it.
"""

import warnings

from .. import functional as F
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "HuberLoss",
    "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss", "TripletMarginLoss",
]  # fmt: skip


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


# ---- numbers against numbers -------------------------------------------------------------------


class L1Loss(_Loss):
    """|x - y|, averaged over all elements.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.L1Loss()(minitorch.tensor([1., 4.]), minitorch.tensor([0., 1.]))
    tensor(2.)
    """

    def forward(self, input, target):
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """(x - y)^2, averaged over all elements.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.MSELoss()(minitorch.tensor([1., 4.]), minitorch.tensor([0., 1.]))
    tensor(5.)
    """

    def forward(self, input, target):
        return F.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """d^2 / (2 beta) where d = |x - y| is below `beta`, else d - beta / 2; averaged.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.SmoothL1Loss(reduction="none")(minitorch.tensor([1., 4.]), minitorch.tensor([0., 1.]))
    tensor([0.5000, 2.5000])
    """

    def __init__(self, size_average=None, reduce=None, reduction="mean", beta=1.0):
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input, target):
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """d^2 / 2 where d = |x - y| is below `delta`, else delta (d - delta / 2); averaged.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.HuberLoss(reduction="none", delta=2.0)
    >>> m(minitorch.tensor([1., 4.]), minitorch.tensor([0., 1.]))
    tensor([0.5000, 4.0000])
    """

    def __init__(self, reduction="mean", delta=1.0):
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input, target):
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


# ---- probabilities -----------------------------------------------------------------------------


class BCELoss(_WeightedLoss):
    """-w (y log x + (1 - y) log(1 - x)), averaged: x are probabilities, w is `weight`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.BCELoss()(minitorch.tensor([0.5, 0.5]), minitorch.tensor([0., 1.]))
    tensor(0.6931)
    """

    def forward(self, input, target):
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """The `BCELoss` of sigmoid(x), without overflow; `pos_weight` multiplies the term of y.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.BCEWithLogitsLoss()(minitorch.tensor([0., 0.]), minitorch.tensor([0., 1.]))
    tensor(0.6931)
    """

    def __init__(
        self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
    ):
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """y (log y - x), averaged: x are log-probabilities, y probabilities (or logs: `log_target`).

    `reduction` "batchmean", the sum divided by N, is the divergence of the formula.

    >>> import minitorch
    >>> from minitorch import nn
    >>> x, y = minitorch.tensor([[0.5, 0.5]]), minitorch.tensor([[1., 0.]])
    >>> nn.KLDivLoss(reduction="batchmean")(x.log(), y)
    tensor(0.6931)
    """

    def __init__(self, size_average=None, reduce=None, reduction="mean", log_target=False):
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input, target):
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


# ---- classes -----------------------------------------------------------------------------------


class NLLLoss(_WeightedLoss):
    """-x[y], averaged over the batch: x are log-probabilities, `weight` has one for each class.

    Shapes: input (C), (N, C) or (N, C, d1, ...), target the same without C. Targets equal to
    `ignore_index` count for nothing.

    >>> import minitorch
    >>> from minitorch import nn
    >>> x = minitorch.tensor([[0.5, 0.5], [0.2, 0.8]]).log()
    >>> nn.NLLLoss(reduction="sum")(x, minitorch.tensor([0, 1]))
    tensor(0.9163)
    """

    def __init__(
        self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"
    ):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input, target):
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


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


# ---- vectors that should be close or far -------------------------------------------------------


class CosineEmbeddingLoss(_Loss):
    """1 - cos(a, b) where y is 1, max(0, cos(a, b) - margin) where y is -1; averaged.

    Shapes: (N, D), (N, D), (N) or (D), (D), ().

    >>> import minitorch
    >>> from minitorch import nn
    >>> a, b = minitorch.tensor([[1., 0.]]), minitorch.tensor([[0., 1.]])
    >>> nn.CosineEmbeddingLoss()(a, b, minitorch.tensor([1.]))
    tensor(1.)
    """

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1, input2, target):
        return F.cosine_embedding_loss(
            input1, input2, target, margin=self.margin, reduction=self.reduction
        )


class TripletMarginLoss(_Loss):
    """max(0, |a - p| - |a - n| + margin) for anchor a, positive p, negative n; averaged.

    Distances in the `p`-norm; with `swap` |p - n| counts if it is smaller than |a - n|. Shapes:
    (N, D) or (D), three times. A margin of 0 or less raises ValueError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> a, p, n = (minitorch.tensor([[x]]) for x in (0., 1., 3.))
    >>> nn.TripletMarginLoss(margin=4.0)(a, p, n)
    tensor(2.)
    """

    def __init__(
        self, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None,
        reduction="mean",
    ):  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor, positive, negative):
        return F.triplet_margin_loss(
            anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps,
            swap=self.swap, reduction=self.reduction,
        )  # fmt: skip
