"""New tensors from nothing, and copies of old ones.

Floor 2. Every function takes torch's `dtype=`, `device=` and `requires_grad=`; `made` handles them.
"""

import numpy as np

from .. import devices, dtypes
from ..primitive import Primitive
from ..tensor import Tensor, wrap

# ---- copies ------------------------------------------------------------------------------------

clone_primitive = Primitive("clone", np.copy, input=lambda g: g)
to_copy = Primitive("to_copy", lambda x, *, kind: x.astype(kind), inputs="input",
                    input=lambda g: g)  # fmt: skip


def clone(input, *, memory_format=None):
    """A copy with memory of its own, through which gradients flow back to `input`.

    >>> import minitorch
    >>> x = minitorch.zeros(2)
    >>> y = x.clone(); y[0] = 1; x
    tensor([0., 0.])
    """
    return clone_primitive(input)


# ---- filled with one value ---------------------------------------------------------------------


def made(array, dtype=None, device=None, requires_grad=False):
    """`array` as a tensor, with what the keywords of a creation function ask for."""
    devices.check(device)
    t = wrap(array)
    if requires_grad:
        t.requires_grad = True
    return t


def shape_of(size):
    """The shape in `zeros(2, 3)` or `zeros((2, 3))`, checked."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    size = tuple(int(n) if isinstance(n, (int, np.integer, Tensor)) else n for n in size)
    for n in size:
        if not isinstance(n, int):
            raise TypeError(f"argument 'size' must be tuple of ints, but found element of type {type(n).__name__}")
        if n < 0:
            raise RuntimeError("Trying to create tensor with negative dimension "
                               f"{n}: [{', '.join(map(str, size))}]")  # fmt: skip
    return size


def numpy_dtype(dtype):
    """The NumPy dtype of a creation function's `dtype=`; the default float for None."""
    return (dtypes.get_default_dtype() if dtype is None else dtype)._numpy


def zeros(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of zeros.

    >>> import minitorch
    >>> minitorch.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return made(np.zeros(shape_of(size), numpy_dtype(dtype)), dtype, device, requires_grad)


def ones(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of ones.

    >>> import minitorch
    >>> minitorch.ones(2)
    tensor([1., 1.])
    """
    return made(np.ones(shape_of(size), numpy_dtype(dtype)), dtype, device, requires_grad)


def empty(*size, dtype=None, device=None, requires_grad=False):
    """A tensor whose values are whatever was in memory: to be filled.

    >>> import minitorch
    >>> minitorch.empty(2, 3).shape
    torch.Size([2, 3])
    """
    return made(np.empty(shape_of(size), numpy_dtype(dtype)), dtype, device, requires_grad)


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """A tensor filled with one value.

    >>> import minitorch
    >>> minitorch.full((2,), 7)
    tensor([7, 7])
    """
    kind = dtypes.scalar_dtype(fill_value) if dtype is None else dtype._numpy
    return made(np.full(shape_of((size,)), fill_value, kind), dtype, device, requires_grad)


def _like(maker):
    def like(input, *, dtype=None, device=None, requires_grad=False):
        dtype = input.dtype if dtype is None else dtype
        return maker(input.shape, dtype=dtype, device=device, requires_grad=requires_grad)

    like.__name__ = like.__qualname__ = f"{maker.__name__}_like"
    like.__doc__ = f"`{maker.__name__}` with the shape and dtype of `input`."
    return like


zeros_like, ones_like, empty_like = _like(zeros), _like(ones), _like(empty)


def full_like(input, fill_value, *, dtype=None, device=None, requires_grad=False):
    """`full` with the shape and dtype of `input`."""
    dtype = input.dtype if dtype is None else dtype
    return full(input.shape, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


# ---- ranges ------------------------------------------------------------------------------------


def arange(start, end=None, step=1, *, dtype=None, device=None, requires_grad=False):
    """The numbers from `start` (0) up to, but not including, `end`, `step` apart.

    >>> import minitorch
    >>> minitorch.arange(3)
    tensor([0, 1, 2])
    """
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        whole = all(isinstance(x, (int, np.integer)) for x in (start, end, step))
        kind = dtypes.int64._numpy if whole else dtypes.get_default_dtype()._numpy
    else:
        kind = dtype._numpy
    count = int(np.ceil((end - start) / step))
    values = start + step * np.arange(count)
    return made(values.astype(kind), dtype, device, requires_grad)


def eye(n, m=None, *, dtype=None, device=None, requires_grad=False):
    """The identity matrix of `n` rows (and `m` columns).

    >>> import minitorch
    >>> minitorch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return made(np.eye(n, m, dtype=numpy_dtype(dtype)), dtype, device, requires_grad)
