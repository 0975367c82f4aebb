"""Dtypes: what kind of number a tensor holds, and which kind two of them make together.

Floor 0: imports NumPy alone. A `dtype` is a name for a NumPy dtype; everything below the public
face works with NumPy's. The promotion rules are torch's, which differ from NumPy's in two ways:
a float always wins over an int at its own width (int64 + float32 is float32), and a 0-d tensor or
a Python number only decides the category, not the width.
https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

import builtins
from functools import cache

import numpy as np

from . import devices, errors

__all__ = [
    "bool", "can_cast", "double", "dtype", "finfo", "float", "float16", "float32", "float64",
    "get_default_dtype", "half", "iinfo", "int", "int8", "int16", "int32", "int64", "long",
    "promote_types", "result_type", "set_default_dtype", "short", "uint8",
]  # fmt: skip


# ---- the names ---------------------------------------------------------------------------------


class dtype:
    """The kind of number a tensor holds, such as `minitorch.float32`.

    >>> import minitorch
    >>> minitorch.float32, minitorch.float32.itemsize, minitorch.int64.is_floating_point
    (torch.float32, 4, False)
    """

    __slots__ = ("_name", "_numpy", "is_floating_point", "is_complex", "is_signed", "itemsize",
                 "_class_name")  # fmt: skip

    def __init__(self, name, class_name):
        self._name = name
        self._numpy = np.dtype(name)
        self._class_name = class_name  # as in the legacy name torch.FloatTensor
        self.is_floating_point = self._numpy.kind == "f"
        self.is_complex = False
        self.is_signed = self._numpy.kind in "fi"
        self.itemsize = self._numpy.itemsize

    def __repr__(self):
        return f"torch.{self._name}"

    def __reduce__(self):
        return self._name  # a module-level name: unpickling gives this very object


float64 = double = dtype("float64", "Double")
float32 = float = dtype("float32", "Float")
float16 = half = dtype("float16", "Half")
int64 = long = dtype("int64", "Long")
int32 = int = dtype("int32", "Int")
int16 = short = dtype("int16", "Short")
int8 = dtype("int8", "Char")
uint8 = dtype("uint8", "Byte")
bool = dtype("bool", "Bool")

ALL = (float64, float32, float16, int64, int32, int16, int8, uint8, bool)
_by_numpy = {d._numpy: d for d in ALL}


def from_numpy(numpy_dtype):
    """The `dtype` that names a NumPy dtype; TypeError in torch's words for a foreign one."""
    try:
        return _by_numpy[numpy_dtype]
    except KeyError:
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{np.dtype(numpy_dtype).type.__name__}. "
            "The only supported types are: float64, float32, float16, complex64, complex128, "
            "int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
        ) from None


_by_python = {builtins.float: float64, builtins.int: int64, builtins.bool: bool}


def as_dtype(value, function):
    """The dtype given as `dtype=`, where Python's float, int and bool will do too."""
    if isinstance(value, dtype):
        return value
    if isinstance(value, type) and value in _by_python:
        return _by_python[value]
    raise TypeError(f"{function}(): argument 'dtype' must be torch.dtype, not "
                    f"{errors.shown(value)}")  # fmt: skip


def _checked(function, **arguments):
    """torch's error for an argument that should have been a dtype."""
    for position, (name, value) in enumerate(arguments.items(), start=1):
        if not isinstance(value, dtype):
            raise TypeError(f"{function}(): argument '{name}' (position {position}) must be "
                            f"torch.dtype, not {errors.shown(value)}")  # fmt: skip


# ---- the default -------------------------------------------------------------------------------

_default = float32


def get_default_dtype():
    """The dtype of a tensor made from Python floats (float32 unless changed).

    >>> import minitorch
    >>> minitorch.get_default_dtype()
    torch.float32
    """
    return _default


def set_default_dtype(d, /):
    """Make `d`, a floating point dtype, the one that Python floats turn into.

    >>> import minitorch
    >>> minitorch.set_default_dtype(minitorch.float32)
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported "
                        "as the default type")  # fmt: skip
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


# ---- promotion ---------------------------------------------------------------------------------

_category = {"b": 0, "u": 1, "i": 1, "f": 2}


@cache
def promote_numpy(a, b):
    """torch's promotion of two NumPy dtypes: the higher category wins, else the wider type."""
    rank_a, rank_b = _category[a.kind], _category[b.kind]
    if rank_a != rank_b:
        return a if rank_a > rank_b else b
    return np.promote_types(a, b)


