"""New tensors from nothing, and copies of old ones.

Floor 2. Below, a creation function gives an array of the NumPy dtype `kind` (None where the caller
named none); the decorator `creation` adds torch's keywords: `out`, `dtype`, `layout`, `device`,
`requires_grad`, `pin_memory`.
"""

import functools
import math

import numpy as np

from .. import devices, dtypes, errors
from ..modes import modes
from ..primitive import NUMBERS, Primitive
from ..tensor import Tensor, wanting_grad, wrap

# ---- copies ------------------------------------------------------------------------------------


def order_of(x):
    """The order of memory for a copy of `x`: its own, unless several elements lie in one place."""
    return "C" if devices.repeats(x) else "K"


clone_primitive = Primitive("clone", lambda x: x.copy(order_of(x)), inputs="input",
                            input=lambda g: g)  # fmt: skip
to_copy = Primitive("to_copy", lambda x, *, kind: x.astype(kind), inputs="input",
                    input=lambda g: g)  # fmt: skip
to_device = Primitive(
    "to_copy", lambda x, *, kind, where, home: devices.moved(x.astype(kind), where), inputs="input",
    input=lambda g, kind, where, home: to_device(g, kind=kind, where=home, home=where),
)  # fmt: skip


def clone(input, *, memory_format=None):
    """A copy with memory of its own, through which gradients flow back to `input`.

    >>> import minitorch
    >>> x = minitorch.zeros(2)
    >>> y = x.clone(); y[0] = 1; x
    tensor([0., 0.])
    """
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor("clone", "input", 1, input)
    return clone_primitive(input)


# ---- arguments ---------------------------------------------------------------------------------


def shape_of(size, function="empty"):
    """The shape in `zeros(2, 3)` or `zeros((2, 3))`, checked."""
    if isinstance(size, tuple) and size and isinstance(size[0], (tuple, list)):
        if len(size) > 1:
            raise TypeError(f"{function}() takes 1 positional argument but {len(size)} were given")
        size = tuple(size[0])
        loose = False
    else:
        loose = isinstance(size, tuple) and len(size) == 1
    if not isinstance(size, (tuple, list)) or loose and not _is_size(size[0], strict=True):
        got = errors.shown(size[0] if loose else size)
        raise TypeError(f"{function}(): argument 'size' (position 1) must be tuple of ints, not "
                        f"{got}")  # fmt: skip
    for place, n in enumerate(size):
        if not _is_size(n):
            raise _no_size(function, place, n)
    size = tuple([int(n) for n in size])
    if size and min(size) < 0:
        if function == "zeros":
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: "
                           f"{errors.sizes(size)}")  # fmt: skip
    return size


def _sizes(size, function):
    """The shape given as one argument, a sequence."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"{function}(): argument 'size' (position 1) must be tuple of ints, not "
                        f"{errors.shown(size)}")  # fmt: skip
    return shape_of((size,), function)


def _is_size(n, strict=False):
    if isinstance(n, (Tensor, np.ndarray)):
        return n.ndim == 0 and n.dtype in (dtypes.int64, dtypes.int32, np.int64, np.int32)
    return isinstance(n, (int, np.integer)) and not (strict and isinstance(n, bool))


def _no_size(function, place, n):
    if place == 0:
        return TypeError(f"{function}(): argument 'size' (position 1) must be tuple of ints, but "
                         f"found element of type {errors.shown(n)} at pos 0")  # fmt: skip
    return TypeError(f"{function}(): argument 'size' failed to unpack the object at pos "
                     f'{place + 1} with error "type must be tuple of ints,but got '
                     f'{errors.shown(n)}"')  # fmt: skip


def number(value, function, name, position=None):
    """A Python number, also of a tensor without dimensions, or torch's TypeError."""
    if isinstance(value, Tensor) and value._array.ndim == 0 and not value.requires_grad:
        return value.item()
    if not isinstance(value, NUMBERS):
        place = "" if position is None else f" (position {position})"
        raise TypeError(f"{function}(): argument '{name}'{place} must be Number, not "
                        f"{errors.shown(value)}")  # fmt: skip
    return value


_C_NAME = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "int32": "int",
           "int64": "int64_t", "float32": "float", "float16": "c10::Half"}  # fmt: skip


