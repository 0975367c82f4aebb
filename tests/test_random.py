"""Random numbers: torch's streams, to the last bit, and the words of their errors.

What `golden/record_random.py` draws from torch is compared bit by bit, and so are long random
mixtures of draws where torch is installed. Behaviours are written once and hold for both.
"""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from exact import raises
from golden.record_random import DRAWS, FILE, SEED, STATES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minitorch
from minitorch import generator as draws

GOLDEN = np.load(FILE)


def bits(array):
    """An array as something that is equal only if every bit is (-0.0 is not 0.0)."""
    array = array.detach().numpy() if hasattr(array, "detach") else array
    return array.dtype, array.shape, np.ascontiguousarray(array).tobytes()


def same(a, b):
    return bits(a) == bits(b)


# ---- the same numbers as torch -----------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_the_recorded_ones(name):
    minitorch.manual_seed(SEED)
    assert bits(DRAWS[name](minitorch)) == bits(GOLDEN[name])
    # As much of the stream was used up as torch uses.
    assert bits(minitorch.rand(2)) == bits(GOLDEN[f"{name}, then"])


def test_states_are_the_recorded_ones():
    minitorch.manual_seed(SEED)
    for name, step in STATES.items():
        step(minitorch)
        assert bits(minitorch.get_rng_state()) == bits(GOLDEN[name]), name


@pytest.mark.parametrize("name", STATES)
def test_recorded_states_go_on_with_the_recorded_numbers(name):
    # From each recorded state the stream must lead, by the later steps, to the later states.
    later = list(STATES)[list(STATES).index(name) + 1 :]
    minitorch.set_rng_state(minitorch.from_numpy(GOLDEN[name]))
    for following in later:
        STATES[following](minitorch)
        assert bits(minitorch.get_rng_state()) == bits(GOLDEN[following]), following


FLOATS = st.sampled_from(["float32", "float64", "float16"])
SHAPES = st.lists(st.integers(0, 9), max_size=3).map(tuple)
NUMBERS = st.floats(-8, 8)
STEPS = st.one_of(
    st.tuples(st.just("rand"), SHAPES, FLOATS),
    st.tuples(st.just("randn"), SHAPES, FLOATS),
    st.tuples(st.just("normal_"), SHAPES, FLOATS, NUMBERS, st.floats(0, 4)),
    st.tuples(st.just("uniform_"), SHAPES, FLOATS, NUMBERS, st.floats(0, 4)),
    st.tuples(st.just("randint"), SHAPES, st.integers(-(2**40), 2**40), st.integers(1, 2**50)),
    st.tuples(st.just("randperm"), st.integers(0, 300)),
    st.tuples(st.just("bernoulli_"), SHAPES, st.floats(0, 1)),
    st.tuples(st.just("exponential_"), SHAPES, FLOATS, st.floats(0.1, 5)),
    st.tuples(st.just("multinomial"), st.integers(1, 30), st.integers(1, 30), st.booleans()),
    st.tuples(st.just("state")),
)


def take(lib, generator, kind, *args):
    """One step of a mixture of draws."""
    if kind == "state":
        return generator.get_state()
    if kind == "randperm":
        return lib.randperm(*args, generator=generator)
    if kind == "randint":
        shape, low, span = args
        return lib.randint(low, low + span, shape, generator=generator)
    if kind == "multinomial":
        choices, count, again = args
        weights = lib.arange(1, choices + 1).float()
        return lib.multinomial(weights, count if again else 1, again, generator=generator)
    shape, *args = args
    if kind == "bernoulli_":
        return lib.zeros(shape).bernoulli_(*args, generator=generator)
    dtype = getattr(lib, args[0])
    if kind in ("rand", "randn"):
        return getattr(lib, kind)(shape, dtype=dtype, generator=generator)
    if kind == "uniform_":
        args[2] += args[1]
    return getattr(lib.zeros(shape, dtype=dtype), kind)(*args[1:], generator=generator)


