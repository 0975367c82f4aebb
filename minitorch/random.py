"""Random tensors, the seeds they come from, and tensors filled with random numbers in place.

Floor 3. It imports the floors below and `generator.py`, which draws the numbers; here arguments
are read and checked, and tensors made. A function that starts with `_` and is named after a
distribution checks its parameters and returns `draw(shape, one_by_one)`; the public functions hand
that to `_new`, `_like` or `_fill`.
"""

import contextlib
import functools
import math
import warnings

import numpy as np

from . import devices, dtypes, errors
from . import generator as draws
from .generator import Generator, default_generator
from .ops.inplace import check_writable, take_over
from .primitive import Primitive
from .tensor import Tensor, wrap

__all__ = [
    "Generator", "bernoulli", "default_generator", "fork_rng", "get_rng_state", "initial_seed",
    "manual_seed", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like",
    "randn", "randn_like", "randperm", "seed", "set_rng_state",
]  # fmt: skip

# ---- seeds -------------------------------------------------------------------------------------


def manual_seed(seed):
    """Start the default stream anew from `seed`; returns its Generator.

    >>> import minitorch
    >>> minitorch.manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(int(seed))


def seed():
    """Start the default stream anew from a seed of the operating system, and return that."""
    return default_generator.seed()


def initial_seed():
    """The seed that the default stream was started from.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(7)
    >>> minitorch.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state():
    """Where the default stream stands, as a uint8 tensor of 5,056 bytes in torch's layout.

    >>> import minitorch
    >>> minitorch.get_rng_state().shape
    torch.Size([5056])
    """
    return default_generator.get_state()


def set_rng_state(new_state):
    """Go to the place in the default stream that `get_rng_state` returned.

    >>> import minitorch
    >>> state = minitorch.get_rng_state()
    >>> a = minitorch.rand(1)
    >>> minitorch.set_rng_state(state)
    >>> (minitorch.rand(1) == a).item()
    True
    """
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, device_type="cpu"):
    """A `with` block whose draws do not move the stream of the code around it.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> with minitorch.random.fork_rng():
    ...     a = minitorch.rand(1)
    >>> (minitorch.rand(1) == a).item()
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


# ---- arguments ---------------------------------------------------------------------------------


def _stream(generator):
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        got = type(generator).__name__
        raise TypeError(f"argument 'generator' must be torch.Generator, not {got}")
    return generator


def _number(function, name, position, value, kind="float"):
    """`value` as a Python number, or torch's TypeError."""
    if isinstance(value, Tensor) and value._array.size == 1 and not value.requires_grad:
        value = value.item()
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole and (kind == "int" or not isinstance(value, (float, np.floating))):
        raise TypeError(f"{function}(): argument '{name}' (position {position}) must be {kind}, "
                        f"not {type(value).__name__}")  # fmt: skip
    return int(value) if whole else float(value)


def _shape(function, size, position=1):
    """The sizes in a tuple or a list, checked; `((2, 3),)`, as of `rand((2, 3))`, is (2, 3)."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    for place, n in enumerate(size, 1):
        if isinstance(n, (int, np.integer, Tensor)) and not isinstance(n, bool):
            continue
        got = type(n).__name__
        if place == 1:
            raise TypeError(f"{function}(): argument 'size' (position {position}) must be tuple of "
                            f"ints, not {got}")  # fmt: skip
        raise TypeError(f"{function}(): argument 'size' failed to unpack the object at pos {place} "
                        f'with error "type must be tuple of ints,but got {got}"')  # fmt: skip
    size = tuple(map(int, size))
    for n in size:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: "
                               f"{errors.sizes(size)}")  # fmt: skip
    return size


def _not_implemented(kernel, kind):
    name = errors.SCALAR_NAME[kind.name]
    return NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")


# ---- making and filling tensors ----------------------------------------------------------------


def _kind(dtype, out, default=None):
    """The NumPy dtype to draw: of `out`, or `dtype`, or the default."""
    if out is not None:
        if dtype not in (None, out.dtype):
            wanted = errors.SCALAR_NAME[dtype._numpy.name]
            raise RuntimeError(f"dtype {wanted} does not match dtype of out parameter "
                               f"({errors.scalar_name(out._array)})")  # fmt: skip
        return out._array.dtype
    return (dtype or default or dtypes.get_default_dtype())._numpy


def _new(draw, shape, out=None, device=None, requires_grad=False):
    """A tensor of drawn numbers, or `out` with them in it."""
    devices.check(device)
    if requires_grad and out is None:
        _check_differentiable(draw)
    values = draw(shape, False)
    if out is None:
        t = wrap(values)
        if requires_grad:
            t.requires_grad = True
        return t
    if out._array.shape == shape:
        out._array[...] = values
    else:
        out._array = values
    out._bump()
    return out


def _check_differentiable(draw):
    if draw((0,), False).dtype.kind != "f":
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")


def _like(draw, array, device=None, requires_grad=False):
    """A tensor of drawn numbers whose dimensions lie in memory in the order of `array`'s."""
    order = _memory_order(array)
    long = [axis for axis in order if array.shape[axis] != 1]
    in_memory_order = lambda shape, one_by_one: _drawn(draw, array, order, long != sorted(long))
    return _new(in_memory_order, array.shape, None, device, requires_grad)