def fitting(value, kind):
    """A number as one of the NumPy dtype `kind`, or torch's error if that cannot hold it.

    Negative integers may go into uint8, and wrap around.
    """
    if kind.kind == "b":
        return bool(value)
    low, high = _limits(kind)
    if kind.kind == "f":
        if not low <= value <= high and math.isfinite(value):
            raise errors.overflow(_C_NAME[kind.name])
        return float(value)
    if kind.kind == "u" and not isinstance(value, float):
        low = -high
    if not low <= value <= high:
        raise errors.overflow(_C_NAME[kind.name])
    return np.asarray(int(value)).astype(kind)[()]


def scalar(value, kind, like):
    """A number as an array beside another, where torch has float16 take numbers that are too large
    for it as infinite."""
    return np.asarray(value if kind.char == "e" else fitting(value, kind), like=like).astype(kind)


@functools.cache
def _limits(kind):
    info = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    return info.min.item() if kind.kind == "f" else info.min, info.max


def numpy_dtype(dtype, function="empty"):
    """The NumPy dtype of a creation function's `dtype=`; the default float for None."""
    return _kind(None if dtype is None else dtypes.as_dtype(dtype, function)._numpy)


def made(array, device=None, requires_grad=False):
    """`array` as a tensor, with what the keywords of a creation function ask for."""
    t = wrap(array if device is None else devices.moved(array, devices.check(device)))
    return wanting_grad(t) if requires_grad else t


def _like_which(device, own):
    """The array whose library makes the new one: that of `device`, or `own`, if it lies there."""
    if own is not None and (device is None or devices.of(own) == devices.check(device)):
        return own
    return devices.like(devices.check(device))


def creation(function):
    """A creation function with torch's keywords, from one that gives an array of dtype `kind`, made
    `like` another array, which lies on the device that is asked for."""
    name = function.__name__
    relative = name.startswith("new_") or name.endswith("_like")

    @functools.wraps(function)
    def create(*args, out=None, dtype=None, layout=None, device=None, requires_grad=False,
               pin_memory=False, memory_format=None, **keywords):  # fmt: skip
        kind = None if dtype is None else dtypes.as_dtype(dtype, name)._numpy
        if relative:
            keywords |= {} if out is None else {"out": out}  # which these functions do not have
            out = None
        if out is None:
            own = args[0]._array if relative and args and isinstance(args[0], Tensor) else None
            array = function(*args, kind=kind, like=_like_which(device, own), **keywords)
            return made(array, device, requires_grad)
        if not isinstance(out, Tensor):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {errors.shown(out)}")
        if kind not in (None, out._array.dtype):
            raise RuntimeError(f"dtype {errors.SCALAR_NAME[kind.name]} does not match dtype of out "
                               f"parameter ({errors.scalar_name(out._array)})")  # fmt: skip
        if modes.grad and out.requires_grad:
            raise errors.no_out_with_grad(f"aten::{name}")
        array = function(*args, kind=out._array.dtype, like=out._array, **keywords)
        if array.shape == out._array.shape:
            out._array[...] = array
        else:
            out._array = array
        out._bump()
        return wanting_grad(out) if requires_grad else out

    return create


def _shape(shape, size, name):
    """The shape given as `zeros(2, 3)`, `zeros((2, 3))` or `zeros(size=(2, 3))`."""
    if size is not None:
        if shape:
            raise TypeError(f"{name}() got multiple values for argument 'size'")
        return shape_of((size,), name)
    if not shape:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    return shape_of(shape, name)


def _kind(kind):
    return dtypes.get_default_dtype()._numpy if kind is None else kind


# ---- filled with one value ---------------------------------------------------------------------


