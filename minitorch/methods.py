"""One table: every operation as a public function, a Tensor method, an operator, an in-place form.

Floor 3. Importing this file completes the class `Tensor`; `functions` holds what the package shows
under its own name.
"""

import functools
import inspect

import numpy as np

from . import devices, dtypes, errors, printing, random
from .autograd import engine
from .ops import creation, elementwise, indexing, inplace, products, reductions, shapes
from .primitive import Primitive
from .tensor import Tensor, wrap

# ---- the table ---------------------------------------------------------------------------------
#
# Public functions by the file that defines them; a name in METHODS is a method as well, one in
# IN_PLACE also has its form with an underscore.

FUNCTIONS = {
    creation: "arange clone empty empty_like eye full full_like ones ones_like zeros zeros_like",
    elementwise: """abs add bitwise_and bitwise_not bitwise_or bitwise_xor div eq exp ge gt le log
        lt mul ne neg pow reciprocal relu rsub sigmoid sign sqrt sub tanh where""",
    products: "addmm matmul mm",
    reductions: "argmax argmin log_softmax mean sum",
    shapes: "cat expand flatten permute reshape squeeze stack t transpose unsqueeze view",
}
NO_METHOD = set("""arange cat empty empty_like eye full full_like ones ones_like rsub stack where
    zeros zeros_like""".split())  # fmt: skip
NO_FUNCTION = {"expand", "view"}
IN_PLACE = set("abs add div exp log mul neg pow reciprocal relu sigmoid sign sqrt sub tanh".split())

functions = {}


def checked(function):
    """A public function that says, as torch does, which argument should have been a tensor."""
    first = next(iter(inspect.signature(function).parameters), None)

    @functools.wraps(function)
    def with_check(*args, **keywords):
        try:
            return function(*args, **keywords)
        except AttributeError:
            value = args[0] if args else keywords.get(first)
            if isinstance(value, Tensor):
                raise
            raise errors.not_a_tensor(function.__name__, first, 1, value) from None

    return with_check


for module, names in FUNCTIONS.items():
    for name in names.split():
        operation = getattr(module, name)
        if isinstance(operation, Primitive):
            function, plain = operation.function, operation.function
        else:
            function, plain = operation, operation if module is creation else checked(operation)
        if name not in NO_FUNCTION:
            functions[name] = plain
        if name not in NO_METHOD:
            setattr(Tensor, name, function)
        if name in IN_PLACE:
            setattr(Tensor, f"{name}_", inplace.inplace(operation, f"{name}_"))

IN_PLACE_ONLY = [inplace.copy_, inplace.fill_, inplace.zero_, random.bernoulli_,
                 random.exponential_, random.normal_, random.random_, random.uniform_]  # fmt: skip
for function in IN_PLACE_ONLY:
    setattr(Tensor, function.__name__, function)

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


_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "eq": "eq", "ne": "ne", "lt": "lt",
    "le": "le", "gt": "gt", "ge": "ge", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor",
}  # fmt: skip
for name, operation in _BINARY.items():
    setattr(Tensor, f"__{name}__", getattr(elementwise, operation).operator)
for name, operation in {"iadd": "add_", "isub": "sub_", "imul": "mul_", "itruediv": "div_",
                        "ipow": "pow_"}.items():  # fmt: skip
    setattr(Tensor, f"__{name}__", getattr(Tensor, operation))

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
Tensor.__matmul__ = lambda self, other: (
    products.matmul(self, other) if isinstance(other, Tensor) else NotImplemented)  # fmt: skip
Tensor.__getitem__ = indexing.getitem
Tensor.__setitem__ = inplace.setitem
Tensor.T = property(shapes.t, doc="The transpose of a matrix.")
Tensor.mT = property(lambda self: shapes.transpose(self, -2, -1), doc="Each matrix transposed.")


def method(function):
    """Attach a function of this file to Tensor, under its own name."""
    setattr(Tensor, function.__name__, function)
    return function


@method
def __iter__(self):
    if self._array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return (self[i] for i in range(len(self)))


@method
def __repr__(self, *, tensor_contents=None):
    return printing.tensor_str(self, tensor_contents=tensor_contents)


@method
def __format__(self, spec):
    return format(self.item(), spec) if self._array.ndim == 0 and spec else repr(self)


@method
def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Compute the gradients of this tensor with respect to the leaves, and add them to `.grad`."""
    engine.backward(self, gradient, retain_graph, create_graph, inputs=inputs)


# ---- conversions -------------------------------------------------------------------------------


@method
def to(self, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
    """The tensor in another dtype or on another device; itself if nothing changes."""
    for arg in args:
        if isinstance(arg, Tensor):
            dtype = arg.dtype
        elif isinstance(arg, dtypes.dtype):
            dtype = arg
        elif isinstance(arg, (str, devices.device)):
            device = arg
    devices.check(device)
    kind = self._array.dtype if dtype is None else dtype._numpy
    return self if kind == self._array.dtype and not copy else creation.to_copy(self, kind=kind)


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
def cpu(self, memory_format=None):
    """The tensor on the CPU."""
    return self


@method
def cuda(self, device=None, non_blocking=False, memory_format=None):
    """The tensor on an accelerator: an error where there is none."""
    devices.check("cuda")


@method
def contiguous(self, memory_format=None):
    """The tensor itself if its memory is in order, else a copy that is."""
    return self if self._array.flags.c_contiguous else creation.clone(self)


@method
def type_as(self, other):
    """The tensor with the dtype of `other`."""
    return self.to(other.dtype)


@method
def type(self, dtype=None):
    """The name of the tensor's type, such as torch.FloatTensor, or the tensor as another type."""
    if dtype is None:
        return f"torch.{self.dtype._class_name}Tensor"
    if isinstance(dtype, str):
        named = {f"torch.{d._class_name}Tensor": d for d in dtypes.ALL}
        if dtype not in named:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = named[dtype]
    return self.to(dtype)
