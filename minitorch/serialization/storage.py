"""What tensors in a file are made of: storages, and the functions that make tensors of them.

Floor 4. A storage is one block of memory that tensors share. The functions have the names and
arguments of torch's, which are part of the file format; a file names them, and nothing else of
torch. `GLOBALS` is the whole list of what a file may name by default.
"""

import math
import pickle
from collections import Counter, OrderedDict
from reprlib import repr as shown
from typing import NamedTuple

import numpy as np

from .. import devices, dtypes
from ..nn.parameter import Parameter
from ..ops.creation import empty
from ..tensor import Size, Tensor, wrap


class Storage:
    """A block of memory that tensors share; a function given as `map_location` gets it.

    `to(device=...)`, `cpu()` and `cuda()` give the storage on another device.
    """

    __slots__ = ("array", "dtype", "device")

    def __init__(self, array, dtype, device=devices.cpu):
        self.array, self.dtype, self.device = array, dtype, device  # array: its bytes, uint8

    def nbytes(self):
        """Its size in bytes."""
        return self.array.nbytes

    size = __len__ = nbytes

    def to(self, *, device):
        """This storage, or on another device a copy of it."""
        device = devices.check(device)
        if device == self.device:
            return self
        return Storage(wrap(self.array).to(device)._array, self.dtype, device)

    def cpu(self):
        """This storage on the CPU."""
        return self.to(device="cpu")

    def cuda(self, device=None):
        """This storage on a GPU."""
        return self.to(device=devices.device("cuda", device))


# ---- tensors of storages -----------------------------------------------------------------------


def _rebuild_tensor(storage, storage_offset, size, stride):
    """A tensor that sees part of a storage. RuntimeError if it would reach beyond."""
    if type(storage) is not Storage:
        raise pickle.UnpicklingError(f"a tensor needs a storage, but got {type(storage)}")
    kind = storage.dtype._numpy
    _check_layout(storage.nbytes(), kind.itemsize, storage_offset, size, stride)
    if storage.device.type == "meta":
        return empty(size, dtype=storage.dtype, device="meta")
    start, steps = storage_offset * kind.itemsize, tuple(s * kind.itemsize for s in stride)
    if isinstance(storage.array, np.ndarray):
        return wrap(np.ndarray(size, kind, storage.array, start, steps))
    made = type(storage.array)(size, kind, storage.array.data + start, steps)  # CuPy's arguments
    return wrap(made)


def _check_layout(nbytes, itemsize, offset, size, stride):
    """torch's error for a view that does not lie inside a storage of `nbytes`."""
    if not (isinstance(size, tuple) and isinstance(stride, tuple)
            and all(type(n) is int for n in (offset, *size, *stride))):  # fmt: skip
        raise pickle.UnpicklingError("offset, size and stride of a tensor must be whole numbers")
    if len(size) != len(stride):
        raise RuntimeError(f"unequal size length ({len(size)}) and stride length ({len(stride)})")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    count, last = 1, offset
    for n, step in zip(size, stride):
        count *= n
        last += (n - 1) * step
        if n < 0 or n >= 2**63 or count >= 2**63:
            raise RuntimeError("numel: integer multiplication overflow")
        if not 0 <= step < 2**63:
            raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and "
                               f"strides={list(stride)}")  # fmt: skip
    needed = (last + 1) * itemsize if count else 0
    if needed > nbytes:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
            f"itemsize {itemsize} requiring a storage size of {needed} are out of bounds for "
            f"storage of size {nbytes}"
        )


def _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks,
                       metadata=None):  # fmt: skip
    """A tensor of a storage, and whether it requires a gradient; hooks are never in a file."""
    t = _rebuild_tensor(storage, storage_offset, size, stride)
    t.requires_grad = requires_grad
    return t


def _rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad):
    """A tensor without numbers."""
    if not isinstance(dtype, dtypes.dtype):
        raise pickle.UnpicklingError(f"expected a dtype, but got {type(dtype)}")
    _check_layout(math.inf, dtype.itemsize, 0, size, stride)
    return empty(size, dtype=dtype, device="meta", requires_grad=requires_grad)


def _rebuild_parameter(data, requires_grad, backward_hooks):
    if not (isinstance(data, Tensor) and isinstance(requires_grad, bool)):
        raise pickle.UnpicklingError("a Parameter needs a tensor and a bool")
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    return _with_attributes(_rebuild_parameter(data, requires_grad, backward_hooks), state)


def _rebuild_from_type_v2(func, new_type, args, state):
    """A tensor of another class, or with attributes of its own, such as a Buffer's."""
    if not any(func is known for known in _PLAIN_TENSORS):
        raise pickle.UnpicklingError(f"cannot make a tensor by {type(func)}")
    t = func(*args)
    if not (isinstance(new_type, type) and issubclass(new_type, Tensor)):
        raise pickle.UnpicklingError(f"{type(new_type)} is not a class of tensors")
    if new_type is not Tensor:
        t = Tensor._make_subclass(new_type, t, t.requires_grad)
    if hasattr(new_type, "__setstate__"):
        t.__setstate__(state)
        return t
    return _with_attributes(t, state)


def _with_attributes(t, state):
    """`t` with the attributes in `state`, none of which may hide one of its class."""
    if not isinstance(state, dict):
        raise pickle.UnpicklingError(
            f"the attributes of a tensor must be a dict, not {type(state)}"
        )
    for name in state:
        if not isinstance(name, str) or hasattr(type(t), name):
            raise pickle.UnpicklingError(
                f"a file may not set the attribute {shown(name)} of a tensor"
            )
    t.__dict__.update(state)
    return t


_PLAIN_TENSORS = (_rebuild_tensor, _rebuild_tensor_v2, _rebuild_meta_tensor_no_storage)


# ---- what a file may name ----------------------------------------------------------------------


class StorageType(NamedTuple):
    """The class of a storage in a file, `torch.FloatStorage`: it stands for a dtype."""

    dtype: dtypes.dtype


REBUILD = (*_PLAIN_TENSORS, _rebuild_parameter, _rebuild_parameter_with_state,
           _rebuild_from_type_v2)  # fmt: skip

# Naming is not calling: what a file may call, and with what, is in `unpickler.py`.
GLOBALS = {
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.Size": Size,
    "torch.device": devices.device,
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "torch.storage.UntypedStorage": StorageType(dtypes.uint8),
    "torch.UntypedStorage": StorageType(dtypes.uint8),
    **{f"torch.{d._class_name}Storage": StorageType(d) for d in dtypes.ALL},
    **{repr(d): d for d in dtypes.ALL},
    **{f"torch._utils.{f.__name__}": f for f in REBUILD[:-1]},
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type_v2,
}