@creation
def zeros(*shape, size=None, kind, like):
    """A tensor of zeros.

    >>> import minitorch
    >>> minitorch.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return np.zeros(_shape(shape, size, "zeros"), _kind(kind), like=like)


@creation
def ones(*shape, size=None, kind, like):
    """A tensor of ones.

    >>> import minitorch
    >>> minitorch.ones(2)
    tensor([1., 1.])
    """
    return np.ones(_shape(shape, size, "ones"), _kind(kind), like=like)


@creation
def empty(*shape, size=None, kind, like):
    """A tensor whose values are whatever was in memory: to be filled.

    >>> import minitorch
    >>> minitorch.empty(2, 3).shape
    torch.Size([2, 3])
    """
    return np.empty(_shape(shape, size, "empty"), _kind(kind), like=like)


@creation
def full(size, fill_value, *, kind, like):
    """A tensor filled with one value, whose dtype is that of the value.

    >>> import minitorch
    >>> minitorch.full((2,), 7)
    tensor([7, 7])
    """
    value = number(fill_value, "full", "fill_value", 2)
    kind = dtypes.scalar_dtype(value) if kind is None else kind
    return np.full(_sizes(size, "full"), fitting(value, kind), kind, like=like)


# ---- like another ------------------------------------------------------------------------------


def _like(name, doc):
    """zeros_like and its kin: with the shape, dtype and memory layout of `input`."""
    fill, elsewhere = getattr(np, name), getattr(np, name.removesuffix("_like"))

    def function(input, *, kind, like):
        if not isinstance(input, Tensor):
            raise errors.not_a_tensor(name, "input", 1, input)
        if like is input._array:
            return fill(like, kind, order_of(like))
        return elsewhere(input._array.shape, kind or input._array.dtype, like=like)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return creation(function)


zeros_like = _like("zeros_like", "Zeros, with the shape and dtype of `input`.")
ones_like = _like("ones_like", "Ones, with the shape and dtype of `input`.")
empty_like = _like("empty_like", "A tensor to be filled, with the shape and dtype of `input`.")


@creation
def full_like(input, fill_value, *, kind, like):
    """A tensor filled with one value, with the shape and dtype of `input`.

    >>> import minitorch
    >>> minitorch.full_like(minitorch.zeros(2), 7)
    tensor([7., 7.])
    """
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor("full_like", "input", 1, input)
    kind = input._array.dtype if kind is None else kind
    value = number(fill_value, "full_like", "fill_value", 2)
    if like is input._array:
        return np.full_like(like, fitting(value, kind), kind, order_of(like))
    return np.full(input._array.shape, fitting(value, kind), kind, like=like)


def _new(name, fill, doc):
    """new_zeros and its kin: of a given shape, with the dtype of `self`."""

    def new(self, *shape, size=None, kind, like):
        return fill(_shape(shape, size, name), kind or self._array.dtype, like=like)

    new.__name__ = new.__qualname__ = name
    new.__doc__ = doc
    return creation(new)


new_zeros = _new("new_zeros", np.zeros, "Zeros of the given shape, with the dtype of this tensor.")
new_ones = _new("new_ones", np.ones, "Ones of the given shape, with the dtype of this tensor.")
new_empty = _new("new_empty", np.empty, "A tensor to be filled, with the dtype of this tensor.")


@creation
def new_full(self, size, fill_value, *, kind, like):
    """A tensor of the given shape filled with one value, with the dtype of this tensor."""
    kind = kind or self._array.dtype
    value = number(fill_value, "new_full", "fill_value", 2)
    return np.full(_sizes(size, "new_full"), fitting(value, kind), kind, like=like)


# ---- ranges ------------------------------------------------------------------------------------

_OPTIONS = ("torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, "
            "bool pin_memory = False, bool requires_grad = False")  # fmt: skip
_ARANGE = (f"Number end, *, Tensor out = None, {_OPTIONS}",
           f"Number start, Number end, *, {_OPTIONS}",
           "Number start, Number end, Number step = 1, *, Tensor out = None, "
           f"{_OPTIONS}")  # fmt: skip


@creation
def arange(*limits, kind, like, **named):
    """The numbers from `start` (0) up to, but not including, `end`, `step` (1) apart.

    Integers if all limits are, else of the default dtype.

    >>> import minitorch
    >>> minitorch.arange(3), minitorch.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if len(limits) == 1 and limits[0].__class__ is int and kind is None and not named:
        return start_to_end(0, limits[0], 1, dtypes.int64._numpy, like)
    names = ("end",) if len(limits) == 1 and "end" not in named else ("start", "end", "step")
    given = dict(zip(names, limits)) | named
    known = {"end"} if "start" not in given else {"start", "end", "step"}
    if len(limits) > 3 or "end" not in given or given.keys() - known or len(given) > 1 and not all(
            isinstance(x, (Tensor, *NUMBERS)) for x in given.values()):  # fmt: skip
        raise errors.combination("arange", limits, _ARANGE, **named)
    given = {"start": 0, "step": 1} | given
    start, end, step = (number(given[name], "arange", name, 1) for name in ("start", "end", "step"))
    whole = all(isinstance(x, (int, np.integer)) for x in (start, end, step))
    if kind is None:
        kind = dtypes.int64._numpy if whole else _kind(None)
    return start_to_end(start, end, step, kind, like)


