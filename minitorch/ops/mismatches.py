"""What is wrong with the arguments of a matrix product, in torch's words.

Floor 2. Each function is the `explain` of the primitive that has its name in `products.py`: asked
after the kernel has refused, it finds the reason that torch would give first.
"""

import numpy as np

from .. import errors
from ..tensor import wrap
from . import shapes


def found(x, y):
    """torch's error for two dtypes, in the words of its batched products."""
    return RuntimeError(f"expected scalar type {errors.scalar_name(x)} but found "
                        f"{errors.scalar_name(y)}")  # fmt: skip


def _not_expandable(bias, *shape):
    """The error for an array that does not broadcast to a shape (None if it does)."""
    try:
        shapes.expand(wrap(bias), *shape)
    except RuntimeError as error:
        return error


def mm(arrays, keywords):
    x, y = arrays
    for name, array in (("self", x), ("mat2", y)):
        if array.ndim != 2:
            return RuntimeError(f"{name} must be a matrix")
    return errors.matmul(x, y) or errors.not_implemented("addmm_impl_cpu_", x.dtype)


def addmm(arrays, keywords):
    bias, x, y = arrays
    for name, array in (("mat1", x), ("mat2", y)):
        if array.ndim != 2:
            return RuntimeError(f"{name} must be a matrix, got {array.ndim}-D tensor")
    if x.shape[1] != y.shape[0]:
        return errors.matmul(x, y)
    for name, array in (("self", bias), ("mat1", x)):
        if array.dtype != y.dtype:
            kinds = f"{errors.scalar_name(array)} and {errors.scalar_name(y)}"
            return RuntimeError(f"{name} and mat2 must have the same dtype, but got {kinds}")
    if x.dtype.kind == "b":
        return errors.not_implemented("addmm_impl_cpu_", x.dtype)
    return _not_expandable(bias, x.shape[0], y.shape[1])


def addmv(arrays, keywords):
    bias, x, y = arrays
    if bias.ndim > 1 or x.ndim != 2 or y.ndim != 1:
        return RuntimeError("vector + matrix @ vector expected, got "
                            f"{bias.ndim or 1}, {x.ndim}, {y.ndim}")  # fmt: skip
    if x.shape[1] != y.size or bias.size not in (1, x.shape[0]):
        size = x.shape[0] if bias.size == 1 else bias.size
        error = RuntimeError(f"size mismatch, got input ({size}), mat ({errors.by(x.shape)}), "
                             f"vec ({y.size})")  # fmt: skip
        return errors.unequal(error, x.shape[1], y.size)
    if not bias.dtype == x.dtype == y.dtype:
        first, second, third = map(errors.scalar_name, arrays)
        return RuntimeError("addmv input tensors must have the same dtype, but got "
                            f"{first}, {second}, and {third}")  # fmt: skip
    return errors.not_implemented("addmv_impl_cpu", x.dtype)


def mv(arrays, keywords):
    x, y = arrays
    return addmv((np.empty(x.shape[:1], y.dtype, like=y), x, y), keywords)


def dot(arrays, keywords):
    x, y = arrays
    if x.ndim != 1 or y.ndim != 1:
        return RuntimeError(f"1D tensors expected, but got {x.ndim}D and {y.ndim}D tensors")
    if x.dtype != y.dtype:
        return RuntimeError("dot : expected both vectors to have same dtype, but found "
                            f"{errors.scalar_name(x)} and {errors.scalar_name(y)}")  # fmt: skip
    if x.size != y.size:
        return RuntimeError(
            f"inconsistent tensor size, expected tensor {errors.sizes(x.shape)} and src "
            f"{errors.sizes(y.shape)} to have the same number of elements, but got {x.size} and "
            f"{y.size} elements respectively"
        )
    return errors.not_implemented("dot", x.dtype)


def _sizes(batch, x, y):
    """The errors of bmm for two arrays of matrices, `batch` of them in the first."""
    have = (y.shape[0] if y.ndim == 3 else batch, y.shape[-2])
    if (batch, x.shape[-1]) != have:
        error = RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{batch}, {x.shape[-1]}] but got: [{have[0]}, {have[1]}]."
        )
        return errors.unequal(error, x.shape[-1], y.shape[-2])
    if x.dtype.kind == "b":
        return errors.not_implemented("bmm", x.dtype)
    return found(x, y) if x.dtype != y.dtype else None


def bmm(arrays, keywords):
    x, y = arrays
    for name, array in (("batch1", x), ("batch2", y)):
        if array.ndim != 3:
            return RuntimeError(f"{name} must be a 3D tensor")
    return _sizes(x.shape[0], x, y)


def batched(arrays, keywords):
    x, y = arrays
    told = errors.broadcast(x.shape[:-2], y.shape[:-2])
    if told is None:
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        told = _sizes(int(np.prod(batch)), x, np.broadcast_to(y, (*batch, *y.shape[-2:]))
                              .reshape(-1, *y.shape[-2:]))  # fmt: skip
    return told


def baddbmm(arrays, keywords):
    bias, x, y = arrays
    for array, dim in ((x, 0), (x, 1), (y, 2)):
        errors.wrap_dim(dim, array.ndim)
    told = _not_expandable(bias, *x.shape[:2], y.shape[2]) or bmm((x, y), keywords)
    if bias.dtype != x.dtype and (told is None or "scalar type" in str(told)):
        first, second, third = (errors.SPOKEN_NAME[a.dtype.name] for a in arrays)
        return RuntimeError("Input dtypes must be the same, got: "
                            f"input {first}, batch1: {second}, batch2: {third}")  # fmt: skip
    return errors.not_implemented("baddbmm", x.dtype) if x.dtype.kind == "b" else told
