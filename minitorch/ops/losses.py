"""Losses: how far predictions are from their targets.

Floor 2. `reduction` is torch's: "none" keeps the loss of every element, "sum" and "mean" make one
number of them. Targets that are classes lie along dimension 1 of the scores (0 for one sample).
"""

import math

import numpy as np

from .. import errors
from ..devices import reduced
from ..primitive import Primitive
from .activations import log_sigmoid
from .comparison import choose, clamp_numbers
from .ordering import extremes
from .parts import put_primitive
from .powers import log, log1p, sigmoid
from .reductions import total
from .softmax import _wide, log_softmax_primitive

# ---- reduction ---------------------------------------------------------------------------------


def _sum(x):
    return total(x, tuple(range(x.ndim)))


def _reduced(loss, reduction):
    if reduction == "none":
        return loss
    return _sum(loss) if reduction == "sum" else _sum(loss) / loss.dtype.type(loss.size)


def _share(g, shape, reduction):
    """The gradient of the loss of each element, given that of the result."""
    return g / math.prod(shape) if reduction == "mean" else g


# ---- of the difference -------------------------------------------------------------------------


def _distance(name, loss, slope, cpu):
    """A loss of the difference d; `width` is where its form changes; `slope` is times g."""

    def kernel(input, target, *, reduction, width=None):
        return _reduced(loss(input - target, width), reduction)

    def gradient(g, input, target, input_shape, reduction, width):
        return slope(_share(g, input_shape, reduction), input - target, width)

    return Primitive(
        name, kernel, promote="same", only=("f", cpu), input=gradient,
        target=lambda g, input, target, input_shape, reduction, width: -gradient(
            g, input, target, input_shape, reduction, width),
    )  # fmt: skip


mse_loss = _distance("mse_loss", lambda d, width: d * d, lambda g, d, width: (g * 2) * d, "mse_cpu")


def _huber(d, width):
    """d^2 / 2 where |d| < width, and straight on from there, without a branch."""
    near = d.clip(-width, width)
    return near * (d - 0.5 * near)


def _near(d, width):
    return clamp_numbers(d, min=-width, max=width)


smooth_l1_loss = _distance(
    "smooth_l1_loss", lambda d, width: _huber(d, width) / width,
    lambda g, d, width: (g / width) * _near(d, width), "smooth_l1_cpu",
)  # fmt: skip
huber_loss = _distance("huber_loss", _huber, lambda g, d, width: g * _near(d, width), "huber_cpu")

# ---- of probabilities --------------------------------------------------------------------------

xlogy = Primitive(
    "xlogy", lambda input, other: np.where(input == 0, 0 * input, input * np.log(other)),
    promote="float", input=lambda g, input, other: g * choose(input == 0, 0.0, log(other)),
    other=lambda g, input, other: g * input / other,
)  # fmt: skip


def _weighted(g, weight):
    return g if weight is None else g * weight


def _weight_error(arrays, keywords):
    """torch's error for weights that do not broadcast to the input."""
    shape, weight, *more = (() if x is None else x.shape for x in (arrays[0], *arrays[2:]))
    return errors.broadcast(*more, shape) if more and errors.broadcast(*more, shape) else (
        errors.broadcast(shape, weight)
        or errors.output_shape(shape, np.broadcast_shapes(shape, weight)))  # fmt: skip


def _bce(input, target, weight, *, reduction):
    loss = (target - 1) * np.maximum(np.log1p(-input), -100) - target * np.maximum(
        np.log(input), -100)  # fmt: skip
    if weight is not None:
        loss *= weight
    return _reduced(loss, reduction)


def _bce_input(g, input, target, weight, input_shape, reduction):
    variance = input * (1 - input)
    g = _weighted(_share(g, input_shape, reduction), weight)
    return g * ((input - target) / choose(variance > 1e-12, variance, 1e-12))


binary_cross_entropy = Primitive(
    "binary_cross_entropy", _bce, inputs="input target weight", explain=_weight_error,
    input=_bce_input, target=lambda g, input, weight, input_shape, reduction: _weighted(
        _share(g, input_shape, reduction), weight) * (log1p(-input) - log(input)),
)  # fmt: skip


def _logits(input, target, weight, pos_weight, *, reduction):
    """(1 - t) x - (1 + (pos_weight - 1) t) log(sigmoid(x)), which does not overflow."""
    logs = log_sigmoid(input)
    if pos_weight is not None:
        logs = logs * (1 + (pos_weight.astype(target.dtype, copy=False) - 1) * target)
    loss = (1 - target) * input - logs
    if loss.dtype != target.dtype:  # torch writes it in the place of 1 - target
        loss = loss.astype(target.dtype)
    if weight is not None:
        loss *= weight
    return _reduced(loss, reduction)


