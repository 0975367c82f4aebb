"""Tensors in the `safetensors` format, through the package of that name.

Floor 4; `pip install minitorch-course[files]` brings the package. The functions have the names and
arguments of `safetensors.torch`; a file is replaced as a whole, as by `minitorch.save`.
"""

import os

from numpy.lib.array_utils import byte_bounds

from ..errors import note
from ..tensor import Tensor, from_numpy
from .atomic import replacing

__all__ = ["load", "load_file", "save", "save_file"]


def save(tensors, metadata=None):
    """The bytes of a file with these tensors; see `save_file`."""
    return _package().save(_arrays(tensors), metadata)


def save_file(tensors, filename, metadata=None):
    """Save a dictionary of tensors by name; `metadata` is a dictionary of strings.

    The format knows no shared memory and no strides: RuntimeError for tensors that share memory,
    ValueError for one that is not contiguous. What requires a gradient is not saved either.

    >>> import os, tempfile, minitorch
    >>> from minitorch.serialization import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.safetensors")
    ...     safetensors.save_file({"w": minitorch.ones(2)}, path)
    ...     safetensors.load_file(path)
    {'w': tensor([1., 1.])}
    """
    data = save(tensors, metadata)
    with replacing(filename) as file:
        file.write(data)


def load(data):
    """{name: tensor} of the bytes of a file."""
    return {name: from_numpy(array.copy()) for name, array in _package().load(data).items()}


def load_file(filename, device="cpu"):
    """{name: tensor} of a file. `safetensors.SafetensorError` for one that is damaged."""
    arrays = _package().load_file(os.fspath(filename))
    return {name: from_numpy(array).to(device) for name, array in arrays.items()}


def _package():
    """`safetensors.numpy`, or an error that says how to get it."""
    try:
        import safetensors.numpy
    except ImportError as error:
        raise note(error, "Install it: pip install minitorch-course[files]") from None
    return safetensors.numpy


# ---- what the format can hold ------------------------------------------------------------------

# With the line breaks that it has in safetensors.
_SHARED = """
            Some tensors share memory, this will lead to duplicate memory on disk and potential \
differences when loading them again: {}.
            A potential way to correctly save your model is to use `save_model`.
            More information at https://huggingface.co/docs/safetensors/torch_shared_tensors
            """


def _arrays(tensors):
    """{name: array} of tensors that the format can hold, or an error in safetensors' words."""
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    for name, t in tensors.items():
        if not isinstance(t, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received "
                             f"{type(t)}")  # fmt: skip
    arrays = {name: t.detach().cpu()._array for name, t in tensors.items()}
    shared = _shared(arrays)
    if shared:
        raise RuntimeError(_SHARED.format(shared))
    for name, array in arrays.items():
        if not array.flags.c_contiguous:
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. "
                "It either means you are trying to save tensors which are reference of each other "
                "in which case it's recommended to save only the full tensors, and reslice at load "
                "time, or simply call `.contiguous()` on your tensor to pack it before saving."
            )
    return arrays


def _shared(arrays):
    """Groups of names whose arrays overlap in memory."""
    groups, end = [], -1
    for (start, stop), name in sorted((byte_bounds(a), n) for n, a in arrays.items() if a.size):
        if start >= end:
            groups.append(set())
        groups[-1].add(name)
        end = max(stop, end)
    return [group for group in groups if len(group) > 1]
