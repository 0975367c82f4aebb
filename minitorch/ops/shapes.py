"""Operations that move numbers, or only the way they are seen: views, joining, splitting.

Floor 2. A view shares memory with its source; NumPy decides whether it can.
"""

import numpy as np

from .. import errors
from ..primitive import Primitive
from ..tensor import Tensor
from . import creation, indexing

# ---- views -------------------------------------------------------------------------------------

alias = Primitive("alias", lambda x: x.view(), inputs="input", view=True, input=lambda g: g)
reshape_primitive = Primitive(
    "view", lambda x, *, shape: x.reshape(shape), inputs="input", view=True,
    input=lambda g, input_shape: reshape_primitive(g, shape=input_shape),
)  # fmt: skip
copy_reshape = Primitive(
    "unsafe_view", lambda x, *, shape: x.reshape(shape), inputs="input",
    input=lambda g, input_shape: reshape_primitive(g, shape=input_shape),
)  # fmt: skip
expand_primitive = Primitive(
    "expand", lambda x, *, shape: np.broadcast_to(x, shape), inputs="input", view=True,
    input=lambda g: g,
)  # fmt: skip
permute_primitive = Primitive(
    "permute", lambda x, *, axes: np.transpose(x, axes), inputs="input", view=True,
    input=lambda g, axes: permute_primitive(g, axes=tuple(np.argsort(axes))),
)  # fmt: skip
transpose_primitive = Primitive(
    "transpose", lambda x, *, a, b: np.swapaxes(x, a, b), inputs="input", view=True,
    node=lambda a, b: "TransposeBackward0", input=lambda g, a, b: transpose_primitive(g, a=a, b=b),
)  # fmt: skip
t_primitive = Primitive("t", lambda x: x.T, inputs="input", view=True,
                        input=lambda g: t_primitive(g))  # fmt: skip
unsqueeze_primitive = Primitive(
    "unsqueeze", lambda x, *, axis: np.expand_dims(x, axis), inputs="input", view=True,
    input=lambda g, axis: squeeze_primitive(g, axes=(axis,)),
)  # fmt: skip
squeeze_primitive = Primitive(
    "squeeze", lambda x, *, axes, whole=False: np.squeeze(x, axes), inputs="input", view=True,
    node=lambda axes, whole=False: "SqueezeBackward" + ("0" if whole else "1"),
    input=lambda g, input_shape: reshape_primitive(g, shape=input_shape),
)  # fmt: skip


def _int_shape(shape):
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    return tuple(int(n) for n in shape)


def known_shape(shape, size):
    """A shape with its -1 worked out; torch's error where `size` numbers do not fit it."""
    wrong = RuntimeError(f"shape '{errors.sizes(shape)}' is invalid for input of size {size}")
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    rest = 1
    for n in shape:
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n}")
        rest *= n if n != -1 else 1
    if -1 in shape:
        if rest == 0:
            raise RuntimeError(f"cannot reshape tensor of {size} elements into shape "
                               f"{errors.sizes(shape)} because the unspecified dimension size -1 "
                               "can be any value and is ambiguous")  # fmt: skip
        if size % rest:
            raise wrong
        return tuple(size // rest if n == -1 else n for n in shape)
    if rest != size:
        raise wrong
    return shape


def reshape(input, *shape):
    """The same numbers in another shape; a view where memory allows, else a copy.

    >>> import minitorch
    >>> minitorch.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    x = input._array
    shape = known_shape(_int_shape(shape), x.size)
    if x.flags.c_contiguous or _can_view(x, shape):
        return reshape_primitive(input, shape=shape)
    return copy_reshape(creation.clone(input), shape=shape)


def view(input, *shape):
    """The same memory in another shape; an error if that needs a copy.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).view(3, 2).shape
    torch.Size([3, 2])
    """
    x = input._array
    shape = known_shape(_int_shape(shape), x.size)
    if not (x.flags.c_contiguous or _can_view(x, shape)):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return reshape_primitive(input, shape=shape)


def _can_view(x, shape):
    """Whether NumPy can take `x` in this shape without copying."""
    try:
        x.reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from `start_dim` to `end_dim` made one.

    >>> import minitorch
    >>> minitorch.zeros(2, 3, 4).flatten(1).shape
    torch.Size([2, 12])
    """
    shape = input._array.shape
    start, end = errors.wrap_dim(start_dim, len(shape)), errors.wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if start == end:
        return input
    return reshape(input, shape[:start] + (-1,) + shape[end + 1 :])


def transpose(input, dim0, dim1):
    """Two dimensions exchanged.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).transpose(0, 1).shape
    torch.Size([3, 2])
    """
    ndim = input._array.ndim
    a, b = errors.wrap_dim(dim0, ndim), errors.wrap_dim(dim1, ndim)
    return transpose_primitive(input, a=a, b=b) if ndim else alias(input)


def t(input):
    """The transpose of a matrix; a vector or a number as it is.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).t().shape
    torch.Size([3, 2])
    """
    if input._array.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input._array.ndim}D")
    return t_primitive(input)


