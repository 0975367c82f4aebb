"""Tensor: an array, and how it was made.

Floor 1. This file holds the fields of a tensor and what can be said of them; there is no
mathematics here. Operations are made by `primitive.py`, defined in `ops/` and attached to this
class by `methods.py`. Below the public face a tensor's numbers are `t._array`, always an ndarray
(0-d included), never a NumPy scalar.
"""

import copy
import warnings

import numpy as np

from . import devices, dtypes, errors
from .modes import modes

__all__ = ["Size", "Tensor", "as_tensor", "from_numpy", "is_tensor", "tensor", "wrap"]


class Size(tuple):
    """The shape of a tensor: a tuple that prints its name.

    >>> import minitorch
    >>> minitorch.zeros(2, 3).shape
    torch.Size([2, 3])
    """

    __slots__ = ()

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    def numel(self):
        """The number of elements of a tensor of this shape."""
        count = 1
        for n in self:
            count *= n
        return count

    def __getitem__(self, i):
        part = tuple.__getitem__(self, i)
        return Size(part) if isinstance(i, slice) else part

    def __add__(self, other):
        return Size(tuple.__add__(self, other))

    def __reduce__(self):
        return Size, (tuple(self),)


class View:
    """How a view is taken from its base: `recipe` is a tuple of
    (primitive, keywords, which of several results or None)."""

    __slots__ = ("base", "recipe", "version", "recorded")

    def __init__(self, base, recipe, version, recorded):
        self.base, self.recipe, self.version, self.recorded = base, recipe, version, recorded


# ---- the class ---------------------------------------------------------------------------------


