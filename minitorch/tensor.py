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
from .modes import modes, recording_mode
from .nested import supported, to_array

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

    def __radd__(self, other):
        return Size(other + tuple(self))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


class View:
    """How a view is taken from its base: `recipe` is a tuple of
    (primitive, keywords, which of several results or None).

    `version` is the base's when the history of the view was last right. `origin` is None, or why
    writing to it cannot be recorded: "no_grad", "inference", "multi" or "custom".
    """

    __slots__ = ("base", "recipe", "version", "origin")
    retake = None  # set by ops/inplace.py: (base, recipe) -> the view again, as one operation

    def __init__(self, base, recipe, version, origin):
        self.base, self.recipe, self.version, self.origin = base, recipe, version, origin


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

    def __new__(cls, *data, size=None, device=None):
        """The old constructor: sizes give an uninitialised float tensor, a sequence its values."""
        kind = dtypes.get_default_dtype()._numpy
        source = data[0] if len(data) == 1 else data if size is None else Size(size)
        if isinstance(source, Tensor):
            return cls._make_subclass(cls, source)
        if source is data or isinstance(source, (Size, int, np.integer)):
            shape = source if isinstance(source, tuple) else (source,)
            return fill_in(object.__new__(cls), np.empty(shape or (0,), kind))
        if isinstance(source, float):
            raise TypeError("new(): data must be a sequence (got float)")
        return fill_in(object.__new__(cls), to_array(source, kind))

    @staticmethod
    def _make_subclass(cls, data, require_grad=False):
        """A `cls` that shares the numbers and version of `data`, without its history."""
        t = fill_in(object.__new__(cls), data._array)
        t._counter = data._counter
        if require_grad:
            wanting_grad(t)
        return t

    def _bump(self):
        """Note that the numbers were changed in place: saved copies of them are now stale."""
        if self._counter is not None:
            self._counter[0] += 1
        elif modes.grad is not None:
            raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not "
                               "allowed.You can make a clone to get a normal tensor before doing "
                               "inplace update.See https://github.com/pytorch/rfcs/pull/17 for "
                               "more details.")  # fmt: skip

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def shape(self):
        return Size(self._array.shape)

    @property
    def dtype(self):
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self):
        return devices.of(self._array)

    is_cpu = property(lambda self: self.device.type == "cpu")
    is_cuda = property(lambda self: self.device.type == "cuda")
    is_meta = property(lambda self: self.device.type == "meta")

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

    def get_device(self):
        """The index of the GPU; -1 for a tensor on another device."""
        return self.device.index if self.is_cuda else -1

    def element_size(self):
        """The bytes of one element."""
        return self._array.itemsize

    def stride(self, dim=None):
        """How many elements apart neighbours lie, along each dimension or one."""
        array = self._array
        steps = [s // array.itemsize for s in array.strides]
        for i in range(array.ndim - 1, -1, -1):
            if array.shape[i] == 1 and steps[i] == 0:  # a new dimension: NumPy has no opinion
                steps[i] = steps[i + 1] * max(array.shape[i + 1], 1) if i + 1 < array.ndim else 1
        steps = tuple(steps)
        return steps if dim is None else steps[errors.wrap_dim(dim, len(steps))]

    def data_ptr(self):
        """The address of the first element."""
        array = self._array
        return array.ctypes.data if self.is_cpu else array.data.ptr if self.is_cuda else 0

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

    is_sparse = is_quantized = is_mkldnn = is_nested = False
    layout = "torch.strided"

    # ---- how it was made -----------------------------------------------------------------------

    @property
    def requires_grad(self):
        return self._requires_grad or (self._view is not None and self._view.base._requires_grad)

    @requires_grad.setter
    def requires_grad(self, flag):
        if not isinstance(flag, bool):
            raise RuntimeError("requires_grad must be a bool")
        if not self.is_leaf:
            hint = (" If you want to use a computed variable in a subgraph that doesn't require "
                    "differentiation use var_no_grad = var.detach().")  # fmt: skip
            raise RuntimeError("you can only change requires_grad flags of leaf variables."
                               + ("" if flag else hint))  # fmt: skip
        if flag and self._array.dtype.kind != "f":
            raise RuntimeError("only Tensors of floating point and complex dtype can require "
                               "gradients")  # fmt: skip
        if flag and self._counter is None and modes.grad is not None:
            raise RuntimeError(_INFERENCE_GRAD)
        self._requires_grad = flag

    def requires_grad_(self, requires_grad=True):
        """Ask for gradients of this leaf (or not), in place; returns the tensor itself."""
        if not isinstance(requires_grad, bool):
            raise TypeError("requires_grad_(): argument 'requires_grad' (position 1) must be bool, "
                            f"not {type(requires_grad).__name__}")  # fmt: skip
        if requires_grad and self._array.dtype.kind != "f":
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if not requires_grad or self.is_leaf:
            self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self):
        if self._view is not None:
            self._refresh()
        node = self._node
        return getattr(node, "parent", node)  # of an operation with several results, the one node

    @property
    def output_nr(self):
        return getattr(self._node, "index", 0)

    @property
    def is_leaf(self):
        return self._node is None and self.grad_fn is None

    def _is_view(self):
        return self._view is not None

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
        hooks = None if self._node is None else self._node.hooks
        return hooks is not None and hooks.retains(self)

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
        t = wrap(self._array)
        t._counter = None if self._counter is None else [0]
        return t

    @data.setter
    def data(self, new):
        if not isinstance(new, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(new).__name__}")
        if new.is_meta is not self.is_meta:
            raise RuntimeError("Attempted to call `variable.set_data(tensor)`, but `variable` and "
                               "`tensor` have incompatible tensor type.")  # fmt: skip
        if self._requires_grad and new._array.dtype.kind != "f":
            raise RuntimeError("data set to a tensor that requires gradients must be floating "
                               "point or complex dtype")  # fmt: skip
        self._array = new._array

    def _wants_grad(self):
        """`requires_grad`, with the history of a view brought up to date first."""
        if self._view is not None:
            self._refresh()
        return self.requires_grad

    def _refresh(self):
        """If the base of this view was written to, take its new history from there."""
        view, version = self._view, self._counter[0]
        if view.version == version or (self._node is None and not view.base._requires_grad):
            return
        if view.origin is not None:
            raise errors.view_written(view.origin, self._node and self._node.name(),
                                      self.output_nr, indirect=True)  # fmt: skip
        base = view.base
        if not base._requires_grad:  # detached since: as in torch, gradients get lost from here on
            base = wanting_grad(wrap(base._array))
        view.version, before, modes.grad = version, modes.grad, True
        try:
            self._take_history(view.retake(base, view.recipe))
        finally:
            modes.grad = before

    def _take_history(self, result):
        """Take the place in the graph that `result` has."""
        old, self._node, self._requires_grad = self._node, result._node, result._requires_grad
        if old is not None and old.hooks is not None:
            old.hooks.follow(self)

    # ---- plain Python and NumPy ----------------------------------------------------------------

    def item(self):
        """The value of a one-element tensor as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted "
                               "to Scalar")  # fmt: skip
        if self.is_meta:
            raise RuntimeError("Tensor.item() cannot be called on meta tensors")
        return self._array.item()

    def tolist(self):
        """The values as nested lists of Python numbers (a number for a 0-d tensor)."""
        return devices.moved(self._array, devices.cpu).tolist()

    def numpy(self, *, force=False):
        """The numbers as an ndarray that shares memory with the tensor."""
        if force:
            return devices.moved(self._array, devices.cpu)
        if modes.grad and self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. "
                               "Use tensor.detach().numpy() instead.")  # fmt: skip
        if not self.is_cpu:
            raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use "
                            "Tensor.cpu() to copy the tensor to host memory first.")  # fmt: skip
        return self._array

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None and not copy else np.array(array, dtype, copy=copy)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        """What NumPy's functions make of a tensor is one again; torch has uint8 here for bool."""
        return wrap(array.astype(np.uint8) if array.dtype == bool else array)

    def __len__(self):
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __bool__(self):
        if self._array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {_no_or_more(self)} is ambiguous"
            )
        return bool(self.item())

    def __int__(self):
        return int(errors.one_element(self))

    def __float__(self):
        return float(errors.one_element(self))

    def __index__(self):
        if self._array.size != 1 or self._array.dtype.kind == "f":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

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

    def __reduce_ex__(self, protocol):
        return _rebuilt, (self._array, self.requires_grad, self.__dict__)

    def __dlpack__(self, **options):
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        if self.is_meta:
            raise BufferError("Cannot pack tensors on meta")
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()

    def storage_offset(self):
        """How many elements of its memory come before the first of this tensor."""
        owner = self._array
        if not self.is_cpu:
            base = owner.base if self.is_cuda else None
            return 0 if base is None else (owner.data.ptr - base.data.ptr) // owner.itemsize
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        start, first = (a.__array_interface__["data"][0] for a in (owner, self._array))
        return (first - start) // self._array.itemsize

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
    "refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
)
_INFERENCE_GRAD = (
    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
)
_NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
    "attribute won't be populated during autograd.backward(). If you indeed want the .grad field "
    "to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you "
    "access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
    "github.com/pytorch/pytorch/pull/30531 for more information."
)


