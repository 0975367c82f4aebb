"""Matrix products.

Floor 2. `matmul` chooses, as torch does, by the number of dimensions: dot, mv, mm, bmm.
"""

import numpy as np

from .. import errors
from ..primitive import Primitive
from . import creation, shapes


def _explain(arrays, keywords):
    return errors.matmul(*arrays[-2:])


def _product(x, y):
    if x.dtype != y.dtype:
        raise TypeError("dtypes differ")  # reworded by _explain; NumPy would promote
    return np.matmul(x, y)


# ---- matrices and vectors ----------------------------------------------------------------------

mm = Primitive("mm", _product, explain=_explain,
                         input=lambda g, mat2: g @ mat2.mT,
                         mat2=lambda g, input: input.mT @ g)  # fmt: skip
mv_primitive = Primitive("mv", _product, explain=_explain,
                         input=lambda g, vec: g[:, None] * vec,
                         vec=lambda g, input: input.mT @ g)  # fmt: skip
dot_primitive = Primitive("dot", _product, explain=_explain,
                          input=lambda g, tensor: g * tensor,
                          tensor=lambda g, input: g * input)  # fmt: skip
bmm_primitive = Primitive("bmm", _product, explain=_explain,
                          input=lambda g, mat2: g @ mat2.mT,
                          mat2=lambda g, input: input.mT @ g)  # fmt: skip


def _addmm(bias, x, y, *, beta=1, alpha=1):
    out = _product(x, y)
    if alpha != 1:
        out *= alpha
    if beta == 1 and bias.dtype == out.dtype:
        out += bias
        return out
    return out + beta * bias


def _explain_addmm(arrays, keywords):
    bias, x, y = arrays
    told = errors.matmul(x, y)
    if told is None:
        try:
            shapes.expand(creation.made(bias), x.shape[0], y.shape[1])
        except RuntimeError as error:
            told = error
    return told


addmm_primitive = Primitive("addmm", _addmm, explain=_explain_addmm,
                            input=lambda g, beta: g if beta == 1 else g * beta,
                            mat1=lambda g, mat2, alpha: g @ mat2.mT if alpha == 1 else (g @ mat2.mT) * alpha,
                            mat2=lambda g, mat1, alpha: mat1.mT @ g if alpha == 1 else (mat1.mT @ g) * alpha)  # fmt: skip


# ---- by number of dimensions -------------------------------------------------------------------


def matmul(input, other, *, out=None):
    """The matrix product `input @ other`, batched over all but the last two dimensions.

    Shapes (n, k) @ (k, m) -> (n, m); a vector counts as a row on the left, a column on the right.

    >>> import minitorch
    >>> minitorch.ones(2, 3) @ minitorch.ones(3)
    tensor([3., 3.])
    """
    p, q = input._array.ndim, other._array.ndim
    if p == 2 and q == 2:
        return mm(input, other, out=out)
    if p == 1 and q == 1:
        return dot_primitive(input, other, out=out)
    if p == 2 and q == 1:
        return mv_primitive(input, other, out=out)
    if p == 0 or q == 0:
        raise errors.matmul(input._array, other._array)
    if p == 1:
        product = matmul(shapes.unsqueeze(input, 0), other)
        return shapes.squeeze(product, -2)
    if q == 1:
        product = matmul(input, shapes.unsqueeze(other, 1))
        return shapes.squeeze(product, -1)
    return bmm_primitive(input, other, out=out)


def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    """beta * input + alpha * (mat1 @ mat2), `input` broadcast to the product's shape.

    >>> import minitorch
    >>> minitorch.addmm(minitorch.ones(2), minitorch.eye(2), minitorch.eye(2))
    tensor([[2., 1.],
            [1., 2.]])
    """
    return addmm_primitive(input, mat1, mat2, beta=beta, alpha=alpha, out=out)