class Tensor:
    """An n-dimensional array that remembers the operations on it.

    Made by `minitorch.tensor` and its like, or by an operation. `requires_grad` asks for its
    gradient; after `backward()` the gradient of a leaf is in `grad`.

    >>> import minitorch
    >>> x = minitorch.tensor([1., 2.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "_array",  # the numbers: an ndarray
        "_requires_grad",
        "_grad",  # None or a Tensor
        "_node",  # the operation that made it; None for a leaf
        "_counter",  # [version], one list shared by all views; None for an inference tensor
        "_view",  # None or a View: base and recipe
        "_hooks",  # None or the hooks of a leaf
        "__dict__",
        "__weakref__",
    )

    __array_priority__ = 1000  # ndarray + tensor asks the tensor

    def __new__(cls, *data, dtype=None, device=None):
        """The old constructor: sizes give an uninitialised float tensor, a sequence its values."""
        if len(data) == 1 and not isinstance(data[0], int):
            source = data[0]
            if isinstance(source, Tensor):
                source = source._array
            return fill_in(object.__new__(cls), _to_array(source, dtypes.get_default_dtype()))
        sizes = data or (0,)
        return fill_in(object.__new__(cls), np.empty(sizes, dtypes.get_default_dtype()._numpy))

    @staticmethod
    def _make_subclass(cls, data, require_grad=False):
        """A `cls` that shares the numbers and version of `data`, without its history."""
        t = fill_in(object.__new__(cls), data._array)
        t._counter = data._counter
        t._requires_grad = bool(require_grad)
        return t

    def _bump(self):
        """Note that the numbers were changed in place: saved copies of them are now stale."""
        if self._counter is not None:
            self._counter[0] += 1

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def shape(self):
        return Size(self._array.shape)

    @property
    def dtype(self):
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self):
        return devices.cpu

    @property
    def ndim(self):
        return self._array.ndim

    @property
    def itemsize(self):
        return self._array.itemsize

    @property
    def nbytes(self):
        return self._array.nbytes

    @property
    def _version(self):
        if self._counter is None:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._counter[0]

    @property
    def _base(self):
        return None if self._view is None else self._view.base

    def dim(self):
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        shape = self._array.shape
        return Size(shape) if dim is None else shape[errors.wrap_dim(dim, len(shape))]

    def numel(self):
        """The number of elements."""
        return self._array.size

    nelement = numel

    def element_size(self):
        """The bytes of one element."""
        return self._array.itemsize

    def stride(self, dim=None):
        """How many elements apart neighbours lie, along each dimension or one."""
        steps = tuple(s // self._array.itemsize for s in self._array.strides)
        return steps if dim is None else steps[errors.wrap_dim(dim, len(steps))]

    def data_ptr(self):
        """The address of the first element."""
        return self._array.ctypes.data

    def is_contiguous(self, memory_format=None):
        """Whether the elements lie in memory in the order of their indices."""
        return self._array.flags.c_contiguous

    def is_floating_point(self):
        """Whether the dtype is a float."""
        return self._array.dtype.kind == "f"

    def is_complex(self):
        """Whether the dtype is complex: never, here."""
        return False

    def is_signed(self):
        """Whether the dtype has negative numbers."""
        return self._array.dtype.kind in "fi"

    def is_inference(self):
        """Whether the tensor was made in inference mode."""
        return self._counter is None

    is_cuda = is_meta = is_sparse = is_quantized = is_mkldnn = is_nested = False
    is_cpu = True
    layout = "torch.strided"

    # ---- how it was made -----------------------------------------------------------------------

    @property
    def requires_grad(self):
        return self._requires_grad if self._view is None else self._refreshed()._requires_grad

    @requires_grad.setter
    def requires_grad(self, flag):
        if self._node is not None and not flag:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if flag:
            check_differentiable(self._array.dtype)
            if self._counter is None and modes.grad is not None:
                raise RuntimeError("Setting requires_grad=True on inference tensor outside "
                                   "InferenceMode is not allowed.")  # fmt: skip
        self._requires_grad = bool(flag)

    def requires_grad_(self, requires_grad=True):
        """Ask for gradients of this leaf (or not), in place; returns the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self):
        return self._node if self._view is None else self._refreshed()._node

    @property
    def is_leaf(self):
        return self.grad_fn is None

    @property
    def grad(self):
        if self._grad is None and self._node is not None and not self.retains_grad:
            warnings.warn(_NON_LEAF_GRAD, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is not None:
            check_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self):
        self._grad = None

    @property
    def retains_grad(self):
        return self._node is not None and self._node.retains(self)

    def detach(self):
        """The same numbers, in the same memory, without history."""
        t = wrap(self._array)
        t._counter = self._counter
        return t

    def detach_(self):
        """Forget the history of this tensor, in place; returns it."""
        if self._view is not None:
            raise RuntimeError(_DETACH_VIEW)
        self._node, self._requires_grad = None, False
        return self

    @property
    def data(self):
        """The same numbers without history; writing through it is not noticed by autograd."""
        return wrap(self._array)

    @data.setter
    def data(self, new):
        if not isinstance(new, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(new).__name__}")
        self._array = new._array

    def _refreshed(self):
        """This view, its history brought up to date if its base was written to since."""
        view = self._view
        if view.version != self._counter[0] and view.recorded:
            view.version = self._counter[0]
            base = view.base
            if base._requires_grad and base._node is not None:
                again, saved = base, modes.grad
                modes.grad = True
                try:
                    for primitive, keywords, index in view.recipe:
                        again = primitive(again, **keywords)
                        again = again if index is None else again[index]
                finally:
                    modes.grad = saved
                self._node, self._requires_grad = again._node, True
        return self

    # ---- plain Python and NumPy ----------------------------------------------------------------

    def item(self):
        """The value of a one-element tensor as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted "
                               "to Scalar")  # fmt: skip
        return self._array.item()

    def tolist(self):
        """The values as nested lists of Python numbers (a number for a 0-d tensor)."""
        return self._array.tolist()

    def numpy(self, *, force=False):
        """The numbers as an ndarray that shares memory with the tensor."""
        if force:
            return self._array
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. "
                               "Use tensor.detach().numpy() instead.")  # fmt: skip
        return self._array

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None and not copy else np.array(array, dtype, copy=copy)

    def __len__(self):
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __bool__(self):
        if self._array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {_no_or_more(self)} is ambiguous"
            )
        return bool(self._array.item())

    def __int__(self):
        return int(self.item())

    def __float__(self):
        return float(self.item())

    def __index__(self):
        if self._array.size != 1 or self._array.dtype.kind == "f":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __contains__(self, element):
        return bool((self._array == getattr(element, "_array", element)).any())

    __hash__ = object.__hash__

    def __deepcopy__(self, memo):
        if self.grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
                "because of a torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            return memo[id(self)]
        t = memo[id(self)] = fill_in(object.__new__(type(self)), self._array.copy(order="K"))
        t._requires_grad = self._requires_grad
        t._grad = None if self._grad is None else self._grad.__deepcopy__(memo)
        t.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return t

    def __reversed__(self):
        return self.flip(0) if self._array.ndim else self

    def __dir__(self):
        return sorted(set(object.__dir__(self)) - {"__dict__", "__weakref__"})


def _no_or_more(t):
    return "no values" if t._array.size == 0 else "more than one value"


_DETACH_VIEW = (
    "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel "
    "(DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of DDP "
    "buckets, and hence detach_() cannot be called on these gradients. To fix this error, please "
    "refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as a solution."
)
_NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
    "attribute won't be populated during autograd.backward(). If you indeed want the .grad field "
    "to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you "
    "access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
    "github.com/pytorch/pytorch/pull/30531 for more informations."
)


def check_differentiable(numpy_dtype):
    """An error in torch's words if numbers of this dtype can have no gradient."""
    if numpy_dtype.kind != "f":
        raise RuntimeError("only Tensors of floating point dtype can require gradients")


