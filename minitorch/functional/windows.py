"""Convolution and unfold as functions: the arguments read, checked and made geometry.

Floor 3. Without a batch dimension the input is given one, and the result loses it again, as in
torch. `geometry` is (stride, padding, dilation, groups), each but the last by dimension of space.
"""

import warnings
from collections.abc import Iterable

import numpy as np

from .. import errors
from ..ops import shapes
from ..ops import windows as ops
from ..tensor import Tensor
from .arguments import each, sizes, whole

__all__ = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "unfold"]


# ---- convolution -------------------------------------------------------------------------------


def _by_x(sizes):
    return " x ".join(map(str, sizes))


def _batched(input, d, name):
    """The input with a batch dimension, and whether that had to be added."""
    ndim = input._array.ndim
    if ndim not in (d + 1, d + 2):
        raise RuntimeError(f"Expected {d + 1}D (unbatched) or {d + 2}D (batched) input to {name}, "
                           f"but got input of size: {errors.sizes(input._array.shape)}")
    return (shapes.unsqueeze(input, 0), True) if ndim == d + 1 else (input, False)


def _check_convolution(x, w, b, stride, padding, dilation, groups, extra=(0,), transposed=False):
    """torch's errors for arguments that do not fit each other, in its order."""
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(min(pair) for pair in padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(dilation) <= 0:
        wide = (1,) * (2 - len(dilation)) + dilation
        raise RuntimeError("dilation should be greater than zero"
                           + (f", but got {errors.sizes(wide)}" if min(dilation) == 0 else ""))
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    shape = errors.sizes(w.shape)
    if w.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    if x.ndim != w.ndim:
        raise RuntimeError(f"Expected {w.ndim}-dimensional input for {w.ndim}-dimensional weight"
                           f"{shape}, but got {x.ndim}-dimensional input of size "
                           f"{errors.sizes(x.shape)} instead")  # fmt: skip
    if w.shape[0] < groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be at least {groups} at "
                           f"dimension 0, but got weight of size {shape} instead")  # fmt: skip
    if w.shape[0] % groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be divisible by {groups} at "
                           f"dimension 0, but got weight of size [{shape}] instead")  # fmt: skip
    channels = w.shape[0] if transposed else w.shape[1] * groups
    if x.shape[1] != channels:
        given = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(f"Given {given}, weight of size {shape}, expected "
                           f"input{errors.sizes(x.shape)} to have {channels} channels, but got "
                           f"{x.shape[1]} channels instead")  # fmt: skip
    outputs = w.shape[1] * groups if transposed else w.shape[0]
    if b is not None and b.shape != (outputs,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {shape}, expected bias "
            f"to be 1-dimensional with {outputs} elements, but got bias of size "
            f"{errors.sizes(b.shape)} instead"
        )
    full = [n + p + q for n, (p, q) in zip(x.shape[2:], padding)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:])]
    if not transposed and any(n < k for n, k in zip(full, reach)):
        raise RuntimeError(f"Calculated padded input size per channel: ({_by_x(full)}). Kernel "
                           f"size: ({_by_x(reach)}). Kernel size can't be greater than actual "
                           "input size")  # fmt: skip
    if x.dtype.kind == "b" or transposed and x.dtype.kind in "iu" and x.dtype != np.int64:
        kernel = "slow_conv_transpose2d_out_cpu" if transposed else "slow_conv2d_cpu"
        raise errors.not_implemented(kernel, x.dtype)
    if x.dtype != w.dtype:
        raise RuntimeError(f"expected scalar type {errors.scalar_name(x)} but found "
                           f"{errors.scalar_name(w)}")  # fmt: skip
    if b is not None and x.dtype != b.dtype:
        raise RuntimeError(f"Input type ({errors.SPOKEN_NAME[x.dtype.name]}) and bias type "
                           f"({errors.SPOKEN_NAME[b.dtype.name]}) should be the same")  # fmt: skip


