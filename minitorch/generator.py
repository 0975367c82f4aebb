"""Generator: torch's stream of random numbers, and what is drawn from it, on arrays.

Floor 1: imports devices alone. What the public sees is in `random.py` (seeds, and a generator's
state as a tensor) and `ops/sampling.py` (`rand` and the like). The draws below take a generator and
a shape, return a new array in C order, and use up exactly as many numbers of the stream as torch
does on the CPU: that is why the same seed gives the same numbers, to the last bit.
"""

import math
import os

import numpy as np

from . import devices

__all__ = ["Generator", "default_generator"]

_DEFAULT_SEED = 67280421310721  # torch's, for every new Generator
_PIECE = 16384  # a multiple of 16, for the blocks of normal numbers

# What `get_state` returns, byte by byte. torch keeps three fields of an older generator, unused.
_STATE = np.dtype([
    ("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"), ("key", "<u8", 624),
    ("unused_x", "<f8"), ("normal", "<f8"), ("unused_rho", "<f8"), ("has_normal", "<i8"),
    ("unused_normal", "<f8"),
])  # fmt: skip


class Generator:
    """A stream of random numbers: the Mersenne Twister MT19937, seeded as torch seeds it.

    >>> import minitorch
    >>> g = minitorch.Generator().manual_seed(0)
    >>> minitorch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    >>> g.initial_seed()
    0
    """

    def __init__(self, device="cpu"):
        self._device = devices.check(device)
        if self._device.type == "meta":
            raise RuntimeError("META device type not an accelerator.")
        self._engine = np.random.MT19937(0)
        self.manual_seed(_DEFAULT_SEED)

    @property
    def device(self):
        return self._device

    # ---- seeding -------------------------------------------------------------------------------

    def manual_seed(self, seed):
        """Start the stream anew from `seed`, -2**63 to 2**64 - 1; returns the generator."""
        if isinstance(seed, np.integer):
            raise TypeError("an integer is required")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % 2**64
        # Only the low 32 bits reach the engine, by the `init_genrand` of the twister's authors.
        np.random.RandomState(self._engine).seed(self._seed % 2**32)
        self._fresh = True  # nothing drawn yet
        self._normal = None  # the second half of a pair of normals, kept for the next draw
        return self

    def seed(self):
        """Start the stream anew from a seed given by the operating system, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self):
        """The seed that the stream was started from."""
        return self._seed

    # ---- state: `random.py` adds get_state and set_state, which speak of tensors -----------------

    def _state(self):
        """Where in the stream the generator stands: 5,056 bytes in torch's layout."""
        engine = self._engine.state["state"]
        state = np.zeros(1, _STATE)
        state["seed"], state["seeded"], state["key"] = self._seed, 1, engine["key"]
        state["next"] = 0 if self._fresh else engine["pos"]
        state["left"] = 1 if self._fresh else 625 - engine["pos"]
        if self._normal is not None:
            state["has_normal"], state["normal"] = 1, self._normal
        return state.view(np.uint8)

    def _go_to(self, data):
        """Go to the place in the stream that these bytes, from here or from torch, describe."""
        if data.size != _STATE.itemsize:
            raise RuntimeError(f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but "
                               f"found the input RNG state size to be {data.size}")  # fmt: skip
        state = np.frombuffer(data.tobytes(), _STATE)[0]
        left, place = int(state["left"]), int(state["next"])
        if not (state["seeded"] and 0 < left <= 624 and place <= 624):
            raise RuntimeError("Invalid mt19937 state")
        self._seed, self._fresh = int(state["seed"]), place == 0
        key = {"key": state["key"].astype(np.uint32), "pos": 624 if left == 1 else place}
        self._engine.state = {"bit_generator": "MT19937", "state": key}
        self._normal = float(state["normal"]) if state["has_normal"] else None

    def clone_state(self):
        """A new generator at the same place of the same stream."""
        generator = Generator(self.device)
        generator._go_to(self._state())
        return generator

    def __reduce__(self):
        return Generator, (self.device,), self._state()

    __setstate__ = _go_to

    # ---- the stream ----------------------------------------------------------------------------

    def _draw32(self, n):
        """The next `n` numbers of 32 bits."""
        self._fresh = self._fresh and n == 0
        return self._engine.random_raw(n).astype(np.uint32)

    def _draw64(self, n):
        """The next `n` numbers of 64 bits: two draws each, the high half first."""
        self._fresh = self._fresh and n == 0
        halves = self._engine.random_raw(2 * n)
        return halves[0::2] << 32 | halves[1::2]


