"""Pooling as functions: one number for each window.

Floor 3. Without a batch dimension the input is given one, and the result loses it again, as in
torch. `geometry` is (stride, padding, dilation, 1), each but the last by dimension of space.
"""

import numpy as np

from .. import errors
from ..ops import reductions, resampling, shapes
from ..ops import windows as ops
from .arguments import each, flag, whole

__all__ = ["adaptive_avg_pool1d", "adaptive_avg_pool2d", "avg_pool1d", "avg_pool2d", "max_pool1d",
           "max_pool2d"]  # fmt: skip


# ---- the geometry ------------------------------------------------------------------------------


def _pooled_sizes(space, kernel, stride, padding, dilation, ceil_mode):
    """How many windows a pooling layer has; with ceil_mode a last one that starts inside."""
    sizes = []
    for n, k, s, p, d in zip(space, kernel, stride, padding, dilation):
        room = n + 2 * p - d * (k - 1) - 1
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        sizes.append(count)
    return tuple(sizes)


def _left_out(stride):
    """Whether a stride is that of the kernel."""
    return stride is None or isinstance(stride, (tuple, list)) and not stride


def _pool_geometry(op, input, d, kernel_size, stride, padding, dilation, ceil_mode):
    """Kernel, geometry and output sizes of a 2-d pooling, checked in torch's words."""
    kernel = each(op, "kernel_size", 2, kernel_size, d)
    stride = kernel if _left_out(stride) else each(op, "stride", 3, stride, d)
    padding = each(op, "padding", 4, padding, d)
    dilation = each(op, "dilation", 5, dilation, d)
    if ceil_mode is not False:
        flag(op, "ceil_mode", 6 if op.startswith("max") else 5, ceil_mode)
    if min(stride) == 0:
        raise RuntimeError("stride should not be zero")
    if min(padding) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(padding)}")
    for p, k, dil in zip(padding, kernel, dilation):
        if p and p > (dil * (k - 1) + 1) // 2:
            raise RuntimeError("pad should be at most half of effective kernel size, but got "
                               f"pad={p}, kernel_size={k} and dilation={dil}")  # fmt: skip
    for name, letter, values in (("kernel size", "k", kernel), ("stride", "d", stride),
                                 ("dilation", "dilation", dilation)):  # fmt: skip
        if min(values) <= 0:
            h, w = (1,) * (2 - d) + values
            raise RuntimeError(f"{name} should be greater than zero, but got {letter}H: {h} "
                               f"{letter}W: {w}")  # fmt: skip
    shape = input._array.shape
    errors.wrap_dim(-d - 1, len(shape))
    if 0 in shape[-d - 1 :] or len(shape) > d + 2:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size "
                           f"for input, but got:{errors.sizes(shape)}")  # fmt: skip
    space = shape[-d:]
    out = _pooled_sizes(space, kernel, stride, padding, dilation, ceil_mode)
    if op.startswith("max_pool2d") and input._array.dtype.kind == "b":
        raise errors.not_implemented("max_pool2d", input._array.dtype)
    if min(out) < 1:
        plane = lambda sizes: errors.by((shape[-d - 1],) + (1,) * (2 - d) + tuple(sizes))
        raise RuntimeError(f"Given input size: ({plane(space)}). Calculated output size: "
                           f"({plane(out)}). Output size is too small")  # fmt: skip
    return kernel, (stride, tuple((p, p) for p in padding), dilation, 1), out


# ---- the largest of each window ----------------------------------------------------------------


def _max_pool(d, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    added = input._array.ndim == d + 1
    op = f"max_pool{d}d_with_indices" if return_indices else f"max_pool{d}d"
    kernel, geometry, out = _pool_geometry(op, input, d, kernel_size, stride, padding, dilation,
                                           ceil_mode)  # fmt: skip
    x = shapes.unsqueeze(input, 0) if added else input
    values, index = ops.max_pool(x, kernel=kernel, geometry=geometry, sizes=out)
    if added:
        values, index = shapes.squeeze(values, 0), shapes.squeeze(index, 0)
    return (values, index) if return_indices else values


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):  # fmt: skip
    """The maximum of each window of the last dimension: (N, C, L) -> (N, C, L').

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.max_pool1d(minitorch.tensor([[1., 3., 2., 0.]]), 2)
    tensor([[3., 2.]])
    """
    x = input._array
    if x.ndim not in (2, 3) or 0 in x.shape[-2:]:
        raise RuntimeError("max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim "
                           f"batch size for input, but got:{errors.sizes(x.shape)}")  # fmt: skip
    op = "max_pool1d_with_indices" if return_indices else "max_pool1d"
    (k,) = each(op, "kernel_size", 2, kernel_size, 1)
    (s,) = (k,) if _left_out(stride) else each(op, "stride", 3, stride, 1)
    (p,), (dil,) = each(op, "padding", 4, padding, 1), each(op, "dilation", 5, dilation, 1)
    if ceil_mode is not False:
        flag(op, "ceil_mode", 6, ceil_mode)
    for name, value in (("kernel_size", k), ("stride", s)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    if p < 0 and not return_indices:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {p}")
    if p > k // 2 and not return_indices:
        raise RuntimeError("max_pool1d() padding should be at most half of kernel size, but got "
                           f"padding={p} and kernel_size={k}")  # fmt: skip
    if dil <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {dil}")
    (out,) = _pooled_sizes(x.shape[-1:], (k,), (s,), (p,), (dil,), ceil_mode)
    if out < 1 and not return_indices:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {out}")
    return _max_pool(1, input, k, s, p, dil, ceil_mode, return_indices)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):  # fmt: skip
    """The maximum of each window: (N, C, H, W) -> (N, C, H', W').

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.max_pool2d(minitorch.tensor([[[1., 3.], [2., 0.]]]), 2)
    tensor([[[3.]]])
    """
    shape = input._array.shape
    if len(shape) not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# ---- the mean of each window -------------------------------------------------------------------


