"""save: an object with tensors in it as a zip archive, in torch's format.

Floor 4. The pickle names the functions and classes of torch that rebuild a tensor, so torch reads
it with `weights_only=True`; what is not torch's goes by its own name. The memory of tensors is
written once for all that share it, straight from the arrays.
"""

import io
import os
import pickle
import sys
import warnings
from collections import OrderedDict
from types import FunctionType
from typing import NamedTuple

import numpy as np

from .. import devices, dtypes
from ..nn.parameter import Parameter
from ..tensor import Size, Tensor, wrap
from .archive import ALIGNMENT, Writer
from .atomic import replacing


def save(obj, f, pickle_module=pickle, pickle_protocol=2, _use_new_zipfile_serialization=True):
    """Save an object, such as a state dict, to a file that torch can load too.

    `f` is a path or has `write`. A file is replaced as a whole: a crash at any moment leaves the
    old one as it was. Tensors that share memory share it again when loaded; hooks are not saved.
    AttributeError for another `f`, RuntimeError for a folder that does not exist.

    >>> import io, minitorch
    >>> file = io.BytesIO()
    >>> minitorch.save({"weight": minitorch.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> minitorch.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if pickle_module is not pickle or not _use_new_zipfile_serialization:
        raise NotImplementedError("minitorch.save writes zip archives with Python's pickle only")
    if isinstance(f, (str, os.PathLike)):
        folder = os.path.splitext(os.path.basename(os.fspath(f)))[0]
        pickled = _pickled(obj, pickle_protocol)
        with replacing(f) as file:
            _write(*pickled, file, folder)
    elif hasattr(f, "write"):
        _write(*_pickled(obj, pickle_protocol), f, "archive")
        if hasattr(f, "flush"):
            f.flush()
    else:
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a "
                             "'write' attribute")  # fmt: skip


def _pickled(obj, protocol):
    """(the pickle of an object, the arrays of the storages it speaks of)."""
    buffer = io.BytesIO()
    pickler = _Pickler(buffer, protocol)
    pickler.dump(obj)
    return buffer.getvalue(), [saved.data for saved in pickler.storages.values()]


def _write(pickled, arrays, file, folder):
    """The records of torch's format, in its order."""
    with Writer(file, folder if folder.isascii() and folder else "archive") as archive:
        archive.add("data.pkl", pickled)
        archive.add(".format_version", b"1")
        archive.add(".storage_alignment", str(ALIGNMENT).encode())
        archive.add("byteorder", sys.byteorder.encode())
        for key, array in enumerate(arrays):
            archive.add(f"data/{key}", array)
        archive.add("version", b"3\n")
        archive.add(".data/serialization_id", archive.fingerprint().encode())


# ---- memory ------------------------------------------------------------------------------------


class _Saved(NamedTuple):
    """A storage as the file speaks of it."""

    key: str
    dtype: dtypes.dtype
    location: str
    data: np.ndarray  # its bytes


def _memory_of(t):
    """(the array that owns the memory of a tensor, the offset of the tensor in it, its strides).

    What torch's format cannot say (negative steps, an odd alignment) is copied first.
    """
    array = t._array
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    item, shift = array.itemsize, _address(array) - _address(owner)
    whole = all(n % item == 0 for n in (shift, owner.nbytes, *array.strides))
    if owner.flags.forc and whole and min(array.strides, default=0) >= 0:
        return owner, shift // item, t.stride()
    copy = wrap(array.copy(order="C"))
    return copy._array, 0, copy.stride()


def _address(array):
    return array.__array_interface__["data"][0]


def _bytes_of(owner):
    """The memory of a contiguous array, in the order in which it lies there."""
    return (owner if owner.flags.c_contiguous else owner.T).reshape(-1).view(np.uint8)


# ---- the pickle --------------------------------------------------------------------------------