def start_to_end(start, end, step, kind, like=None):
    """The array of `arange`: of integers exactly, of floats computed in float64."""
    if step == 0 or math.isnan(step):
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if kind.kind == "b":
        raise errors.not_implemented("arange_cpu", kind)
    if kind.kind == "f":
        count = math.ceil((end - start) / step)
        values = start + step * np.arange(count, dtype="float64", like=like)
        return values.astype(kind)
    if int(step) == 0:
        raise ValueError("step must be nonzero")
    count = math.ceil((end - start) / step)
    start, end, step = int(start), int(end), int(step)
    if kind.name == "int64":
        count = -((start - end) // step)
    return np.arange(start, start + count * step, step, like=like).astype(kind, copy=False)


def _linspace_forms():
    ends = [(a, b) for b in ("Tensor", "Number") for a in ("Tensor", "Number")]
    return [f"{a} start, {b} end, int steps, *, Tensor out = None, {_OPTIONS}" for a, b in ends]


@creation
def linspace(start, end, steps, *, kind, like):
    """`steps` numbers from `start` to `end`, both included, evenly spaced.

    >>> import minitorch
    >>> minitorch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    whole = isinstance(steps, (int, np.integer)) or (
        isinstance(steps, Tensor) and steps._array.ndim == 0 and steps._array.dtype.kind == "i"
    )
    if not whole or not all(isinstance(x, (Tensor, *NUMBERS)) for x in (start, end)):
        raise errors.combination("linspace", (start, end, steps), _linspace_forms())
    shapes = [(name, x._array.ndim) for name, x in (("start", start), ("end", end))
              if isinstance(x, Tensor)]  # fmt: skip
    if any(ndim for _, ndim in shapes):
        got = " and ".join(f"{name} with {ndim} dimension(s)" for name, ndim in shapes)
        raise RuntimeError("linspace only supports 0-dimensional start and end tensors, but got "
                           f"{got}.")  # fmt: skip
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = _kind(kind)
    if kind.kind == "b":
        raise errors.not_implemented("linspace_cpu", kind)
    start, end = (fitting(x.item() if isinstance(x, Tensor) else x, kind) for x in (start, end))
    return evenly_spaced(start, end, int(steps), kind, like)


def evenly_spaced(start, end, steps, kind, like=None):
    """The array of `linspace`: from both ends to the middle, as torch goes, in the dtype itself."""
    work = kind if kind.kind == "f" else np.dtype("float64")
    if steps == 1:
        return np.full(1, start, kind, like=like)
    i = np.arange(steps, dtype=work, like=like)
    step = (work.type(end) - work.type(start)) / work.type(steps - 1) if steps else 0
    up = work.type(start) + step * i
    down = work.type(end) - step * i[::-1]
    return np.concatenate([up[: steps // 2], down[steps // 2 :]]).astype(kind)


@creation
def eye(n, *columns, kind, like, **named):
    """The identity matrix of `n` rows (and `m` columns).

    >>> import minitorch
    >>> minitorch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    given = (n, *columns, *named.values())
    if not _is_size(n, strict=True) and len(given) == 1:
        raise TypeError(f"eye(): argument 'n' (position 1) must be int, not {errors.shown(n)}")
    if len(given) > 2 or named.keys() - {"m"} or not all(_is_size(x, strict=True) for x in given):
        raise errors.combination("eye", (n, *columns), (
            f"int n, *, Tensor out = None, {_OPTIONS}",
            f"int n, int m, *, Tensor out = None, {_OPTIONS}"), **named)  # fmt: skip
    for name, count in zip("nm", given):
        if count < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {count}")
    return np.eye(*map(int, given), dtype=_kind(kind), like=like)
