"""A layer and the batch norm after it as one layer, for evaluation.

In evaluation batch norm is y = (x - mean) / sqrt(var + eps) * weight + bias with fixed numbers, so
a linear layer before it can absorb them. May import floors 0-4.
"""

import copy

from ...ops.creation import zeros_like
from ..parameter import Parameter


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose=False):
    """The weight and bias of a convolution that does what it and the batch norm did.

    With s = bn_w / sqrt(bn_rv + bn_eps): weight s conv_w (s along the output channels) and bias
    (conv_b - bn_rm) s + bn_b. `transpose` is for transposed convolutions, and None stands for a
    bias of 0 or a weight of 1.
    """
    zeros = zeros_like(bn_rm)
    bias = zeros if conv_b is None else conv_b
    scale = (bn_rv + bn_eps).rsqrt()
    if bn_w is not None:
        scale = bn_w * scale
    out, inside = (1, 0) if transpose else (0, 1)
    shape = [1] * conv_w.dim()
    shape[out] = -1
    fused_w = (conv_w * scale.reshape(shape)).to(conv_w.dtype)
    fused_b = (bias - bn_rm) * scale + (zeros if bn_b is None else bn_b)
    fused_b = fused_b.to(conv_w.dtype if conv_b is None else conv_b.dtype)
    return Parameter(fused_w, conv_w.requires_grad), Parameter(fused_b, bias.requires_grad)


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    """The weight and bias of a Linear that does what it and the batch norm did."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fuse(layer, bn, *transpose):
    fused = copy.deepcopy(layer)
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        *transpose,
    )  # fmt: skip
    return fused


def _check_eval(layer, bn):
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")


def fuse_conv_bn_eval(conv, bn, transpose=False):
    """A new convolution that does what `conv` and then `bn` do in evaluation.

    AssertionError if one of them is in training, or `bn` has no running statistics.

    >>> import minitorch
    >>> from minitorch import nn
    >>> conv, bn = nn.Conv1d(2, 3, 2).eval(), nn.BatchNorm1d(3).eval()
    >>> x = minitorch.randn(1, 2, 5)
    >>> fused = nn.utils.fuse_conv_bn_eval(conv, bn)
    >>> minitorch.allclose(fused(x), bn(conv(x)), atol=1e-6)
    True
    """
    _check_eval(conv, bn)
    return _fuse(conv, bn, transpose)


def fuse_linear_bn_eval(linear, bn):
    """A new Linear that does what `linear` and then `bn` do in evaluation.

    AssertionError if one of them is in training, `bn` has no running statistics, or the sizes do
    not fit.
    """
    _check_eval(linear, bn)
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    return _fuse(linear, bn)
