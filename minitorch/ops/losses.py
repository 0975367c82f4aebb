"""Losses that pick one score per sample, by its class.

Floor 2. The classes lie along dimension 1 (0 for a single sample).
"""

import numpy as np

from ..primitive import Primitive
from .indexing import put_primitive


def _nll(input, target, weight, *, ignore_index, reduction):
    """Minus the score of each target, weighted; the residuals say where it is and its weight."""
    classes = 0 if input.ndim == 1 else 1
    used = target != ignore_index
    wrong = used & ((target < 0) | (target >= input.shape[classes]))
    if wrong.any():
        raise IndexError(f"Target {target[wrong].flat[0]} is out of bounds.")
    y = np.where(used, target, 0)
    where = list(np.indices(target.shape, sparse=True))
    where.insert(classes, y)
    where = tuple(where)
    scale = used.astype(input.dtype)
    if weight is not None:
        scale *= weight[y]
    if reduction == "mean":
        scale /= np.add.reduce(scale, None)
    loss = -input[where] * scale
    return (loss if reduction == "none" else np.add.reduce(loss, None)), where, scale


nll_loss_primitive = Primitive(
    "nll_loss", _nll, inputs="input target weight", residuals="where scale",
    input=lambda g, where, scale, input_shape: put_primitive(
        -(g * scale), shape=input_shape, where=where),
)  # fmt: skip