def _memory_order(array):
    """The axes from the longest step in memory to the shortest: torch draws in this order."""
    if array.flags.c_contiguous or 0 in array.strides:
        return list(range(array.ndim))
    return sorted(range(array.ndim), key=lambda axis: -array.strides[axis])


def _drawn(draw, array, order, one_by_one):
    """Numbers in the shape of `array`, drawn in the given order of its axes."""
    values = draw(tuple(array.shape[axis] for axis in order), one_by_one)
    return values.transpose(np.argsort(order)) if order else values


def _fill(t, draw, node):
    """Fill `t` with drawn numbers, in place: recorded as a step that passes no gradient on."""
    check_writable(t)
    array = t._array
    if any(step == 0 and n > 1 for step, n in zip(array.strides, array.shape)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )
    if array.flags.c_contiguous:
        values = draw(array.shape, False)
    else:
        values = _drawn(draw, array, _memory_order(array), True)
    if t.requires_grad:
        take_over(t, _overwrite(t, values=values, node=node))
    else:
        array[...] = values
        t._bump()
    return t


_zero = lambda g: g * 0
_overwrite = Primitive("random", lambda input, *, values, node: values, inputs="input",
                       node=lambda values, node: node, input=_zero)  # fmt: skip
_random_about = Primitive("random", lambda mean, std, *, values, node: values, inputs="mean std",
                          node=lambda values, node: node, mean=_zero, std=_zero)  # fmt: skip


# ---- uniform -----------------------------------------------------------------------------------


def _uniform(kind, low=0.0, high=1.0, generator=None):
    if kind.kind != "f":
        raise _not_implemented("check_uniform_bounds", kind)
    limit, c_name = np.finfo(kind).max, errors.C_NAME[kind.name]
    for name, bound in (("from", low), ("to", high)):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {c_name}")
    if low > high:
        raise RuntimeError("uniform_ expects to return a [from, to) range, but found "
                           f"from={low:g} > to={high:g}")  # fmt: skip
    if high - low > limit:
        raise RuntimeError("uniform_ expects to-from <= std::numeric_limits<"
                           f"{errors.SCALAR_NAME[kind.name]}>::max(), but found to={high:g} and "
                           f"from={low:g} which result in to-from to exceed the limit")  # fmt: skip
    stream = _stream(generator)
    return lambda shape, one_by_one: draws.uniform(stream, shape, kind, low, high)