default_generator = Generator()
default_generator.seed()  # torch, too, starts each process somewhere else


# ---- uniform -----------------------------------------------------------------------------------


def uniform(generator, shape, dtype=np.float32, low=0.0, high=1.0):
    """Numbers from [low, high): 24 random bits for float32 and float16, 53 for float64."""
    dtype = np.dtype(dtype)
    draw = _uniform64 if dtype == np.float64 else _uniform32
    return _in_pieces(lambda n: draw(generator, n, dtype, low, high), shape, dtype)


def _uniform32(generator, n, dtype=np.float32, low=0.0, high=1.0):
    out = (generator._draw32(n) & 0xFFFFFF).astype(np.float32)
    out *= np.float32(2.0**-24)
    if (low, high) != (0, 1):
        low, high = np.float32(low), np.float32(high)
        out = _fma(out.astype(np.float64), float(high - low), float(low))
    return _below(_cast(out, dtype), low, high)


def _uniform64(generator, n, dtype=np.float64, low=0.0, high=1.0):
    out = (generator._draw64(n) & (2**53 - 1)) * 2.0**-53
    if (low, high) != (0, 1):
        out = _multiply_add(out, high - low, low)
    return _below(out, low, high)


def _below(out, low, high):
    """`out` with `low` in place of a number that rounding has brought up to `high`."""
    at_high = out == out.dtype.type(high)
    if at_high.any():
        out[at_high] = low
    return out


def _in_pieces(draw, shape, dtype):
    """An array filled by `draw(n)`: thousands at a time, so that they stay in the cache."""
    total = math.prod(shape)
    if total <= _PIECE:
        return draw(total).reshape(shape)
    out = np.empty(total, dtype)
    for start in range(0, total, _PIECE):
        part = out[start : start + _PIECE]
        part[...] = draw(part.size)
    return out.reshape(shape)


def _multiply_add(x, factor, term):
    """x * factor + term in float64 with one rounding, as torch's compiled code does it.

    Dekker's product and Knuth's sum: `product + rest` and `total + lost` are exact.
    """
    if term == 0 or factor == 1 or not abs(factor) < 1e290:  # one rounding, or too big to split
        return x * factor + term
    split = 134217729.0  # 2**27 + 1 cuts 53 bits in two halves whose products are exact
    x_high = x * split - (x * split - x)
    f_high = factor * split - (factor * split - factor)
    x_low, f_low, product = x - x_high, factor - f_high, x * factor
    rest = x_high * f_high - product + x_high * f_low + x_low * f_high + x_low * f_low
    total = product + term
    part = total - product
    lost = (product - (total - part)) + (term - part)
    return total + (lost + rest)


# ---- integers ----------------------------------------------------------------------------------


def integers(generator, shape, dtype, low, high):
    """Integers from low to high - 1: a draw modulo their number, of 64 bits from 2**28 on."""
    span = high - low
    draw = generator._draw64 if span >= 2**28 else generator._draw32
    make = lambda n: _cast((draw(n) % span).astype(np.int64) + low, dtype)
    return _in_pieces(make, shape, dtype)


def any_integers(generator, shape, dtype):
    """Integers from 0 to the largest that the dtype holds (2**24 for float32, and so on)."""
    dtype = np.dtype(dtype)
    draw = generator._draw64 if dtype.name in ("int64", "float64") else generator._draw32
    if dtype.kind == "f":
        span = 2 ** (np.finfo(dtype).nmant + 1) + 1
    else:
        span = 2 if dtype.kind == "b" else int(np.iinfo(dtype).max) + 1
    return _in_pieces(lambda n: _cast(draw(n).astype(np.uint64) % span, dtype), shape, dtype)


