"""torch's errors for options of an optimizer, in its words.

Floor 4: may import floors 0-3. Convention: a check returns nothing, or raises.
"""

import numpy as np

from .. import errors
from ..tensor import Tensor

# ---- when an optimizer is made -----------------------------------------------------------------


def check_options(**options):
    """Checks options in their order: none may be negative, betas are below 1, lr one number."""
    for name, value in options.items():
        if name == "betas":
            for i in (0, 1):
                if not 0.0 <= value[i] < 1.0:
                    raise ValueError(f"Invalid beta parameter at index {i}: {value[i]}")
            continue
        if name == "lr":
            check_one_number(name, value)
        if not 0.0 <= value:
            words = {"lr": "learning rate", "eps": "epsilon value"}.get(name, f"{name} value")
            raise ValueError(f"Invalid {words}: {value}")


def check_one_number(name, value):
    if isinstance(value, Tensor) and value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")


def check_implementation(differentiable, foreach=None, fused=None):
    """Some implementations exclude each other in torch, and one is not to be had here."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if differentiable:
        raise NotImplementedError(
            "differentiable=True: a step of minitorch is arithmetic on arrays, which autograd does "
            "not see. To differentiate through a step, write it with tensors: p = p - lr * p.grad."
        )


# ---- at a step ---------------------------------------------------------------------------------


def check_shapes(p, g, *states):
    """`p.data` may be new since the gradient was made, and loaded state that of another model."""
    shape = g.shape
    for array in (*states, p):
        if array.shape != shape:
            raise errors.broadcast(array.shape, shape) or _cannot_grow(array.shape, shape)


def _cannot_grow(a, b):
    """The error for the smaller of two shapes that broadcast, to be written to in place."""
    whole = np.broadcast_shapes(a, b)
    return errors.output_shape(b if a == whole else a, whole)


def check_fused(p):
    if not p.dtype.is_floating_point:
        raise RuntimeError(
            "`fused=True` requires all the params to be floating point Tensors of supported "
            "devices: ['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', 'privateuseone'] but "
            f"{p.dtype} and {p.device.type}"
        )


def refuse_capturable(name, foreach):
    """A CUDA graph captures steps on a GPU; each optimizer of torch lists devices of its own."""
    tensors = "params and state_steps"
    if name == "NAdam":
        tensors = f"params, mu_products{',' if foreach else ''} and state_steps"
    known = ["cuda", "xpu", "hpu", "privateuseone"]
    if name == "RMSprop" or not (foreach or name == "Adadelta"):
        known.append("xla")
    raise AssertionError(f"If capturable=True, {tensors} must be on supported devices: {known}.")


# ---- words -------------------------------------------------------------------------------------


def typename(obj):
    """What torch calls the type of something: torch.FloatTensor, str, numpy.ndarray."""
    if isinstance(obj, Tensor):
        return f"torch.{errors.scalar_name(obj._array)}Tensor"
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = named.__module__ or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"