def _check_line(x, name):
    if x.ndim not in (2, 3):
        raise RuntimeError(f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for "
                           f"argument #1 'self' (while checking arguments for {name})")


def _avg_pool(d, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor=None):
    added = input._array.ndim == d + 1
    kernel, geometry, out = _pool_geometry(f"avg_pool{d}d", input, d, kernel_size, stride, padding,
                                           1, ceil_mode)  # fmt: skip
    if count_include_pad is not True:
        flag(f"avg_pool{d}d", "count_include_pad", 6, count_include_pad)
    kind = input._array.dtype
    if kind.kind != "f" and kind != np.int64:
        raise errors.not_implemented("avg_pool2d", kind)
    divisor = None if divisor is None else whole("avg_pool2d", "divisor_override", 7, divisor)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    if divisor is None:
        space = input._array.shape[-d:]
        divisor = np.ones(())
        for n, k, s, (p, _), o in zip(space, kernel, geometry[0], geometry[1], out):
            start = np.arange(o) * s - p
            stop = np.minimum(start + k, n + p)
            if not count_include_pad:
                start, stop = np.maximum(start, 0), np.minimum(stop, n)
            divisor = divisor[..., None] * (stop - start)
        if (divisor == divisor.flat[0]).all():
            divisor = float(divisor.flat[0])
    x = shapes.unsqueeze(input, 0) if added else input
    y = ops.avg_pool(x, kernel=kernel, geometry=geometry, sizes=out, divisor=divisor)
    return shapes.squeeze(y, 0) if added else y


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True):  # fmt: skip
    """The mean of each window of the last dimension: (N, C, L) -> (N, C, L').

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.avg_pool1d(minitorch.tensor([[1., 3., 2., 0.]]), 2)
    tensor([[2., 1.]])
    """
    _check_line(input._array, "avg_pool1d")
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None):  # fmt: skip
    """The mean of each window: (N, C, H, W) -> (N, C, H', W').

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.avg_pool2d(minitorch.tensor([[[1., 3.], [2., 0.]]]), 2)
    tensor([[[1.5000]]])
    """
    shape = input._array.shape
    errors.wrap_dim(-3, len(shape))
    if len(shape) > 4:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size "
                           f"for input, but got:{errors.sizes(shape)}")  # fmt: skip
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)  # fmt: skip


# ---- means over as many windows as asked for ---------------------------------------------------


def _output_sizes(d, output_size, space):
    """The sizes asked for; in a plane None stands for the size that is there."""
    if d > 1 and not isinstance(output_size, int):
        given = tuple(output_size)
        if len(given) != d:
            raise RuntimeError(f"adaptive_avg_pool{d}d: output_size must be {d}")
        output_size = [n if m is None else m for m, n in zip(given, space)]
    return each(f"adaptive_avg_pool{d}d", "output_size", 2, output_size, d)


def adaptive_avg_pool(d, input, output_size):
    """The means over even pieces of each of the last `d` dimensions."""
    x = input._array
    if d == 2 and not isinstance(output_size, int) and x.ndim <= len(output_size) > 0:
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    if d == 1:
        _check_line(x, "adaptive_avg_pool1d")
    elif x.ndim not in (d + 1, d + 2):
        raise RuntimeError(f"adaptive_avg_pool{d}d(): Expected {d + 1}D or {d + 2}D tensor, but "
                           f"got {errors.sizes(x.shape)}")  # fmt: skip
    if x.dtype.kind != "f":
        raise errors.not_implemented("adaptive_avg_pool2d", x.dtype)
    space = x.shape[-d:]
    wanted = _output_sizes(d, output_size, space)
    if min(wanted) < 0:
        raise RuntimeError(
            "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but "
            f"received {{{', '.join(map(str, (1,) * (2 - d) + wanted))}}}"
        )
    if all(m == 1 for m in wanted) and d == 2:
        return reductions.mean(input, (-2, -1), keepdim=True)
    if 0 in space:
        shape = (*x.shape[:-1], 1, 0) if d == 1 else x.shape  # torch pools a line as a plane
        raise RuntimeError(
            f"adaptive_avg_pool{max(d, 2)}d(): Expected input to have non-zero size for non-batch "
            f"dimensions, but input has sizes {errors.sizes(shape)} with dimension "
            f"{shape.index(0, -max(d, 2))} being empty"
        )
    matrices = tuple(resampling.averages(n, m) for n, m in zip(space, wanted))
    name = f"AdaptiveAvgPool{max(d, 2)}DBackward0"
    return resampling.separable(input, matrices=matrices, name=name)


def adaptive_avg_pool1d(input, output_size):
    """Means over `output_size` even pieces of the last dimension: (N, C, L) -> (N, C, L').

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.adaptive_avg_pool1d(minitorch.tensor([[1., 3., 2., 0.]]), 2)
    tensor([[2., 1.]])
    """
    return adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input, output_size):
    """Means over even pieces of the plane: (N, C, H, W) -> (N, C, H', W'); None keeps a size.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.adaptive_avg_pool2d(minitorch.ones(1, 5, 7), (2, 3)).shape
    torch.Size([1, 2, 3])
    """
    return adaptive_avg_pool(2, input, output_size)
