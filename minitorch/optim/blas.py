"""y <- y - factor x and y <- keep y + new x, each in one pass over memory.

Floor 4. NumPy has no such function: it goes over the arrays two or three times. But its wheels
bring OpenBLAS, for products of matrices, and that has both, as axpy and axpby. They are called for
long arrays, where memory is what takes the time. Where NumPy has another BLAS, or the arrays are
short, strided or of another kind, NumPy does the work. Convention: `tmp` is a scratch array of the
same shape, and the numbers are arrays without dimensions.
"""

import ctypes
from functools import cache
from pathlib import Path

import numpy as np

_LONG = 20_000  # elements; below, finding the memory of the arrays costs more than is saved


def sub_(y, x, factor, tmp):
    """y <- y - factor x"""
    if y.size < _LONG or (found := _routines(y, x, factor)) is None:
        y -= np.multiply(x, factor, tmp)
    else:
        number, axpy, _ = found
        axpy(y.size, -factor.item(), number.from_buffer(x), 1, number.from_buffer(y), 1)


def blend_(y, keep, x, new=None, tmp=None):
    """y <- keep y + new x; without `new`, keep y + x"""
    factor = 1 if new is None else new
    if y.size < _LONG or (found := _routines(y, x, keep, factor)) is None:
        y *= keep
        y += x if new is None else np.multiply(x, new, tmp)
    else:
        number, _, axpby = found
        vectors = number.from_buffer(x), 1, keep.item(), number.from_buffer(y), 1
        axpby(y.size, float(factor), *vectors)


def _routines(y, x, *factors):
    """(ctypes' type of an element, axpy, axpby) if OpenBLAS can take these arrays, else None.

    A factor of 0 is not for it: it reads nothing then, but 0 times nan is nan.
    """
    for array in (y, x):
        if (array.__class__ is not np.ndarray or array.dtype is not y.dtype
                or array.shape != y.shape or not array.flags.carray):  # fmt: skip
            return None
    return _openblas().get(y.dtype) if all(factors) else None


@cache
def _openblas():
    """By dtype, what `_routines` returns: from the OpenBLAS in NumPy's wheel, if there is one."""
    numpy = Path(np.__file__).parent
    files = [*numpy.parent.glob("numpy.libs/*openblas*"), *numpy.glob(".dylibs/*openblas*")]
    try:
        library = ctypes.CDLL(str(files[0]))
        return {np.dtype(number): (number, *_declared(library, letter, number))
                for letter, number in (("s", ctypes.c_float), ("d", ctypes.c_double))}  # fmt: skip
    except (IndexError, OSError, AttributeError):  # no file, or not one like the wheels'
        return {}


def _declared(library, letter, number):
    """axpy and axpby for one type of element, told what they take."""
    axpy, axpby = (library[f"scipy_cblas_{letter}{name}64_"] for name in ("axpy", "axpby"))
    count, vector = ctypes.c_int64, ctypes.POINTER(number)
    axpy.argtypes = [count, number, vector, count, vector, count]
    axpby.argtypes = [count, number, vector, count, number, vector, count]
    axpy.restype = axpby.restype = None
    return axpy, axpby