class _Named:
    """A function or class of torch, known here by its name alone."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    __call__ = None  # pickle wants something callable in this place

    def write(self, pickler):
        pickler.write(pickle.GLOBAL + f"{self.module}\n{self.name}\n".encode())
        pickler.memoize(self)


_REBUILD_TENSOR = _Named("torch._utils", "_rebuild_tensor_v2")
_REBUILD_META = _Named("torch._utils", "_rebuild_meta_tensor_no_storage")
_REBUILD_TYPE = _Named("torch._tensor", "_rebuild_from_type_v2")
_REBUILD_PARAMETER = _Named("torch._utils", "_rebuild_parameter")
_REBUILD_PARAMETER_WITH_STATE = _Named("torch._utils", "_rebuild_parameter_with_state")
_NAMES = {Tensor: _Named("torch", "Tensor"), Size: _Named("torch", "Size"),
          Parameter: _Named("torch.nn.parameter", "Parameter"),
          devices.device: _Named("torch", "device"),
          **{d: _Named("torch", d._name) for d in dtypes.ALL}}  # fmt: skip
_STORAGE_TYPES = {d: _Named("torch", f"{d._class_name}Storage") for d in dtypes.ALL}


# Python's pickler in C looks names up in sys.modules, and has no way to write one of torch's
# without torch; the one in Python can be told.
class _Pickler(pickle._Pickler):
    def __init__(self, file, protocol):
        super().__init__(file, protocol)
        self.storages = {}  # id of the owner of the memory -> _Saved
        self.kept = []  # those owners, so that no id is used twice

    def persistent_id(self, obj):
        if type(obj) is _Saved:
            kind, size = _STORAGE_TYPES[obj.dtype], obj.data.nbytes // obj.dtype.itemsize
            return ("storage", kind, obj.key, obj.location, size)
        return None

    def reducer_override(self, obj):
        if isinstance(obj, Tensor) and type(obj).__reduce_ex__ in _OUR_REDUCE:
            return self.tensor(obj)
        if type(obj) is Size:
            return _NAMES[Size], (tuple(obj),)
        if type(obj) is devices.device:
            place = (obj.type,) if obj.index is None else (obj.type, obj.index)
            return _NAMES[devices.device], place
        return NotImplemented

    def save_name(self, obj):
        name = obj if type(obj) is _Named else _NAMES[obj]
        known = self.memo.get(id(name))
        self.write(self.get(known[0])) if known else name.write(self)

    def save_global(self, obj, name=None):
        pickle.dumps(obj)  # for a lambda and its like an error, in the words of the pickler in C
        super().save_global(obj, name)

    def save_class(self, obj):
        self.save_name(obj) if obj in _NAMES else self.save_type(obj)

    dispatch = pickle._Pickler.dispatch | {
        _Named: save_name, dtypes.dtype: save_name, type: save_class,
        type(Parameter): save_class, FunctionType: save_global}  # fmt: skip

    # ---- tensors -------------------------------------------------------------------------------

    def tensor(self, t):
        """(what rebuilds a tensor, its arguments), as torch has it."""
        _warn_of_hooks(t)
        state = {name: value for name, value in t.__dict__.items() if name != "_backward_hooks"}
        if issubclass(type(t), Parameter):
            fields = (t.data, t.requires_grad, OrderedDict())
            return (_REBUILD_PARAMETER_WITH_STATE, (*fields, state)) if state else (
                _REBUILD_PARAMETER, fields)  # fmt: skip
        how = self.plain_tensor(t)
        plain = type(t) is Tensor and not state
        return how if plain else (_REBUILD_TYPE, (how[0], type(t), how[1], state))

    def plain_tensor(self, t):
        if t.device.type == "meta":
            return _REBUILD_META, (t.dtype, tuple(t.shape), t.stride(), t.requires_grad)
        owner, offset, stride = _memory_of(t.detach().cpu())
        storage = self.storage(owner, t.dtype, str(t.device))
        return _REBUILD_TENSOR, (storage, offset, tuple(t.shape), stride, t.requires_grad,
                                 OrderedDict())  # fmt: skip

    def storage(self, owner, dtype, location):
        """The storage of the memory that `owner` owns, the same for all who share it."""
        if id(owner) not in self.storages:
            self.kept.append(owner)
            key = str(len(self.storages))
            self.storages[id(owner)] = _Saved(key, dtype, location, _bytes_of(owner))
        saved = self.storages[id(owner)]
        if saved.dtype is not dtype and saved.data.size:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data "
                               "as different types")  # fmt: skip
        return saved


_OUR_REDUCE = (Tensor.__reduce_ex__, Parameter.__reduce_ex__)


def _warn_of_hooks(t):
    for _, hook in () if t._hooks is None else t._hooks.tensor.values():
        warnings.warn(
            f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you "
            "can decorate the function with @torch.utils.hooks.unserializable_hook to suppress "
            "this warning", stacklevel=2)  # fmt: skip
