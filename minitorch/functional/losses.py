"""Losses: how far a prediction is from its target, as one number or one for each sample.

Floor 3. `reduction` is "mean" (of all losses), "sum" or "none"; `size_average` and `reduce` are
torch's older way to say the same. What torch composes is composed here, of the same operations.
"""

import warnings

import numpy as np

from .. import dtypes, errors
from ..modes import modes
from ..ops import broadcasting, creation, distances, losses
from ..ops.comparison import clamp_min, minimum, where
from ..tensor import Tensor, wrap
from .arguments import as_float, flag, whole

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "huber_loss", "kl_div", "l1_loss", "mse_loss", "nll_loss",
    "pairwise_distance", "smooth_l1_loss", "triplet_margin_loss",
]  # fmt: skip

# ---- arguments ---------------------------------------------------------------------------------


def reduction_of(size_average, reduce, reduction):
    """The reduction asked for, in the older way or in the newer; a ValueError for another."""
    if size_average is not None or reduce is not None:
        averaged, reduced = (flag is None or flag for flag in (size_average, reduce))
        reduction = ("mean" if averaged else "sum") if reduced else "none"
        warnings.warn("size_average and reduce args will be deprecated, please use "
                      f"reduction='{reduction}' instead.", stacklevel=3)  # fmt: skip
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' "
                      "instead.", stacklevel=3)  # fmt: skip
        reduction = "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def _reduced(loss, reduction):
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _check_tensors(op, **given):
    for i, (name, value) in enumerate(given.items()):
        if not isinstance(value, Tensor):
            raise errors.not_a_tensor(op, name, i + 1, value)


def _check_weight(op, weight):
    if weight is not None and not isinstance(weight, Tensor):
        raise errors.not_a_tensor(op, "weight", 3, weight)


def _constant(op, name, t):
    """An argument that torch has no gradient for; its array."""
    if t is None:
        return None
    if modes.grad and t.requires_grad:
        raise errors.not_differentiable(op, name)
    return t._array


# ---- of the difference -------------------------------------------------------------------------


def _distance(loss, input, target, reduction, weight=None, of_weights=True, **keywords):
    """A loss of two tensors that should have one shape, its elements weighted if asked."""
    size = input.size()
    if target.size() != size:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({size}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they "
            "have the same size.", stacklevel=3)  # fmt: skip
        input, target = broadcasting.broadcast_tensors(input, target)
    if weight is None:
        return loss(input, target, reduction=reduction, **keywords)
    if weight.size() != size:
        raise ValueError("Weights and input must have the same size.")
    each = loss(input, target, reduction="none", **keywords) * weight
    if reduction == "mean" and of_weights:
        return each.sum() / weight.sum()
    return _reduced(each, reduction)


def _absolute(input, target, *, reduction):
    return _reduced((input - target).abs(), reduction)