def rand(*shape, size=None, generator=None, out=None, dtype=None, layout=None, device=None,
         requires_grad=False, pin_memory=False):  # fmt: skip
    """Uniform numbers from [0, 1), in the given shape.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    shape = _shape("rand", shape if size is None else size)
    draw = _uniform(_kind(dtype, out), generator=generator)
    return _new(draw, shape, out, device, requires_grad)


def rand_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False,
              pin_memory=False, memory_format=None):  # fmt: skip
    """Uniform numbers from [0, 1), in the shape and dtype of `input`."""
    array = _array("rand_like", input)
    draw = _uniform(_kind(dtype, None, input.dtype), generator=generator)
    return _like(draw, array, device, requires_grad)


def uniform_(self, *bounds, generator=None, **named):
    """Fill with uniform numbers from [`from`, `to`), by default [0, 1); returns the tensor."""
    if len(bounds) > 2:
        raise TypeError("uniform_() takes from 0 to 2 positional arguments but "
                        f"{len(bounds)} were given")  # fmt: skip
    given = {"from": 0.0, "to": 1.0} | dict(zip(("from", "to"), bounds)) | named
    for name in given.keys() - {"from", "to"}:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{name}'")
    low = _number("uniform_", "from", 1, given["from"])
    high = _number("uniform_", "to", 2, given["to"])
    return _fill(self, _uniform(self._array.dtype, low, high, generator), "UniformBackward0")


def _array(function, input, name="input"):
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor(function, name, 1, input)
    return input._array


# ---- normal ------------------------------------------------------------------------------------


def _normal(kind, mean=0.0, std=1.0, generator=None):
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if kind.kind != "f":
        raise _not_implemented("normal_kernel_cpu", kind)
    return functools.partial(_draw_normal, _stream(generator), kind, mean, std)


def _draw_normal(stream, kind, mean, std, shape, one_by_one):
    return draws.normal(stream, shape, kind, mean, std, one_by_one)


def randn(*shape, size=None, generator=None, out=None, dtype=None, layout=None, device=None,
          requires_grad=False, pin_memory=False):  # fmt: skip
    """Normal numbers with mean 0 and standard deviation 1, in the given shape.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    shape = _shape("randn", shape if size is None else size)
    return _new(_normal(_kind(dtype, out), generator=generator), shape, out, device, requires_grad)


def randn_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False,
               pin_memory=False, memory_format=None):  # fmt: skip
    """Normal numbers with mean 0 and standard deviation 1, in the shape and dtype of `input`."""
    array = _array("randn_like", input)
    draw = _normal(_kind(dtype, None, input.dtype), generator=generator)
    return _like(draw, array, device, requires_grad)


def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None,
           device=None, requires_grad=False, pin_memory=False):  # fmt: skip
    """Normal numbers about `mean` with standard deviation `std`: numbers, or a tensor of each.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.normal(10., 0.1, (2,))
    tensor([10.1541,  9.9707])
    >>> minitorch.normal(minitorch.tensor([0., 100.]), 1.)
    tensor([-2.1788, 100.5684])
    """
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        return _normal_about(mean, std, generator, out)
    if size is None:
        given = ", ".join(type(x).__name__ for x in (mean, std))
        raise TypeError(f"normal() received an invalid combination of arguments - got ({given})")
    mean, std = _number("normal", "mean", 1, mean), _number("normal", "std", 2, std)
    draw = _normal(_kind(dtype, out), mean, std, generator)
    return _new(draw, _shape("normal", size, 3), out, device, requires_grad)


