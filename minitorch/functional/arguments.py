"""How the functions of this floor read numbers and sizes: as torch does, and refuse in its words.

Floor 3. What is a number or a size of Python's passes without a look; the rest is made one, or is
a TypeError.
"""

import numpy as np

from .. import errors
from ..tensor import Tensor


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
    raise TypeError(f"{op}(): argument '{name}' (position {place}) must be {kind}, not "
                    f"{errors.shown(value)}")  # fmt: skip


def as_float(op, name, place, value):
    """`value` as a float."""
    return float(number(op, name, place, value, "float"))
