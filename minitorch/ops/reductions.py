"""Operations that make many numbers one: sums, means, extremes, the softmax family.

Floor 2. The public function turns `dim` into a tuple of axes and calls the primitive.
"""

import numpy as np

from .. import dtypes, errors
from ..primitive import Primitive
from ..tensor import Tensor
from . import creation, elementwise, shapes

# ---- helpers -----------------------------------------------------------------------------------


def axes_of(dim, ndim):
    """`dim`, an int, a sequence or None (all), as a tuple of axes, checked."""
    if dim is None or dim == () or dim == []:
        return tuple(range(ndim))
    dims = (dim,) if isinstance(dim, int) else dim
    axes = tuple(errors.wrap_dim(d, ndim) for d in dims)
    for axis in axes:
        if axes.count(axis) > 1:
            raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
    return axes if ndim else ()


def spread(g, shape, axes, keepdim):
    """The gradient of a sum: each summed element gets `g`."""
    if not keepdim and axes and len(axes) < len(shape):
        g = shapes.reshape_primitive(g, shape=[1 if i in axes else n for i, n in enumerate(shape)])
    return shapes.expand_primitive(g, shape=tuple(shape))


def _name(kernel_name):
    """torch numbers its reductions: SumBackward0 over everything, SumBackward1 over dims."""
    return lambda axes, keepdim, whole=False: f"{kernel_name}Backward{0 if whole else 1}"


# ---- sum and mean ------------------------------------------------------------------------------

sum_primitive = Primitive(
    "sum", lambda x, *, axes, keepdim, whole: np.add.reduce(x, axes, keepdims=keepdim),
    inputs="input", node=_name("Sum"),
    input=lambda g, input_shape, axes, keepdim: spread(g, input_shape, axes, keepdim),
)  # fmt: skip


def _sum_to(x, *, shape):
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1
    )
    return np.add.reduce(x, axes, keepdims=True).reshape(shape)


sum_to = Primitive("sum_to_size", _sum_to, inputs="input",
                   input=lambda g, input_shape: shapes.expand_primitive(g, shape=input_shape))  # fmt: skip


def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of all elements, or over the dimensions `dim`.

    >>> import minitorch
    >>> minitorch.ones(2, 3).sum(0)
    tensor([2., 2., 2.])
    """
    if dtype is not None:
        input = input.to(dtype)
    elif input._array.dtype.kind != "f":
        input = input.to(dtypes.int64)
    axes = axes_of(dim, input._array.ndim)
    return sum_primitive(input, axes=axes, keepdim=keepdim, whole=dim is None)


def _mean(x, *, axes, keepdim, whole, count):
    return np.add.reduce(x, axes, keepdims=keepdim) / count


mean_primitive = Primitive(
    "mean", _mean, inputs="input",
    node=lambda axes, keepdim, whole, count: f"MeanBackward{0 if whole else 1}",
    input=lambda g, input_shape, axes, keepdim, count: spread(g / count, input_shape, axes, keepdim),
)  # fmt: skip


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of all elements, or over the dimensions `dim`; of floats only, as in torch.

    >>> import minitorch
    >>> minitorch.tensor([1., 2., 6.]).mean()
    tensor(3.)
    """
    if dtype is not None:
        input = input.to(dtype)
    x = input._array
    if x.dtype.kind != "f":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {errors.scalar_name(x)}"
        )
    axes = axes_of(dim, x.ndim)
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    count = count or float("nan")
    return mean_primitive(input, axes=axes, keepdim=keepdim, whole=dim is None, count=count)


# ---- where the extremes are --------------------------------------------------------------------


def _arg(kernel):
    def arg(input, dim=None, keepdim=False):
        x = input._array
        if x.size == 0 and dim is None:
            raise IndexError(f"{arg.__name__}(): Expected reduction dim to be specified for "
                             "input.numel() == 0. Specify the reduction dim with the 'dim' "
                             "argument.")  # fmt: skip
        axis = None if dim is None else errors.wrap_dim(dim, x.ndim)
        return creation.made(np.asarray(kernel(x, axis if x.ndim else None, keepdims=keepdim)))

    arg.__name__ = arg.__qualname__ = kernel.__name__
    arg.__doc__ = f"The index of the {kernel.__name__[3:]}imum, of all elements or along `dim`."
    return arg


argmax, argmin = _arg(np.argmax), _arg(np.argmin)

# ---- softmax -----------------------------------------------------------------------------------


def _log_softmax(x, *, axis):
    shifted = x - np.maximum.reduce(x, axis, keepdims=True)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis, keepdims=True))
    return shifted


def _along(g, axis):
    return sum_primitive(g, axes=(axis,), keepdim=True, whole=False)


log_softmax_primitive = Primitive("log_softmax", _log_softmax, inputs="input",
                                  input=lambda g, out, axis: g - elementwise.exp(out) * _along(g, axis))  # fmt: skip


def log_softmax(input, dim, dtype=None):
    """x - log(sum(exp(x))) along `dim`."""
    if dtype is not None:
        input = input.to(dtype)
    x = input._array
    if x.dtype.kind != "f":
        raise NotImplementedError(
            f'"log_softmax_lastdim_kernel_impl" not implemented for \'{errors.scalar_name(x)}\''
        )
    return log_softmax_primitive(input, axis=errors.wrap_dim(dim, x.ndim))
