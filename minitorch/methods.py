"""One table: every operation as a public function, a Tensor method, an operator, an in-place form.

Floor 3. Importing this file completes the class `Tensor`; `functions` holds what the package shows
under its own name.
"""

import functools
import inspect

import numpy as np

from . import devices, dtypes, errors, printing
from .autograd import gradients
from .ops import (
    activations,
    assigning,
    broadcasting,
    comparison,
    contractions,
    creation,
    diagonals,
    distances,
    elementwise,
    gathering,
    indexing,
    inplace,
    joining,
    ordering,
    parts,
    powers,
    products,
    reductions,
    sampling,
    scans,
    shapes,
    softmax,
)  # fmt: skip
from .primitive import NUMBERS, Primitive
from .recording import as_method
from .tensor import Tensor, wrap

# ---- the table ---------------------------------------------------------------------------------
#
# Public functions by the file that defines them; a name in METHODS is a method as well, one in
# IN_PLACE also has its form with an underscore.

FUNCTIONS = {
    comparison: """allclose bitwise_and bitwise_not bitwise_or bitwise_xor clamp clamp_max clamp_min
        eq equal fmax fmin ge gt isclose isfinite isin isinf isnan le logical_and logical_not
        logical_or logical_xor lt maximum minimum ne where""",
    creation: """arange clone empty empty_like eye full full_like linspace new_empty new_full
        new_ones new_zeros ones ones_like zeros zeros_like""",
    elementwise: """abs add addcdiv addcmul ceil div floor floor_divide fmod frac lerp mul
        nan_to_num neg positive reciprocal remainder round rsub sign sub true_divide trunc""",
    activations: "prelu relu",
    powers: """acos asin atan atan2 cos cosh erf erfc exp exp2 expm1 log log10 log1p log2 logaddexp
        pow rsqrt sigmoid sin sinh sqrt square tan tanh""",
    contractions: "einsum inner outer tensordot",
    distances: "cdist norm",
    ordering: """amax amin argmax argmin argsort bincount max median min sort topk unique""",
    products: "addmm addmv baddbmm bmm dot matmul mm mv vdot",
    reductions: """all any count_nonzero mean nansum prod std std_mean sum trace var var_mean""",
    scans: "cumprod cumsum diff",
    softmax: "log_softmax logsumexp softmax",
    assigning: "index_put",
    diagonals: "diag diag_embed diagonal tril tril_indices triu triu_indices",
    gathering: """argwhere gather index_add index_select masked_fill masked_select nonzero scatter
        scatter_add take_along_dim""",
    broadcasting: "broadcast_shapes broadcast_tensors broadcast_to meshgrid sum_to_size",
    parts: "narrow select unfold",
    joining: """cat chunk flip hstack repeat repeat_interleave roll split stack
        tile unbind vstack""",
    shapes: """contiguous expand expand_as flatten
        movedim permute ravel reshape reshape_as squeeze swapaxes t transpose unflatten
        unsqueeze view view_as""",
}
NO_METHOD = set("""arange broadcast_shapes broadcast_tensors cat cdist einsum empty empty_like eye
    full full_like
    hstack isin linspace meshgrid ones ones_like rsub stack std_mean tensordot
    tril_indices triu_indices var_mean vstack where zeros zeros_like""".split())  # fmt: skip
NO_FUNCTION = set("""contiguous expand expand_as new_empty new_full new_ones new_zeros repeat
    reshape_as sum_to_size unfold view view_as""".split())  # fmt: skip
IN_PLACE = set("""abs acos add addcdiv addcmul addmm addmv asin atan atan2 baddbmm bitwise_and
    bitwise_not bitwise_or bitwise_xor ceil clamp clamp_max clamp_min cos cosh cumprod cumsum
    div eq erf erfc exp exp2 expm1 floor floor_divide fmod frac ge gt
    index_add le lerp log log10 log1p
    log2 logical_and logical_not logical_or logical_xor lt masked_fill mul nan_to_num ne neg pow
    reciprocal relu remainder round rsqrt scatter scatter_add sigmoid sign sin sinh sqrt square sub
    tan tanh tril triu true_divide trunc
    """.split())  # fmt: skip

