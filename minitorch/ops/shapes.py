"""Views: the same numbers, in the same memory, seen in another shape.

Floor 2. A view primitive describes what is seen by one keyword, which its kernel also takes by
place: `quick(input, value)` is the way the functions here call it. A function whose method takes
ints one by one, `x.view(2, 3)`, is written as that method; the keyword is torch's name for the
tuple of them. Where NumPy would have to copy, `view` refuses and `reshape` says so in its history.
"""

import warnings
from operator import index

import numpy as np

from .. import dtypes, errors
from ..devices import strided
from ..modes import recording_mode
from ..primitive import Primitive
from ..recording import shares_memory
from ..tensor import Tensor

# ---- arguments ---------------------------------------------------------------------------------


def ints(op, name, values, given=None, position=1):
    """The ints of f(2, 3), of f((2, 3)) or of f(name=(2, 3)), as a tuple."""
    if given is not None or (len(values) == 1 and isinstance(values[0], (tuple, list))):
        values = values[0] if given is None else given
        if not isinstance(values, (tuple, list)):
            raise not_ints(op, name, values, 2)
    for n in values:
        if n.__class__ is not int:
            return _as_ints(op, name, values, position if given is None else 0)
    return tuple(values)


def not_ints(op, name, value, position=1):
    """The error for what should have been a tuple of ints."""
    return TypeError(f"{op}(): argument '{name}' (position {position}) must be tuple of ints, not "
                     f"{errors.shown(value)}")  # fmt: skip


def _as_ints(op, name, values, apart):
    """NumPy's ints and tensors of one, as ints; torch's error for what is none.

    `apart`: the position of the first, if they may have been given one by one.
    """
    found = []
    for i, n in enumerate(values):
        try:
            found.append(index(None if isinstance(n, (bool, np.bool_)) else n))
        except TypeError:
            if apart and i == 0 and len(values) > 1 and not isinstance(n, (tuple, list)):
                raise TypeError(f"{op}() takes 1 positional argument but {len(values)} were "
                                "given") from None  # fmt: skip
            if apart and i == 0 and len(values) == 1:
                raise not_ints(op, name, n, apart) from None
            raise TypeError(
                f"{op}(): argument '{name}' failed to unpack the object at pos {i + 1} with error "
                f'"type must be tuple of ints,but got {errors.shown(n)}"') from None  # fmt: skip
    return tuple(found)


def axes_of(dims, ndim):
    """Dimensions as a tuple of axes, no two of them the same."""
    axes = tuple([errors.wrap_dim(d, ndim) for d in dims])
    for axis in axes:
        if axes.count(axis) > 1:
            raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
    return axes if ndim else ()


# ---- another shape -----------------------------------------------------------------------------

alias = Primitive("alias", lambda x: x.view(), inputs="input", view=True, input=lambda g: g)