def check_grad(t, value):
    """An error in torch's words if `value` cannot be the gradient of `t`."""
    if not isinstance(value, Tensor):
        raise TypeError("assigned grad expected to be a Tensor or None but got grad of type "
                        f"{type(value).__name__}")  # fmt: skip
    if value is t:
        raise RuntimeError("can't assign Variable as its own grad")
    if value._array.dtype != t._array.dtype:
        raise RuntimeError(
            "attempting to assign a gradient with dtype "
            f"'{errors.SPOKEN_NAME[value._array.dtype.name]}' to a tensor with grad_dtype "
            f"'{errors.scalar_name(t._array)}'. The gradient must "
            "match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the "
            "tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
            "grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break "
            "downstream systems that assume they match."
        )
    if value.device != t.device:
        raise RuntimeError("attempting to assign a gradient with device type "
                           f"'{value.device.type}' to a tensor with device type '{t.device.type}'. "
                           "Please ensure that the gradient and the tensor are on the same "
                           "device")  # fmt: skip
    if value._array.shape != t._array.shape:
        raise RuntimeError(f"attempting to assign a gradient of size '{errors.sizes(value.shape)}' "
                           f"to a tensor of size '{errors.sizes(t.shape)}'. Please ensure that the "
                           "gradient and the tensor are the same size")  # fmt: skip