# Their functions check their arguments.
CHECKING = {activations, comparison, contractions, creation, elementwise, powers, products}
# In these files the annotations of parameters say what they take.
ANNOTATED = {broadcasting, diagonals, gathering, joining, ordering, parts, reductions, scans,
             shapes, softmax}  # fmt: skip

_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}

functions = {}


def checked(function, method=False, order=None, forms=()):
    """A function that takes NumPy's names for `dim` and `keepdim` and, if it fails, says in torch's
    words which argument was of no use; a method counts them from the second.

    `order`: the names by which torch counts all arguments, where Python code hands them on; those
    given by keyword have no number else. `forms`: what torch lists, where there are two.
    """
    name = function.__name__

    @functools.wraps(function)
    def with_check(*args, **keywords):
        if keywords:
            keywords = {_NUMPY_NAMES.get(name, name): value for name, value in keywords.items()}
        try:
            return function(*args, **keywords)
        except (AttributeError, TypeError) as error:
            worded = hasattr(error, "told") or str(error).startswith(f"{name}(): argument")
            told = None
            if not worded:
                told = errors.wrong_argument(function, args, keywords, method, order)
            elif method:
                told = errors.of_method(error, name)
            if forms and (worded or told) and "failed to unpack" not in str(error):
                told = errors.combination(name, args, forms, **keywords)
            elif worded and order == ():
                told = errors.by_keyword(error, keywords)
            if told is None:
                raise
            raise told from None

    return with_check


def tupled(method):
    """What is written as the method `x.f(2, 3)`, as the function `f(x, (2, 3))`."""
    code = method.__code__
    keyword = code.co_varnames[code.co_argcount]

    @functools.wraps(method)
    def function(input, *args, **given):
        if args and keyword not in given:
            given[keyword], *args = args
        if args:
            raise TypeError(f"{method.__name__}() takes 2 positional arguments but {len(args) + 2} "
                            "were given")  # fmt: skip
        if not isinstance(input, Tensor):
            raise errors.not_a_tensor(method.__name__, "input", 1, input)
        if keyword not in given:
            raise TypeError(f"{method.__name__}() missing 1 required positional arguments: "
                            f'"{keyword}"')  # fmt: skip
        return method(input, **given)

    return function


def _takes_ints(function):
    """Whether a function is written as a method that takes its ints one by one."""
    code = function.__code__
    return code.co_argcount == 1 and code.co_flags & inspect.CO_VARARGS and code.co_kwonlyargcount


for module, names in FUNCTIONS.items():
    for name in names.split():
        operation = getattr(module, name)
        if isinstance(operation, Primitive):
            function, plain = operation.method, operation.function
        else:
            plain = operation if module in CHECKING else checked(operation)
            function = operation if module is creation else as_method(operation)
            if module in ANNOTATED:
                function = checked(operation, method=True)
                if _takes_ints(operation):
                    function, plain = operation, checked(tupled(operation))
        if name not in NO_FUNCTION:
            functions[name] = plain
        if name not in NO_METHOD:
            setattr(Tensor, name, function)
        if name in IN_PLACE:
            setattr(Tensor, f"{name}_", inplace.inplace(operation, f"{name}_"))

for name in ("squeeze", "swapaxes", "t", "transpose", "unsqueeze"):
    setattr(Tensor, f"{name}_", inplace.inplace_view(getattr(shapes, name), f"{name}_"))

IN_PLACE_ONLY = [assigning.index_put_, inplace.copy_, inplace.fill_, inplace.zero_,
                 sampling.bernoulli_, sampling.exponential_, sampling.normal_, sampling.random_,
                 sampling.uniform_]  # fmt: skip
