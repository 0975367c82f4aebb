"""Matrix products.

Floor 2. `matmul` chooses, as torch does, by the number of dimensions: dot, mv, mm, bmm. None of
them promotes: NumPy would, and would broadcast where torch refuses, so the kernels check.
"""

import math

import numpy as np

from .. import errors
from ..primitive import Primitive, write_out
from ..tensor import Tensor, wrap
from . import shapes

# ---- kernels -----------------------------------------------------------------------------------


def _product(p, q):
    """The kernel for the product of an array of p dimensions and one of q (None: any number)."""

    def product(x, y):
        kind = x.dtype
        if kind != y.dtype or kind.kind == "b" or p and (x.ndim != p or y.ndim != q):
            raise TypeError
        if p == 3 and x.shape[0] != y.shape[0]:
            raise ValueError
        if kind.char == "e":  # as torch, add up in float32; NumPy is slow at float16, too
            return np.matmul(x.astype(np.float32), y.astype(np.float32)).astype(kind)
        return np.matmul(x, y)

    return product


def _added(bias, product, beta, alpha):
    """beta * bias + alpha * product, in the memory of the product."""
    if product.dtype.kind != "f":
        beta, alpha = int(beta), int(alpha)
    if bias.dtype != product.dtype:
        raise TypeError
    if alpha != 1:
        product *= alpha
    if beta == 0:  # then not even a NaN in `bias` counts
        np.broadcast_to(bias, product.shape)
    else:
        product += bias if beta == 1 else beta * bias
    return product


def scaled(g, factor):
    return g if factor == 1 else g * factor


# ---- what is wrong with the arguments ----------------------------------------------------------


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


def _explain_mm(arrays, keywords):
    x, y = arrays
    for name, array in (("self", x), ("mat2", y)):
        if array.ndim != 2:
            return RuntimeError(f"{name} must be a matrix")
    return errors.matmul(x, y) or errors.not_implemented("addmm_impl_cpu_", x.dtype)


def _explain_addmm(arrays, keywords):
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


def _explain_addmv(arrays, keywords):
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


def _explain_mv(arrays, keywords):
    x, y = arrays
    return _explain_addmv((np.empty(x.shape[:1], y.dtype), x, y), keywords)


def _explain_dot(arrays, keywords):
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


def _explain_sizes(batch, x, y):
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


def _explain_bmm(arrays, keywords):
    x, y = arrays
    for name, array in (("batch1", x), ("batch2", y)):
        if array.ndim != 3:
            return RuntimeError(f"{name} must be a 3D tensor")
    return _explain_sizes(x.shape[0], x, y)


def _explain_batched(arrays, keywords):
    x, y = arrays
    told = errors.broadcast(x.shape[:-2], y.shape[:-2])
    if told is None:
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        told = _explain_sizes(int(np.prod(batch)), x, np.broadcast_to(y, (*batch, *y.shape[-2:]))
                              .reshape(-1, *y.shape[-2:]))  # fmt: skip
    return told


def _explain_baddbmm(arrays, keywords):
    bias, x, y = arrays
    for array, dim in ((x, 0), (x, 1), (y, 2)):
        errors.wrap_dim(dim, array.ndim)
    told = _not_expandable(bias, *x.shape[:2], y.shape[2]) or _explain_bmm((x, y), keywords)
    if bias.dtype != x.dtype and (told is None or "scalar type" in str(told)):
        first, second, third = (errors.SPOKEN_NAME[a.dtype.name] for a in arrays)
        return RuntimeError("Input dtypes must be the same, got: "
                            f"input {first}, batch1: {second}, batch2: {third}")  # fmt: skip
    return errors.not_implemented("baddbmm", x.dtype) if x.dtype.kind == "b" else told


# ---- the products ------------------------------------------------------------------------------

_OF_MATRICES = {"input": lambda g, mat2: g @ mat2.mT, "mat2": lambda g, input: input.mT @ g}