def check_grad(t, value):
    """An error in torch's words if `value` cannot be the gradient of `t`."""
    if not isinstance(value, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
    if value is t:
        raise RuntimeError("can't assign Variable as its own grad")
    if value._array.dtype != t._array.dtype:
        raise RuntimeError(f"assigned grad has data of a different type")
    if value._array.shape != t._array.shape:
        raise RuntimeError("assigned grad has data of a different size")


# ---- making one --------------------------------------------------------------------------------


def fill_in(t, array):
    """The fields of a tensor without history, around `array`."""
    t._array = array
    t._requires_grad = False
    t._grad = t._node = t._view = t._hooks = None
    t._counter = None if modes.grad is None else [0]
    return t


def wrap(array):
    """A tensor without history around `array` (a NumPy scalar becomes a 0-d array)."""
    return fill_in(object.__new__(Tensor), array if isinstance(array, np.ndarray) else np.asarray(array))


def is_tensor(obj, /):
    """Whether `obj` is a tensor.

    >>> import minitorch
    >>> minitorch.is_tensor(minitorch.zeros(1)), minitorch.is_tensor([0.])
    (True, False)
    """
    return isinstance(obj, Tensor)


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A new leaf tensor with a copy of `data`: a number, nested sequences, an array or a tensor.

    Python floats become the default dtype, ints int64, bools bool.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    devices.check(device)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() "
            "or sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).", UserWarning, stacklevel=2)  # fmt: skip
        data = data._array
    t = wrap(_to_array(data, dtype))
    if requires_grad:
        t.requires_grad = True
    return t


def as_tensor(data, dtype=None, device=None):
    """`data` as a tensor, sharing its memory where it can.

    >>> import minitorch
    >>> t = minitorch.ones(2)
    >>> minitorch.as_tensor(t) is t
    True
    """
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype is dtype else data.to(dtype)
    if isinstance(data, np.ndarray):
        shared = from_numpy(data)
        return shared if dtype is None else shared.to(dtype)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray, /):
    """A tensor that shares memory with the array.

    >>> import minitorch, numpy
    >>> a = numpy.zeros(2)
    >>> t = minitorch.from_numpy(a); a[0] = 5; t
    tensor([5., 0.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if not ndarray.dtype.isnative:
        raise ValueError("given numpy array has byte order different from the native byte order. "
                         "Conversion between byte orders is currently not supported.")  # fmt: skip
    dtypes.from_numpy(ndarray.dtype)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    return wrap(ndarray)


def _to_array(data, dtype):
    """A fresh array of `data` with the dtype that torch would infer, or the one asked for."""
    if isinstance(data, (np.ndarray, np.generic)):
        dtypes.from_numpy(data.dtype)
        return np.array(data, dtype and dtype._numpy, order="C")
    plain = _nested(data)
    try:
        array = np.array(plain)
    except ValueError:
        raise errors.ragged(plain) from None
    except OverflowError:
        array = np.array(plain, object)
    if array.dtype.kind in "OUSV":
        raise errors.not_numbers(data, array)
    if dtype is not None:
        return _cast_checked(array, dtype)
    if array.dtype.kind == "f" and not _holds_numpy(data) or array.size == 0:
        return array.astype(dtypes.get_default_dtype()._numpy)
    dtypes.from_numpy(array.dtype)
    return array


def _nested(data):
    """`data` with the tensors inside it turned into Python numbers."""
    if isinstance(data, Tensor):
        return errors.one_element(data._array)
    if isinstance(data, (list, tuple, range)):
        return [_nested(part) for part in data] if _holds_tensor(data) else data
    return data


def _holds_tensor(data):
    return any(isinstance(part, (Tensor, list, tuple)) for part in data)


def _holds_numpy(data):
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


def _cast_checked(array, dtype):
    """`array` cast to `dtype`; an error for a number that an integer dtype cannot hold."""
    if array.dtype.kind != "b" and dtype._numpy.kind in "iu" and array.size:
        limits = np.iinfo(dtype._numpy)
        low = -limits.max - 1 if dtype._numpy.kind == "u" else limits.min
        if not (low <= array.min() and array.max() <= limits.max):
            raise RuntimeError(f"value cannot be converted to type {dtype._name} without overflow")
    return array.astype(dtype._numpy)
