"""load: the object in a `.pt` file, torch's or ours.

Floor 4. A file is not trusted: its archive is checked (`archive.py`), its pickle is interpreted
without running code (`unpickler.py`), its tensors must lie in its storages (`storage.py`).
"""

import contextlib
import io
import mmap as memory_map
import os
import pickle
import re
import sys
import warnings
from reprlib import repr as shown

import numpy as np

from .. import devices
from ..errors import note
from .archive import Reader
from .safetensors import load_file
from .storage import GLOBALS, Storage, StorageType
from .unpickler import Unpickler


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=False,
         **pickle_load_args):  # fmt: skip
    """The object that `minitorch.save` or `torch.save` wrote to a file: a path or a file object.

    `map_location` says where tensors go: a device, a dictionary from the device in the file to
    another, or a function of a storage and that device. `mmap=True` maps the file into memory: its
    pages are read when first looked at, and a write changes memory alone (and the CRC-32 of
    tensors is not checked). A path that ends in `.safetensors` is read as such.

    Only tensors, numbers, strings and containers are allowed, and what `add_safe_globals` names.
    `weights_only=False` gives the file to Python's own `pickle`, needed for whole modules, and so
    does a `pickle_module`: then **a file can run any code it likes**. Use it on files that you
    wrote yourself.

    UnpicklingError for what is not allowed, RuntimeError for a file that is damaged.

    >>> import io, minitorch
    >>> file = io.BytesIO()
    >>> minitorch.save(minitorch.nn.Linear(2, 1).state_dict(), file)
    >>> _ = file.seek(0)
    >>> list(minitorch.load(file, map_location="cpu"))
    ['weight', 'bias']
    """
    weights_only = pickle_module is None if weights_only is None else weights_only
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if weights_only and pickle_load_args:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=2)
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else None
    if path is None and mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    if path is not None and path.endswith(".safetensors"):
        return load_file(path, _one_device(map_location))
    with contextlib.nullcontext(f) if path is None else open(path, "rb") as file:
        _check_format(file)
        archive = Reader(file)
        _check_records(archive)
        storages = _Storages(archive, map_location, _mapped(file) if mmap else None)
        data = archive.read("data.pkl")
        if weights_only:
            return _safely(data, storages)
        return _trusting(data, storages, pickle_module or pickle, pickle_load_args)


def _one_device(where):
    """The device for a file of safetensors, in which tensors have none to be mapped from."""
    for kind, found in (("dict", isinstance(where, dict)), ("callable", callable(where))):
        if found:
            raise RuntimeError(
                f"Loading safetensors file with {kind} map_location is not supported. Use a "
                "device string or torch.device instead."
            )
    return "cpu" if where is None else where


# ---- what kind of file it is -------------------------------------------------------------------


def _check_format(file):
    """An error for what is not a zip archive that can be read from here."""
    try:
        file.seek(file.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the "
            "data into a buffer like io.BytesIO and try to load from it instead."
        ) from None
    start = file.read(4)
    if not start:
        raise EOFError("Ran out of input: the file is empty, or was read or written to its end")
    if start != b"PK\3\4":
        raise RuntimeError("not a zip archive as torch.save writes it since version 1.6. If it is "
                           "an older file, load it in torch and save it again.")  # fmt: skip


def _check_records(archive):
    if "constants.pkl" in archive:
        raise RuntimeError("Cannot use ``weights_only=True`` with TorchScript archives passed to "
                           f"``torch.load``. {_UNSAFE}")  # fmt: skip
    version = archive.read("version")
    if not version.strip().isdigit() or int(version) > 10:
        raise RuntimeError(f"this file has version {version!r} of the format; known are 1 to 10")


def _mapped(file):
    """A file in memory, whose pages are private: writing to them does not change the file."""
    return memory_map.mmap(file.fileno(), 0, access=memory_map.ACCESS_COPY)


# ---- the object --------------------------------------------------------------------------------


def _safely(data, storages):
    """The object in a pickle that may name only what is allowed."""
    try:
        return Unpickler(data, storages.get).load()
    except pickle.UnpicklingError as error:
        if storages.map_failed:
            raise storages.map_failed from None
        raise pickle.UnpicklingError(_explained(str(error))) from None


def _trusting(data, storages, pickle_module, options):
    """The object in a pickle that may do what it wants."""

    class TorchUnpickler(pickle_module.Unpickler):
        def find_class(self, module, name):
            if f"{module}.{name}" in GLOBALS:
                return GLOBALS[f"{module}.{name}"]
            if module.split(".")[0] == "torch":
                raise pickle.UnpicklingError(f"{module}.{name} is torch's own, and minitorch has "
                                             "nothing that stands for it in a file")  # fmt: skip
            return super().find_class(module, name)

        def persistent_load(self, pid):
            return storages.get(pid)

    return TorchUnpickler(io.BytesIO(data), **{"encoding": "utf-8"} | options).load()