def _logits_input(g, input, target, weight, pos_weight, input_shape, reduction):
    slope = sigmoid(input)
    if pos_weight is None:
        slope = slope - target
    else:
        positive = pos_weight * target
        slope = (positive + 1 - target) * slope - positive
    return _weighted(_share(g, input_shape, reduction), weight) * slope


def _logits_target(g, input, weight, pos_weight, input_shape, reduction):
    slope = -input if pos_weight is None else -input - (pos_weight - 1) * log_sigmoid(input)
    return _weighted(_share(g, input_shape, reduction), weight) * slope


binary_cross_entropy_with_logits = Primitive(
    "binary_cross_entropy_with_logits", _logits, inputs="input target weight pos_weight",
    explain=_weight_error, input=_logits_input, target=_logits_target,
)  # fmt: skip

# ---- of classes --------------------------------------------------------------------------------


def _targets(input, target, weight, ignore_index, spatial):
    """Where the score of each sample's class lies, and the weights of the samples (None: all 1)."""
    classes, used = input.shape[input.ndim > 1], None
    unsigned = target.view(np.uint64) if target.itemsize == 8 else target  # -1 is then large
    if target.size and reduced(np.maximum, unsigned) >= classes:
        used = target != ignore_index
        wrong = used & (unsigned >= classes)
        if wrong.any():
            raise IndexError(f"Target {target[wrong][0]} is out of bounds.")
        target = np.where(used, target, 0)
    elif ignore_index >= 0:
        used = target != ignore_index
    where = (np.arange(len(target), like=target), target) if target.ndim else (target,)
    if spatial:
        where = [np.asarray(i, like=target) for i in np.indices(target.shape, sparse=True)]
        where = (where[0], target, *where[1:])
    weights = None if weight is None else weight[target]
    if used is not None:
        weights = used.astype(input.dtype) if weights is None else weights * used
    return where, weights, used


def _reduced_by_weight(loss, weights, used, reduction):
    """The loss, and the share of each sample in it: a mean is of the weights, not of the count."""
    if weights is not None:
        loss = np.where(weights, loss * weights, 0)  # what is ignored may be infinite
    if reduction != "mean":
        return _reduced(loss, reduction), 1.0 if weights is None else weights
    if weights is None:
        return _reduced(loss, reduction), 1 / (loss.size or 1)
    whole = _sum(weights)
    share = weights / whole
    # Where all are ignored the mean is 0 / 0, but what is ignored has no gradient.
    return _sum(loss) / whole, share if used is None else np.where(used, share, 0)


def _nll(input, target, weight, *, ignore_index, reduction, spatial):
    where, weights, used = _targets(input, target, weight, ignore_index, spatial)
    loss, share = _reduced_by_weight(-input[where], weights, used, reduction)
    return loss, where, share


def _nll_name(ignore_index, reduction, spatial):
    return "NllLoss2DBackward0" if spatial else "NllLossBackward0"


nll_loss = Primitive(
    "nll_loss", _nll, inputs="input target weight", node=_nll_name, residuals="where share",
    input=lambda g, where, share, input_shape: put_primitive(
        -(g * share), shape=input_shape, where=where),
)  # fmt: skip


def _cross_entropy(input, target, weight, *, ignore_index, reduction, spatial):
    """log(sum(exp(x)) / exp(x[target])); the exponentials are kept, for they are the gradient."""
    where, weights, used = _targets(input, target, weight, ignore_index, spatial)
    x, axes = _wide(input), (min(input.ndim - 1, 1),)
    e = np.exp(x)
    sums, picked = total(e, axes, True), e[where]
    # Only exponentials that overflow or vanish must be taken again, of x minus the largest.
    if (target.size and reduced(np.minimum, picked) > 1e-18
            and reduced(np.maximum, sums) < 1e18):  # fmt: skip
        loss = np.log(sums.reshape(target.shape) / picked)
    else:
        e = x - extremes(x, axes, True)
        picked = e[where]
        np.exp(e, out=e)
        sums = total(e, axes, True)
        loss = np.log(sums.reshape(target.shape)) - picked
    loss = loss.astype(input.dtype, copy=False)
    loss, share = _reduced_by_weight(loss, weights, used, reduction)
    return loss, e, sums, where, share


def _cross_entropy_input(g, e, sums, where, share):
    """softmax(x) - onehot(target), times the share of each sample."""
    g = g * share
    out = e * ((g.reshape(sums.shape) if g.ndim else g) / sums)
    out[where] -= g
    return out


def _cross_entropy_definition(input, target, weight, **keywords):
    log_probabilities = log_softmax_primitive(input, axes=(min(input.ndim - 1, 1),))
    return nll_loss(log_probabilities, target, weight, **keywords)


cross_entropy = Primitive(
    "cross_entropy", _cross_entropy, inputs="input target weight", node=_nll_name,
    residuals="e sums where share", input=_cross_entropy_input,
    definition=_cross_entropy_definition,
)  # fmt: skip
