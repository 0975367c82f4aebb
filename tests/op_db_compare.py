"""One sample of torch's database for both libraries, and how two results are compared.

For `op_db.py`: `Pair` gives torch's tensors and, with the same numbers in the same layout, ours;
the functions below it say in words the first thing in which two outcomes differ.
"""

from typing import NamedTuple

import numpy as np

import minitorch

try:
    import torch
    from torch.testing._internal.common_device_type import toleranceOverride
except ImportError:  # the tests that come here are skipped then
    torch = None

TOLERANCE = {"float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}  # torch.testing's (rtol, atol)
SUMMED = {"float32": (1.3e-5, 1e-5)}  # of gradients, which torch itself checks in float64 only


class OutOfScope(Exception):
    """A sample with complex numbers, sparse tensors, channels_last, or more than 64 dims."""


# ---- one sample, twice -------------------------------------------------------------------------


class Pair:
    """A sample for torch (`a`) and, with the same numbers in the same layout, for us (`b`)."""

    def __init__(self, sample, grad=True):
        self.grad, self.seen, self.memory, self.leaves = grad, {}, {}, []
        self.a, self.b = self.both((sample.input, list(sample.args), sample.kwargs))

    def both(self, value):
        if isinstance(value, torch.Tensor):
            if id(value) not in self.seen:
                self.seen[id(value)] = self.tensors(value)
            return self.seen[id(value)]
        if isinstance(value, dict):
            pairs = {key: self.both(part) for key, part in value.items()}
            return tuple({key: pair[i] for key, pair in pairs.items()} for i in (0, 1))
        if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
            pairs = [self.both(part) for part in value]
            return tuple(type(value)(pair[i] for pair in pairs) for i in (0, 1))
        if isinstance(value, slice):
            a, b = self.both((value.start, value.stop, value.step))
            return slice(*a), slice(*b)
        return value, plain(value)

    def tensors(self, t):
        strange = t.layout != torch.strided or t.device.type != "cpu" or t.is_complex()
        if strange or t.ndim > 64:
            raise OutOfScope
        kind, wants = plain(t.dtype)._numpy, self.grad and t.requires_grad
        place = t.untyped_storage().data_ptr()
        if place not in self.memory:  # tensors that share memory in the sample share it in both
            self.memory[place] = whole(t), whole(t).numpy().copy()
        flat, array = self.memory[place]
        a = torch.empty(0, dtype=t.dtype).set_(
            flat.untyped_storage(), t.storage_offset(), t.size(), t.stride())  # fmt: skip
        b = minitorch.from_numpy(same_layout(t, kind, array))
        if wants:
            self.leaves.append((a.requires_grad_(), b.requires_grad_()))
        return a, b

    def run(self, theirs, ours):
        """Both results, as Outcomes."""
        return (outcome(theirs, self.a), outcome(ours, self.b))


def whole(t):
    """A copy of all the memory in which a tensor lies."""
    count = t.untyped_storage().nbytes() // t.element_size()
    return t.detach().as_strided((count,), (1,), 0).clone()


def same_layout(t, kind, memory=None):
    """An array with the numbers, strides and offset of a torch tensor, in memory of its own."""
    if not t.numel():
        return np.empty(tuple(t.shape), kind)
    memory = whole(t).numpy().copy() if memory is None else memory
    return np.ndarray(tuple(t.shape), kind, memory, t.storage_offset() * t.element_size(),
                      tuple(s * t.element_size() for s in t.stride()))  # fmt: skip


def plain(value):
    """A value that is no tensor, as minitorch says it."""
    if isinstance(value, torch.dtype):
        try:
            return getattr(minitorch, str(value).removeprefix("torch."))
        except AttributeError:
            raise OutOfScope from None
    if isinstance(value, torch.device):
        return minitorch.device(str(value))
    if isinstance(value, torch.Size):
        return minitorch.Size(value)
    if isinstance(value, torch.Generator):
        return minitorch.Generator().manual_seed(value.initial_seed())
    formats = (torch.channels_last, torch.channels_last_3d)
    if isinstance(value, complex) or any(value is f for f in formats):
        raise OutOfScope
    if isinstance(value, (torch.layout, torch.memory_format)):
        return getattr(minitorch, str(value).removeprefix("torch."), str(value))
    return value


class Outcome(NamedTuple):
    value: object
    error: Exception | None


def outcome(function, call):
    input, args, keywords = call
    try:
        return Outcome(function(input, *args, **keywords), None)
    except Exception as error:
        return Outcome(None, error)


# ---- comparing ---------------------------------------------------------------------------------


def tolerance(entry, kind):
    """(rtol, atol) that torch's own tests of this entry allow beyond torch.testing's."""
    rtol, atol = 0, 0
    for decorator in entry.decorators:
        inner = getattr(decorator, "decorators", [decorator])
        if getattr(decorator, "device_type", None) in (None, "cpu"):
            for part in inner:
                own = isinstance(part, toleranceOverride) and part.d.get(getattr(torch, kind))
                if own:
                    rtol, atol = max(rtol, own.rtol), max(atol, own.atol)
    return rtol, atol


def difference(a, b, close, undefined=False):
    """In words, the first thing in which our `b` is not torch's `a`; None if there is nothing."""
    if isinstance(a, torch.Tensor):
        return tensors_differ(a, b, close, undefined)
    if isinstance(a, (tuple, list)):
        if isinstance(a, torch.Size) != isinstance(b, minitorch.Size) or not isinstance(
            b, tuple if isinstance(a, tuple) else list
        ):
            return f"a {type(b).__name__}, torch: {type(a).__name__}"
        for field in getattr(a, "__match_args__", ()):
            if not hasattr(b, field):
                return f"no field {field!r}"
        if len(a) != len(b):
            return f"{len(b)} results, torch: {len(a)}"
        parts = enumerate(difference(x, y, close, undefined) for x, y in zip(a, b))
        return next((f"[{i}] {text}" for i, text in parts if text), None)
    if type(a) is not type(b):
        return f"a {type(b).__name__}, torch: {type(a).__name__}"
    return numbers_differ(np.asarray(a), np.asarray(b), close)


def order_differs(call, a, b, dim):
    """`difference` of indices that sort a tensor, where the order of equal numbers is open.

    Ours must be different indices that lead to the same numbers as torch's.
    """
    b = torch.from_numpy(b._array)
    if not call[0].dim():
        return None
    if not torch.equal(call[0].gather(dim, a), call[0].gather(dim, b)):
        return "the indices lead to other numbers"
    same = (b.sort(dim).values.diff(dim=dim) == 0).any()
    return "an index stands there twice" if same else None


def tensors_differ(a, b, close, undefined=False):
    if not isinstance(b, minitorch.Tensor):
        return f"a {type(b).__name__}, torch: Tensor"
    if str(a.dtype) != str(b.dtype):
        return f"dtype {b.dtype}, torch: {a.dtype}"
    if tuple(a.shape) != tuple(b.shape):
        return f"shape {tuple(b.shape)}, torch: {tuple(a.shape)}"
    if a.requires_grad != b.requires_grad:
        return f"requires_grad {b.requires_grad}, torch: {a.requires_grad}"
    return None if undefined else numbers_differ(a.numpy(force=True), b._array, close)


def numbers_differ(a, b, close):
    usual = TOLERANCE.get(a.dtype.name, (0, 0))
    rtol, atol = max(usual[0], close[0]), max(usual[1], close[1])
    with np.errstate(all="ignore"):
        same = np.isclose(b, a, rtol, atol, equal_nan=True) if a.dtype.kind == "f" else a == b
    if same.all():
        return None
    at = np.unravel_index(np.argmin(same), same.shape)
    many = f" ({np.sum(~same)} of {same.size} differ)" if same.size > 1 else ""
    return f"{b[at]!r} at {tuple(map(int, at))}, torch: {a[at]!r}{many}"


def errors_differ(theirs, ours):
    """In words, how our error is not torch's (either may be None)."""
    if ours is None:
        return None if theirs is None else f"no error, torch: {told(theirs)}"
    if theirs is None:
        return f"raises {told(ours)}"
    if type(theirs).__name__ != type(ours).__name__ or str(theirs) != str(ours):
        return f"raises {told(ours)}\n      torch: {told(theirs)}"
    return None


def told(error):
    return f"{type(error).__name__}: {error}"


def flat(value):
    """The tensors in a result."""
    if isinstance(value, (tuple, list)):
        return [t for part in value for t in flat(part)]
    return [value] if isinstance(value, (torch.Tensor, minitorch.Tensor)) else []


def sharing_differs(pair, a, b):
    """In words, if a result is a view of the input (or the input itself) only in one library."""
    x, y = pair.a[0], pair.b[0]
    if isinstance(x, torch.Tensor):
        for out, mine in zip(flat(a), flat(b)):
            theirs = out.numel() > 0 and (
                out.untyped_storage().data_ptr() == x.untyped_storage().data_ptr())  # fmt: skip
            if theirs != (out.numel() > 0 and np.may_share_memory(mine._array, y._array)):
                return "a view in torch, not here" if theirs else "a view here, not in torch"
            if (out is x) != (mine is y):
                return "the input itself " + ("in torch" if out is x else "here") + " only"
    return None


def gradients_differ(a, b, close):
    if a is None or b is None:
        return None if a is b else f"{'none' if b is None else 'one'}, torch: {a}"
    usual = SUMMED.get(str(a.dtype).removeprefix("torch."), (0, 0))
    return tensors_differ(a.detach(), b.detach(), tuple(map(max, usual, close)))


def cotangents(x):
    """A random tensor like `x`, for both."""
    values = np.random.default_rng(x.numel()).standard_normal(tuple(x.shape))
    values = values.astype(str(x.dtype).removeprefix("torch."))
    return (torch.from_numpy(values.copy()).requires_grad_(),
            minitorch.from_numpy(values).requires_grad_())  # fmt: skip


# ---- words -------------------------------------------------------------------------------------


def shown(sample):
    """A sample in a line."""
    return ", ".join([briefly(sample.input), *map(briefly, sample.args),
                      *(f"{k}={briefly(v)}" for k, v in sample.kwargs.items())])  # fmt: skip


def briefly(value):
    if isinstance(value, torch.Tensor):
        if value.ndim == 0 and not value.is_complex():
            return f"tensor({value.item()})"
        layout = "" if value.is_contiguous() else f" strides {value.stride()}"
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}{layout}"
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return f"[{', '.join(map(briefly, value))}]"
    return repr(value)