def all_int64(generator, shape, dtype):
    """Integers from the whole range of int64."""
    return _in_pieces(lambda n: _cast(generator._draw64(n).astype(np.int64), dtype), shape, dtype)


def permutation(generator, n):
    """0 to n - 1 in random order: place i is swapped with one of the places from i on."""
    order = list(range(n))
    places = np.arange(max(n - 1, 0), dtype=np.int64)
    partners = places + generator._draw32(len(places)) % (n - places)
    for i, j in enumerate(partners.tolist()):
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


def _cast(values, dtype):
    """`values` cast as torch casts a draw: to float16 by way of float32."""
    with np.errstate(over="ignore"):  # what is too large becomes inf
        if dtype == np.float16:
            values = values.astype(np.float32, copy=False)
        return values.astype(dtype, copy=False)


# ---- yes or no ---------------------------------------------------------------------------------


def bernoulli(generator, shape, p):
    """True with probability `p`, a number: a float64 uniform is below it."""
    bound = math.ceil(p * 2**53)  # both sides of the comparison are times 2**53
    below = lambda n: (generator._draw64(n) & (2**53 - 1)) < bound
    return _in_pieces(below, shape, np.bool_)


# ---- exponential -------------------------------------------------------------------------------


def exponential(generator, shape, dtype, rate):
    """-log(1 - u) / rate."""
    logs = _libm(math.log1p, -uniform(generator, shape, np.float64))
    return _cast(-1.0 / rate * logs, dtype)