mm_primitive = Primitive("mm", _product(2, 2), explain=_explain_mm, **_OF_MATRICES)
bmm_primitive = Primitive("bmm", _product(3, 3), explain=_explain_bmm, **_OF_MATRICES)
batched = Primitive("bmm", _product(None, None), explain=_explain_batched, **_OF_MATRICES)
mv_primitive = Primitive("mv", _product(2, 1), explain=_explain_mv,
                         input=lambda g, vec: g[:, None] * vec,
                         vec=lambda g, input: input.mT @ g)  # fmt: skip
dot_primitive = Primitive(
    "dot", _product(1, 1), explain=_explain_dot,
    input=lambda g, tensor: g * tensor, tensor=lambda g, input: g * input,
)  # fmt: skip
vdot_primitive = Primitive(
    "vdot", _product(1, 1), explain=_explain_dot,
    input=lambda g, other: g * other, other=lambda g, input: g * input,
)  # fmt: skip


def mm(input, mat2, *, out=None):
    """The product of two matrices, (n, k) and (k, m) -> (n, m).

    >>> import minitorch
    >>> minitorch.mm(minitorch.ones(2, 3), minitorch.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    return mm_primitive.function(input, mat2, out=out)


def bmm(input, mat2, *, out=None):
    """The products of matrices in pairs, (b, n, k) and (b, k, m) -> (b, n, m).

    >>> import minitorch
    >>> minitorch.bmm(minitorch.ones(5, 2, 3), minitorch.ones(5, 3, 1)).shape
    torch.Size([5, 2, 1])
    """
    return bmm_primitive.function(input, mat2, out=out)


def mv(input, vec, *, out=None):
    """The product of a matrix and a vector, (n, k) and (k) -> (n).

    >>> import minitorch
    >>> minitorch.mv(minitorch.eye(2), minitorch.tensor([1., 2.]))
    tensor([1., 2.])
    """
    return mv_primitive.function(input, vec, out=out)


def dot(input, tensor, *, out=None):
    """The sum of the products of two vectors' elements.

    >>> import minitorch
    >>> minitorch.dot(minitorch.tensor([1, 2]), minitorch.tensor([3, 4]))
    tensor(11)
    """
    return dot_primitive.function(input, tensor, out=out)


def vdot(input, other, *, out=None):
    """The same as `dot`: what they differ in is complex numbers.

    >>> import minitorch
    >>> minitorch.vdot(minitorch.tensor([1, 2]), minitorch.tensor([3, 4]))
    tensor(11)
    """
    return vdot_primitive.function(input, other, out=out)


# ---- by number of dimensions -------------------------------------------------------------------


def matmul(input, other, *, out=None):
    """The matrix product `input @ other`, batched over all but the last two dimensions.

    Shapes (..., n, k) @ (..., k, m) -> (..., n, m); a vector counts as a row on the left, as a
    column on the right.

    >>> import minitorch
    >>> minitorch.ones(2, 3) @ minitorch.ones(3)
    tensor([3., 3.])
    """
    try:
        p, q = input._array.ndim, other._array.ndim
    except AttributeError:
        wrong = ("other", 2, other) if isinstance(input, Tensor) else ("input", 1, input)
        raise errors.not_a_tensor("matmul", *wrong) from None
    if p == 2 and q == 2:
        result = mm_primitive.function(input, other)
    elif p > 2 and q > 2:
        result = _unsafe_view(batched.function(input, other))
    elif p == 0 or q == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D, but they are "
                           f"{p}D and {q}D")  # fmt: skip
    elif p > 2:
        result = _folded(input, other)
    elif q > 2:
        left = input if p == 2 else shapes.unsqueeze(input, 0)
        result = _unsafe_view(batched(left, other), without=-2 if p == 1 else None)
    elif p == 2:
        result = mv_primitive(input, other)
    elif q == 2:
        result = shapes.squeeze(mm_primitive(shapes.unsqueeze(input, 0), other), 0)
    else:
        result = dot_primitive(input, other)
    return result if out is None else write_out(mm_primitive, result, out)


def _unsafe_view(product, without=None):
    """The node with which torch's batched products end, and perhaps without an axis of size 1."""
    shape = product._array.shape
    if without is not None:
        shape = shape[:without] + shape[without + 1 :]
    elif product._node is None:
        return product
    return shapes.copy_reshape(product, shape=shape)