for function in (*IN_PLACE_ONLY, sampling.bernoulli, sampling.multinomial):
    setattr(Tensor, function.__name__, function)

# ---- operators ---------------------------------------------------------------------------------

OPERANDS = (Tensor, *NUMBERS)

def _operator(function):
    """A plain function as an operator: NotImplemented for an operand it does not take."""

    def operator(self, other):
        if isinstance(other, np.ndarray):
            other = wrap(other)
        elif not isinstance(other, OPERANDS):
            return NotImplemented
        return function(self, other)

    return operator


def _in_place(method):
    """An operator with `=`: NotImplemented for an operand it does not take."""

    def operator(self, other):
        try:
            return method(self, other)
        except TypeError:
            return NotImplemented

    return operator


_BINARY = {
    "add": elementwise.add_primitive, "sub": elementwise.sub_primitive, "mul": elementwise.mul,
    "truediv": elementwise.div_primitive, "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder_primitive, "eq": comparison.eq, "ne": comparison.ne,
    "lt": comparison.lt, "le": comparison.le, "gt": comparison.gt, "ge": comparison.ge,
    "and": comparison.bitwise_and, "or": comparison.bitwise_or, "xor": comparison.bitwise_xor,
}  # fmt: skip
for name, operation in _BINARY.items():
    setattr(Tensor, f"__{name}__", operation.operator)
for name, operation in {"iadd": "add_", "isub": "sub_", "imul": "mul_", "itruediv": "div_",
                        "ifloordiv": "floor_divide_", "imod": "remainder_", "ipow": "pow_",
                        "iand": "bitwise_and_", "ior": "bitwise_or_", "ixor": "bitwise_xor_",
                        }.items():  # fmt: skip
    setattr(Tensor, f"__{name}__", _in_place(getattr(Tensor, operation)))

Tensor.__radd__ = Tensor.__add__
Tensor.__rmul__ = Tensor.__mul__
Tensor.__rsub__ = _operator(elementwise.rsub)
Tensor.__rtruediv__ = _operator(elementwise.rdiv)
Tensor.__rfloordiv__ = _operator(lambda self, other: elementwise.floor_divide(other, self))
Tensor.__rmod__ = _operator(lambda self, other: elementwise.remainder(other, self))
Tensor.__rand__ = Tensor.__and__
Tensor.__ror__ = Tensor.__or__
Tensor.__rxor__ = Tensor.__xor__
Tensor.__pow__ = _operator(powers.pow)
Tensor.__rpow__ = _operator(powers.rpow)
Tensor.__neg__ = lambda self: elementwise.neg.function(self)
Tensor.__pos__ = lambda self: elementwise.positive(self)
Tensor.__abs__ = lambda self: elementwise.abs.function(self)
Tensor.__hash__ = object.__hash__  # defining __eq__ took it away
Tensor.__matmul__ = lambda self, other: (
    products.matmul(self, other) if isinstance(other, Tensor) else
    products.matmul(self, wrap(other)) if isinstance(other, np.ndarray) else NotImplemented)
Tensor.__rmatmul__ = lambda self, other: (
    products.matmul(wrap(other) if isinstance(other, np.ndarray) else other, self)
    if isinstance(other, (Tensor, np.ndarray)) else NotImplemented)  # fmt: skip
Tensor.__getitem__ = indexing.getitem
Tensor.__setitem__ = assigning.setitem
Tensor.T = property(shapes.numpy_t, doc=shapes.numpy_t.__doc__)
Tensor.mT = property(shapes.matrix_t, doc=shapes.matrix_t.__doc__)


def where(self, condition, other):
    """The elements where the condition holds, else those of `other`."""
    return comparison.where(condition, self, other)


Tensor.where = where


def __invert__(self):
    if self._array.dtype.kind == "f":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type "
                        "tensors")  # fmt: skip
    return comparison.bitwise_not.function(self)