def permute(input, *dims):
    """The dimensions in another order.

    >>> import minitorch
    >>> minitorch.zeros(2, 3, 4).permute(2, 0, 1).shape
    torch.Size([4, 2, 3])
    """
    dims = _int_shape(dims)
    ndim = input._array.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal "
            f"to len(dims) = {len(dims)}"
        )
    axes = tuple(errors.wrap_dim(d, ndim) for d in dims)
    if len(set(axes)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_primitive(input, axes=axes)


def expand(input, *sizes):
    """Dimensions of size 1 seen as larger ones, without copying; -1 keeps a size.

    >>> import minitorch
    >>> minitorch.zeros(2, 1).expand(-1, 3).shape
    torch.Size([2, 3])
    """
    sizes = _int_shape(sizes)
    have = input._array.shape
    lead = len(sizes) - len(have)
    if lead < 0:
        raise RuntimeError(
            f"expand(torch.{errors.scalar_name(input._array)}Tensor{{{errors.sizes(have)}}}, "
            f"size={errors.sizes(sizes)}): the number of sizes provided ({len(sizes)}) must be "
            f"greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    shape = tuple(have[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(sizes))
    for i in range(len(shape) - 1, lead - 1, -1):
        if have[i - lead] not in (1, shape[i]):
            raise RuntimeError(
                f"The expanded size of the tensor ({shape[i]}) must match the existing size "
                f"({have[i - lead]}) at non-singleton dimension {i}.  Target sizes: "
                f"{errors.sizes(sizes)}.  Tensor sizes: {errors.sizes(have)}"
            )
    return expand_primitive(input, shape=shape)


def unsqueeze(input, dim):
    """A new dimension of size 1 at `dim`.

    >>> import minitorch
    >>> minitorch.zeros(3).unsqueeze(1).shape
    torch.Size([3, 1])
    """
    return unsqueeze_primitive(input, axis=errors.wrap_dim(dim, input._array.ndim + 1))


def squeeze(input, dim=None):
    """Without the dimensions of size 1, all of them or those named by `dim`.

    >>> import minitorch
    >>> minitorch.zeros(1, 3, 1).squeeze().shape
    torch.Size([3])
    """
    shape = input._array.shape
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    axes = [errors.wrap_dim(d, len(shape)) for d in dims]
    axes = tuple(axis for axis in axes if len(shape) and shape[axis] == 1)
    return squeeze_primitive(input, axes=axes, whole=dim is None)


# ---- joining -----------------------------------------------------------------------------------


def _cat_backward(g, shapes, axis):
    start, parts = 0, []
    for shape in shapes:
        stop = start + shape[axis]
        parts.append(indexing.slice_primitive(g, axis=axis, start=start, stop=stop, step=1))
        start = stop
    return parts


cat_primitive = Primitive("cat", lambda *arrays, axis: np.concatenate(arrays, axis), inputs="",
                          promote="same", backward=_cat_backward)  # fmt: skip
stack_primitive = Primitive(
    "stack", lambda *arrays, axis: np.stack(arrays, axis), inputs="", promote="same",
    backward=lambda g, shapes, axis: [
        indexing.select_primitive(g, axis=axis, index=i) for i in range(len(shapes))],
)  # fmt: skip


def cat(tensors, dim=0, *, out=None):
    """Tensors joined along an existing dimension.

    >>> import minitorch
    >>> minitorch.cat([minitorch.zeros(2), minitorch.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = _sequence("cat", tensors)
    shapes = [x._array.shape for x in tensors]
    if all(shape == () for shape in shapes):
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    tensors = [x for x in tensors if x._array.shape != (0,)] or tensors[:1]
    shapes = [x._array.shape for x in tensors]
    axis = errors.wrap_dim(dim, len(shapes[0]))
    for i, shape in enumerate(shapes):
        if len(shape) != len(shapes[0]):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(shapes[0])} and {len(shape)}")
        if shape[:axis] + shape[axis + 1 :] != shapes[0][:axis] + shapes[0][axis + 1 :]:
            other = next(k for k in range(len(shape)) if k != axis and shape[k] != shapes[0][k])
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {axis}. Expected size "
                f"{shapes[0][other]} but got size {shape[other]} for tensor number {i} in the list."
            )
    return cat_primitive(*tensors, axis=axis, out=out)


def stack(tensors, dim=0, *, out=None):
    """Tensors of one shape joined along a new dimension.

    >>> import minitorch
    >>> minitorch.stack([minitorch.zeros(2), minitorch.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    tensors = _sequence("stack", tensors)
    first = tensors[0]._array.shape
    for i, x in enumerate(tensors):
        if x._array.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {errors.sizes(first)} at "
                f"entry 0 and {errors.sizes(x._array.shape)} at entry {i}"
            )
    return stack_primitive(*tensors, axis=errors.wrap_dim(dim, len(first) + 1), out=out)


def _sequence(name, tensors):
    """The tensors given to `cat` or `stack`, checked."""
    if isinstance(tensors, Tensor) or not hasattr(tensors, "__iter__"):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    tensors = list(tensors)
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    if not tensors:
        what = "torch.cat(): expected a non-empty list of Tensors"
        raise (ValueError(what) if name == "cat" else RuntimeError("stack expects a non-empty TensorList"))
    return tensors
