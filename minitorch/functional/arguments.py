"""How the functions of this floor read numbers and sizes: as torch does, and refuse in its words.

Floor 3. What is a number or a size of Python's passes without a look; the rest is made one, or is
a TypeError.
"""

from operator import index

import numpy as np

from .. import errors
from ..tensor import Tensor


def _refused(op, name, place, wanted, value):
    """The error for a value of the wrong type; `place` is None where torch gives it by keyword."""
    where = "" if place is None else f" (position {place})"
    return TypeError(f"{op}(): argument '{name}'{where} must be {wanted}, not "
                     f"{errors.shown(value)}")  # fmt: skip


def number(op, name, place, value, kind="Number"):
    """`value`, a number or a tensor that holds one and wants no gradient, as Python's number.

    NumPy's float64 in a kernel would make float64 of float32.
    """
    if value.__class__ is float or value.__class__ is int:
        return value
    alone = isinstance(value, Tensor) and value._array.ndim == 0 and not value.requires_grad
    if alone or isinstance(value, np.generic) and value.dtype.kind in "fiub":
        return value.item()
    if isinstance(value, (int, float)):
        return value
    raise _refused(op, name, place, kind, value)


def as_float(op, name, place, value):
    """`value` as a float."""
    return float(number(op, name, place, value, "float"))


def whole(op, name, place, value, wanted="int"):
    """`value`, which may be NumPy's or a tensor's, as an int."""
    if value.__class__ is int:
        return value
    try:
        return index(None if isinstance(value, (bool, np.bool_)) else value)
    except TypeError:
        raise _refused(op, name, place, wanted, value) from None


def flag(op, name, place, value):
    """`value`, which is True or False and nothing else."""
    if value is True or value is False or isinstance(value, np.bool_):
        return bool(value)
    raise _refused(op, name, place, "bool", value)


def sizes(op, name, place, value):
    """A size, or a tuple or list of them, as a tuple of ints."""
    if not isinstance(value, (tuple, list)):
        return (whole(op, name, place, value, "tuple of ints"),)
    for n in value:
        if n.__class__ is not int:
            return tuple(_element(op, name, place, i, n) for i, n in enumerate(value))
    return tuple(value)


def _element(op, name, place, i, value):
    try:
        return index(None if isinstance(value, (bool, np.bool_)) else value)
    except TypeError:
        text = (f"(position {place}) must be tuple of ints, but found element of type "
                f"{errors.shown(value)} at pos 0")  # fmt: skip
        if i:
            text = (f"failed to unpack the object at pos {i + 1} with error \"type must be tuple "
                    f"of ints,but got {errors.shown(value)}\"")  # fmt: skip
        raise TypeError(f"{op}(): argument '{name}' {text}") from None


def each(op, name, place, value, d):
    """A size, or one for each of `d` dimensions of space, as a tuple."""
    if value.__class__ is int:
        return (value,) * d
    values = sizes(op, name, place, value)
    if len(values) == d:
        return values
    if len(values) != 1:
        raise _misfit(op, name, values, d)
    return values * d


def _misfit(op, name, values, d):
    """torch's error for a list of another length."""
    count, stride, indices = len(values), name == "stride", op.endswith("_with_indices")
    op = op.removesuffix("_with_indices")
    if op.startswith("conv"):
        return RuntimeError(
            f"expected {name} to be a single integer value or a list of {d} values to match the "
            f"convolution dimensions, but got {name}={errors.sizes(values)}"
        )
    if d == 2:
        way = "be either" if name == "dilation" else "either be omitted," if stride else "either be"
        return RuntimeError(f"{op}: {name} must {way} a single int, or a tuple of two ints")
    if op == "max_pool1d" and not indices:
        forms = "None, an int" if stride else "an int"
        forms += ", list of ints" + (" or" if name in ("kernel_size", "dilation") else ", or")
        return RuntimeError(f"max_pool1d() {name} must be {forms} tuple of ints of size 1 but got "
                            f"size {count}")  # fmt: skip
    return RuntimeError(f"{op}() argument '{name}' should contain one int (got {count})")
