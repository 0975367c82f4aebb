"""An array of another library, as strict as CuPy's, with its numbers in NumPy: so that the way to a
GPU can be walked where there is none.

It takes part in NumPy's protocols and has the usual methods, but is no ndarray, never becomes one
by itself, and does not mix with one: a kernel that forgets `like=`, or calls a function of NumPy's
that is not handed on, fails. What CuPy's ufuncs lack is lacking here.
"""

from types import ModuleType, SimpleNamespace

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

REDUCED = {"add", "multiply"}  # cupy.ufunc.reduce and accumulate know these
LACKING = {"vecdot"}
SCATTERED = {"add", "subtract", "maximum", "minimum"}  # cupy.ufunc.at


class Foreign(NDArrayOperatorsMixin):
    """An array that is reached through NumPy's protocols only."""

    __slots__ = ("numbers", "base", "__weakref__")
    device = SimpleNamespace(id=0)

    def __init__(self, numbers, base=None):
        self.numbers, self.base = np.asarray(numbers), base

    for name in "shape dtype ndim size itemsize nbytes strides T mT flat".split():
        locals()[name] = property(
            lambda self, name=name: wrapped(getattr(self.numbers, name), [self])
        )

    @property
    def flags(self):
        flags = self.numbers.flags
        names = ("c_contiguous", "f_contiguous", "owndata", "fnc", "forc")  # CuPy's know no others
        return SimpleNamespace(**{name: getattr(flags, name) for name in names})

    def __len__(self):
        return len(self.numbers)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        return bool(self.numbers)

    def __int__(self):
        return int(self.numbers)

    __index__ = __int__

    def __float__(self):
        return float(self.numbers)

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __getitem__(self, where):
        return run(np.ndarray.__getitem__, (self, where))

    def __setitem__(self, where, value):
        run(np.ndarray.__setitem__, (self, where, value))

    def diagonal(self, *axes):
        seen = run(np.ndarray.diagonal, (self, *axes))
        seen.numbers.flags.writeable = True  # as CuPy's is
        return seen

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        known = {"reduce": REDUCED, "accumulate": REDUCED, "at": SCATTERED}.get(method)
        if known is not None and ufunc.__name__ not in known:
            raise NotImplementedError(f"{ufunc.__name__}.{method}")
        if ufunc.__name__ in LACKING:
            return NotImplemented
        found = run(getattr(ufunc, method), inputs, keywords)
        return keywords["out"][0] if "out" in keywords else found

    def __array_function__(self, function, types, args, keywords):
        if function in (np.array, np.asarray):  # transfer
            return Foreign(function(*args, **keywords))
        return run(function, args, keywords)


def run(function, args, keywords=()):
    """A function of the numbers of its arguments."""
    given = []
    result = function(*bare(args, given), **bare(dict(keywords), given))
    return wrapped(result, given)


def bare(value, given):
    """An argument as NumPy takes it; an error for an array of NumPy's."""
    if isinstance(value, Foreign):
        given.append(value)
        return value.numbers
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, dict):
        return {name: bare(part, given) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(bare(part, given) for part in value)
    return value


def owner(array):
    """The array whose memory is seen."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def wrapped(value, given):
    """A result: arrays, and NumPy's scalars, which other libraries do not have, as foreign ones."""
    if isinstance(value, (np.ndarray, np.generic)):
        base = None
        for source in given:
            if isinstance(value, np.ndarray) and owner(value) is owner(source.numbers):
                base = source if source.base is None else source.base
        return Foreign(value, base)
    if isinstance(value, (tuple, list)) and not all(isinstance(part, int) for part in value):
        parts = [wrapped(part, given) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def method(name):
    function = getattr(np.ndarray, name)
    return lambda self, *args, **keywords: run(function, (self, *args), keywords)


for _name in """all any argmax argmin argpartition argsort astype clip copy cumprod cumsum
        dot fill flatten item max mean min nonzero partition prod ravel repeat reshape round sort
        squeeze std sum swapaxes take tolist trace transpose var view""".split():
    setattr(Foreign, _name, method(_name))


class Device:
    """cupy.cuda.Device, of which there is one."""

    def __init__(self, index=None):
        self.id = index or 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def synchronize(self):
        pass


def module():
    """A module that can stand for cupy."""
    cupy = ModuleType("cupy")
    cupy.ndarray = Foreign
    cupy.asarray = lambda array: array if isinstance(array, Foreign) else Foreign(array.copy())
    cupy.asnumpy = lambda array: array.numbers.copy()
    strided = np.lib.stride_tricks.as_strided
    cupy.lib = SimpleNamespace(stride_tricks=SimpleNamespace(
        as_strided=lambda x, *how: run(strided, (x, *how))))  # fmt: skip
    cupy.cuda = SimpleNamespace(
        Device=Device,
        runtime=SimpleNamespace(getDeviceCount=lambda: 1, getDevice=lambda: 0),
    )
    return cupy