@pytest.mark.torch
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(-(2**63), 2**64 - 1), steps=st.lists(STEPS, min_size=1, max_size=8))
def test_any_mixture_of_draws_is_torchs(seed, steps):
    import torch

    ours, theirs = minitorch.Generator(), torch.Generator()
    assert ours.manual_seed(seed).initial_seed() == theirs.manual_seed(seed).initial_seed()
    for step in steps:
        assert bits(take(minitorch, ours, *step)) == bits(take(torch, theirs, *step)), step
    assert bits(ours.get_state()) == bits(theirs.get_state())


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_million_normal_numbers_are_torchs(dtype):
    import torch

    if dtype == "float32" and not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        pytest.skip("without AVX2 torch itself computes other last bits than elsewhere")
    size = 1_000_003 if dtype == "float32" else 100_003
    ours = minitorch.randn(
        size, dtype=getattr(minitorch, dtype), generator=minitorch.Generator().manual_seed(5)
    )
    theirs = torch.randn(
        size, dtype=getattr(torch, dtype), generator=torch.Generator().manual_seed(5)
    )
    assert bits(ours) == bits(theirs)


@pytest.mark.torch
@pytest.mark.parametrize("n", [1, 2, 5, 60_000])
def test_permutations_are_torchs(n):
    import torch

    minitorch.manual_seed(n)
    torch.manual_seed(n)
    assert bits(minitorch.randperm(n)) == bits(torch.randperm(n))


@pytest.mark.torch
def test_states_are_interchangeable():
    import torch

    torch.manual_seed(3)
    torch.randn(5)
    minitorch.set_rng_state(minitorch.from_numpy(torch.get_rng_state().numpy()))
    assert bits(minitorch.randn(7)) == bits(torch.randn(7))
    torch.set_rng_state(torch.from_numpy(minitorch.get_rng_state().numpy()))
    assert bits(minitorch.randn(700)) == bits(torch.randn(700))


# ---- seeds and states --------------------------------------------------------------------------


def test_a_seed_repeats_its_numbers_and_is_remembered(lib):
    first = lib.manual_seed(-7) and lib.rand(4)
    assert lib.initial_seed() == 2**64 - 7
    assert not same(lib.rand(4), first)
    generator = lib.manual_seed(-7)
    assert same(lib.rand(4), first)
    assert generator is lib.random.default_generator
    assert lib.Generator().initial_seed() == 67280421310721
    assert str(lib.Generator().device) == "cpu"


def test_a_fresh_seed_is_another_one(lib):
    assert lib.seed() != lib.seed()
    generator = lib.Generator()
    assert generator.seed() == generator.initial_seed() != 67280421310721


def test_each_process_starts_somewhere_else():
    command = [sys.executable, "-c", "import minitorch; print(minitorch.initial_seed())"]
    run = lambda: subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert run() != run()


def test_seeds_are_read_as_in_torch(lib):
    generator = lib.Generator()
    for seed, kept in ((2**64 - 1, 2**64 - 1), (-(2**63), 2**63), (0, 0)):
        assert generator.manual_seed(seed) is generator
        assert generator.initial_seed() == kept
    for seed in (2**64, -(2**63) - 1):
        with raises(ValueError, "Overflow when unpacking long long"):
            generator.manual_seed(seed)
    for seed, name in ((1.5, "float"), ("a", "str"), (None, "NoneType"), (True, "bool")):
        with raises(RuntimeError, f"manual_seed expected a long, but got {name}"):
            generator.manual_seed(seed)
    with raises(TypeError, "an integer is required"):
        generator.manual_seed(np.int64(3))
    assert lib.manual_seed(2.9).initial_seed() == 2