def promote_types(type1, type2):
    """The smallest dtype that both can be cast to without loss of category.

    >>> import minitorch
    >>> minitorch.promote_types(minitorch.int64, minitorch.float16)
    torch.float16
    """
    _checked("promote_types", type1=type1, type2=type2)
    return _by_numpy[promote_numpy(type1._numpy, type2._numpy)]


def scalar_dtype(number):
    """The NumPy dtype a Python number stands for: bool, int64 or the default float."""
    if isinstance(number, (np.bool_, builtins.bool)):
        return bool._numpy
    if isinstance(number, (builtins.int, np.integer)):
        return int64._numpy
    return _default._numpy


def result_numpy(operands):
    """torch's result dtype (a NumPy dtype) of arrays and Python numbers together.

    Arrays with dimensions decide first; 0-d arrays, then Python numbers, matter only when they
    are of a higher category than all before them.
    """
    levels = [None, None, None]
    for x in operands:
        if devices.is_array(x):
            level, kind = (0 if x.ndim else 1), x.dtype
        else:
            level, kind = 2, scalar_dtype(x)
        levels[level] = kind if levels[level] is None else promote_numpy(levels[level], kind)
    result = None
    for kind in levels:
        if kind is not None and (result is None or _category[kind.kind] > _category[result.kind]):
            result = kind
    return result


def result_type(tensor, other):
    """The dtype of `tensor + other`, each a tensor or a number.

    >>> import minitorch
    >>> minitorch.result_type(minitorch.tensor([1, 2]), 1.0)
    torch.float32
    """
    operands = [getattr(x, "_array", x) for x in (tensor, other)]
    numbers = (builtins.int, builtins.float, np.number, np.bool_)
    if not all(isinstance(x, numbers) or devices.is_array(x) for x in operands):
        raise errors.combination("result_type", (tensor, other), (
            "Tensor tensor, Tensor other", "Number scalar, Tensor tensor",
            "Tensor tensor, Number other", "Number scalar1, Number scalar2"))  # fmt: skip
    return _by_numpy[result_numpy(operands)]


def can_cast(from_, to):
    """Whether torch would cast `from_` to `to` in an in-place or `out=` operation.

    >>> import minitorch
    >>> minitorch.can_cast(minitorch.float32, minitorch.int64)
    False
    """
    _checked("can_cast", from_=from_, to=to)
    if from_.is_floating_point and not to.is_floating_point:
        return False
    return not (to is bool and from_ is not bool)


# ---- limits ------------------------------------------------------------------------------------


class _Limits:
    def __eq__(self, other):
        return type(self) is type(other) and self.dtype == other.dtype

    __hash__ = None  # as in torch


class finfo(_Limits):
    """The limits of a floating point dtype: bits, eps, max, min, tiny, smallest_normal, resolution.

    >>> import minitorch
    >>> minitorch.finfo(minitorch.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type=None):
        d = _default if type is None else type
        _checked("finfo", type=d)
        if not d.is_floating_point:
            raise TypeError("torch.finfo() requires a floating point input type. "
                            "Use torch.iinfo to handle 'torch.finfo'")  # fmt: skip
        info = np.finfo(d._numpy)
        self.dtype, self.bits = d._name, d.itemsize * 8
        self.eps, self.max, self.min = info.eps.item(), info.max.item(), info.min.item()
        self.tiny = self.smallest_normal = info.tiny.item()
        self.resolution = 10.0**-info.precision

    def __repr__(self):
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
                f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, "
                f"tiny={self.tiny:g}, dtype={self.dtype})")  # fmt: skip


class iinfo(_Limits):
    """The limits of an integer dtype: bits, max, min.

    >>> import minitorch
    >>> minitorch.iinfo(minitorch.int16).max
    32767
    """

    def __init__(self, type):
        _checked("iinfo", type=type)
        if type is bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.is_floating_point:
            raise TypeError("torch.iinfo() requires an integer input type. "
                            "Use torch.finfo to handle 'torch.iinfo'")  # fmt: skip
        info = np.iinfo(type._numpy)
        self.dtype, self.bits = type._name, info.bits
        self.max, self.min = builtins.int(info.max), builtins.int(info.min)

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
