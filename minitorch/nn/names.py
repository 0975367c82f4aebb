"""Names of types in errors, as torch prints them.

May import floors 0-3.
"""

import re
from types import FunctionType

from ..tensor import Tensor

# Where torch keeps a class that is in a file of another name here.
_TORCH_FILE = {
    **dict.fromkeys(["Flatten", "Unflatten"], "flatten"),
    **dict.fromkeys(["BatchNorm1d", "BatchNorm2d"], "batchnorm"),
    **dict.fromkeys(["InstanceNorm1d", "InstanceNorm2d"], "instancenorm"),
    "NonDynamicallyQuantizableLinear": "linear",
    "Upsample": "upsampling",
    "attention": "activation",
    "containers": "container",
    "embedding": "sparse",
    "norm": "normalization",
    "pixels": "pixelshuffle",
    "pool": "pooling",
}


def typename(obj):
    """The type of `obj` as torch's errors write it.

    >>> import minitorch
    >>> from minitorch import nn
    >>> from minitorch.nn.names import typename
    >>> typename(3), typename(minitorch.ones(1)), typename(nn.Linear)
    ('int', 'torch.FloatTensor', 'torch.nn.modules.linear.Linear')
    """
    if isinstance(obj, Tensor):
        return obj.type()
    if obj is Tensor:
        return "torch.Tensor"
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    place, name = kind.__module__ or "", kind.__qualname__
    if place in ("", "builtins"):
        return name
    inside = re.fullmatch(r"minitorch\.nn\.(\w+)", place)
    if inside and inside[1] == "parameter":
        place = "torch.nn.parameter"
    elif inside:
        file = inside[1]
        place = f"torch.nn.modules.{_TORCH_FILE.get(name) or _TORCH_FILE.get(file, file)}"
    return f"{place}.{name}"


def own(*names):
    """An `__init_subclass__` for a base that torch lacks: its methods `names` name the layer.

    A call with wrong arguments is then refused as `ReLU.forward()`, not as that of the base.
    """

    def __init_subclass__(cls):
        for name in names:
            shared = getattr(cls, name)
            if cls.__module__ == shared.__module__:  # a subclass elsewhere shares ours
                method = FunctionType(
                    shared.__code__, shared.__globals__, name, shared.__defaults__,
                    shared.__closure__,
                )  # fmt: skip
                method.__doc__, method.__qualname__ = shared.__doc__, f"{cls.__name__}.{name}"
                setattr(cls, name, method)

    return classmethod(__init_subclass__)
