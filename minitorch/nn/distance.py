"""Distances and similarities between pairs of vectors.

May import floors 0-3.
"""

from .. import functional as F
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """a . b / (max(|a|, eps) max(|b|, eps)) along `dim`, which goes.

    >>> import minitorch
    >>> from minitorch import nn
    >>> a, b = minitorch.tensor([[3., 4.]]), minitorch.tensor([[4., 3.]])
    >>> nn.CosineSimilarity()(a, b)
    tensor([0.9600])
    """

    def __init__(self, dim=1, eps=1e-8):
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1, x2):
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """|a - b + eps| in the `p`-norm over the last dimension: (N, D), (N, D) to (N).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.PairwiseDistance()(minitorch.tensor([[3., 4.]]), minitorch.zeros(1, 2))
    tensor([5.0000])
    """

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1, x2):
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
