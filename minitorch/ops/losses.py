"""Losses that pick one score per sample, by its class.

Floor 2. The classes lie along dimension 1 (0 for a single sample).
"""

import numpy as np

from ..primitive import Primitive
from . import reductions
from .indexing import put_primitive

# ---- where the targets are ---------------------------------------------------------------------


def _targets(input, target, weight, ignore_index, reduction):
    """The NumPy index of each sample's own score, and the weight of its loss in the result."""
    classes = 0 if input.ndim == 1 else 1
    if target.size and not 0 <= target.min() <= target.max() < input.shape[classes]:
        used = target != ignore_index
        wrong = used & ((target < 0) | (target >= input.shape[classes]))
        if wrong.any():
            raise IndexError(f"Target {target[wrong].flat[0]} is out of bounds.")
    elif ignore_index >= 0:
        used = target != ignore_index
    else:
        used = None
    y = target if used is None else np.where(used, target, 0)
    if input.ndim == 2:
        where = (np.arange(len(y)), y)
    else:
        where = list(np.indices(target.shape, sparse=True))
        where.insert(classes, y)
        where = tuple(where)
    if used is None and weight is None:
        scale = 1 / target.size if reduction == "mean" and target.size else 1.0
        return where, np.full(target.shape, scale, input.dtype)
    scale = np.ones(target.shape, input.dtype) if used is None else used.astype(input.dtype)
    if weight is not None:
        scale *= weight[y]
    if reduction == "mean":
        scale /= np.add.reduce(scale, None)
    return where, scale


# ---- negative log likelihood, cross entropy ----------------------------------------------------


def _nll(input, target, weight, *, ignore_index, reduction):
    where, scale = _targets(input, target, weight, ignore_index, reduction)
    loss = -input[where] * scale
    return (loss if reduction == "none" else np.add.reduce(loss, None)), where, scale


nll_loss_primitive = Primitive(
    "nll_loss", _nll, inputs="input target weight", residuals="where scale",
    input=lambda g, where, scale, input_shape: put_primitive(
        -(g * scale), shape=input_shape, where=where),
)  # fmt: skip


def _cross_entropy(input, target, weight, *, ignore_index, reduction):
    """log(sum(exp(x))) - x[target]; the exponentials are kept, for they are the gradient."""
    where, scale = _targets(input, target, weight, ignore_index, reduction)
    classes = 0 if input.ndim == 1 else 1
    e = input - np.maximum.reduce(input, classes, keepdims=True)
    picked = e[where]
    np.exp(e, out=e)
    total = np.add.reduce(e, classes, keepdims=True)
    loss = np.log(total).reshape(picked.shape)
    loss -= picked
    loss *= scale
    return (loss if reduction == "none" else np.add.reduce(loss, None)), e, total, where, scale


def _cross_entropy_backward(g, e, total, where, scale):
    """softmax(x) - onehot(target), times the weight of each sample."""
    g = g * scale
    out = e * (g.reshape(total.shape) / total)
    out[where] -= g
    return out, None, None


def _cross_entropy_definition(input, target, weight, *, ignore_index, reduction):
    log_probabilities = reductions.log_softmax(input, 1 if input.ndim > 1 else 0)
    target, weight = (x if x is None else x._array for x in (target, weight))
    return nll_loss_primitive(log_probabilities, target, weight, ignore_index=ignore_index,
                              reduction=reduction)  # fmt: skip


cross_entropy_primitive = Primitive(
    "cross_entropy", _cross_entropy, inputs="input target weight", node="NllLossBackward0",
    residuals="e total where scale", backward=_cross_entropy_backward,
    definition=_cross_entropy_definition,
)  # fmt: skip
