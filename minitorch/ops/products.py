"""Matrix products.

Floor 2. `matmul` chooses, as torch does, by the number of dimensions: dot, mv, mm, bmm. None of
them promotes: NumPy would, and would broadcast where torch refuses, so the kernels check.
"""

import math

import numpy as np

from .. import errors
from ..primitive import Primitive
from ..recording import write_out
from ..tensor import Tensor
from . import mismatches, shapes

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


# ---- the products ------------------------------------------------------------------------------

_OF_MATRICES = {"input": lambda g, mat2: g @ mat2.mT, "mat2": lambda g, input: input.mT @ g}

mm_primitive = Primitive("mm", _product(2, 2), explain=mismatches.mm, **_OF_MATRICES)
bmm_primitive = Primitive("bmm", _product(3, 3), explain=mismatches.bmm, **_OF_MATRICES)
batched = Primitive("bmm", _product(None, None), explain=mismatches.batched, **_OF_MATRICES)
mv_primitive = Primitive("mv", _product(2, 1), explain=mismatches.mv,
                         input=lambda g, vec: g[:, None] * vec,
                         vec=lambda g, input: input.mT @ g)  # fmt: skip
dot_primitive = Primitive(
    "dot", _product(1, 1), explain=mismatches.dot,
    input=lambda g, tensor: g * tensor, tensor=lambda g, input: g * input,
)  # fmt: skip
vdot_primitive = Primitive(
    "vdot", _product(1, 1), explain=mismatches.dot,
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
    explain=mismatches.addmm,
    input=lambda g, beta: scaled(g, beta),
    mat1=lambda g, mat2, alpha: scaled(g @ mat2.mT, alpha),
    mat2=lambda g, mat1, alpha: scaled(mat1.mT @ g, alpha),
)  # fmt: skip
addmv_primitive = Primitive(
    "addmv", lambda bias, x, y, *, beta=1, alpha=1: _added(bias, _mv(x, y), beta, alpha),
    explain=mismatches.addmv,
    input=lambda g, beta: scaled(g, beta),
    mat=lambda g, vec, alpha: scaled(g, alpha)[:, None] * vec,
    vec=lambda g, mat, alpha: scaled(mat.mT @ g, alpha),
)  # fmt: skip
baddbmm_primitive = Primitive(
    "baddbmm", lambda bias, x, y, *, beta=1, alpha=1: _added(bias, _bmm(x, y), beta, alpha),
    explain=mismatches.baddbmm,
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