def test_states_come_back(lib):
    lib.manual_seed(1)
    lib.randn(3)  # keeps the twin of the third
    state = lib.get_rng_state()
    first = lib.randn(4), lib.rand(700)
    assert lib.set_rng_state(state) is None
    again = lib.randn(4), lib.rand(700)
    assert all(map(same, first, again))
    generator = lib.Generator()
    assert generator.set_state(state) is generator
    assert same(lib.randn(4, generator=generator), first[0])


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda generator: pickle.loads(pickle.dumps(generator)),
        lambda generator: generator.clone_state(),
    ],
)
def test_a_copy_is_at_the_same_place_and_then_on_its_own(lib, copied):
    generator = lib.Generator().manual_seed(3)
    lib.randn(1, generator=generator)
    twin = copied(generator)
    ahead = lib.randn(3, generator=twin)
    assert same(lib.randn(3, generator=generator), ahead)
    assert twin.initial_seed() == 3


def test_damaged_states_are_refused(lib):
    good = lib.get_rng_state()
    for state, kind, text in (
        (3, TypeError, "expected a torch.ByteTensor, but got int"),
        (good.float(), TypeError, "RNG state must be a torch.ByteTensor"),
        (lib.zeros(5056, dtype=lib.uint8), RuntimeError, "Invalid mt19937 state"),
        (
            good[:5055],
            RuntimeError,
            "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to "
            "be 5055",
        ),
    ):
        with raises(kind, text):
            lib.set_rng_state(state)
    assert same(lib.get_rng_state(), good)


@pytest.mark.parametrize("enabled", [True, False])
def test_fork_rng_protects_the_stream_around_it(lib, enabled):
    lib.manual_seed(2)
    outside = lib.rand(1)
    lib.manual_seed(2)
    with pytest.raises(KeyError), lib.random.fork_rng(devices=[], enabled=enabled):
        inside = lib.rand(1)
        raise KeyError
    assert same(inside, outside)
    assert same(lib.rand(1), outside) is enabled


# ---- tensors -----------------------------------------------------------------------------------


def test_sizes_come_as_numbers_or_together(lib):
    for make in (lib.rand, lib.randn):
        shapes = [make(2, 3), make((2, 3)), make([2, 3]), make(size=(2, 3)), make(lib.Size([2, 3]))]
        assert {t.shape for t in shapes} == {(2, 3)}
        assert make(()).shape == () and make(0, 4).shape == (0, 4)


def test_dtype_and_requires_grad(lib):
    t = lib.rand(2, dtype=lib.float64, requires_grad=True)
    assert t.dtype is lib.float64 and t.requires_grad and t.is_leaf
    assert lib.randint(3, (2,)).dtype is lib.int64
    assert lib.randint(3, (2,), dtype=lib.float32).dtype is lib.float32
    assert lib.randint_like(t, 3).dtype is lib.float64
    assert lib.randperm(3, dtype=lib.int32).dtype is lib.int32
    assert sorted(lib.randperm(256, dtype=lib.uint8).tolist()) == list(range(256))
    assert lib.rand_like(t).requires_grad is False
    assert lib.bernoulli(lib.zeros(2, dtype=lib.int64), 0.5).dtype is lib.int64


def test_out_is_filled_and_resized(lib):
    out = lib.zeros(3)
    lib.manual_seed(0)
    assert lib.rand(2, out=out) is out
    lib.manual_seed(0)
    assert same(out, lib.rand(2))
    assert lib.randperm(4, out=lib.zeros(4)).dtype is lib.float32
    with raises(RuntimeError, "dtype Double does not match dtype of out parameter (Float)"):
        lib.rand(2, out=out, dtype=lib.float64)
    with raises(RuntimeError, "multinomial expects Long tensor out, got: Float"):
        lib.multinomial(lib.ones(2), 1, out=out)


def test_bounds_may_be_named(lib):
    for t in (
        lib.randint(low=3, high=5, size=(50,)),
        lib.randint(3, 5, size=(50,)),
        lib.randint_like(lib.zeros(50), low=3, high=5),
        lib.zeros(50).random_(**{"from": 3, "to": 5}),
    ):
        assert {int(n) for n in t.tolist()} == {3, 4}
    assert min(lib.zeros(50).uniform_(**{"from": 2, "to": 3}).tolist()) >= 2
    assert lib.randint(high=1, size=(2,)).tolist() == [0, 0]


