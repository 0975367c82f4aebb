"""Random tensors, and tensors filled with random numbers in place.

Floor 2. `generator.py` draws the numbers; here arguments are read and checked, and tensors made. A
function with a leading `_` and the name of a distribution checks its parameters and returns `draw`,
which makes an array of such numbers of a shape.
"""

import warnings
from functools import partial

import numpy as np

from .. import devices, dtypes, errors
from .. import generator as draws
from ..generator import Generator, default_generator
from ..primitive import Primitive
from ..tensor import Tensor
from .creation import made, numpy_dtype, shape_of
from .inplace import check_writable, memory_of, take_over
from .shapes import expand

__all__ = [
    "bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "randperm",
]  # fmt: skip

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


def _array(function, input):
    if not isinstance(input, Tensor):
        raise errors.not_a_tensor(function, "input", 1, input)
    return input._array


def _kind(dtype, out=None, default=None):
    """The NumPy dtype to draw: that of `out`, or `dtype`, or the default."""
    if out is None:
        return numpy_dtype(dtype or default)
    if dtype not in (None, out.dtype):
        raise RuntimeError(f"dtype {errors.SCALAR_NAME[dtype._numpy.name]} does not match dtype of "
                           f"out parameter ({errors.scalar_name(out._array)})")  # fmt: skip
    return out._array.dtype


# ---- making and filling tensors ----------------------------------------------------------------


def _drawn(draw, shape, where):
    """Numbers of a shape on a device: drawn on the CPU, and for meta not at all."""
    if where.type == "meta":
        return np.empty(shape, draw.keywords.get("dtype", bool), like=devices.like(where))
    return devices.moved(draw(shape), where)


def _new(draw, shape, out=None, device=None, requires_grad=False):
    """Numbers drawn for a new tensor, or in `out`."""
    where = devices.check(device) if out is None else out.device
    return _placed(_drawn(draw, shape, where), out, requires_grad)


def _placed(values, out=None, requires_grad=False):
    """The drawn numbers as a tensor, or in `out`."""
    if out is None:
        return made(values, requires_grad=requires_grad)
    if devices.repeats(out._array):
        raise errors.shares_memory(others=False)
    if out._array.shape == values.shape:
        out._array[...] = values
    else:
        out._array = values
    out._bump()
    return out


def _in_memory_order(draw, array, dense):
    """Numbers drawn in the order in which the elements of `array` lie in memory, as torch does.

    `dense` makes them for a new tensor, which has no gaps that `array` may have.
    """
    where = devices.of(array)
    if array.flags.c_contiguous or 0 in array.strides:
        return _drawn(draw, array.shape, where)
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    moved = [axis for axis in order if array.shape[axis] != 1]
    if draw.func is draws.normal and not (dense and moved == sorted(moved)):
        draw = partial(draw, one_by_one=True)  # torch's blocks of 16 need contiguous memory
    shape = tuple(array.shape[axis] for axis in order)
    return _drawn(draw, shape, where).transpose(np.argsort(order).tolist())


def _fill(t, draw, node):
    """Fill `t` with drawn numbers, in place: recorded as a step that passes no gradient on."""
    check_writable(t)
    values = _in_memory_order(draw, t._array, dense=False)
    if t.requires_grad:
        values = values.astype(t._array.dtype, copy=False)
        take_over(t, _overwrite(t, values=values, node=node))
    else:
        memory_of(t)[...] = values
        t._bump()
    return t


_zero = lambda g: g * 0
_overwrite = Primitive("random", lambda input, *, values, node: values, inputs="input",
                       node=lambda values, node: node, input=_zero)  # fmt: skip
_refusing = Primitive("bernoulli", lambda input, *, values: values, inputs="input",
                      node=lambda values: "NotImplemented", input=lambda g: _no_derivative())


def _no_derivative():
    raise RuntimeError("derivative for aten::bernoulli is not implemented")


_overwrite2 = Primitive("random", lambda one, two, *, values, node: values, inputs="one two",
                        node=lambda values, node: node, one=_zero, two=_zero)  # fmt: skip