def _libm(function, x):
    """A function of the C library, element by element: NumPy's own may differ in the last bit."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


# ---- choices -----------------------------------------------------------------------------------


def choices(generator, weights, count):
    """`count` indices for each row of `weights` (rows, choices), any of them again and again."""
    sums = np.cumsum(weights, axis=1, dtype=np.result_type(weights, np.float32))
    sums /= sums[:, -1:]
    sums[:, -1] = 1
    points = uniform(generator, (len(weights), count), np.float64)
    indices = np.empty(points.shape, np.int64)
    for row, steps, at in zip(indices, sums.astype(np.float64), points):
        row[:] = np.searchsorted(steps, at)
    return indices


def by_rank(weights, noise, count):
    """`count` different indices for each row: where weight / exponential noise is largest."""
    with np.errstate(all="ignore"):
        ranks = np.argsort(-(weights / noise), axis=1, kind="stable")
    return ranks[:, :count].copy()


# ---- normal ------------------------------------------------------------------------------------
# Box and Muller: from two uniform numbers, sqrt(-2 log u) is a radius and 2 pi u' an angle; the
# cosine and the sine are two independent normal numbers. torch does it in two ways.


def normal(generator, shape, dtype=np.float32, mean=0.0, std=1.0, one_by_one=False):
    """Normal numbers: in blocks of 16, but one by one when there are fewer (or if asked to)."""
    dtype, n = np.dtype(dtype), math.prod(shape)
    if n < 16 or one_by_one:
        out = _cast(_multiply_add(_normals_one_by_one(generator, n), std, mean), dtype)
    else:
        out = _normals_in_blocks(generator, n, dtype, mean, std)
    return out.reshape(shape)


def _normals_one_by_one(generator, n):
    """Cosine first; the sine is kept in the generator for the next number, or the next call."""
    out = []
    if n and generator._normal is not None:
        out, generator._normal = [generator._normal], None
    pairs = (n - len(out) + 1) // 2
    for u1, u2 in uniform(generator, (pairs, 2), np.float64).tolist():
        radius, angle = math.sqrt(-2.0 * math.log1p(-u2)), 2.0 * math.pi * u1
        out += radius * math.cos(angle), radius * math.sin(angle)
    if len(out) > n:
        generator._normal = out.pop()
    return np.array(out, np.float64)


def _normals_in_blocks(generator, n, dtype, mean, std):
    """Blocks of 16: eight radii and eight angles become eight cosines and eight sines.

    A tail that fills no block is covered by drawing the last 16 numbers anew.
    """
    block = _block64 if dtype == np.float64 else _block32
    make = lambda count: block(generator, count, dtype, mean, std)
    tail = n % 16
    if not tail:
        return _in_pieces(make, (n,), dtype)
    out = np.empty(n, dtype)
    out[:-tail] = _in_pieces(make, (n - tail,), dtype)
    if dtype != np.float16:  # the wider dtypes draw the tail, too, before they overwrite it
        uniform(generator, (tail,), dtype)
    out[-16:] = make(16)
    return out


def _block32(generator, n, dtype, mean, std):
    first, second = _uniform32(generator, n).reshape(-1, 2, 8).swapaxes(0, 1).reshape(2, -1)
    radius = np.sqrt(np.float32(-2) * _log(1 - first))
    cos, sin = _cos_sin(np.float32(2 * math.pi) * second)
    out = _interleave(radius * cos, radius * sin)
    if (mean, std) != (0, 1):
        out = _fma(out.astype(np.float64), float(np.float32(std)), float(np.float32(mean)))
    return _cast(out, dtype)


def _block64(generator, n, dtype, mean, std):
    first, second = _uniform64(generator, n).reshape(-1, 2, 8).swapaxes(0, 1).reshape(2, -1)
    radius, angle = np.sqrt(-2.0 * _libm(math.log, 1 - first)), 2.0 * math.pi * second
    out = _interleave(radius * _libm(math.cos, angle), radius * _libm(math.sin, angle))
    return _multiply_add(out, std, mean)


def _interleave(first, second):
    """Eight of the first, eight of the second, and so on."""
    return np.stack([first.reshape(-1, 8), second.reshape(-1, 8)], axis=1).ravel()


# ---- torch's float32 logarithm, cosine and sine ------------------------------------------------
# On processors with AVX2 torch takes them from the Cephes library (Moshier 1989): a short
# polynomial after a reduction of the argument. NumPy's own differ by up to 4 units in the last
# place, so the same steps are taken here, with the same roundings.

_f32 = lambda *numbers: [float(np.float32(number)) for number in numbers]
_LOG = _f32(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_COS = _f32(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_SIN = _f32(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_PI_4 = np.array([0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8], np.float32)


def _fma(x, y, z):
    """x * y + z rounded once to float32: `x` is float64, which holds the product exactly."""
    return (x * y + z).astype(np.float32)


def _log(u):
    """log u = log m + e log 2, where u = m 2^e and m is between sqrt(1/2) and sqrt(2)."""
    m, e = np.frexp(u)
    small = m < np.float32(math.sqrt(0.5))
    x = (m + m * small) - np.float32(1)
    e = (e - small).astype(np.float32)
    wide, square = x.astype(np.float64), x * x
    y = _fma(wide, _LOG[0], _LOG[1])
    for coefficient in _LOG[2:]:
        y = _fma(wide, y, coefficient)
    y = _fma(square.astype(np.float64), y * x, e * _LN2_LOW)
    return x + (y - square * np.float32(0.5)) + e * _LN2_HIGH


def _cos_sin(angle):
    """Both of an angle from 0 to 2 pi: measured from the nearest even multiple of pi / 4."""
    eighth = (angle * np.float32(4 / math.pi)).astype(np.int32) + 1 & ~1
    turns = eighth.astype(np.float32)
    x = angle - turns * _PI_4[0] - turns * _PI_4[1]
    x = _fma(turns.astype(np.float64), -_PI_4[2], x)
    square = x * x
    wide = square.astype(np.float64)
    cos = _fma(wide, _fma(wide, _COS[0], _COS[1]), _COS[2]) * square
    cos = _fma(wide, cos, square * np.float32(-0.5)) + np.float32(1)
    sin = _fma(wide, _fma(wide, _SIN[0], _SIN[1]), _SIN[2]) * square
    sin = _fma(sin.astype(np.float64), x, x)
    # In odd quarters the two change places; the third bit of `eighth` is the sign, as in a float
    # the top bit is. Bits, because np.where and masked negation take longer than all the rest.
    cos, sin = cos.view(np.int32), sin.view(np.int32)
    swap = (cos ^ sin) & -(eighth >> 1 & 1)
    cos ^= swap ^ (eighth + 2 & 4) << 29
    sin ^= swap ^ (eighth & 4) << 29
    return cos.view(np.float32), sin.view(np.float32)
