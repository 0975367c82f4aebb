"""One table: every operation as a Tensor method, operator and in-place form.

Floor 3. Importing this file completes the class `Tensor`.
"""

import numpy as np

from . import devices, dtypes, errors, printing
from .autograd.engine import backward
from .modes import modes
from .ops import creation, elementwise, indexing, inplace, products, reductions, shapes
from .primitive import Primitive
from .tensor import Size, Tensor, wrap

# ---- operators ---------------------------------------------------------------------------------


def _operator(function):
    """A plain function as an operator: NotImplemented for an operand it does not take."""

    def operator(self, other):
        if isinstance(other, np.ndarray):
            other = wrap(other)
        elif not isinstance(other, (Tensor, int, float, np.number, np.bool_)):
            return NotImplemented
        return function(self, other)

    return operator


def _reflected(function):
    """An operator for a number on the left, or NotImplemented."""

    def operator(self, other):
        if not isinstance(other, (int, float, np.number, np.bool_)):
            return NotImplemented
        return function(self, other)

    return operator


_OPERATORS = {
    "add": elementwise.add, "sub": elementwise.sub, "mul": elementwise.mul,
    "truediv": elementwise.div, "eq": elementwise.eq, "ne": elementwise.ne, "lt": elementwise.lt,
    "le": elementwise.le, "gt": elementwise.gt, "ge": elementwise.ge,
    "and": elementwise.bitwise_and, "or": elementwise.bitwise_or, "xor": elementwise.bitwise_xor,
}  # fmt: skip

for name, primitive in _OPERATORS.items():
    setattr(Tensor, f"__{name}__", primitive.operator)

Tensor.__radd__ = Tensor.__add__
Tensor.__rmul__ = Tensor.__mul__
Tensor.__rsub__ = _reflected(elementwise.rsub.function)
Tensor.__rtruediv__ = _reflected(elementwise.rdiv)
Tensor.__pow__ = _operator(elementwise.pow)
Tensor.__rpow__ = _reflected(elementwise.rpow)
Tensor.__neg__ = lambda self: elementwise.neg.function(self)
Tensor.__pos__ = lambda self: self
Tensor.__abs__ = lambda self: elementwise.abs.function(self)
Tensor.__invert__ = lambda self: elementwise.bitwise_not.function(self)
Tensor.__hash__ = object.__hash__  # defining __eq__ took it away


def _matmul(self, other):
    return products.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


Tensor.__matmul__ = _matmul
Tensor.__getitem__ = indexing.getitem
Tensor.__setitem__ = inplace.setitem


def _iterate(self):
    if self._array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return (self[i] for i in range(len(self)))


Tensor.__iter__ = _iterate

# ---- methods -----------------------------------------------------------------------------------

_METHODS = [
    creation.clone,
    elementwise.add, elementwise.sub, elementwise.mul, elementwise.div, elementwise.neg,
    elementwise.reciprocal, elementwise.abs, elementwise.sign, elementwise.pow, elementwise.exp,
    elementwise.log, elementwise.sqrt, elementwise.tanh, elementwise.sigmoid, elementwise.relu,
    elementwise.eq, elementwise.ne, elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge,
    products.matmul, reductions.sum, reductions.mean, reductions.argmax, reductions.argmin,
    reductions.log_softmax, shapes.reshape, shapes.view, shapes.flatten, shapes.transpose,
    shapes.t, shapes.permute, shapes.expand, shapes.unsqueeze, shapes.squeeze,
]  # fmt: skip
_IN_PLACE = {"add", "sub", "mul", "div", "neg", "reciprocal", "abs", "sign", "pow", "exp", "log",
             "sqrt", "tanh", "sigmoid", "relu"}  # fmt: skip
_ASSIGNED = {"iadd": "add", "isub": "sub", "imul": "mul", "itruediv": "div", "ipow": "pow"}


def public(operation):
    """A primitive or a function under its public name, as (name, function)."""
    if isinstance(operation, Primitive):
        function = operation.function
        function.__name__ = function.__qualname__ = operation.name
        function.primitive = operation
        return operation.name, function
    return operation.__name__, operation


for operation in _METHODS:
    name, function = public(operation)
    setattr(Tensor, name, function)
    if name in _IN_PLACE:
        setattr(Tensor, f"{name}_", inplace.inplace(operation, f"{name}_"))

for operator, name in _ASSIGNED.items():
    setattr(Tensor, f"__{operator}__", getattr(Tensor, f"{name}_"))

for function in (inplace.copy_, inplace.fill_, inplace.zero_):
    setattr(Tensor, function.__name__, function)


# ---- what is said of a tensor ------------------------------------------------------------------


def method(function):
    """Attach a function of this file to Tensor, under its own name."""
    setattr(Tensor, function.__name__, function)
    return function