# ---- making one --------------------------------------------------------------------------------


def fill_in(t, array):
    """The fields of a tensor without history, around `array`."""
    t._array = array
    t._requires_grad = False
    t._grad = t._node = t._view = t._hooks = None
    t._counter = None if recording_mode() is None else [0]
    return t


def _rebuilt(array, requires_grad, attributes):
    """What unpickling makes of a tensor: a leaf with the same numbers."""
    t = wrap(array)
    t._requires_grad = requires_grad
    t.__dict__.update(attributes)
    return t


def wrap(array):
    """A tensor without history around `array` (a NumPy scalar becomes a 0-d array)."""
    array = array if isinstance(array, np.ndarray) else devices.as_array(array)
    return fill_in(object.__new__(Tensor), array)


def wanting_grad(t):
    """A tensor that is being made with `requires_grad=True`."""
    if t._array.dtype.kind != "f":
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    if t._counter is None and modes.grad is not None:
        raise RuntimeError(_INFERENCE_GRAD)
    t._requires_grad = True
    return t


def is_tensor(obj, /):
    """Whether `obj` is a tensor.

    >>> import minitorch
    >>> minitorch.is_tensor(minitorch.zeros(1)), minitorch.is_tensor([0.])
    (True, False)
    """
    return isinstance(obj, Tensor)


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A new leaf tensor with a copy of `data`: a number, nested sequences, an array or a tensor.

    Python floats become the default dtype, ints int64, bools bool; arrays keep their dtype.

    >>> import minitorch
    >>> minitorch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return _copy_of(data, "torch.tensor", dtype, device, requires_grad)


def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None,
               pin_memory=False):  # fmt: skip
    """A new leaf tensor with a copy of `data`, of the dtype and on the device of this tensor.

    >>> import minitorch
    >>> minitorch.zeros(2).new_tensor([1, 2])
    tensor([1., 2.])
    """
    dtype = self.dtype if dtype is None else dtype
    device = self.device if device is None else device
    return _copy_of(data, "tensor.new_tensor", dtype, device, requires_grad)


Tensor.new_tensor = new_tensor


def _copy_of(data, call, dtype, device, requires_grad):
    name = call.partition(".")[2]
    if not isinstance(requires_grad, bool):
        raise TypeError(f"{name}(): argument 'requires_grad' must be bool, not "
                        f"{errors.shown(requires_grad)}")  # fmt: skip
    where = devices.check(device)
    kind = None if dtype is None else dtypes.as_dtype(dtype, name)._numpy
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or sourceTensor.detach().clone().requires_grad_(True), "
            f"rather than {call}(sourceTensor).", UserWarning, stacklevel=3)  # fmt: skip
        where = data.device if device is None else where
        array = data._array.astype(kind or data._array.dtype)
    else:
        array = to_array(data, kind)
    t = wrap(devices.moved(array, where))
    return wanting_grad(t) if requires_grad else t


def as_tensor(data, dtype=None, device=None):
    """`data` as a tensor, sharing its memory where it can.

    >>> import minitorch
    >>> t = minitorch.ones(2)
    >>> minitorch.as_tensor(t) is t
    True
    """
    default = devices.check(device)
    dtype = None if dtype is None else dtypes.as_dtype(dtype, "as_tensor")
    if isinstance(data, (Tensor, np.ndarray)):
        shared = data if isinstance(data, Tensor) else from_numpy(data)
        where = None if device is None and default is devices.cpu else default
        return shared.to(where, dtype)
    return wrap(devices.moved(to_array(data, dtype and dtype._numpy), default))


def from_numpy(ndarray, /):
    """A tensor that shares memory with the array.

    >>> import minitorch, numpy
    >>> a = numpy.zeros(2)
    >>> t = minitorch.from_numpy(a); a[0] = 5; t
    tensor([5., 0.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {errors.shown(ndarray)})")
    if not ndarray.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable "
            "tensors. This means writing to this tensor will result in undefined behavior. You may "
            "want to copy the array to protect its data or make it writable before converting it "
            "to a tensor. This type of warning will be suppressed for the rest of this program.",
            UserWarning, stacklevel=2)  # fmt: skip
    return wrap(supported(ndarray))