def test_random_numbers_pass_no_gradient_on(lib):
    weights = lib.ones(2, 3, requires_grad=True)
    for name, draw in {
        "BernoulliBackward0": lambda w: lib.bernoulli(w / 2),
        "BernoulliBackward1": lambda w: lib.zeros(2, 3).bernoulli_(w / 2),
        "BernoulliBackward2": lambda w: (w * 2).bernoulli_(0.5),
        "NormalBackward0": lambda w: (w * 2).normal_(),
        "NormalBackward1": lambda w: lib.normal(w, 1.0),
        "NormalBackward2": lambda w: lib.normal(1.0, w),
        "NormalBackward3": lambda w: lib.normal(w, w),
        "UniformBackward0": lambda w: (w * 2).uniform_(1, 2),
        "ExponentialBackward0": lambda w: (w * 2).exponential_(),
        "RandomBackward0": lambda w: (w * 2).random_(1, 9),
        "RandomBackward1": lambda w: (w * 2).random_(9),
        "RandomBackward2": lambda w: (w * 2).random_(),
    }.items():
        t = draw(weights)
        assert t.requires_grad and t.grad_fn.name() == name
        (gradient,) = lib.autograd.grad(t.sum(), weights)
        assert gradient.tolist() == [[0.0] * 3] * 2


FILLS = {
    "normal_": lambda t: t.normal_(),
    "uniform_": lambda t: t.uniform_(),
    "bernoulli_": lambda t: t.bernoulli_(0.5),
    "random_": lambda t: t.random_(100),
    "exponential_": lambda t: t.exponential_(),
}


@pytest.mark.parametrize("name", FILLS)
def test_filling_in_place(lib, name):
    fill = FILLS[name]
    t = lib.full((3, 40), -1.0)
    version = t._version
    assert fill(t) is t
    assert t._version == version + 1
    assert -1.0 not in t.reshape(-1).tolist() and len(set(t.reshape(-1).tolist())) > 1
    base = lib.full((3, 4), -1.0)
    fill(base[1])  # a view is written through
    assert base[0].tolist() == base[2].tolist() == [-1.0] * 4 != base[1].tolist()
    with raises(
        RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."
    ):
        fill(lib.zeros(2, requires_grad=True))
    with lib.no_grad():
        fill(lib.zeros(2, requires_grad=True))
    product = lib.ones(2, requires_grad=True)
    saved = product * product
    with lib.no_grad():
        fill(product)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        saved.sum().backward()


# ---- errors ------------------------------------------------------------------------------------

NOT_IMPLEMENTED = {
    "rand": (lambda T: T.rand(2, dtype=T.int64), "check_uniform_bounds", "Long"),
    "randn": (lambda T: T.randn(2, dtype=T.bool), "normal_kernel_cpu", "Bool"),
    "rand_like": (lambda T: T.rand_like(T.zeros(2).int()), "check_uniform_bounds", "Int"),
    "normal": (lambda T: T.normal(T.zeros(2).long(), 1), "normal_kernel_cpu", "Long"),
    "bernoulli": (lambda T: T.bernoulli(T.zeros(2).byte()), "bernoulli_tensor_cpu_p_", "Byte"),
    "randperm": (lambda T: T.randperm(2, dtype=T.bool), "randperm", "Bool"),
}


@pytest.mark.parametrize("name", NOT_IMPLEMENTED)
def test_dtypes_without_a_kernel(lib, name):
    call, kernel, dtype = NOT_IMPLEMENTED[name]
    with raises(NotImplementedError, f"\"{kernel}\" not implemented for '{dtype}'"):
        call(lib)


