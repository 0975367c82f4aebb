"""What the formulas are made of: arrays in pieces, numbers as arrays, running averages.

Floor 4: may import floors 0-3. Convention: a function that ends in _ changes its first argument,
and `tmp` is a scratch array of the same shape, for what lies between.
"""

from functools import lru_cache

import numpy as np

from .. import dtypes
from ..tensor import wrap
from .blas import blend_, sub_
from .checks import check_shapes

# Arrays of more bytes than the first are updated in four pieces or more, none longer than the
# second: the parameter's, the gradient's, the states' and the scratch arrays stay in the cache from
# one NumPy call to the next. The scratch arrays, three at most, together are then smaller than the
# parameter.
_SHORT, _PIECE = 250_000, 1_000_000


def zeros_like(p):
    """A state tensor for `p`, all zeros."""
    return wrap(np.zeros_like(p._array))


def counter(value, fused=False):
    """A state tensor of one number, such as the count of steps."""
    double = dtypes.get_default_dtype() is dtypes.float64 and not fused
    return wrap(np.array(value, np.float64 if double else np.float32))


def wide(dtype):
    """The dtype to compute in: float32 for float16, as torch does it, else the dtype itself."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def constants(array, *numbers):
    """Numbers to compute with beside an array; those of NumPy's, on any device but the CPU."""
    found = _constants(array.dtype, *numbers)
    return found if isinstance(array, np.ndarray) else tuple(number[()] for number in found)


@lru_cache(maxsize=256)
def _constants(dtype, *numbers):
    """Numbers as 0-d arrays: NumPy takes twice as long to multiply by a Python float."""
    if dtype.kind != "f":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating "
                           "point number.")  # fmt: skip
    return tuple(np.array(number, wide(dtype)) for number in numbers)


def pieces(arrays):
    """The same pieces of each of the arrays, which have one shape."""
    first = arrays[0]
    if (first.nbytes <= _SHORT or not isinstance(first, np.ndarray)
            or not all(a.flags.c_contiguous for a in arrays)):  # fmt: skip
        return [arrays]
    check_shapes(*arrays)
    flat = [a.reshape(-1) for a in arrays]
    n = min(first.nbytes // 4, _PIECE) // first.itemsize
    return ([a[i : i + n] for a in flat] for i in range(0, first.size, n))


# ---- running averages --------------------------------------------------------------------------


def average_square_(v, g, keep, new, tmp):
    """v <- keep v + new g^2"""
    np.multiply(g, new, out=tmp)
    tmp *= g
    blend_(v, keep, tmp)


def average_(m, g, new, tmp):
    """m <- (1 - new) m + new g, as one step from the nearer end, as torch's lerp_ does it."""
    np.subtract(m, g, out=tmp)
    if new.item() < 0.5:
        sub_(m, tmp, new, tmp)
    else:
        tmp *= 1 - new
        np.add(g, tmp, out=m)