def _normal_about(mean, std, generator, out):
    """`normal` where `mean` or `std` is a tensor, or both are."""
    about, by = (x._array if isinstance(x, Tensor) else x for x in (mean, std))
    if isinstance(std, Tensor) and not (by >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    if error := errors.broadcast(np.shape(about), np.shape(by)):
        raise error
    shape = np.broadcast_shapes(np.shape(about), np.shape(by))
    kind = (mean if isinstance(mean, Tensor) else std)._array.dtype
    if isinstance(std, Tensor):
        values = _normal(kind, generator=generator)(shape, False)
        values *= by.astype(kind, copy=False)
    else:
        values = _normal(kind, std=float(std), generator=generator)(shape, False)
    values += about if isinstance(mean, Tensor) else kind.type(about)
    if out is not None:
        return _new(lambda shape, one_by_one: values, shape, out)
    number = 1 + isinstance(std, Tensor) + (isinstance(std, Tensor) and isinstance(mean, Tensor))
    if number == 3:
        return _random_about(mean, std, values=values, node="NormalBackward3")
    tensor = mean if number == 1 else std
    return _overwrite(tensor, values=values, node=f"NormalBackward{number}")


def normal_(self, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers about `mean`, standard deviation `std`; returns the tensor."""
    mean, std = _number("normal_", "mean", 1, mean), _number("normal_", "std", 2, std)
    return _fill(self, _normal(self._array.dtype, mean, std, generator), "NormalBackward0")


# ---- integers ----------------------------------------------------------------------------------

_LONG = 2**63


def _integers(kind, low, high, generator=None):
    """Integers from `low` to `high` - 1; to the largest of the dtype if `high` is None."""
    if kind.kind == "f":
        limit = int(np.finfo(kind).max)
        largest = 2 ** (np.finfo(kind).nmant + 1)  # floats have every integer up to here
    else:
        limit = largest = 1 if kind.kind == "b" else int(np.iinfo(kind).max)
    least = -limit if kind.kind == "f" else 0 if kind.kind in "bu" else -limit - 1
    stop = largest + 1 if high is None else high
    if low >= stop:
        raise RuntimeError("random_ expects 'from' to be less than 'to', but got "
                           f"from={low} >= to={stop}")  # fmt: skip
    for name, bound in (("from", low), ("to - 1", stop - 1)):
        if not least <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {errors.C_NAME[kind.name]}")
        if kind.kind == "f" and abs(bound) > largest:
            _warn_of_gaps(name, kind, largest.bit_length() - 1)
    if kind.kind == "f":
        low, stop = _without_rounding_out(low, stop, kind)
    stream = _stream(generator)
    return lambda shape, one_by_one: draws.integers(stream, shape, kind, low, stop)


def _warn_of_gaps(name, kind, digits):
    warnings.warn(
        f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
        f"{errors.C_NAME[kind.name]} can support discrete uniform distribution only within this "
        "range. This warning will become an error in version 1.7 release, please fix the code in "
        "advance",
        UserWarning,
        stacklevel=4,
    )


def _without_rounding_out(low, stop, kind):
    """The bounds moved inwards where a float would round a number between them out of them."""
    digits = np.finfo(kind).nmant + 1
    gap = lambda number: 2 ** (abs(number).bit_length() - digits)  # between floats of this size
    above, below = int(kind.type(low + 1)), int(kind.type(stop - 1))
    if above < low:
        low = above + gap(low + 1)
    if below >= stop:
        stop = below - gap(stop - 1)
    return low, stop


def _bounds(function, args, low, high, first=1):
    """`low` and `high` from the arguments `high` or `low, high`, checked."""
    if len(args) == 2:
        low, high = args
    elif len(args) == 1 and high is None:
        (high,) = args
    elif len(args) == 1 and low is None:
        (low,) = args
    if high is None:
        raise TypeError(f"{function}() received an invalid combination of arguments")
    high = _number(function, "high", first + (low is not None), high, "int")
    low = 0 if low is None else _number(function, "low", first, low, "int")
    if not (-_LONG <= low < _LONG and -_LONG <= high < _LONG):
        raise ValueError("Overflow when unpacking long long")
    return low, high


def randint(*args, low=None, high=None, size=None, generator=None, out=None, dtype=None,
            layout=None, device=None, requires_grad=False, pin_memory=False):  # fmt: skip
    """Integers from `low` to `high` - 1: `randint(high, size)` or `randint(low, high, size)`.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.randint(10, (3,))
    tensor([4, 9, 3])
    >>> minitorch.randint(5, 7, (4,))
    tensor([5, 6, 6, 6])
    """
    if size is None and args:
        *args, size = args
    if size is None or len(args) > 2:
        given = ", ".join(type(x).__name__ for x in args)
        raise TypeError(f"randint() received an invalid combination of arguments - got ({given})")
    bounds = _bounds("randint", args, low, high)
    shape = _shape("randint", size if isinstance(size, (tuple, list)) else (None,), 2)
    draw = _integers(_kind(dtype, out, dtypes.int64), *bounds, generator)
    return _new(draw, shape, out, device, requires_grad)


def randint_like(input, *args, low=None, high=None, generator=None, dtype=None, layout=None,
                 device=None, requires_grad=False, pin_memory=False,
                 memory_format=None):  # fmt: skip
    """Integers from `low` (0) to `high` - 1, in the shape and dtype of `input`."""
    array, bounds = _array("randint_like", input), _bounds("randint_like", args, low, high, 2)
    draw = _integers(_kind(dtype, None, input.dtype), *bounds, generator)
    return _like(draw, array, device, requires_grad)


def random_(self, *bounds, generator=None, **named):
    """Fill with integers: any, those below `to`, or those from `from` to `to` - 1.

    Without a `to` they reach to the largest integer of the dtype (2**24 for float32).
    """
    kind, stream = self._array.dtype, _stream(generator)
    given = dict(zip(("to",) if len(bounds) == 1 else ("from", "to"), bounds)) | named
    if not given:
        draw = lambda shape, one_by_one: draws.any_integers(stream, shape, kind)
        return _fill(self, draw, "RandomBackward2")
    low = _number("random_", "from", 1, given.get("from", 0), "int")
    if given["to"] is None and low == -_LONG:
        if kind.name not in ("int64", "float64", "float32"):
            raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, "
                               "float and bfloat16")  # fmt: skip
        draw = lambda shape, one_by_one: draws.all_int64(stream, shape, kind)
        return _fill(self, draw, "RandomBackward0")
    high = None if given["to"] is None else _number("random_", "to", 2, given["to"], "int")
    node = "RandomBackward0" if "from" in given else "RandomBackward1"
    return _fill(self, _integers(kind, low, high, generator), node)


def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None,
             requires_grad=False, pin_memory=False):  # fmt: skip
    """The integers from 0 to `n` - 1 in random order.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.randperm(5)
    tensor([4, 1, 2, 0, 3])
    """
    n = _number("randperm", "n", 1, n, "int")
    shape, kind = _shape("randperm", (n,)), _kind(dtype, out, dtypes.int64)
    if kind.kind == "b":
        raise _not_implemented("randperm", kind)
    if kind.kind != "f" and n > np.iinfo(kind).max:
        raise RuntimeError(f"value cannot be converted to type {kind.name}_t without overflow")
    if kind.kind == "f" and n > 2 ** (np.finfo(kind).nmant + 1) + 1:
        most = {"float16": "2049", "float32": "2^24+1", "float64": "2^53+1"}[kind.name]
        raise RuntimeError(f"n cannot be greater than {most} for "
                           f"{errors.SCALAR_NAME[kind.name]} type.")  # fmt: skip
    stream = _stream(generator)
    draw = lambda shape, one_by_one: draws.permutation(stream, math.prod(shape)).astype(kind)
    return _new(draw, shape, out, device, requires_grad)


# ---- choices -----------------------------------------------------------------------------------


def bernoulli(input, p=None, *, generator=None, out=None):
    """1 with the probability that stands in `input`, else 0; with `p`, one probability for all.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.bernoulli(minitorch.tensor([0., 0.5, 0.9, 1.]))
    tensor([0., 0., 1., 1.])
    """
    array = _array("bernoulli", input)
    kind = array.dtype if out is None else out._array.dtype
    draw = _bernoulli(kind, array if p is None else p, generator)
    if out is not None or not input.requires_grad:
        return _new(draw, array.shape, out)
    return _overwrite(input, values=draw(array.shape, False), node="BernoulliBackward0")


def _bernoulli(kind, p, generator=None):
    """`p` is a number, or an array with a probability for each place."""
    stream = _stream(generator)
    if not isinstance(p, np.ndarray):
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        return lambda shape, one_by_one: draws.bernoulli(stream, shape, p).astype(kind)
    if p.dtype.kind != "f":
        raise _not_implemented("bernoulli_tensor_cpu_p_", p.dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
            "be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    return lambda shape, one_by_one: draws.bernoulli_each(stream, p).astype(kind)


def bernoulli_(self, p=0.5, *, generator=None):
    """Fill with 1 with probability `p` (a number, or a tensor of one for each place), else 0."""
    kind, shape = self._array.dtype, self._array.shape
    if not isinstance(p, Tensor):
        draw = _bernoulli(kind, _number("bernoulli_", "p", 1, p), generator)
        return _fill(self, draw, "BernoulliBackward2")
    try:
        each = np.broadcast_to(p._array, shape)
    except ValueError:
        raise _cannot_expand(p._array.shape, shape) from None
    return _fill(self, _bernoulli(kind, each, generator), "BernoulliBackward1")


def _cannot_expand(shape, target):
    for back in range(1, min(len(shape), len(target)) + 1):
        if shape[-back] not in (1, target[-back]):
            place = len(target) - back
            break
    return RuntimeError(
        f"The expanded size of the tensor ({target[place]}) must match the existing size "
        f"({shape[-back]}) at non-singleton dimension {place}.  Target sizes: "
        f"{errors.sizes(target)}.  Tensor sizes: {errors.sizes(shape)}"
    )


def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Indices drawn in proportion to the weights in `input`, (choices) or (rows, choices).

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.multinomial(minitorch.tensor([0., 10., 3., 0.]), 2)
    tensor([1, 2])
    """
    weights, stream = _array("multinomial", input), _stream(generator)
    count = _number("multinomial", "num_samples", 2, num_samples, "int")
    if out is not None and out.dtype is not dtypes.int64:
        raise RuntimeError("multinomial expects Long tensor out, got: "
                           f"{errors.scalar_name(out._array)}")  # fmt: skip
    _check_weights(weights, count, replacement)
    rows = weights if weights.ndim == 2 else weights[None]
    if not replacement or count == 1:
        if rows.size and not (np.isfinite(rows) & (rows >= 0)).all():
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    elif not (rows >= 0).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    elif not np.isfinite(rows).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry = "
                           "infinity or NaN)")  # fmt: skip
    if not (rows.sum(1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    shape = (*weights.shape[:-1], count)
    draw = lambda shape, one_by_one: draws.multinomial(stream, rows, count, replacement)
    return _new(lambda shape, one_by_one: draw(shape, False).reshape(shape), shape, out)


def _check_weights(weights, count, replacement):
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if weights.dtype.kind != "f":
        raise RuntimeError("multinomial only supports floating-point dtypes for input, got: "
                           f"{errors.scalar_name(weights)}")  # fmt: skip
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and count > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if weights.shape[-1] > 2**24:
        raise RuntimeError("number of categories cannot exceed 2^24")


# ---- other distributions, in place -------------------------------------------------------------


def exponential_(self, lambd=1.0, *, generator=None):
    """Fill with exponential numbers of rate `lambd`: -log(1 - u) / lambd; returns the tensor."""
    rate = _number("exponential_", "lambd", 1, lambd)
    kind, stream = self._array.dtype, _stream(generator)
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    if kind.kind != "f":
        raise RuntimeError("Exponential distribution is a continuous probability distribution. "
                           "dtype must be a floating point but you specified "
                           f"{errors.SCALAR_NAME[kind.name]}")  # fmt: skip
    draw = lambda shape, one_by_one: draws.exponential(stream, shape, kind, rate)
    return _fill(self, draw, "ExponentialBackward0")


def cauchy_(self, median=0.0, sigma=1.0, *, generator=None):
    """Fill with Cauchy numbers: median + sigma tan(pi (u - 1/2)); returns the tensor."""
    median, sigma = _number("cauchy_", "median", 1, median), _number("cauchy_", "sigma", 2, sigma)
    kind, stream = self._array.dtype, _stream(generator)
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    if kind.kind != "f":
        raise RuntimeError("Cauchy distribution is a continuous probability distribution. dtype "
                           "must be a floating point but you specified "
                           f"{errors.C_NAME[kind.name]}")  # fmt: skip
    draw = lambda shape, one_by_one: draws.cauchy(stream, shape, kind, median, sigma)
    return _fill(self, draw, "CauchyBackward0")


def geometric_(self, p, *, generator=None):
    """Fill with the number of trials, each of probability `p`, up to the first success."""
    p, kind, stream = _number("geometric_", "p", 1, p), self._array.dtype, _stream(generator)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if kind.kind == "b":
        raise _not_implemented("geometric_cpu", kind)
    draw = lambda shape, one_by_one: draws.geometric(stream, shape, kind, p)
    return _fill(self, draw, "GeometricBackward0")


def log_normal_(self, mean=1.0, std=2.0, *, generator=None):
    """Fill with exp of normal numbers about `mean`, standard deviation `std`."""
    mean, std = _number("log_normal_", "mean", 1, mean), _number("log_normal_", "std", 2, std)
    kind, stream = self._array.dtype, _stream(generator)
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if kind.kind != "f":
        raise _not_implemented("log_normal_cpu", kind)
    draw = lambda shape, one_by_one: draws.log_normal(stream, shape, kind, mean, std)
    return _fill(self, draw, "LogNormalBackward0")