PROBABILITY = (
    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be "
    "improved?  If so, please report an enhancement request to PyTorch.)"
)
RUNTIME_ERRORS = {
    "normal expects std >= 0.0, but found std -1": lambda T: T.zeros(2).normal_(0, -1),
    "normal expects std >= 0.0, but found std -0.5": lambda T: T.normal(0, -0.5, (2,)),
    "normal expects all elements of std >= 0.0": lambda T: T.normal(0.0, -T.ones(2)),
    "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0": (
        lambda T: T.normal(T.zeros(2), T.ones(3))
    ),
    "uniform_ expects to return a [from, to) range, but found from=2 > to=1": (
        lambda T: T.zeros(2).uniform_(2, 1)
    ),
    "from is out of bounds for float": lambda T: T.zeros(2).uniform_(-1e39, 0),
    "to is out of bounds for c10::Half": lambda T: T.zeros(2).half().uniform_(0, 7e4),
    "uniform_ expects to-from <= std::numeric_limits<Float>::max(), but found to=3e+38 and "
    "from=-3e+38 which result in to-from to exceed the limit": (
        lambda T: T.zeros(2).uniform_(-3e38, 3e38)
    ),
    "random_ expects 'from' to be less than 'to', but got from=3 >= to=3": (
        lambda T: T.randint(3, 3, (2,))
    ),
    "random_ expects 'from' to be less than 'to', but got from=0 >= to=-5": (
        lambda T: T.zeros(2).random_(-5)
    ),
    "to - 1 is out of bounds for unsigned char": lambda T: T.randint(300, (2,), dtype=T.uint8),
    "from is out of bounds for bool": lambda T: T.zeros(2).bool().random_(-1, 2),
    "from is out of bounds for signed char": lambda T: T.zeros(2).char().random_(-129, 1),
    "bernoulli_ expects p to be in [0, 1], but got p=1.5": lambda T: T.zeros(2).bernoulli_(1.5),
    PROBABILITY: lambda T: T.bernoulli(T.tensor([0.5, 1.5])),
    "exponential_ expects lambda > 0.0, but found lambda=0": lambda T: T.zeros(2).exponential_(0),
    "Exponential distribution is a continuous probability distribution. dtype must be a floating "
    "point but you specified Long": lambda T: T.zeros(2).long().exponential_(),
    "Trying to create tensor with negative dimension -1: [-1]": lambda T: T.randperm(-1),
    "Trying to create tensor with negative dimension -3: [2, -3]": lambda T: T.rand(2, -3),
    "n cannot be greater than 2049 for Half type.": lambda T: T.randperm(3000, dtype=T.float16),
    "value cannot be converted to type uint8_t without overflow": (
        lambda T: T.randperm(257, dtype=T.uint8)
    ),
    "The expanded size of the tensor (3) must match the existing size (4) at non-singleton "
    "dimension 1.  Target sizes: [2, 3].  Tensor sizes: [4]": (
        lambda T: T.zeros(2, 3).bernoulli_(T.zeros(4))
    ),
    "prob_dist must be 1 or 2 dim": lambda T: T.multinomial(T.tensor(1.0), 1),
    "multinomial only supports floating-point dtypes for input, got: Long": (
        lambda T: T.multinomial(T.tensor([1, 2]), 1)
    ),
    "cannot sample n_sample <= 0 samples": lambda T: T.multinomial(T.ones(2), 0),
    "cannot sample n_sample > prob_dist.size(-1) samples without replacement": (
        lambda T: T.multinomial(T.ones(2), 3)
    ),
    "probability tensor contains either `inf`, `nan` or element < 0": (
        lambda T: T.multinomial(T.tensor([1.0, -1.0]), 1)
    ),
    "invalid multinomial distribution (encountering probability entry < 0)": (
        lambda T: T.multinomial(T.tensor([1.0, -1.0]), 2, True)
    ),
    "invalid multinomial distribution (encountering probability entry = infinity or NaN)": (
        lambda T: T.multinomial(T.tensor([1.0, float("inf")]), 2, True)
    ),
    "invalid multinomial distribution (sum of probabilities <= 0)": (
        lambda T: T.multinomial(T.zeros(2, 3), 1)
    ),
}
TYPE_ERRORS = {
    "normal_(): argument 'mean' (position 1) must be float, not str": (
        lambda T: T.zeros(2).normal_("a")
    ),
    "uniform_(): argument 'to' (position 2) must be float, not list": (
        lambda T: T.zeros(2).uniform_(0, [1])
    ),
    "uniform_() got an unexpected keyword argument 'low'": lambda T: T.zeros(2).uniform_(low=1),
    "uniform_() takes from 0 to 2 positional arguments but 3 were given": (
        lambda T: T.zeros(2).uniform_(0, 1, 2)
    ),
    "randint(): argument 'high' (position 1) must be int, not float": (
        lambda T: T.randint(2.5, (2,))
    ),
    "randint(): argument 'size' (position 2) must be tuple of ints, not int": (
        lambda T: T.randint(3, 2)
    ),
    "randperm(): argument 'n' (position 1) must be int, not float": lambda T: T.randperm(2.5),
    "rand_like(): argument 'input' (position 1) must be Tensor, not int": lambda T: T.rand_like(3),
    "multinomial(): argument 'num_samples' (position 2) must be int, not float": (
        lambda T: T.multinomial(T.ones(2), 1.5)
    ),
}