# ---- uniform -----------------------------------------------------------------------------------


def _uniform(kind, generator, low=0.0, high=1.0):
    if kind.kind != "f":
        raise errors.not_implemented("check_uniform_bounds", kind)
    limit = float(np.finfo(kind).max)
    for name, bound in (("from", low), ("to", high)):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {errors.C_NAME[kind.name]}")
    if low > high:
        raise RuntimeError("uniform_ expects to return a [from, to) range, but found "
                           f"from={low:g} > to={high:g}")  # fmt: skip
    if high - low > limit:
        raise RuntimeError("uniform_ expects to-from <= std::numeric_limits<"
                           f"{errors.SCALAR_NAME[kind.name]}>::max(), but found to={high:g} and "
                           f"from={low:g} which result in to-from to exceed the limit")  # fmt: skip
    return partial(draws.uniform, _stream(generator), dtype=kind, low=low, high=high)


def rand(*shape, size=None, generator=None, out=None, dtype=None, layout=None, device=None,
         requires_grad=False, pin_memory=False):  # fmt: skip
    """Uniform numbers from [0, 1), in the given shape.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    shape = shape_of(shape if size is None else size)
    return _new(_uniform(_kind(dtype, out), generator), shape, out, device, requires_grad)


def rand_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False,
              pin_memory=False, memory_format=None):  # fmt: skip
    """Uniform numbers from [0, 1), in the shape and dtype of `input`."""
    array = _array("rand_like", input)
    draw = _uniform(_kind(dtype, default=input.dtype), generator)
    return made(_in_memory_order(draw, array, dense=True), device, requires_grad)


def uniform_(self, *bounds, generator=None, **named):
    """Fill with uniform numbers from [`from`, `to`), by default [0, 1); returns the tensor."""
    if len(bounds) > 2:
        raise TypeError("uniform_() takes from 0 to 2 positional arguments but "
                        f"{len(bounds)} were given")  # fmt: skip
    given = {"from": 0.0, "to": 1.0} | dict(zip(("from", "to"), bounds)) | named
    for name in given.keys() - {"from", "to"}:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{name}'")
    low, high = (_number("uniform_", name, i + 1, given[name])
                 for i, name in enumerate(("from", "to")))  # fmt: skip
    return _fill(self, _uniform(self._array.dtype, generator, low, high), "UniformBackward0")


# ---- normal ------------------------------------------------------------------------------------


def _normal(kind, generator, mean=0.0, std=1.0):
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if kind.kind != "f":
        raise errors.not_implemented("normal_kernel_cpu", kind)
    return partial(draws.normal, _stream(generator), dtype=kind, mean=mean, std=std)


def randn(*shape, size=None, generator=None, out=None, dtype=None, layout=None, device=None,
          requires_grad=False, pin_memory=False):  # fmt: skip
    """Normal numbers with mean 0 and standard deviation 1, in the given shape.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    shape = shape_of(shape if size is None else size)
    return _new(_normal(_kind(dtype, out), generator), shape, out, device, requires_grad)


def randn_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False,
               pin_memory=False, memory_format=None):  # fmt: skip
    """Normal numbers with mean 0 and standard deviation 1, in the shape and dtype of `input`."""
    array = _array("randn_like", input)
    draw = _normal(_kind(dtype, default=input.dtype), generator)
    return made(_in_memory_order(draw, array, dense=True), device, requires_grad)


def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None,
           device=None, requires_grad=False, pin_memory=False):  # fmt: skip
    """Normal numbers about `mean` with standard deviation `std`: numbers, or a tensor of each.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.normal(10., 0.1, (2,))
    tensor([10.1541,  9.9707])
    >>> minitorch.normal(minitorch.tensor([0., 100.]), 1.)
    tensor([ -2.1788, 100.5684])
    """
    about_tensors = isinstance(mean, Tensor) or isinstance(std, Tensor)
    if about_tensors == isinstance(size, (tuple, list)):
        given = ", ".join(type(x).__name__ for x in (mean, std, size) if x is not None)
        raise TypeError(f"normal() received an invalid combination of arguments - got ({given})")
    if about_tensors:
        return _normal_about(mean, std, generator, out)
    mean, std = _number("normal", "mean", 1, mean), _number("normal", "std", 2, std)
    draw = _normal(_kind(dtype, out), generator, mean, std)
    return _new(draw, shape_of(size), out, device, requires_grad)