def _same(kernel, stride, dilation):
    """The padding that keeps the size, the odd one behind."""
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation)]
    if any(total % 2 for total in totals):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created", UserWarning, stacklevel=4)  # fmt: skip
    return tuple((total // 2, total - total // 2) for total in totals)


def _conv(d, input, weight, bias, stride, padding, dilation, groups):
    x, b = input._array, None if bias is None else bias._array
    if b is not None and x.dtype != b.dtype:
        raise RuntimeError(f"Input type ({errors.SPOKEN_NAME[x.dtype.name]}) and bias type "
                           f"({errors.SPOKEN_NAME[b.dtype.name]}) should be the same")  # fmt: skip
    op = f"conv{d}d"
    x, added = _batched(input, d, op)
    stride, dilation = each(op, "stride", 4, stride, d), each(op, "dilation", 6, dilation, d)
    groups = whole(op, "groups", 7, groups)
    if not isinstance(padding, str):
        padding = tuple((p, p) for p in each(op, "padding", 5, padding, d))
    elif padding == "same" and weight._array.ndim == d + 2 and groups > 0:
        padding = _same(weight._array.shape[2:], stride, dilation)
    elif padding in ("valid", "same"):
        padding = ((0, 0),) * d
    else:
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    _check_convolution(x._array, weight._array, b, stride, padding, dilation, groups)
    out = ops.convolution(x, weight, bias, geometry=(stride, padding, dilation, groups))
    return shapes.squeeze(out, 0) if added else out


def conv1d(input, weight: Tensor, bias: Tensor = None, stride=1, padding=0, dilation=1, groups=1):
    """A 1-d cross-correlation: shapes (N, C, L), (O, C / groups, K), (O,) -> (N, O, L').

    L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1; padding may be "same" or "valid".

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.conv1d(minitorch.arange(4.0).view(1, 1, 4), minitorch.ones(1, 1, 2))
    tensor([[[1., 3., 5.]]])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight: Tensor, bias: Tensor = None, stride=1, padding=0, dilation=1, groups=1):
    """A 2-d cross-correlation: (N, C, H, W), (O, C / groups, K, K'), (O,) -> (N, O, H', W').

    H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1; padding may be "same" or "valid".

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.conv2d(minitorch.ones(1, 1, 3, 3), minitorch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def _conv_transpose(d, input, weight, bias, stride, padding, output_padding, groups, dilation):
    op = f"conv_transpose{d}d"
    x, added = _batched(input, d, op)
    stride, padding = each(op, "stride", 4, stride, d), each(op, "padding", 5, padding, d)
    extra = each(op, "output_padding", 6, output_padding, d)
    groups, dilation = whole(op, "groups", 7, groups), each(op, "dilation", 8, dilation, d)
    padding = tuple((p, p) for p in padding)
    w, b = weight._array, None if bias is None else bias._array
    _check_convolution(x._array, w, b, stride, padding, dilation, groups, extra, transposed=True)
    if any(e >= max(s, dil) for e, s, dil in zip(extra, stride, dilation)):
        of = lambda name, values: " ".join(
            f"{name}_{side}: {v}" for side, v in zip(("height", "width")[2 - len(values) :], values)
        )
        one = len(extra) == 1
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            + " ".join(of(name, (1, *values) if one and name != "output_padding" else
                          (0, *values) if one else values)
                       for name, values in (("output_padding", extra), ("stride", stride),
                                            ("dilation", dilation)))
        )  # fmt: skip
    space = tuple(
        (n - 1) * s - p - q + dil * (k - 1) + e + 1
        for n, s, (p, q), dil, k, e in zip(
            x._array.shape[2:], stride, padding, dilation, w.shape[2:], extra)
    )  # fmt: skip
    out = ops.transposed(x, weight, bias, space=space, geometry=(stride, padding, dilation, groups))
    return shapes.squeeze(out, 0) if added else out


def conv_transpose1d(input, weight: Tensor, bias: Tensor = None, stride=1, padding=0,
                     output_padding=0, groups=1, dilation=1):  # fmt: skip
    """The adjoint of `conv1d` in its input: shapes (N, C, L), (C, O / groups, K) -> (N, O, L').

    L' = (L - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.conv_transpose1d(minitorch.ones(1, 1, 3), minitorch.ones(1, 1, 2))
    tensor([[[1., 2., 2., 1.]]])
    """
    geometry = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose(1, input, weight, bias, *geometry)


def conv_transpose2d(input, weight: Tensor, bias: Tensor = None, stride=1, padding=0,
                     output_padding=0, groups=1, dilation=1):  # fmt: skip
    """The adjoint of `conv2d` in its input: (N, C, H, W), (C, O / groups, K, K') -> (N, O, H', W').

    H' = (H - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.conv_transpose2d(minitorch.ones(1, 1, 1, 1), minitorch.ones(1, 1, 2, 2), stride=2).shape
    torch.Size([1, 1, 2, 2])
    """
    geometry = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose(2, input, weight, bias, *geometry)


# ---- unfold ------------------------------------------------------------------------------------


def _pair(name, place, value):
    """Two sizes, or one for both; unlike elsewhere what can be iterated over is taken as two."""
    values = tuple(value) if isinstance(value, Iterable) else (value, value)
    values = sizes("im2col", name, place, values)
    if len(values) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")
    return values


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Every window of an image as a column: (N, C, H, W) -> (N, C K K', windows).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.unfold(minitorch.ones(1, 1, 3, 3), 2).shape
    torch.Size([1, 4, 4])
    """
    kernel, dilation = _pair("kernel_size", 2, kernel_size), _pair("dilation", 3, dilation)
    padding, stride = _pair("padding", 4, padding), _pair("stride", 5, stride)
    for name, values in (("kernel", kernel), ("dilation", dilation), ("stride", stride)):
        if min(values) <= 0:
            what = "kernel size" if name == "kernel" else name
            raise RuntimeError(f"{what} should be greater than zero, but got {name}_height: "
                               f"{values[0]} {name}_width: {values[1]}")  # fmt: skip
    if min(padding) < 0:
        raise RuntimeError("padding should be non-negative, but got pad_height: "
                           f"{padding[0]} pad_width: {padding[1]}")  # fmt: skip
    errors.wrap_dim(2, input._array.ndim)
    if input._array.ndim > 4 or 0 in input._array.shape[-3:]:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and "
                           "other non-zero dimensions for input, but got: "
                           f"{errors.sizes(input._array.shape)}")  # fmt: skip
    added = input._array.ndim == 3
    x = shapes.unsqueeze(input, 0) if added else input
    space = x._array.shape[2:]
    full = [n + 2 * p for n, p in zip(space, padding)]
    out = ops.out_sizes(full, kernel, stride, dilation)
    if min(out) < 1:
        said = lambda values: f"({values[0]}, {values[1]})"
        raise RuntimeError(
            f"Given input with spatial size {said(space)}, kernel_size={said(kernel)}, "
            f"dilation={said(dilation)}, padding={said(padding)}, calculated shape of the array of "
            f"sliding blocks as {said(out)}, but its components must be at least one."
        )
    if x._array.dtype.kind in "iu":
        raise errors.not_implemented("im2col_out_cpu", x._array.dtype)
    geometry = (stride, tuple((p, p) for p in padding), dilation, 1)
    y = ops.unfold(x, kernel=kernel, geometry=geometry)
    return shapes.squeeze(y, 0) if added else y