@pytest.mark.parametrize("text", RUNTIME_ERRORS)
def test_runtime_errors(lib, text):
    with raises(RuntimeError, text):
        RUNTIME_ERRORS[text](lib)


@pytest.mark.parametrize("text", TYPE_ERRORS)
def test_type_errors(lib, text):
    with raises(TypeError, text):
        TYPE_ERRORS[text](lib)


def test_an_error_uses_up_nothing():
    # torch checks some arguments only while it draws.
    minitorch.manual_seed(0)
    state = minitorch.get_rng_state()
    for call in [*RUNTIME_ERRORS.values(), *TYPE_ERRORS.values()]:
        with pytest.raises((RuntimeError, TypeError)):
            call(minitorch)
    assert same(minitorch.get_rng_state(), state)


def test_floats_that_cannot_hold_the_integers_warn(lib):
    text = (
        r"to - 1 is out of bounds \[-\(2\^24\), 2\^24\]. Due to precision limitations float can "
        "support discrete uniform distribution only within this range. This warning will become an "
        "error in version 1.7 release, please fix the code in advance"
    )
    with pytest.warns(UserWarning, match=text):
        lib.randint(0, 2**40, (2,), dtype=lib.float32)


# ---- the generator's own arithmetic ------------------------------------------------------------


@given(
    x=st.floats(-1, 1),
    factor=st.floats(-100, 100).filter(lambda f: f == 0 or abs(f) > 1e-100),
    term=st.floats(-100, 100).filter(lambda f: f == 0 or abs(f) > 1e-100),
)
def test_multiply_add_rounds_once(x, factor, term):
    from fractions import Fraction

    exact = Fraction(x) * Fraction(factor) + Fraction(term)
    found = draws._multiply_add(np.array([x]), factor, term)
    # Where |exact| is far below the terms that cancel, more than one rounding would show.
    if abs(exact) > 1e-280 or exact == 0:
        assert found[0] == float(exact)


def test_float32_logarithm_and_angles_are_good_to_a_bit():
    """Checked against float64, for every 64th of the 2**24 numbers that can be drawn."""
    u = np.arange(1, 2**24 + 1, 64).astype(np.float32) * np.float32(2.0**-24)
    wide = u.astype(np.float64)
    assert np.abs(draws._log(u) - np.log(wide)).max() < 1e-6
    cos, sin = draws._cos_sin(np.float32(2 * np.pi) * u)
    assert np.abs(cos - np.cos(2 * np.pi * wide)).max() < 1e-6
    assert np.abs(sin - np.sin(2 * np.pi * wide)).max() < 1e-6
