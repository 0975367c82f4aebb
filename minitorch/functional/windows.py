"""Convolution, pooling and unfold as functions: the arguments read, checked and made geometry.

Floor 3. Without a batch dimension the input is given one, and the result loses it again, as in
torch. `geometry` is (stride, padding, dilation, groups), each but the last by dimension of space.
"""

import warnings
from collections.abc import Iterable

import numpy as np

from .. import errors
from ..ops import reductions, resampling, shapes
from ..ops import windows as ops
from ..tensor import Tensor
from .arguments import flag, sizes, whole

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "avg_pool1d", "avg_pool2d", "conv1d", "conv2d",
    "conv_transpose1d", "conv_transpose2d", "max_pool1d", "max_pool2d", "unfold",
]  # fmt: skip


# ---- reading arguments -------------------------------------------------------------------------


def _each(op, name, place, value, d):
    """A size, or one for each of `d` dimensions of space, as a tuple."""
    if value.__class__ is int:
        return (value,) * d
    values = sizes(op, name, place, value)
    if len(values) == d:
        return values
    if len(values) != 1:
        raise _misfit(op, name, values, d)
    return values * d


def _misfit(op, name, values, d):
    """torch's error for a list of another length."""
    count, stride, indices = len(values), name == "stride", op.endswith("_with_indices")
    op = op.removesuffix("_with_indices")
    if op.startswith("conv"):
        return RuntimeError(
            f"expected {name} to be a single integer value or a list of {d} values to match the "
            f"convolution dimensions, but got {name}={errors.sizes(values)}"
        )
    if d == 2:
        way = "be either" if name == "dilation" else "either be omitted," if stride else "either be"
        return RuntimeError(f"{op}: {name} must {way} a single int, or a tuple of two ints")
    if op == "max_pool1d" and not indices:
        forms = "None, an int" if stride else "an int"
        forms += ", list of ints" + (" or" if name in ("kernel_size", "dilation") else ", or")
        return RuntimeError(f"max_pool1d() {name} must be {forms} tuple of ints of size 1 but got "
                            f"size {count}")  # fmt: skip
    return RuntimeError(f"{op}() argument '{name}' should contain one int (got {count})")


def _by_x(sizes):
    return " x ".join(map(str, sizes))


def _batched(input, d, name):
    """The input with a batch dimension, and whether that had to be added."""
    ndim = input._array.ndim
    if ndim not in (d + 1, d + 2):
        raise RuntimeError(f"Expected {d + 1}D (unbatched) or {d + 2}D (batched) input to {name}, "
                           f"but got input of size: {errors.sizes(input._array.shape)}")
    return (shapes.unsqueeze(input, 0), True) if ndim == d + 1 else (input, False)


# ---- convolution -------------------------------------------------------------------------------


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
    stride, dilation = _each(op, "stride", 4, stride, d), _each(op, "dilation", 6, dilation, d)
    groups = whole(op, "groups", 7, groups)
    if not isinstance(padding, str):
        padding = tuple((p, p) for p in _each(op, "padding", 5, padding, d))
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
    stride, padding = _each(op, "stride", 4, stride, d), _each(op, "padding", 5, padding, d)
    extra = _each(op, "output_padding", 6, output_padding, d)
    groups, dilation = whole(op, "groups", 7, groups), _each(op, "dilation", 8, dilation, d)
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


# ---- pooling -----------------------------------------------------------------------------------


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
    kernel = _each(op, "kernel_size", 2, kernel_size, d)
    stride = kernel if _left_out(stride) else _each(op, "stride", 3, stride, d)
    padding = _each(op, "padding", 4, padding, d)
    dilation = _each(op, "dilation", 5, dilation, d)
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
    (k,) = _each(op, "kernel_size", 2, kernel_size, 1)
    (s,) = (k,) if _left_out(stride) else _each(op, "stride", 3, stride, 1)
    (p,), (dil,) = _each(op, "padding", 4, padding, 1), _each(op, "dilation", 5, dilation, 1)
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


def _output_sizes(d, output_size, space):
    """The sizes asked for; in a plane None stands for the size that is there."""
    if d > 1 and not isinstance(output_size, int):
        given = tuple(output_size)
        if len(given) != d:
            raise RuntimeError(f"adaptive_avg_pool{d}d: output_size must be {d}")
        output_size = [n if m is None else m for m, n in zip(given, space)]
    return _each(f"adaptive_avg_pool{d}d", "output_size", 2, output_size, d)


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
        raise NotImplementedError(
            f'"adaptive_avg_pool2d" not implemented for \'{errors.scalar_name(x)}\''
        )
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
