"""Devices: where a tensor's numbers lie.

Floor 0. `cpu` is NumPy. Creation and transfer ask this file which arrays a device has, so that the
operations above never mention a device.
"""

import re

__all__ = ["device"]

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
            type, index = "cuda", type
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


cpu = device("cpu")


def check(where):
    """The device named by `where`, or an error for one that this machine cannot give."""
    if where is None:
        return cpu
    where = where if isinstance(where, device) else device(where)
    if where.type == "cpu":
        return cpu
    if where.type == "cuda":
        error = AssertionError("Torch not compiled with CUDA enabled")
    else:
        error = NotImplementedError(f"Could not run on the '{where.type}' backend")
    error.add_note("minitorch computes on the CPU, with NumPy.")
    raise error
