"""Broadcasting by name: shapes made equal, grids, and the sum that undoes it.

Floor 2. Everything here is a composition of `expand`, `view` and `sum`.
"""

import warnings

import numpy as np

from .. import errors
from ..tensor import Size, Tensor
from . import reductions, shapes

# ---- to one shape ------------------------------------------------------------------------------


def broadcast_to(input, *sizes, size=None):
    """`expand` by its name in NumPy."""
    return shapes.expand_primitive.quick(input, shapes.ints("expand", "size", sizes, size))


def broadcast_tensors(*tensors):
    """The tensors expanded to the shape that they have together.

    >>> import minitorch
    >>> a, b = minitorch.broadcast_tensors(minitorch.zeros(2, 1), minitorch.zeros(3))
    >>> a.shape, b.shape
    (torch.Size([2, 3]), torch.Size([2, 3]))
    """
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise errors.not_an_element(i, x)
    sizes = [x._array.shape for x in tensors]
    try:
        shape = np.broadcast_shapes(*sizes)
    except ValueError:
        raise errors.broadcast(*sizes) from None
    return tuple(x if x._array.shape == shape else shapes.expand_primitive.quick(x, shape)
                 for x in tensors)  # fmt: skip


def broadcast_shapes(*shapes):
    """The shape that tensors of these shapes have together.

    >>> import minitorch
    >>> minitorch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    whole = []
    for k, shape in enumerate(shapes):
        shape = (shape,) if isinstance(shape, int) else shape
        whole = [1] * (len(shape) - len(whole)) + whole
        for i in range(-1, -1 - len(shape), -1):
            if shape[i] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[i] != 1 and whole[i] not in (1, shape[i]):
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[i]} at {i}! Mismatching "
                    f"argument at index {k} had {shape}; but expected shape should be "
                    f"broadcastable to {whole}"
                )
            whole[i] = whole[i] if shape[i] == 1 else int(shape[i])
    return Size(whole)


def sum_to_size(input, *sizes, size=None):
    """The sum over the dimensions in which `input` is larger: what undoes a broadcast.

    >>> import minitorch
    >>> minitorch.ones(2, 3).sum_to_size(3)
    tensor([2., 2., 2.])
    """
    size, shape = shapes.ints("sum_to_size", "size", sizes, size), input._array.shape
    lead = len(shape) - len(size)
    if lead < 0 or any(n not in (1, shape[i]) for i, n in enumerate(size, lead)):
        raise RuntimeError(f"size {{{errors.sizes(size)}}} is not expandable to size "
                           f"{{{errors.sizes(shape)}}}.")  # fmt: skip
    if not size:
        return reductions.sum(input)
    if size == shape:
        return input
    axes = [*range(lead), *(i for i, n in enumerate(size, lead) if n != shape[i])]
    total = reductions.sum(input, axes, keepdim=True)
    return shapes.view(total, *size) if lead else total


# ---- grids -------------------------------------------------------------------------------------


def meshgrid(*tensors, indexing=None):
    """Grids of the coordinates that vectors span: one tensor for each, all of one shape.

    "ij": the first vector runs down the rows; "xy": along them, as on a sheet of paper.

    >>> import minitorch
    >>> a, b = minitorch.meshgrid(minitorch.arange(2), minitorch.arange(3), indexing="ij")
    >>> a
    tensor([[0, 0, 0],
            [1, 1, 1]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        (tensors,) = tensors
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise errors.not_an_element(i, x)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in tensors:
        if x._array.ndim > 1:
            raise RuntimeError("torch.meshgrid: Expected 0D or 1D tensor in the tensor list but "
                               f"got: {x}")  # fmt: skip
        if x._array.dtype != tensors[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the "
                      "indexing argument.", UserWarning, stacklevel=3)  # fmt: skip
    elif indexing not in ("ij", "xy"):
        raise RuntimeError('torch.meshgrid: indexing must be one of "xy" or "ij", but received: '
                           f"{indexing}")  # fmt: skip
    order = list(range(len(tensors)))
    if indexing == "xy" and len(tensors) > 1:
        order[:2] = 1, 0
    sizes = [x._array.size for x in tensors]
    shape = [sizes[k] for k in order]
    grids = []
    for axis, x in zip(order, tensors):
        line = [1] * len(tensors)
        line[axis] = x._array.size
        grids.append(shapes.expand(shapes.view(x, *line), *shape))
    return tuple(grids)