Tensor.__invert__ = __invert__


def method(function):
    """Attach a function of this file to Tensor, under its own name."""
    setattr(Tensor, function.__name__, function)
    return function


@method
def __iter__(self):
    if self._array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(joining.unbind(self))


@method
def __contains__(self, element):
    if not isinstance(element, OPERANDS):
        raise RuntimeError("Tensor.__contains__ only supports Tensor or scalar, but you passed in "
                           f"a {element.__class__}.")  # fmt: skip
    return bool((element == self).any())


@method
def __delitem__(self, index):
    raise TypeError("Tensor does not support deleting items")


@method
def __repr__(self, *, tensor_contents=None):
    return printing.tensor_str(self, tensor_contents=tensor_contents)


@method
def __format__(self, spec):
    if self._array.ndim == 0 and self.__class__ is Tensor and not self.is_meta:
        return format(self.item(), spec)
    return object.__format__(self, spec)


@method
def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Compute the gradients of this tensor with respect to the leaves, and add them to `.grad`."""
    gradients.backward(self, gradient, retain_graph, create_graph, inputs=inputs)


# ---- conversions -------------------------------------------------------------------------------


_TO = tuple(f"{start} bool non_blocking = False, bool copy = False, *, torch.memory_format "
            "memory_format = None" for start in (
                "torch.device device = None, torch.dtype dtype = None,", "torch.dtype dtype,",
                "Tensor tensor,"))  # fmt: skip


@method
def to(self, *args, **keywords):
    """The tensor in another dtype or on another device; itself if nothing changes.

    Called as `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`, each with
    `non_blocking` and `copy` after it.
    """
    first = args[0] if args else keywords.get("tensor")
    if isinstance(first, Tensor):
        names = ("tensor",)
    elif first is None or isinstance(first, (str, int, devices.device)):
        names = ("device", "dtype")
    else:
        names = ("dtype",)
    names += ("non_blocking", "copy")
    given = dict(zip(names, args)) | keywords
    try:
        if len(args) > len(names) or given.keys() - {*names, "memory_format"}:
            raise TypeError
        dtype = given["tensor"].dtype if "tensor" in given else given.get("dtype")
        kind = self._array.dtype if dtype is None else dtypes.as_dtype(dtype, "to")._numpy
    except TypeError:
        raise errors.combination("to", args, _TO, **keywords) from None
    home = self.device
    where = given["tensor"].device if "tensor" in given else given.get("device")
    where = home if where is None else devices.check(where)
    if where.type != home.type or where.index not in (None, home.index):
        return creation.to_device(self, kind=kind, where=where, home=home)
    same = kind == self._array.dtype and not given.get("copy")
    return self if same else creation.to_copy(self, kind=kind)


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
    """The tensor on the CPU; itself if it is there."""
    return self.to(devices.cpu)


@method
def cuda(self, device=None, non_blocking=False, memory_format=None):
    """The tensor on a GPU, the current one if no `device` is given."""
    return self.to("cuda" if device is None else device)


@method
def type_as(self, other):
    """The tensor with the dtype of `other`, on its device."""
    return self.to(other.device, other.dtype)


@method
def type(self, dtype=None):
    """The name of the tensor's type, such as torch.FloatTensor, or the tensor as another type."""
    if dtype is None:
        place = "" if self.is_cpu else f"{self.device.type}."
        return f"torch.{place}{self.dtype._class_name}Tensor"
    if isinstance(dtype, str):
        named = {f"torch.{d._class_name}Tensor": d for d in dtypes.ALL}
        if dtype not in named:
            raise ValueError(f"invalid type: '{dtype}'")
        return self.to(devices.cpu, named[dtype])
    if not isinstance(dtype, dtypes.dtype):
        raise TypeError("dtype must be a type, str, or dtype object")
    return self.to(dtype)