def _square(input, target, *, reduction):
    return (input - target) ** 2


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)^2; with `weight`, of the input's shape, the weighted mean.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.mse_loss(minitorch.tensor([1., 2.]), minitorch.tensor([1., 4.]))
    tensor(2.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    loss = losses.mse_loss.function if weight is None else _square
    return _distance(loss, input, target, reduction, weight)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|input - target|; with `weight`, of the input's shape, the weighted mean.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.l1_loss(minitorch.tensor([1., 2.]), minitorch.tensor([1., 4.]))
    tensor(1.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    return _distance(_absolute, input, target, reduction, weight)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, of the difference d.

    A negative `beta` is a RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.smooth_l1_loss(minitorch.tensor([1., 2.]), minitorch.tensor([1., 4.]))
    tensor(0.7500)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if beta.__class__ is not float:
        beta = as_float("smooth_l1_loss", "beta", 4, beta)
    if beta == 0:
        return _distance(_absolute, input, target, reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _distance(losses.smooth_l1_loss.function, input, target, reduction, width=beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d^2 / 2 where |d| < delta, else delta (|d| - delta / 2), of the difference d.

    A `delta` that is not positive is a RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.huber_loss(minitorch.tensor([1., 2.]), minitorch.tensor([1., 4.]))
    tensor(0.7500)
    """
    reduction = reduction_of(None, None, reduction)
    if delta.__class__ is not float:
        delta = as_float("huber_loss", "delta", 4, delta)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _distance(_huber, input, target, reduction, weight, False, width=delta)


def _huber(input, target, *, reduction, width):
    """The loss in the dtype of the input, whatever the target's."""
    loss = losses.huber_loss.function(input, target, reduction=reduction, width=width)
    if loss._array.dtype == input._array.dtype:
        return loss
    if input._array.dtype.kind != "f":
        raise errors.no_such_result(loss._array, input._array)
    return loss.to(input.dtype)


# ---- of probabilities --------------------------------------------------------------------------


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None,
                         reduction="mean"):  # fmt: skip
    """-(t log(p) + (1 - t) log(1 - p)) for probabilities p = `input`; no log is below -100.

    Another shape of target is a ValueError, a number outside [0, 1] a RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.binary_cross_entropy(minitorch.tensor([0.5]), minitorch.tensor([1.]))
    tensor(0.6931)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(f"Using a target size ({target.size()}) that is different to the input "
                         f"size ({input.size()}) is deprecated. Please ensure they have the same "
                         "size.")  # fmt: skip
    if weight is not None:
        broadcasting.broadcast_shapes(target.size(), weight.size())
    x, t, w = input._array, target._array, _constant("binary_cross_entropy", "weight", weight)
    if w is not None:
        w = w.astype(x.dtype, copy=False)
    if x.dtype.kind != "f" and x.dtype == t.dtype:
        raise errors.not_implemented("binary_cross_entropy", x.dtype)
    if x.dtype != t.dtype:
        raise RuntimeError(f"Found dtype {errors.scalar_name(t)} but expected "
                           f"{errors.scalar_name(x)}")  # fmt: skip
    for name, values in (("input", x), ("target", t)):
        if not ((values >= 0) & (values <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    return losses.binary_cross_entropy.function(input, target, w, reduction=reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None,
                                     reduction="mean", pos_weight=None):  # fmt: skip
    """`binary_cross_entropy` of sigmoid(input), without overflow; positives count `pos_weight`.

    Another shape of target is a ValueError.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.binary_cross_entropy_with_logits(minitorch.tensor([0.]), minitorch.tensor([1.]))
    tensor(0.6931)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size "
                         f"({input.size()})")  # fmt: skip
    op, x, t = losses.binary_cross_entropy_with_logits, input._array, target._array
    if x.dtype.kind != "f":
        raise errors.not_implemented("log_sigmoid_cpu", x.dtype)
    if t.dtype.kind != "f":
        raise errors.no_such_result(x, t)
    _check_weight(op.name, weight)
    if pos_weight is not None and not isinstance(pos_weight, Tensor):
        raise errors.not_a_tensor(op.name, "pos_weight", 4, pos_weight)
    w, p = _constant(op.name, "weight", weight), _constant(op.name, "pos_weight", pos_weight)
    return op.function(input, target, w, p, reduction=reduction)


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """t (log(t) - input): the Kullback-Leibler divergence of log-probabilities from `target`.

    With `log_target` the target holds logarithms as well. `reduction="batchmean"` divides the sum
    by the number of samples, which is what the definition says.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> p = minitorch.tensor([[0.5, 0.5]])
    >>> F.kl_div(p.log(), p, reduction="batchmean")
    tensor(0.)
    """
    flag("kl_div", "log_target", None, log_target)
    legacy = size_average is not None or reduce is not None
    if reduction == "mean" and not legacy:
        warnings.warn("reduction: 'mean' divides the total loss by both the batch size and the "
                      "support size.'batchmean' divides only by the batch size, and aligns with "
                      "the KL div math definition.'mean' will be changed to behave the same as "
                      "'batchmean' in the next major release.", stacklevel=2)  # fmt: skip
    by_sample = reduction == "batchmean"
    reduction = reduction_of(size_average, reduce, "sum" if by_sample else reduction)
    _check_tensors("kl_div", input=input, target=target)
    if input._array.dtype.kind != "f" or target._array.dtype.kind != "f":
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = losses.xlogy.function(target, target) - target * input
    loss = _reduced(loss, reduction)
    return loss / input.size()[0] if by_sample and input.dim() else loss


# ---- of classes --------------------------------------------------------------------------------


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
             reduction="mean"):  # fmt: skip
    """The negative log likelihood of the classes `target`: minus `input` at the target.

    Shapes (N, C) and (N), or (N, C, d1, ...) and (N, d1, ...), or (C) and (). `weight` has one
    number for each class, and the mean is then weighted. Targets outside 0 .. C-1 are an
    IndexError, except `ignore_index`, which counts for nothing.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.nll_loss(minitorch.tensor([[-1., -2.]]), minitorch.tensor([1]))
    tensor(2.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    _check_tensors("nll_loss_nd", input=input, target=target)
    _check_weight("nll_loss_nd", weight)
    ignore_index = whole("nll_loss_nd", "ignore_index", 5, ignore_index)
    if input._array.ndim == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    return _of_classes(losses.nll_loss, input, target, weight, ignore_index, reduction)


def _of_classes(loss, input, target, weight, ignore_index, reduction):
    x, y, spatial = input._array, target._array, input._array.ndim > 2
    w = _constant("nll_loss2d_forward" if spatial else "nll_loss_forward", "weight", weight)
    if error := _misfit(x, y, w):
        raise error
    if x.ndim == 1 and y.ndim:
        y = y.reshape(())
    return loss.function(input, y, w, ignore_index=ignore_index, reduction=reduction,
                         spatial=spatial)  # fmt: skip


_CLASSES = {np.dtype("int64"), np.dtype("uint8")}


def _misfit(x, y, w):
    """torch's error for targets or weights that do not fit the scores, or None."""
    if x.ndim == 1:
        if y.size != 1 or y.ndim > 1:
            return ValueError("For 1D input, 1D target must have size 1, but got target size: "
                              f"{y.size}")  # fmt: skip
    elif y.shape[:1] != x.shape[:1]:
        return ValueError(f"Expected input batch_size ({x.shape[0]}) to match target batch_size "
                          f"({y.shape[0] if y.ndim else 0}).")  # fmt: skip
    elif y.shape != x.shape[:1] + x.shape[2:]:
        return _wrong_shape(x, y)
    if y.dtype not in _CLASSES:
        return RuntimeError("expected target dtype to be Long or Byte, but got "
                            f"{errors.scalar_name(y)}")  # fmt: skip
    if x.dtype.kind != "f":
        name = "nll_loss2d_forward_out_frame" if x.ndim > 2 else "nll_loss_out_frame"
        return errors.not_implemented(name, x.dtype)
    if w is None:
        return None
    classes = x.shape[x.ndim > 1]
    if w.shape != (classes,):
        if x.ndim > 2:
            return RuntimeError("weight tensor should be defined either for all or no classes")
        return _wrong_weight(classes, w)
    if w.dtype != x.dtype:
        return RuntimeError(f"expected scalar type {errors.scalar_name(x)} but found "
                            f"{errors.scalar_name(w)}")  # fmt: skip
    return None


def _wrong_shape(x, y):
    if x.ndim == 2:
        return RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if x.ndim != 4:
        return RuntimeError(f"Expected target size {errors.sizes(x.shape[:1] + x.shape[2:])}, got "
                            f"{errors.sizes(y.shape)}")  # fmt: skip
    if y.ndim != 3:
        return RuntimeError("only batches of spatial targets supported (3D tensors) but got "
                            f"targets of dimension: {y.ndim}")  # fmt: skip
    return RuntimeError(f"size mismatch (got input: {errors.sizes(x.shape)} , target: "
                        f"{errors.sizes(y.shape)}")  # fmt: skip


def _wrong_weight(classes, w, op=""):
    return RuntimeError(
        f"{op}weight tensor should be defined either for all {classes} classes or no "
        f"classes but got weight tensor of shape: {errors.sizes(w.shape)}"
    )


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
                  reduction="mean", label_smoothing=0.0):  # fmt: skip
    """-log(softmax(input)[target]): the cross entropy of scores and classes, or probabilities.

    Shapes (N, C) and (N), or (N, C, d1, ...) and (N, d1, ...), or (C) and (); or probabilities, of
    the shape of the input. `label_smoothing` moves that share of the target to all classes evenly;
    the rest is as for `nll_loss`.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.cross_entropy(minitorch.zeros(1, 2), minitorch.tensor([1]))
    tensor(0.6931)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        _check_tensors("cross_entropy_loss", input=input, target=target)
    _check_weight("cross_entropy_loss", weight)
    if ignore_index.__class__ is not int:
        ignore_index = whole("cross_entropy_loss", "ignore_index", 5, ignore_index)
    if label_smoothing.__class__ is not float:
        label_smoothing = as_float("cross_entropy_loss", "label_smoothing", 6, label_smoothing)
    if label_smoothing > 1:
        raise RuntimeError("label_smoothing must be between 0.0 and 1.0. Got: "
                           f"{label_smoothing:g}")  # fmt: skip
    if input._array.shape == target._array.shape:
        return _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    if input._array.dtype.kind != "f":
        input.log_softmax(min(input.dim() - 1, 1))  # raises torch's error
    arguments = input, target, weight, ignore_index, reduction
    loss = _of_classes(losses.cross_entropy, *arguments)
    if label_smoothing <= 0:
        return loss
    even = _of_all_classes(*arguments)
    return loss * (1 - label_smoothing) + even * (label_smoothing / input.shape[input.dim() > 1])


def _by_class(weight, ndim):
    """The weights of the classes, so that they broadcast along dimension 1 of the scores."""
    return weight if ndim < 2 else weight.reshape(-1, *(1,) * (ndim - 2))


def _of_all_classes(input, target, weight, ignore_index, reduction):
    """The sum over all classes of -log(softmax(input)): the loss of the smoothed part."""
    classes = min(input.dim() - 1, 1)
    logs = input.log_softmax(classes)
    if weight is not None:
        logs = logs * _by_class(weight, input.dim())
    shape = input.shape[:classes] + input.shape[classes + 1 :]
    ignored = target._array.reshape(shape) == ignore_index
    loss = (-logs.sum(classes)).masked_fill(wrap(ignored), 0.0)
    if reduction != "mean":
        return _reduced(loss, reduction)
    if weight is None:
        return loss.sum() / int((~ignored).sum())
    weights = weight._array[np.where(ignored, 0, target._array)]
    return loss.sum() / float((weights * ~ignored).sum())


def _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing):
    if target._array.dtype.kind != "f":
        raise RuntimeError("Expected floating point type for target with class probabilities, got "
                           f"{errors.scalar_name(target._array)}")  # fmt: skip
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = min(input.dim() - 1, 1)
    count = input.shape[classes]
    if weight is not None and weight.shape != (count,):
        raise _wrong_weight(count, weight._array, "cross_entropy: ")
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / count
    loss = input.log_softmax(classes) * target
    if weight is not None:
        loss = loss * _by_class(weight, input.dim())
    if reduction == "none":
        return -loss.sum(classes)
    loss = -loss.sum()
    return loss / (input.numel() / count) if reduction == "mean" else loss


# ---- of directions and distances ---------------------------------------------------------------


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """x1 . x2 / (|x1| |x2|) along `dim`: the cosine of their angle; no norm is less than `eps`.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.cosine_similarity(minitorch.tensor([[1., 0.]]), minitorch.tensor([[1., 1.]]))
    tensor([0.7071])
    """
    _check_tensors("cosine_similarity", x1=x1, x2=x2)
    dim = whole("cosine_similarity", "dim", 3, dim)
    eps = as_float("cosine_similarity", "eps", 4, eps)
    dtype = dtypes.promote_types(x1.dtype, x2.dtype)
    if not dtype.is_floating_point:
        raise RuntimeError("expected common dtype to be floating point, yet common dtype is "
                           f"{errors.SCALAR_NAME[dtype._numpy.name]}")  # fmt: skip
    if eps < 0:
        raise RuntimeError(f"eps must be non-negative, got: {eps:g}")
    directions = []
    for x in broadcasting.broadcast_tensors(x1.to(dtype), x2.to(dtype)):
        length = creation.clone(distances.vector_norm(x, 2, dim, True))
        # As in torch, the gradient does not see that the norm was raised to eps.
        np.maximum(length._array, eps, out=length._array)
        directions.append(x / length)
    return (directions[0] * directions[1]).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The p-norm of x1 - x2 + eps along the last dimension: (..., D) -> (...).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.pairwise_distance(minitorch.zeros(1, 2), minitorch.tensor([[3., 4.]]))
    tensor([5.0000])
    """
    _check_tensors("pairwise_distance", x1=x1, x2=x2)
    if p.__class__ is not float or eps.__class__ is not float:
        p = as_float("pairwise_distance", "p", 3, p)
        eps = as_float("pairwise_distance", "eps", 4, eps)
    if keepdim is not False:
        keepdim = flag("pairwise_distance", "keepdim", 5, keepdim)
    return distances.norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None,
                          reduction="mean"):  # fmt: skip
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1; cos of (N, D) is (N).

    Shapes (N, D), (N, D) and (N), or (D), (D) and (); others are a RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> x = minitorch.tensor([[1., 0.], [1., 0.]])
    >>> F.cosine_embedding_loss(x, x, minitorch.tensor([1, -1]), reduction="none")
    tensor([0., 1.])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    _check_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    margin = as_float("cosine_embedding_loss", "margin", 4, margin)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.dim() == input2.dim() == target.dim() + 1:
        sizes = f"{errors.sizes(input1.shape)} and {errors.sizes(input2.shape)}"
        raise RuntimeError(f"{target.dim()}D target tensor expects {target.dim() + 1}D input "
                           f"tensors, but found inputs with sizes {sizes}.")  # fmt: skip
    dot = (input1 * input2).sum(-1)
    squares = [(x * x).sum(-1) + 1e-12 for x in (input1, input2)]
    cos = dot / (squares[0] * squares[1]).sqrt()
    zeros = creation.zeros_like(cos)
    loss = where(target == 1, creation.ones_like(cos) - cos, zeros) + where(
        target == -1, clamp_min.function(cos - margin, 0), zeros)  # fmt: skip
    return _reduced(loss, reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False,
                        size_average=None, reduce=None, reduction="mean"):  # fmt: skip
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), d the `pairwise_distance`.

    With `swap` the nearer of anchor and positive is compared with the negative.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> a, n = minitorch.zeros(1, 2), minitorch.tensor([[0., 0.5]])
    >>> F.triplet_margin_loss(a, a, n)
    tensor(0.5000)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    op = "triplet_margin_loss"
    _check_tensors(op, anchor=anchor, positive=positive, negative=negative)
    margin, p = as_float(op, "margin", 4, margin), as_float(op, "p", 5, p)
    eps, swap = as_float(op, "eps", 6, eps), flag(op, "swap", 7, swap)
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.dim()}D, positive {positive.dim()}D, and "
            f"negative {negative.dim()}D inputs")  # fmt: skip
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum.function(far, pairwise_distance(positive, negative, p, eps))
    return _reduced(clamp_min.function(margin + near - far, 0), reduction)
