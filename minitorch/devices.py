"""Devices: where a tensor's numbers lie.

Floor 0. The numbers of a tensor on `cpu` are in a NumPy array, those on `cuda` in one of CuPy,
which is imported when first asked for, and a tensor on `meta` has a MetaArray, without numbers. A
kernel is written with NumPy alone, and NumPy hands it to the array's own library; it makes its new
arrays `like=` one that it was given. What NumPy does not hand on is here: which device an array
lies on, transfer, and strides.
"""

import functools
import re

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import meta as shapes_only
from .meta import MetaArray
from .modes import modes

__all__ = ["device", "get_default_device", "set_default_device"]

# torch's list, for its error text and so that `device("xpu")` is recognised as a device.
_KNOWN = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, "
    "mps, meta, hpu, mtia, privateuseone"
)


class device:
    """A place for tensors: a type and, for accelerators, an index.

    >>> import minitorch
    >>> minitorch.device("cpu"), minitorch.device("cuda", 1)
    (device(type='cpu'), device(type='cuda', index=1))
    """

    __slots__ = ("type", "index")

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int):
            if not cuda_count():
                raise RuntimeError("Cannot access accelerator device when none is available.")
            type, index = "cuda", type
        if not type:
            raise RuntimeError("Device string must not be empty")
        match = re.fullmatch(r"([a-z]+)(?::(\d+))?", type)
        if not match:
            raise RuntimeError(f"Invalid device string: '{type}'")
        if match[1] not in _KNOWN.split(", "):
            raise RuntimeError(f"Expected one of {_KNOWN} device type at start of device string: "
                               f"{match[1]}")  # fmt: skip
        if match[2] is not None:
            if index is not None:
                raise RuntimeError("type (string) must not include an index because index was "
                                   f"passed explicitly: {type}")  # fmt: skip
            index = int(match[2])
        self.type, self.index = match[1], index

    def __repr__(self):
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (self.type, self.index)

    def __enter__(self):
        modes.devices = (*modes.devices, self)
        return self

    def __exit__(self, *exc):
        modes.devices = modes.devices[:-1]


cpu, meta = device("cpu"), device("meta")


# ---- which device ------------------------------------------------------------------------------


def set_default_device(device):
    """The device of new tensors whose `device=` is not given; None for the CPU.

    >>> import minitorch
    >>> minitorch.set_default_device("meta")
    >>> minitorch.zeros(2)
    tensor(..., device='meta', size=(2,))
    >>> minitorch.set_default_device(None)
    """
    modes.devices = () if device is None else (check(device),)


def get_default_device():
    """The device of new tensors whose `device=` is not given; in a `with device:` block, that.

    >>> import minitorch
    >>> with minitorch.device("meta"):
    ...     minitorch.get_default_device()
    device(type='meta')
    """
    return check(None)


def check(where):
    """The device that `where` names, the default one for None; an error if it is not here."""
    if where is None:
        if not modes.devices:
            return cpu
        where = modes.devices[-1]
    where = where if isinstance(where, device) else device(where)
    if where.type == "cpu":
        return cpu
    if where.type == "meta":
        return meta
    if where.type == "cuda":
        cupy()
        return where
    error = NotImplementedError(f"Could not run on the '{where.type}' backend")
    error.add_note("minitorch has the devices cpu, meta and cuda.")
    raise error


def of(array):
    """The device that an array lies on."""
    if isinstance(array, MetaArray):
        return meta
    return device("cuda", array.device.id) if isinstance(array, _classes[2:]) else cpu


# ---- arrays of any device ----------------------------------------------------------------------

_classes = (np.ndarray, MetaArray)  # and that of CuPy, when it is there


def is_array(value):
    """Whether `value` is an array, on whichever device."""
    return isinstance(value, _classes)


def as_array(value):
    """`value`, a result of NumPy, as an array: a NumPy scalar becomes one without dimensions."""
    return value if is_array(value) else np.asarray(value)


def writeable(array):
    """Whether an array may be written to: of CuPy's all may, and their flags do not say."""
    return getattr(array.flags, "writeable", True)


def contiguous(array):
    """`array`, or a copy of it in the order of its indices."""
    if isinstance(array, _classes[1:]):
        return array if array.flags.c_contiguous else array.copy()
    return np.ascontiguousarray(array)


def repeats(array):
    """Whether several elements lie in one place, as those of an expanded tensor do."""
    steps = zip(array.shape, array.strides)
    return array.size > 0 and any(n > 1 and not step for n, step in steps)


def strided(array, shape, strides):
    """The memory from the first element of `array` on, seen with these strides."""
    if isinstance(array, MetaArray):
        return array.strided(shape)
    if isinstance(array, _classes[2:]):
        return cupy().lib.stride_tricks.as_strided(array, shape, strides)
    if array.flags.c_contiguous and array.size:
        return np.ndarray(shape, array.dtype, array, 0, strides)  # a tenth of as_strided's time
    return as_strided(array, shape, strides)


def library(value):
    """What tells NumPy's `like=` the library of an array, a NumPy scalar or a tensor."""
    array = getattr(value, "_array", value)
    return None if isinstance(array, np.generic) else array


def zeros(shape, beside):
    """Zeros with the dtype of an array, on its device."""
    return np.zeros(shape, beside.dtype, like=library(beside))


def like(where):
    """An array on a device, for the `like=` of NumPy's creation functions."""
    if where.type == "cuda":
        return moved(_FIRST[cpu], where)
    return _FIRST[where]


_FIRST = {cpu: np.zeros(()), meta: shapes_only.like((), np.float64)}


def moved(array, where):
    """`array`, or a copy of it, on a device."""
    here = of(array)
    if here == where or here.type == where.type and where.index is None:
        return array
    if where is meta:
        return shapes_only.like(array.shape, array.dtype)
    if here is meta:
        raise shapes_only.no_data()
    if where is cpu:
        return cupy().asnumpy(array)
    with cupy().cuda.Device(where.index or 0):
        return cupy().asarray(array)


_METHOD = {"maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any"}


def reduced(ufunc, array, axis=None, keepdims=False, **keywords):
    """`ufunc.reduce`, for the four that CuPy has as methods only."""
    if isinstance(array, _classes[2:]):
        return getattr(array, _METHOD[ufunc.__name__])(axis, keepdims=keepdims)
    return ufunc.reduce(array, axis, keepdims=keepdims, **keywords)


def mixed(arrays):
    """The error for arrays that lie on different devices; those without dimensions may."""
    found = list(dict.fromkeys(of(a) for a in arrays if is_array(a) and a.ndim))
    if len(found) < 2:
        return None
    if meta in found:
        return RuntimeError(f"Tensor on device {found[1]} is not on the expected device "
                            f"{found[0]}!")  # fmt: skip
    return RuntimeError("Expected all tensors to be on the same device, but found at least two "
                        f"devices, {found[0]} and {found[1]}!")  # fmt: skip


# ---- CuPy --------------------------------------------------------------------------------------


def cupy():
    """The module cupy; torch's error if there is none, or no GPU."""
    if not cuda_count():
        error = AssertionError("Torch not compiled with CUDA enabled")
        error.add_note('For an NVIDIA GPU, install CuPy: pip install "minitorch-course[cuda]".')
        raise error
    import cupy

    global _classes
    _classes = (np.ndarray, MetaArray, cupy.ndarray)
    return cupy


@functools.cache
def cuda_count():
    """How many GPUs CuPy can use: 0 without CuPy or without a driver."""
    try:
        import cupy

        return cupy.cuda.runtime.getDeviceCount()
    except Exception:  # ImportError, or what CuPy says where there is no driver
        return 0