@method
def __repr__(self, *, tensor_contents=None):
    return printing.tensor_str(self, tensor_contents=tensor_contents)


@method
def __format__(self, spec):
    return format(self.item(), spec) if self._array.ndim == 0 and spec else object.__format__(self, spec)


@method
def dim(self):
    """The number of dimensions."""
    return self._array.ndim


@method
def size(self, dim=None):
    """The shape, or the size of one dimension."""
    if dim is None:
        return Size(self._array.shape)
    return self._array.shape[errors.wrap_dim(dim, self._array.ndim)]


@method
def numel(self):
    """The number of elements."""
    return self._array.size


@method
def element_size(self):
    """The bytes of one element."""
    return self._array.itemsize


@method
def stride(self, dim=None):
    """How many elements apart neighbours lie, along each dimension or one."""
    steps = tuple(s // self._array.itemsize for s in self._array.strides)
    return steps if dim is None else steps[dim]


@method
def data_ptr(self):
    """The address of the first element."""
    return self._array.ctypes.data


@method
def is_contiguous(self, memory_format=None):
    """Whether the elements lie in memory in the order of their indices."""
    return self._array.flags.c_contiguous


@method
def contiguous(self, memory_format=None):
    """The tensor itself if its memory is in order, else a copy that is."""
    return self if self._array.flags.c_contiguous else creation.clone(self)


@method
def is_floating_point(self):
    """Whether the dtype is a float."""
    return self._array.dtype.kind == "f"


@method
def is_inference(self):
    """Whether the tensor was made in inference mode."""
    return self._counter is None


Tensor.T = property(shapes.t, doc="The transpose of a matrix.")
Tensor.mT = property(lambda self: shapes.transpose(self, -2, -1), doc="Each matrix transposed.")

# ---- conversions -------------------------------------------------------------------------------


@method
def to(self, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
    """The tensor in another dtype or on another device; itself if nothing changes."""
    for arg in args:
        if isinstance(arg, Tensor):
            dtype = arg.dtype
        elif isinstance(arg, dtypes.dtype):
            dtype = arg
        elif isinstance(arg, (str, devices.device, int)) and not isinstance(arg, bool):
            device = arg
    devices.check(device)
    kind = self._array.dtype if dtype is None else dtype._numpy
    if kind == self._array.dtype and not copy:
        return self
    return creation.to_copy(self, kind=kind)


def _converter(name, dtype):
    def convert(self, memory_format=None):
        return self.to(dtype)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"The tensor as {dtype}."
    return convert


for name, dtype in {
    "double": dtypes.float64, "float": dtypes.float32, "half": dtypes.float16,
    "long": dtypes.int64, "int": dtypes.int32, "short": dtypes.int16, "char": dtypes.int8,
    "byte": dtypes.uint8, "bool": dtypes.bool,
}.items():  # fmt: skip
    setattr(Tensor, name, _converter(name, dtype))


@method
def cpu(self):
    """The tensor on the CPU."""
    return self


@method
def cuda(self, device=None):
    """The tensor on an accelerator: an error where there is none."""
    devices.check("cuda")


@method
def type_as(self, other):
    """The tensor with the dtype of `other`."""
    return self.to(other.dtype)


@method
def type(self, dtype=None):
    """The name of the tensor's type, or the tensor as another type."""
    if dtype is None:
        return f"torch.{self.dtype._class_name}Tensor"
    return self.to(dtype)


# ---- history -----------------------------------------------------------------------------------


@method
def detach(self):
    """The same numbers, in the same memory, without history."""
    t = wrap(self._array)
    t._counter = self._counter
    return t


@method
def detach_(self):
    """Forget the history of this tensor, in place."""
    if self._view is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead. If you are using "
                           "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view "
                           "is set as True, gradients are views of DDP buckets, and hence detach_() "
                           "cannot be called on these gradients. To fix this error, please refer to "
                           "the Optimizer.zero_grad() function in torch/optim/optimizer.py as a "
                           "solution.")  # fmt: skip
    self._node, self._requires_grad = None, False
    return self


def _backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Compute the gradients of this tensor with respect to the leaves, and add them to `.grad`."""
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


Tensor.backward = _backward


@method
def __deepcopy__(self, memo):
    if self._node is not None:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the "
                           "deepcopy protocol at the moment.  If you were attempting to deepcopy a "
                           "module, this may be because of a torch.nn.utils.weight_norm usage, see "
                           "https://github.com/pytorch/pytorch/pull/103001")  # fmt: skip
    if id(self) in memo:
        return memo[id(self)]
    t = wrap(self._array.copy())
    t._requires_grad = self._requires_grad
    memo[id(self)] = t
    t._grad = None if self._grad is None else self._grad.__deepcopy__(memo)
    t.__dict__.update(self.__dict__)
    return t