_UNSAFE = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` "
    "from `False` to `True`. Re-running `torch.load` with `weights_only` set to `False` will "
    "likely succeed, but it can result in arbitrary code execution. Do it only if you got the file "
    "from a trusted source."
)


def _explained(message):
    """torch's frame around what the unpickler said."""
    if re.search(r"GLOBAL (\S+) was not an allowed global by default.", message):
        text = (
            "Weights only load failed. This file can still be loaded, to do so you have two "
            "options, \033[1mdo those steps only if you trust the source of the checkpoint\033[0m. "
            f"\n\t(1) {_UNSAFE}\n\t(2) Alternatively, to load with `weights_only=True` please "
            "check the recommended steps in the following error message.\n\tWeightsUnpickler "
            f"error: {message}"
        )
    elif re.search(r"whose module (\S+) is blocked", message):
        text = f"Weights only load failed. {_UNSAFE}\n\n\n{message}"
    else:
        text = (f"Weights only load failed. {_UNSAFE}\nPlease file an issue with the following so "
                "that we can make `weights_only=True` compatible with your use case: "
                f"WeightsUnpickler error: \n\n{message}")  # fmt: skip
    return text + (
        "\n\nCheck the documentation of torch.load to learn more about types accepted by default "
        "with weights_only https://pytorch.org/docs/stable/generated/torch.load.html."
    )


# ---- the storages ------------------------------------------------------------------------------


class _Storages:
    """The storages of an archive, each read once, when it is first asked for."""

    def __init__(self, archive, map_location, mapped):
        self._archive, self._mapped, self._loaded = archive, mapped, {}
        self._map_location = map_location
        self.map_failed = None  # what a function given as `map_location` raised
        order = archive.read("byteorder") if "byteorder" in archive else b"little"
        if order not in (b"little", b"big"):
            raise ValueError("Unknown endianness type: " + order.decode(errors="replace"))
        self._swapped = order.decode() != sys.byteorder

    def get(self, pid):
        """The storage for a persistent id: ("storage", its type, its key, device, elements)."""
        if not isinstance(pid, tuple):
            raise pickle.UnpicklingError("persistent_load id must be tuple or int, but got "
                                         f"{type(pid)}")  # fmt: skip
        if not pid or pid[0] != "storage":
            raise pickle.UnpicklingError("Only persistent_load of storage is allowed, but got "
                                         f"{type(pid[0]) if pid else pid}")  # fmt: skip
        if [type(part) for part in pid[1:]] != [StorageType, str, str, int]:
            raise pickle.UnpicklingError("a storage is described by its type, a key, a device and "
                                         f"its size, not by {shown(pid[1:])}")  # fmt: skip
        _, (dtype,), key, location, count = pid
        if key not in self._loaded:
            self._loaded[key] = self._placed(self._read(key, dtype, count), location)
        storage = self._loaded[key]
        if storage.dtype is not dtype or storage.nbytes() != count * dtype.itemsize:
            raise pickle.UnpicklingError(f"storage {key!r} is described in two ways")
        return storage

    def _read(self, key, dtype, count):
        """The storage as it is in the file, whose record must have the size that the pickle says.

        The size of the record was checked against the file: memory is safe to ask for.
        """
        start, nbytes = self._archive.place(f"data/{key}")
        if nbytes != count * dtype.itemsize:
            raise pickle.UnpicklingError(f"storage {key!r} should have {count} elements of "
                                         f"{dtype}, but has {nbytes} bytes")  # fmt: skip
        if self._mapped is not None and nbytes:
            array = np.frombuffer(self._mapped, np.uint8, nbytes, start)
        else:
            array = np.empty(nbytes, np.uint8)
            self._archive.read_into(f"data/{key}", memoryview(array))
        if self._swapped:
            array.view(dtype._numpy).byteswap(inplace=True)
        return Storage(array, dtype)

    def _placed(self, storage, location):
        """The storage where `map_location` wants it, or where the file says that it was."""
        where = self._map_location
        if isinstance(where, dict):
            location = where.get(location, location)
        elif isinstance(where, (str, devices.device)):
            location = str(where)
        elif where is not None:
            try:
                placed = where(storage, location)
            except Exception as error:
                self.map_failed = error
                raise
            if placed is not None:
                if not isinstance(placed, Storage):
                    raise TypeError("map_location must return a storage or None, not "
                                    f"{type(placed).__name__}")  # fmt: skip
                return placed
        return _moved(storage, location)


def _moved(storage, location):
    """The storage on a device, or torch's error for one that is unknown or not there."""
    try:
        return storage.to(device=location)
    except AssertionError as error:  # no CUDA
        raise note(RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU."
        ), str(error)) from None  # fmt: skip
    except (RuntimeError, NotImplementedError):
        raise RuntimeError(
            "don't know how to restore data location of "
            f"torch.storage.UntypedStorage (tagged with {location})"
        ) from None