def known_shape(shape, size):
    """A shape with its -1 worked out; torch's error where `size` numbers do not fit it."""
    wrong = RuntimeError(f"shape '{errors.sizes(shape)}' is invalid for input of size {size}")
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    rest = 1
    for i, n in enumerate(shape):
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape "
                               f"{errors.sizes(shape)}")  # fmt: skip
        rest *= n if n != -1 else 1
    if -1 in shape:
        if rest == 0 and size == 0:
            raise RuntimeError(f"cannot reshape tensor of 0 elements into shape "
                               f"{errors.sizes(shape)} because the unspecified dimension size -1 "
                               "can be any value and is ambiguous")  # fmt: skip
        if rest == 0 or size % rest:
            raise wrong
        return tuple(size // rest if n == -1 else n for n in shape)
    if rest != size:
        raise wrong
    return shape


def _reshaped(x, shape):
    for n in shape:
        if n < -1:
            known_shape(shape, x.size)
    return x.reshape(shape)


def _explain_shape(arrays, keywords):
    known_shape(keywords["shape"], arrays[0].size)


def _shape_back(g, input_shape):
    return reshape_primitive(g, shape=input_shape)


def _reshaping(name, view=True):
    return Primitive(name, _reshaped, inputs="input", view=view, explain=_explain_shape,
                     input=_shape_back)  # fmt: skip


# Three names for one thing: as told, where memory is not in order but allows it, after a copy.
reshape_primitive, reshape_alias = _reshaping("view"), _reshaping("reshape_alias")
copy_reshape = _reshaping("unsafe_view", view=False)
view_dtype = Primitive("view_dtype", lambda x, kind: x.view(kind), inputs="input", view=True)


def reshape(input, *sizes, shape=None):
    """The same numbers in another shape; a view where memory allows, else a copy.

    >>> import minitorch
    >>> minitorch.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    shape = ints("reshape", "shape", sizes, shape)
    x = input._array
    if x.flags.c_contiguous or not (recording_mode() and input.requires_grad):
        return reshape_primitive.quick(input, shape)
    try:
        x.reshape(shape, copy=False)
    except ValueError:
        return copy_reshape(contiguous(input), shape=shape)
    return reshape_alias.quick(input, shape)


def view(input, *sizes, size=None, dtype=None):
    """The same memory in another shape or, given a dtype, its bytes read as that; an error if
    that needs a copy.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).view(3, 2).shape
    torch.Size([3, 2])
    """
    if dtype is not None or (len(sizes) == 1 and isinstance(sizes[0], dtypes.dtype)):
        return _viewed_as(input, (dtype or sizes[0])._numpy)
    seen = reshape_primitive.quick(input, ints("view", "size", sizes, size))
    if not shares_memory(seen._array, input._array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return seen


def _viewed_as(input, kind):
    x = input._array
    names = f"view {errors.SCALAR_NAME[x.dtype.name]} as {errors.SCALAR_NAME[kind.name]} "
    names += "(different element sizes), but got"
    ratio = kind.itemsize // x.itemsize
    if kind.itemsize != x.itemsize and x.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 to {names[:-9]}")
    if ratio > 1 and x.shape[-1] % ratio:
        raise RuntimeError(f"self.size(-1) must be divisible by {ratio} to {names} {x.shape[-1]}")
    if kind.itemsize != x.itemsize and x.strides[-1] != x.itemsize:
        raise RuntimeError(f"self.stride(-1) must be 1 to {names} {x.strides[-1] // x.itemsize}")
    seen = view_dtype.quick(input, kind)
    if input.requires_grad:
        seen._view = None  # it shares memory and version, but no gradient flows through
    return seen


def view_as(input, other: Tensor):
    """`input.view(other.shape)`."""
    return view(input, size=other._array.shape)


def reshape_as(input, other: Tensor):
    """`input.reshape(other.shape)`."""
    return reshape(input, shape=other._array.shape)


def flatten(input, start_dim: int = 0, end_dim: int = -1):
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
    joined = 1
    for n in shape[start : end + 1]:
        joined *= n
    return reshape(input, *shape[:start], joined, *shape[end + 1 :])


def unflatten(input, dim: int, sizes):
    """Dimension `dim` split into `sizes`, of which one may be -1.

    >>> import minitorch
    >>> minitorch.zeros(2, 6).unflatten(1, (2, -1)).shape
    torch.Size([2, 2, 3])
    """
    shape = input._array.shape
    if isinstance(sizes, int):
        raise not_ints("unflatten", "sizes", sizes, 3)
    sizes, axis = ints("unflatten", "sizes", (sizes,), position=3), errors.wrap_dim(dim, len(shape))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if not shape:
        raise RuntimeError("unflatten got an unexpected error:\nDimension specified as 0 but "
                           "tensor has no dimensions")  # fmt: skip
    try:
        sizes = known_shape(sizes, shape[axis])
    except RuntimeError as error:
        if "is invalid" not in str(error):
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {errors.sizes(sizes)} don't multiply up to the size of dim "
            f"{axis} ({shape[axis]}) in the input tensor") from None  # fmt: skip
    return view(input, *shape[:axis], *sizes, *shape[axis + 1 :])


copy_in_order = Primitive("clone", lambda x: x.copy(), inputs="input", input=lambda g: g)


def contiguous(input, memory_format=None):
    """The tensor itself if its memory is in the order of its indices, else a copy that is.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).t().contiguous().stride()
    (2, 1)
    """
    return input if input._array.flags.c_contiguous else copy_in_order(input)


def ravel(input):
    """The tensor with one dimension, its memory in order.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]]).t().ravel()
    tensor([1, 3, 2, 4])
    """
    return view(contiguous(input), -1)


# ---- the dimensions in another order -----------------------------------------------------------


def _transposed_back(g, axes):
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return permute_primitive(g, axes=tuple(back))


permute_primitive = Primitive("permute", lambda x, axes: x.transpose(axes), inputs="input",
                              view=True, input=_transposed_back)  # fmt: skip
transpose_primitive = Primitive(
    "transpose", lambda x, axes: x.swapaxes(*axes) if x.ndim else x.view(),
    inputs="input", view=True,
    input=lambda g, axes: transpose_primitive(g, axes=axes),
)  # fmt: skip
t_primitive = Primitive("t", lambda x: x.T, inputs="input", view=True,
                        input=lambda g: t_primitive(g))  # fmt: skip


def permute(input, *axes, dims=None):
    """The dimensions in another order.

    >>> import minitorch
    >>> minitorch.zeros(2, 3, 4).permute(2, 0, 1).shape
    torch.Size([4, 2, 3])
    """
    dims, ndim = ints("permute", "dims", axes, dims), input._array.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal "
            f"to len(dims) = {len(dims)}"
        )
    axes = tuple([errors.wrap_dim(d, ndim) for d in dims])
    if len(set(axes)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_primitive.quick(input, axes)


def transpose(input, dim0: int, dim1: int):
    """Two dimensions exchanged.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).transpose(0, 1).shape
    torch.Size([3, 2])
    """
    ndim = input._array.ndim
    axes = errors.wrap_dim(dim0, ndim), errors.wrap_dim(dim1, ndim)
    return transpose_primitive.quick(input, axes)


def swapaxes(input, axis0: int, axis1: int):
    """`transpose` by its name in NumPy."""
    return transpose(input, axis0, axis1)


def t(input):
    """The transpose of a matrix; a vector or a number as it is.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).t().shape
    torch.Size([3, 2])
    """
    if input._array.ndim > 2:
        raise RuntimeError("t() expects a tensor with <= 2 dimensions, but self is "
                           f"{input._array.ndim}D")  # fmt: skip
    return t_primitive(input)


def numpy_t(input):
    """`x.T`: the dimensions in reverse order."""
    ndim = input._array.ndim
    if ndim == 0:
        warnings.warn("Tensor.T is deprecated on 0-D tensors. This function is the identity in "
                      "these cases.", UserWarning, stacklevel=2)  # fmt: skip
    elif ndim != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
            "deprecated and it will throw an error in a future release. Consider `x.mT` to "
            "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to "
            "reverse the dimensions of a tensor.", UserWarning, stacklevel=2)  # fmt: skip
    return permute_primitive.quick(input, tuple(range(ndim - 1, -1, -1)))


def matrix_t(input):
    """`x.mT`: each matrix transposed, the last two dimensions being those of matrices."""
    if input._array.ndim == 1:
        raise RuntimeError("tensor.mT is only supported on matrices or batches of matrices. Got "
                           "1-D tensor.")  # fmt: skip
    if input._array.ndim == 0:
        warnings.warn("Tensor.mT is deprecated on 0-D tensors. This function is the identity in "
                      "these cases.", UserWarning, stacklevel=2)  # fmt: skip
        return input
    return transpose_primitive.quick(input, (-2, -1))


def movedim(input, source, destination):
    """The dimensions `source` moved to the places `destination`, the others kept in order.

    >>> import minitorch
    >>> minitorch.zeros(2, 3, 4).movedim(0, -1).shape
    torch.Size([3, 4, 2])
    """
    ndim, moved = input._array.ndim, []
    if isinstance(source, int) != isinstance(destination, int):
        raise errors.combination("movedim", (input, source, destination), (
            "Tensor input, int source, int destination",
            "Tensor input, tuple of ints source, tuple of ints destination"))  # fmt: skip
    for name, dims in (("source", source), ("destination", destination)):
        dims = (dims,) if isinstance(dims, int) else tuple(dims)
        axes = [errors.wrap_dim(d, ndim) for d in dims]
        if len(set(axes)) < len(axes):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({errors.sizes(dims)})")
        moved.append(axes)
    if len(moved[0]) != len(moved[1]):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({errors.sizes(source)} dims) should contain the same number of dims as destination "
            f"({errors.sizes(destination)} dims)"
        )
    if not ndim:
        return alias(input)
    order = [axis for axis in range(ndim) if axis not in moved[0]]
    for place, axis in sorted(zip(moved[1], moved[0])):
        order.insert(place, axis)
    return permute_primitive.quick(input, tuple(order))


# ---- dimensions of size 1 ----------------------------------------------------------------------


def _squeezing(number):
    return Primitive("squeeze", lambda x, axes: x.squeeze(axes), inputs="input", view=True,
                     node=f"SqueezeBackward{number}", input=_shape_back)  # fmt: skip


squeeze_all, squeeze_dim, squeeze_dims = _squeezing(0), _squeezing(1), _squeezing(2)
unsqueeze_primitive = Primitive("unsqueeze", lambda x, where: x[where], inputs="input", view=True,
                                input=_shape_back)  # fmt: skip


def unsqueeze(input, dim: int):
    """A new dimension of size 1 at `dim`.

    >>> import minitorch
    >>> minitorch.zeros(3).unsqueeze(1).shape
    torch.Size([3, 1])
    """
    axis = errors.wrap_dim(dim, input._array.ndim + 1)
    return unsqueeze_primitive.quick(input, (slice(None),) * axis + (None,))


def squeeze(input, dim=None):
    """Without the dimensions of size 1, all of them or those named by `dim`.

    >>> import minitorch
    >>> minitorch.zeros(1, 3, 1).squeeze().shape
    torch.Size([3])
    """
    shape = input._array.shape
    if dim is None:
        return squeeze_all.quick(input, tuple([i for i, n in enumerate(shape) if n == 1]))
    if isinstance(dim, int):
        axis = errors.wrap_dim(dim, len(shape))
        return squeeze_dim.quick(input, (axis,) if shape and shape[axis] == 1 else ())
    if not isinstance(dim, (tuple, list)):
        raise errors.combination("squeeze", (input, dim), (
            "Tensor input", "Tensor input, int dim",
            "Tensor input, tuple of ints dim"))  # fmt: skip
    axes = axes_of(dim, len(shape))
    return squeeze_dims.quick(input, tuple([i for i in axes if shape[i] == 1]))


# ---- seen as larger ----------------------------------------------------------------------------


def _expanded(x, shape):
    """`x` with a stride of 0 where a dimension is new or grows; not writable where one grows."""
    lead = len(shape) - x.ndim
    if lead and (lead < 0 or min(shape[:lead]) < 0):
        raise ValueError("too few dimensions, or new ones of unknown size")
    strides, shape = [0] * lead + [*x.strides], [*shape]
    for i, n in enumerate(x.shape, lead):
        if shape[i] == -1:
            shape[i] = n
        elif shape[i] != n:
            if n != 1 or shape[i] < 0:
                raise ValueError("sizes do not match")
            strides[i] = 0
    seen = strided(x, shape, strides)
    if seen.size > x.size and isinstance(seen, np.ndarray):
        seen.setflags(write=False)
    return seen


def _explain_expand(arrays, keywords):
    (x,), shape = arrays, keywords["shape"]
    lead = len(shape) - x.ndim
    if not x.ndim:
        return RuntimeError("numel: integer multiplication overflow")
    if lead < 0:
        return RuntimeError(
            f"expand(torch.{errors.scalar_name(x)}Tensor{{{errors.sizes(x.shape)}}}, "
            f"size={errors.sizes(shape)}): the number of sizes provided ({len(shape)}) must be "
            f"greater or equal to the number of dimensions in the tensor ({x.ndim})"
        )
    for i in range(len(shape) - 1, -1, -1):
        if i >= lead and x.shape[i - lead] not in (1, shape[i]) and shape[i] != -1:
            return RuntimeError(
                f"The expanded size of the tensor ({shape[i]}) must match the existing size "
                f"({x.shape[i - lead]}) at non-singleton dimension {i}.  Target sizes: "
                f"{errors.sizes(shape)}.  Tensor sizes: {errors.sizes(x.shape)}"
            )
        if i < lead and shape[i] < 0:
            return RuntimeError(f"The expanded size of the tensor ({shape[i]}) isn't allowed in a "
                                f"leading, non-existing dimension {i}")  # fmt: skip
    return None


expand_primitive = Primitive("expand", _expanded, inputs="input", view=True,
                             explain=_explain_expand, input=lambda g: g)  # fmt: skip


def expand(input, *sizes, size=None, implicit=False):
    """Dimensions of size 1 seen as larger ones, without copying; -1 keeps a size.

    >>> import minitorch
    >>> minitorch.zeros(2, 1).expand(-1, 3).shape
    torch.Size([2, 3])
    """
    return expand_primitive.quick(input, ints("expand", "size", sizes, size))


def expand_as(input, other: Tensor):
    """`input.expand(other.shape)`."""
    return expand_primitive.quick(input, other._array.shape)
