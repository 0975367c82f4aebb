"""nn.init: the same numbers as torch from the same seed, and its warnings and errors."""

import math
import statistics

import pytest
from exact import raises


def numbers(t):
    return t.reshape(-1).tolist()


def largest(t):
    return max(map(abs, numbers(t)))


# ---- constants ---------------------------------------------------------------------------------


def test_constants(lib):
    init = lib.nn.init
    assert init.constant_(lib.empty(2), 0.5).tolist() == [0.5, 0.5]
    assert init.ones_(lib.empty(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(lib.empty(2)).tolist() == [0.0, 0.0]
    assert init.eye_(lib.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    with raises(ValueError, "Only tensors with 2 dimensions are supported"):
        init.eye_(lib.empty(2))


@pytest.mark.parametrize("kernel", [(3,), (3, 2), (1, 2, 3)])
@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_hands_on_its_channels(lib, kernel, groups):
    w = lib.nn.init.dirac_(lib.empty(4, 3, *kernel), groups)
    assert w.sum().item() == (3 if groups == 1 else 4)
    centre = tuple(size // 2 for size in kernel)
    for out in range(4):
        inner = out % (4 // groups)
        if inner < 3:
            assert w[(out, inner, *centre)].item() == 1


def test_dirac_errors(lib):
    with raises(ValueError, "Only tensors with 3, 4, or 5 dimensions are supported"):
        lib.nn.init.dirac_(lib.empty(2, 2))
    with raises(ValueError, "dim 0 must be divisible by groups"):
        lib.nn.init.dirac_(lib.empty(3, 2, 2), groups=2)


def test_the_tensor_itself_is_filled_and_nothing_is_recorded(lib):
    p = lib.nn.Parameter(lib.zeros(4, 4))
    for fill in (
        lambda: lib.nn.init.normal_(p),
        lambda: lib.nn.init.uniform_(p),
        lambda: lib.nn.init.constant_(p, 2.0),
        lambda: lib.nn.init.ones_(p),
        lambda: lib.nn.init.zeros_(p),
        lambda: lib.nn.init.eye_(p),
        lambda: lib.nn.init.trunc_normal_(p),
        lambda: lib.nn.init.xavier_uniform_(p),
        lambda: lib.nn.init.xavier_normal_(p),
        lambda: lib.nn.init.kaiming_uniform_(p),
        lambda: lib.nn.init.kaiming_normal_(p),
        lambda: lib.nn.init.orthogonal_(p),
        lambda: lib.nn.init.sparse_(p, 0.5),
    ):
        assert fill() is p and p.is_leaf and p.requires_grad


# ---- gains and fans ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, param, gain",
    [
        ("linear", None, 1),
        ("conv2d", None, 1),
        ("conv_transpose1d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("selu", None, 0.75),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 0, math.sqrt(2)),
        ("leaky_relu", 0.2, math.sqrt(2 / 1.04)),
    ],
)
def test_gains(lib, name, param, gain):
    assert lib.nn.init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)


def test_gain_errors(lib):
    with raises(ValueError, "Unsupported nonlinearity gelu"):
        lib.nn.init.calculate_gain("gelu")
    for slope in (True, "0.1"):
        with raises(ValueError, f"negative_slope {slope} not a valid number"):
            lib.nn.init.calculate_gain("leaky_relu", slope)


def test_fans(lib):
    fans = lib.nn.init._calculate_fan_in_and_fan_out
    assert fans(lib.empty(3, 5)) == (5, 3) and fans(lib.empty(3, 5, 2, 4)) == (40, 24)
    text = "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
    for fill in (fans, lib.nn.init.xavier_normal_, lib.nn.init.kaiming_uniform_):
        with raises(ValueError, text):
            fill(lib.empty(3))
    for mode in ("fan_avg", "FAN"):
        with raises(
            ValueError,
            f"Mode {mode.lower()} not supported, please use one of ['fan_in', 'fan_out']",
        ):
            lib.nn.init.kaiming_normal_(lib.empty(2, 2), mode=mode)


def test_bounds(lib):
    w = lib.empty(30, 20)
    for fill, bound in (
        (lambda: lib.nn.init.xavier_uniform_(w, gain=2.0), 2 * math.sqrt(6 / 50)),
        (lambda: lib.nn.init.kaiming_uniform_(w), math.sqrt(6 / 20)),
        (lambda: lib.nn.init.kaiming_uniform_(w, mode="fan_out"), math.sqrt(6 / 30)),
        (lambda: lib.nn.init.kaiming_uniform_(w, a=math.sqrt(5)), math.sqrt(1 / 20)),
        (lambda: lib.nn.init.uniform_(w, -3, 3), 3),
    ):
        assert 0.95 * bound < largest(fill()) <= bound * (1 + 1e-6)
    for fill, std in (
        (lambda: lib.nn.init.xavier_normal_(w), math.sqrt(2 / 50)),
        (lambda: lib.nn.init.kaiming_normal_(w, nonlinearity="relu"), math.sqrt(2 / 20)),
        (lambda: lib.nn.init.normal_(w, 0, 3), 3),
    ):
        assert statistics.stdev(numbers(fill())) == pytest.approx(std, rel=0.1)


def test_linear_starts_within_the_inverse_root_of_its_inputs(lib):
    m = lib.nn.Linear(100, 50)
    assert largest(m.weight) <= 0.1 and largest(m.bias) <= 0.1
    assert statistics.stdev(numbers(m.weight)) == pytest.approx(0.1 / math.sqrt(3), rel=0.05)


def test_without_elements_there_is_a_warning(lib):
    for fill in (lib.nn.init.kaiming_uniform_, lib.nn.init.kaiming_normal_):
        with pytest.warns(UserWarning) as caught:
            fill(lib.empty(0, 3))
        assert [str(w.message) for w in caught] == ["Initializing zero-element tensors is a no-op"]


# ---- drawn until they fit ----------------------------------------------------------------------


@pytest.mark.parametrize("low, high", [(-2.0, 2.0), (-0.1, 0.1), (1.5, 3.0), (-1.0, 0.5)])
def test_trunc_normal_stays_inside(lib, low, high):
    values = numbers(lib.nn.init.trunc_normal_(lib.empty(1000, dtype=lib.float64), a=low, b=high))
    assert low <= min(values) and max(values) <= high
    assert max(values) - min(values) > 0.8 * (high - low)


def test_trunc_normal_far_from_the_mean_is_a_warning(lib):
    with pytest.warns(UserWarning) as caught:
        lib.nn.init.trunc_normal_(lib.empty(3), mean=5.0)
    assert [str(w.message) for w in caught] == [
        "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values "
        "may be incorrect."
    ]


# ---- matrices ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (2, 3, 2)])
def test_orthogonal(lib, shape):
    w = lib.nn.init.orthogonal_(lib.empty(*shape, dtype=lib.float64), gain=2.0)
    flat = w.reshape(shape[0], -1)
    small = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
    error = small - 4 * lib.eye(small.shape[0], dtype=lib.float64)
    assert largest(error) < 1e-12


def test_orthogonal_errors(lib):
    with raises(ValueError, "Only tensors with 2 or more dimensions are supported"):
        lib.nn.init.orthogonal_(lib.empty(3))
    assert lib.nn.init.orthogonal_(lib.empty(0, 3)).shape == (0, 3)


def test_sparse(lib):
    w = lib.nn.init.sparse_(lib.empty(10, 4), sparsity=0.25, std=1.0)
    assert [w[:, i].tolist().count(0) for i in range(4)] == [3, 3, 3, 3]
    with raises(ValueError, "Only tensors with 2 dimensions are supported"):
        lib.nn.init.sparse_(lib.empty(3), 0.1)


# ---- the old names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, args",
    [
        ("uniform", ()), ("normal", ()), ("constant", (1.0,)), ("eye", ()), ("xavier_uniform", ()),
        ("xavier_normal", ()), ("kaiming_uniform", ()), ("kaiming_normal", ()), ("orthogonal", ()),
        ("sparse", (0.5,)),
    ],
)  # fmt: skip
def test_old_names(lib, old, args):
    w = lib.empty(2, 2)
    with pytest.warns(FutureWarning) as caught:
        assert getattr(lib.nn.init, old)(w, *args) is w
    assert [str(c.message) for c in caught] == [
        f"`nn.init.{old}` is now deprecated in favor of `nn.init.{old}_`."
    ]


def test_the_old_dirac(lib):
    with pytest.warns(FutureWarning, match="^`nn.init.dirac` is now deprecated in favor of"):
        assert lib.nn.init.dirac(lib.empty(1, 1, 1)).item() == 1


# ---- the same numbers --------------------------------------------------------------------------

FILLS = {
    "uniform": lambda init, w, **kw: init.uniform_(w, -1, 2, **kw),
    "normal": lambda init, w, **kw: init.normal_(w, 1.0, 2.0, **kw),
    "trunc_normal": lambda init, w, **kw: init.trunc_normal_(w, **kw),
    "trunc_normal narrow": lambda init, w, **kw: init.trunc_normal_(w, a=0.1, b=0.2, **kw),
    "trunc_normal tail": lambda init, w, **kw: init.trunc_normal_(w, 0.5, 0.7, 1.5, 1.8, **kw),
    "xavier_uniform": lambda init, w, **kw: init.xavier_uniform_(w, **kw),
    "xavier_normal": lambda init, w, **kw: init.xavier_normal_(w, gain=2.0, **kw),
    "kaiming_uniform": lambda init, w, **kw: init.kaiming_uniform_(w, nonlinearity="relu", **kw),
    "kaiming_normal": lambda init, w, **kw: init.kaiming_normal_(w, mode="fan_out", **kw),
    "orthogonal": lambda init, w, **kw: init.orthogonal_(w, **kw),
    "orthogonal wide": lambda init, w, **kw: init.orthogonal_(w.t(), **kw),
    "sparse": lambda init, w, **kw: init.sparse_(w, 0.4, **kw),
}

# Recorded with torch 2.13.0: the first row of filled(torch, name, (3, 2), "float32").
FIRST_ROWS = {
    "uniform": [0.60476762, -0.40359044],
    "normal": [0.70640981, 2.5722826],
    "trunc_normal": [-0.14679509, 0.78614128],
    "trunc_normal narrow": [0.15349226, 0.11988032],
    "trunc_normal tail": [1.6604767, 1.559641],
    "xavier_uniform": [0.076511458, -0.65988916],
    "xavier_normal": [-0.18568274, 0.99439883],
    "kaiming_uniform": [0.12097523, -1.0433763],
    "kaiming_normal": [-0.1198577, 0.6418817],
    "orthogonal": [-0.075535297, 0.78529733],
    "orthogonal wide": [-0.11844325, 0.63430709, 0.76395392],
    "sparse": [0.0, 0.0078614131],
}


def filled(lib, name, shape, dtype, **kw):
    lib.manual_seed(7)
    return FILLS[name](lib.nn.init, lib.zeros(*shape, dtype=getattr(lib, dtype)), **kw).tolist()


def close(dtype):
    """Tolerances of a few units in the last place."""
    unit = {"float32": 1e-6, "float64": 1e-14}[dtype]
    return {"rel": 10 * unit, "abs": unit}


@pytest.mark.parametrize("name", FILLS)
def test_first_rows(lib, name):
    row = filled(lib, name, (3, 2), "float32")[0]
    assert row == pytest.approx(FIRST_ROWS[name], **close("float32"))


@pytest.mark.torch
@pytest.mark.parametrize("own_generator", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 2), (7, 6)])
@pytest.mark.parametrize("name", FILLS)
def test_numbers_are_torchs(name, shape, dtype, own_generator):
    import torch

    import minitorch

    rows = []
    for lib in (minitorch, torch):
        kw = {"generator": lib.Generator().manual_seed(3)} if own_generator else {}
        rows.append(filled(lib, name, shape, dtype, **kw))
    for ours, theirs in zip(*rows):
        assert ours == pytest.approx(theirs, **close(dtype))


def test_linear_from_a_seed(lib):
    # Recorded with torch 2.13.0.
    lib.manual_seed(0)
    m = lib.nn.Linear(2, 2)
    assert m.weight.tolist() == [
        [-0.005293981172144413, 0.37932288646698],
        [-0.5819807648658752, -0.5203874707221985],
    ]
    assert m.bias.tolist() == [-0.27234524488449097, 0.1896158903837204]
