"""Kernels for functions that NumPy does not have: erf and erfc.

Floor 2. The C library's functions, called for one number after the other, are exact to the last
place of float64. They take 60 ns a number, so erf of many float32 has a polynomial, ten times as
quick.
"""

import math

import numpy as np

from .. import devices
from ..meta import MetaArray

_MANY = 100  # numbers, from which on the polynomial is quicker

# -log(erfc(x)) / x on [0, 4], from the highest power down: our own fit, by weighted least squares
# (Lawson's algorithm) of the values of math.erfc. The error of erf is 4e-8 of its value at most,
# with the rounding in float32 two and a half units in the last place.
_FITTED = (4.07079335243421e-05, -0.0003810007122187209, 0.0012517468686554373,
           0.0002057156631545265, -0.01932171571086902, 0.10281441055216448, 0.6366164967723118,
           1.1283792070492646)  # fmt: skip
_AS_ARRAYS = [np.float32(c)[...] for c in _FITTED]  # NumPy takes a number half as quickly


def _each(function, x):
    """A function of Python's of every number."""
    if isinstance(x, MetaArray):
        return x.copy()
    numbers = np.frompyfunc(function, 1, 1)(devices.moved(x, devices.cpu))
    return np.asarray(np.asarray(numbers, x.dtype), like=devices.library(x))


def erf(x):
    """erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
    if x.dtype == np.float64 or x.size < _MANY:
        return _each(math.erf, x)
    if x.dtype != np.float32:
        return erf(x.astype(np.float32)).astype(x.dtype)
    size = np.minimum(np.abs(x), 4)  # beyond 4, erf is 1 in float32
    first, second, *rest = _AS_ARRAYS if x.__class__ is np.ndarray else _FITTED
    power = size * first
    power += second
    for coefficient in rest:
        power *= size
        power += coefficient
    power *= size
    np.expm1(np.negative(power, power), power)  # erfc(|x|) - 1
    return np.copysign(power, x, power)


def erfc(x):
    """1 - erf(x), without the loss of digits where erf is near 1."""
    return _each(math.erfc, x)