def _folded(input, other):
    """Many matrices times one matrix or vector: one tall matrix, and so one product, in place of
    many; the gradient of `other` then is one product, too."""
    *rows, columns = input._array.shape
    if input._array.flags.c_contiguous:
        tall = shapes.reshape_primitive(input, shape=(math.prod(rows), columns))
    else:
        tall = shapes.reshape(input, math.prod(rows), columns)
    product = (mm_primitive if other._array.ndim == 2 else mv_primitive)(tall, other)
    return shapes.copy_reshape(product, shape=(*rows, *other._array.shape[1:]))


# ---- a product and a sum -----------------------------------------------------------------------

_mm, _mv, _bmm = _product(2, 2), _product(2, 1), _product(3, 3)

addmm_primitive = Primitive(
    "addmm", lambda bias, x, y, *, beta=1, alpha=1: _added(bias, _mm(x, y), beta, alpha),
    explain=_explain_addmm,
    input=lambda g, beta: scaled(g, beta),
    mat1=lambda g, mat2, alpha: scaled(g @ mat2.mT, alpha),
    mat2=lambda g, mat1, alpha: scaled(mat1.mT @ g, alpha),
)  # fmt: skip
addmv_primitive = Primitive(
    "addmv", lambda bias, x, y, *, beta=1, alpha=1: _added(bias, _mv(x, y), beta, alpha),
    explain=_explain_addmv,
    input=lambda g, beta: scaled(g, beta),
    mat=lambda g, vec, alpha: scaled(g, alpha)[:, None] * vec,
    vec=lambda g, mat, alpha: scaled(mat.mT @ g, alpha),
)  # fmt: skip
baddbmm_primitive = Primitive(
    "baddbmm", lambda bias, x, y, *, beta=1, alpha=1: _added(bias, _bmm(x, y), beta, alpha),
    explain=_explain_baddbmm,
    input=lambda g, beta: scaled(g, beta),
    batch1=lambda g, batch2, alpha: scaled(g @ batch2.mT, alpha),
    batch2=lambda g, batch1, alpha: scaled(batch1.mT @ g, alpha),
)  # fmt: skip


def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    """beta * input + alpha * (mat1 @ mat2), `input` broadcast to the product's shape.

    >>> import minitorch
    >>> minitorch.addmm(minitorch.ones(2), minitorch.eye(2), minitorch.eye(2))
    tensor([[2., 1.],
            [1., 2.]])
    """
    return addmm_primitive(input, mat1, mat2, beta=beta, alpha=alpha, out=out)


def addmv(input, mat, vec, *, beta=1, alpha=1, out=None):
    """beta * input + alpha * (mat @ vec).

    >>> import minitorch
    >>> minitorch.addmv(minitorch.ones(2), minitorch.eye(2), minitorch.tensor([1., 2.]))
    tensor([2., 3.])
    """
    return addmv_primitive(input, mat, vec, beta=beta, alpha=alpha, out=out)


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None):
    """beta * input + alpha * bmm(batch1, batch2), `input` broadcast to the product's shape.

    >>> import minitorch
    >>> x = minitorch.ones(2, 3, 3)
    >>> minitorch.baddbmm(minitorch.ones(3), x, x)[0, 0]
    tensor([4., 4., 4.])
    """
    return baddbmm_primitive(input, batch1, batch2, beta=beta, alpha=alpha, out=out)
