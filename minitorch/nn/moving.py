"""Moving and casting a module: everything that it owns, in place.

`Movable` is the part of Module behind `.to()`, `.double()` and their like. A Parameter keeps its
identity: it is given new numbers (`param.data = ...`), so an optimizer that holds it goes on
working; its gradient moves with it. A buffer is replaced. A plain tensor attribute is not found, so
it stays where it was. May import floors 0-3.
"""

from .. import devices, dtypes, errors
from ..modes import no_grad
from ..ops.creation import empty_like
from ..tensor import Tensor
from .parameter import Parameter


class Movable:
    """The part of Module that moves and casts."""

    def _apply(self, fn, recurse=True):
        """Put `fn(t)` in the place of every parameter, gradient and buffer `t`."""
        if recurse:
            self._refuse_cycles()
            for child in self.children():
                child._apply(fn)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                self._parameters[name] = _applied(fn, parameter)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def apply(self, fn):
        """Call `fn(module)` for every descendant and for this module, children first.

        >>> from minitorch import nn
        >>> m = nn.Sequential(nn.Identity()).apply(lambda module: print(type(module).__name__))
        Identity
        Sequential
        """
        self._refuse_cycles()
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    # ---- to ------------------------------------------------------------------------------------

    def to(self, *args, **kwargs):
        """Move to a device, cast to a floating point dtype, or both: `to(device, dtype)`.

        Only floating point parameters and buffers are cast. `to(tensor)` takes the tensor's device
        and dtype. An integer dtype raises TypeError. Returns the module itself.

        >>> import minitorch
        >>> from minitorch import nn
        >>> m = nn.Linear(2, 1)
        >>> weight = m.weight
        >>> m.to(minitorch.float64).weight is weight, weight.dtype
        (True, torch.float64)
        """
        device, dtype, non_blocking = _parse_to(args, kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )

        def convert(t):
            try:
                return t.to(device, dtype if t.is_floating_point() else None, non_blocking)
            except NotImplementedError as error:
                if str(error) != "Cannot copy out of meta tensor; no data!":
                    raise
                raise NotImplementedError(
                    f"{error} Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to()"
                    " when moving module from meta to a different device."
                ) from None

        return self._apply(convert)

    def to_empty(self, *, device, recurse=True):
        """Move to a device without the values: what is there now is uninitialised."""
        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def cpu(self):
        """Move to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Move to a GPU (the current one, unless `device` is given)."""
        return self._apply(lambda t: t.cuda(device))

    def type(self, dst_type):
        """Cast all parameters and buffers, integer ones included, to `dst_type`."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self):
        """Cast the floating point parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self):
        """Cast the floating point parameters and buffers to float64.

        >>> import minitorch
        >>> from minitorch import nn
        >>> m = nn.Module()
        >>> m.register_buffer("b", minitorch.ones(1))
        >>> m.register_buffer("n", minitorch.tensor(3))
        >>> m.plain = minitorch.ones(1)
        >>> m = m.double()
        >>> m.b.dtype, m.n.dtype, m.plain.dtype
        (torch.float64, torch.int64, torch.float32)
        """
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self):
        """Cast the floating point parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)


# ---- the arguments of `to` ---------------------------------------------------------------------

_NONE = type(None)
_KINDS = {
    "device": (devices.device, str, int, _NONE),
    "dtype": (dtypes.dtype, _NONE),
    "tensor": (Tensor,),
    "non_blocking": (bool,),
    "copy": (bool,),
    "memory_format": (object,),  # accepted: there is one
}
_FORMS = (
    ("device", "dtype", "non_blocking", "copy"),
    ("dtype", "non_blocking", "copy"),
    ("tensor", "non_blocking", "copy"),
)
_REST = "bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None"
_TORCH_FORMS = (
    f"torch.device device = None, torch.dtype dtype = None, {_REST}",
    f"torch.dtype dtype, {_REST}",
    f"Tensor tensor, {_REST}",
)


def _parse_to(args, kwargs):
    """(device, dtype, non_blocking) of a call of `to`, in any of its three forms."""
    for form in _FORMS:
        given = dict(zip(form, args))
        if len(args) > len(form) or given.keys() & kwargs.keys():
            continue
        given |= kwargs
        if given.keys() <= {*form, "memory_format"}:
            if all(isinstance(value, _KINDS[name]) for name, value in given.items()):
                break
    else:
        raise errors.combination("to", args, _TORCH_FORMS, **kwargs)
    if given.get("copy"):
        raise RuntimeError(".to() does not accept copy argument")
    like, device = given.get("tensor"), given.get("device")
    if like is not None:
        return like.device, like.dtype, given.get("non_blocking", False)
    device = None if device is None else devices.device(device)
    return device, given.get("dtype"), given.get("non_blocking", False)


# ---- one parameter -----------------------------------------------------------------------------


def _applied(fn, parameter):
    """`parameter` with the numbers of `fn(parameter)`, and its gradient likewise."""
    with no_grad():
        new = fn(parameter)
        grad = parameter.grad
        new_grad = None if grad is None else fn(grad)
    # torch's rule: only between a meta and a real tensor the object itself must change.
    if new.is_meta is parameter.is_meta:
        parameter.data = new
        if grad is not None:
            grad.data = new_grad
        return parameter
    moved = Parameter(new, parameter.requires_grad)
    if grad is not None:
        moved.grad = new_grad.requires_grad_(grad.requires_grad)
    return moved