def _normal_about(mean, std, generator, out):
    """`normal` where `mean` or `std` is a tensor, or both are."""
    like = (mean if isinstance(mean, Tensor) else std)._array
    about = mean._array if isinstance(mean, Tensor) else np.asarray(mean, like.dtype, like=like)
    by = std._array if isinstance(std, Tensor) else np.asarray(std, like=like)
    if isinstance(std, Tensor) and not (by >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    if error := errors.broadcast(about.shape, by.shape):
        raise error
    shape = np.broadcast_shapes(about.shape, by.shape)
    where = devices.of(like)
    if isinstance(std, Tensor):
        values = _rounded(np.multiply, _drawn(_normal(like.dtype, generator), shape, where), by)
    else:
        values = _drawn(_normal(like.dtype, generator, std=by.item()), shape, where)
    values = _rounded(np.add, values, about)
    if out is not None:
        return _placed(values, out)
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        return _overwrite2(mean, std, values=values, node="NormalBackward3")
    node = f"NormalBackward{2 if isinstance(std, Tensor) else 1}"
    return _overwrite(std if isinstance(std, Tensor) else mean, values=values, node=node)


def _rounded(ufunc, values, other):
    """`values` times or plus `other`, in place: in the wider dtype, then rounded to the first."""
    wide = np.promote_types(values.dtype, np.float32)
    other = other if other.ndim else other.astype(wide)
    return ufunc(values.astype(wide), other).astype(values.dtype)


def normal_(self, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers about `mean`, standard deviation `std`; returns the tensor."""
    mean, std = _number("normal_", "mean", 1, mean), _number("normal_", "std", 2, std)
    return _fill(self, _normal(self._array.dtype, generator, mean, std), "NormalBackward0")


# ---- integers ----------------------------------------------------------------------------------


def _integers(kind, generator, low, high):
    """Integers from `low` to `high` - 1, or to the largest of the dtype if `high` is None."""
    if high is None and low == -(2**63) and kind.name in ("int64", "float64", "float32"):
        return partial(draws.all_int64, _stream(generator), dtype=kind)
    if kind.kind == "f":
        limit, most = int(np.finfo(kind).max), 2 ** (np.finfo(kind).nmant + 1)
        least = -limit
    else:
        limit = most = 1 if kind.kind == "b" else int(np.iinfo(kind).max)
        least = -limit - 1 if kind.kind == "i" else 0
    stop = most + 1 if high is None else high
    if low >= stop:
        raise RuntimeError("random_ expects 'from' to be less than 'to', but got "
                           f"from={low} >= to={stop}")  # fmt: skip
    for name, bound in (("from", low), ("to - 1", stop - 1)):
        if not least <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {errors.C_NAME[kind.name]}")
    if kind.kind == "f" and max(abs(low), abs(stop - 1)) > most:
        low, stop = _rounded_inwards(low, stop, kind, most)
    return partial(draws.integers, _stream(generator), dtype=kind, low=low, high=stop)


def _rounded_inwards(low, stop, kind, most):
    """Bounds such that no integer between them is rounded, as a float, to one outside."""
    gap = lambda number: 2 ** (abs(number).bit_length() - most.bit_length() + 1)
    first, last = int(kind.type(low + 1)), int(kind.type(stop - 1))
    low = low if first >= low else first + gap(low + 1)
    stop = stop if last < stop else last - gap(stop - 1)
    for name, bound in (("from", low), ("to - 1", stop - 1)):
        if abs(bound) > most:
            digits = most.bit_length() - 1
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision "
                f"limitations {errors.C_NAME[kind.name]} can support discrete uniform distribution "
                "only within this range. This warning will become an error in version 1.7 release, "
                "please fix the code in advance", UserWarning, stacklevel=4)  # fmt: skip
    return low, stop


def _bounds(function, args, low, high, first):
    """`low` and `high` out of the arguments `high` or `low, high`, the first at place `first`."""
    args = list(args)
    if args and high is None:
        high = args.pop()
    if args:
        low = args.pop()
    if args or high is None:
        raise TypeError(f"{function}() received an invalid combination of arguments")
    high = _number(function, "high", first + (low is not None), high, "int")
    low = 0 if low is None else _number(function, "low", first, low, "int")
    if not (-(2**63) <= low < 2**63 and -(2**63) <= high < 2**63):
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
    low, high = _bounds("randint", args, low, high, 1)
    if not isinstance(size, (tuple, list)):
        raise TypeError("randint(): argument 'size' (position 2) must be tuple of ints, not "
                        f"{type(size).__name__}")  # fmt: skip
    draw = _integers(_kind(dtype, out, dtypes.int64), generator, low, high)
    return _new(draw, shape_of(size), out, device, requires_grad)


def randint_like(input, *args, low=None, high=None, generator=None, dtype=None, layout=None,
                 device=None, requires_grad=False, pin_memory=False,
                 memory_format=None):  # fmt: skip
    """Integers from `low` (0) to `high` - 1, in the shape and dtype of `input`."""
    array, bounds = _array("randint_like", input), _bounds("randint_like", args, low, high, 2)
    draw = _integers(_kind(dtype, default=input.dtype), generator, *bounds)
    return made(_in_memory_order(draw, array, dense=True), device, requires_grad)


def random_(self, *bounds, generator=None, **named):
    """Fill with integers: any, those below `to`, or those from `from` to `to` - 1.

    Without a `to` they reach up to the largest integer of the dtype (2**24 for float32).
    """
    kind = self._array.dtype
    given = dict(zip(("to",) if len(bounds) == 1 else ("from", "to"), bounds)) | named
    if not given:
        draw = partial(draws.any_integers, _stream(generator), dtype=kind)
        return _fill(self, draw, "RandomBackward2")
    if "to" not in given or given == {"to": None}:
        raise TypeError("random_() received an invalid combination of arguments")
    low, high = _number("random_", "from", 1, given.get("from", 0), "int"), given["to"]
    high = None if high is None else _number("random_", "to", 1 + ("from" in given), high, "int")
    node = f"RandomBackward{0 if 'from' in given else 1}"
    return _fill(self, _integers(kind, generator, low, high), node)


def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None,
             requires_grad=False, pin_memory=False):  # fmt: skip
    """The integers from 0 to `n` - 1 in random order.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    n = _number("randperm", "n", 1, n, "int")
    (n,), kind = shape_of((n,)), _kind(dtype, out, dtypes.int64)
    if kind.kind == "b":
        raise errors.not_implemented("randperm", kind)
    if kind.kind != "f" and n - 1 > np.iinfo(kind).max:
        raise RuntimeError(f"value cannot be converted to type {kind.name}_t without overflow")
    if kind.kind == "f" and n > 2 ** (np.finfo(kind).nmant + 1) + 1:
        most = {"float16": "2049", "float32": "2^24+1", "float64": "2^53+1"}[kind.name]
        raise RuntimeError(f"n cannot be greater than {most} for "
                           f"{errors.SCALAR_NAME[kind.name]} type.")  # fmt: skip
    draw = lambda shape, dtype: draws.permutation(_stream(generator), n).astype(dtype)
    return _new(partial(draw, dtype=kind), (n,), out, device, requires_grad)


# ---- choices -----------------------------------------------------------------------------------


def bernoulli(input, p=None, *, generator=None, out=None):
    """1 with the probability that stands in `input`, else 0; with `p`, one probability for all.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> minitorch.bernoulli(minitorch.tensor([0., 0.5, 0.9, 1.]))
    tensor([0., 0., 1., 1.])
    """
    array = _array("bernoulli", input)
    if p is None:
        values = _drawn(_noise_for(array, generator), array.shape, input.device) < array
    else:
        values = _drawn(_bernoulli(p, generator), array.shape, input.device)
    values = values.astype(array.dtype if out is None else out._array.dtype)
    if out is not None:
        return _placed(values, out)
    node = "BernoulliBackward0"
    if p is not None:
        return _refusing(input, values=values)
    return _overwrite(input, values=values, node=node)


def _bernoulli(p, generator):
    """True with one probability, `p`."""
    p = _number("bernoulli_", "p", 1, p)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    return partial(draws.bernoulli, _stream(generator), p=p)


def _noise_for(probabilities, generator):
    """The uniform numbers to compare an array of probabilities with, which is checked."""
    if probabilities.dtype.kind != "f":
        raise errors.not_implemented("bernoulli_tensor_cpu_p_", probabilities.dtype)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
            "be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    kind = np.promote_types(probabilities.dtype, np.float32)
    return partial(draws.uniform, _stream(generator), dtype=kind)


def bernoulli_(self, p=0.5, *, generator=None):
    """Fill with 1 with probability `p` (a number, or a tensor of one for each place), else 0."""
    if not isinstance(p, Tensor):
        return _fill(self, _bernoulli(p, generator), "BernoulliBackward2")
    check_writable(self)
    each = expand(p, *self._array.shape)
    noise = _in_memory_order(_noise_for(each._array, generator), self._array, dense=False)
    values = (noise < each._array).astype(self._array.dtype)
    take_over(self, _overwrite2(self, each, values=values, node="BernoulliBackward1"))
    return self


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
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if weights.dtype.kind != "f":
        raise RuntimeError("multinomial only supports floating-point dtypes for input, got: "
                           f"{errors.scalar_name(weights)}")  # fmt: skip
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and count > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without "
                           "replacement")  # fmt: skip
    if weights.shape[-1] > 2**24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    shape = (*weights.shape[:-1], count)
    if input.is_meta:
        return _placed(np.empty(shape, np.int64, like=weights), out)
    weights = devices.moved(weights, devices.cpu)
    rows = weights if weights.ndim == 2 else weights[None]
    _check_weights(rows, by_rank=not replacement or count == 1)
    if replacement and count > 1:
        values = draws.choices(stream, rows, count)
    else:
        noise = partial(draws.exponential, stream, dtype=rows.dtype, rate=1.0)
        values = draws.by_rank(rows, _in_memory_order(noise, rows, dense=True), count)
    return _placed(devices.moved(values.reshape(shape), input.device), out)


def _check_weights(rows, by_rank):
    """torch's errors for weights that are no proportions, in the words of its two methods."""
    finite, positive = np.isfinite(rows).all(), (rows >= 0).all()
    if by_rank and not (finite and positive):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    wrong = None
    if not positive:
        wrong = "encountering probability entry < 0"
    elif not finite:
        wrong = "encountering probability entry = infinity or NaN"
    elif not (rows.sum(1) > 0).all():
        wrong = "sum of probabilities <= 0"
    if wrong:
        raise RuntimeError(f"invalid multinomial distribution ({wrong})")


# ---- exponential -------------------------------------------------------------------------------


def exponential_(self, lambd=1.0, *, generator=None):
    """Fill with exponential numbers of rate `lambd`: -log(1 - u) / lambd; returns the tensor."""
    rate, kind = _number("exponential_", "lambd", 1, lambd), self._array.dtype
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    if kind.kind != "f":
        raise RuntimeError("Exponential distribution is a continuous probability distribution. "
                           "dtype must be a floating point but you specified "
                           f"{errors.SCALAR_NAME[kind.name]}")  # fmt: skip
    draw = partial(draws.exponential, _stream(generator), dtype=kind, rate=rate)
    return _fill(self, draw, "ExponentialBackward0")
