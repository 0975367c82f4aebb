"""Which arguments layers take, and in which words they refuse others: on minitorch and on torch."""

import numpy as np
import pytest
from exact import raises


def numbers(lib, *shape):
    """A tensor of small numbers around 0, no two neighbours alike."""
    count = int(np.prod(shape))
    return lib.arange(float(count)).mul(7).remainder(11).reshape(shape) / 7 - 0.5


# ---- numbers -----------------------------------------------------------------------------------

FACTORS = {
    "leaky_relu": lambda F, x, number: F.leaky_relu(x, number),
    "elu": lambda F, x, number: F.elu(x, number),
    "softplus": lambda F, x, number: F.softplus(x, number),
    "hardtanh": lambda F, x, number: F.hardtanh(x, -number, number),
    "smooth_l1_loss": lambda F, x, number: F.smooth_l1_loss(x, x * 3, beta=number),
    "huber_loss": lambda F, x, number: F.huber_loss(x, x * 3, delta=number),
    "batch_norm": lambda F, x, number: F.batch_norm(
        x, x[0] * 0, x[0] * 0 + 1, training=True, momentum=number),
}  # fmt: skip
TWO = {
    "np.float64": lambda lib: np.float64(2), "np.float32": lambda lib: np.float32(2),
    "np.int64": lambda lib: np.int64(2), "a tensor": lambda lib: lib.tensor(2.0),
}  # fmt: skip


@pytest.mark.parametrize("kind", TWO)
@pytest.mark.parametrize("name", FACTORS)
def test_a_factor_may_be_any_number_and_leaves_the_dtype(lib, name, kind):
    call, x = FACTORS[name], numbers(lib, 3, 4)
    y = call(lib.nn.functional, x, TWO[kind](lib))
    assert y.dtype == lib.float32
    assert lib.equal(y, call(lib.nn.functional, x, 2.0))


@pytest.mark.parametrize(
    "name, start",
    {
        "leaky_relu": "leaky_relu(): argument 'negative_slope' (position 2) must be Number",
        "elu": "elu(): argument 'alpha' (position 2) must be Number",
        "softplus": "softplus(): argument 'beta' (position 2) must be Number",
        "smooth_l1_loss": "smooth_l1_loss(): argument 'beta' (position 4) must be float",
        "huber_loss": "huber_loss(): argument 'delta' (position 4) must be float",
        "batch_norm": "batch_norm(): argument 'momentum' (position 7) must be float",
    }.items(),
)
def test_a_factor_is_a_number(lib, name, start):
    x = numbers(lib, 3, 4)
    wanting = lib.tensor(2.0, requires_grad=True)
    for wrong, kind in (("a", "str"), ([2.0], "list"), (np.array(2.0), "numpy.ndarray"),
                        (lib.tensor([2.0]), "Tensor"), (wanting, "Tensor")):  # fmt: skip
        with raises(TypeError, f"{start}, not {kind}"):
            FACTORS[name](lib.nn.functional, x, wrong)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics_move_by_a_momentum_in_a_tensor(lib, name):
    x, mean, var = numbers(lib, 2, 4, 6), lib.zeros(4), lib.ones(4)
    getattr(lib.nn.functional, name)(x, mean, var, None, None, True, lib.tensor(1.0))
    assert lib.allclose(mean, x.mean((0, 2)), atol=1e-6)


# ---- dtypes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_the_huber_loss_has_the_dtype_of_its_input(lib, reduction):
    F, x = lib.nn.functional, numbers(lib, 3, 4)
    for a in (lib.float16, lib.float32, lib.float64):
        for b in (lib.float16, lib.float32, lib.float64, lib.int64):
            assert F.huber_loss(x.to(a), (x * 3).to(b), reduction=reduction).dtype == a
    text = "result type Double can't be cast to the desired output type Long"
    with raises(RuntimeError, text):
        F.huber_loss(x.long(), x.double(), reduction=reduction)


def test_the_cross_entropy_of_logits_has_the_dtype_of_its_target(lib):
    F, x, floats = lib.nn.functional, numbers(lib, 3, 4), (lib.float16, lib.float32, lib.float64)
    for a in floats:
        for b in floats:
            logits = x.clone().to(a).requires_grad_()
            loss = F.binary_cross_entropy_with_logits(logits, x.sigmoid().to(b))
            loss.backward()
            assert (loss.dtype, logits.grad.dtype) == (b, a)


@pytest.mark.filterwarnings("ignore:Mismatch dtype")  # torch's, once: its fused kernel is not used
def test_rms_norm_has_the_dtype_of_its_input(lib):
    x, weight = numbers(lib, 3, 4), lib.ones(4)
    half, single, double = lib.float16, lib.float32, lib.float64
    for a, b in ((half, single), (single, half), (double, single)):
        assert lib.nn.functional.rms_norm(x.to(a), (4,), weight.to(b)).dtype == a


def test_rms_norm_of_halves_computes_in_float32(lib):
    small = lib.tensor([1e-3, 2e-3]).half()
    out = lib.nn.functional.rms_norm(small, (2,)).float()
    assert lib.allclose(out, lib.tensor([0.6177, 1.2354]), atol=1e-3)
    large = lib.tensor([300.0, 400.0]).half()  # their squares are none of float16's numbers
    out = lib.nn.functional.rms_norm(large, (2,)).float()
    assert lib.allclose(out, lib.tensor([0.8486, 1.1312]), atol=1e-3)


# ---- statistics and parameters -----------------------------------------------------------------


OF_CHANNELS = ("running_mean", "running_var", "weight", "bias")


@pytest.mark.parametrize("place, name", list(enumerate(OF_CHANNELS)))
def test_instance_norm_wants_a_number_for_each_channel(lib, place, name):
    F, x = lib.nn.functional, numbers(lib, 2, 4, 6)
    given = [lib.ones(4)] * 4
    for count in (0, 1, 3, 8):
        given[place] = lib.ones(count)
        with raises(RuntimeError, f"{name} should contain 8 elements not {2 * count}"):
            F.instance_norm(x, *given)
    given[place] = lib.ones(1, 4)
    text = "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
    with raises(RuntimeError, text + "tensor"):
        F.instance_norm(x, *given)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics_come_in_pairs(lib, name):
    function, x = getattr(lib.nn.functional, name), numbers(lib, 2, 4, 6)
    for mean, var in ((lib.zeros(4), None), (None, lib.ones(4))):
        text = "running_mean and running_var must either both be None or neither be None"
        with raises(ValueError, text):
            function(x, mean, var, None, None, True)


def test_running_statistics_have_one_dimension(lib):
    x, wide = numbers(lib, 2, 4, 6), lib.ones(1, 4)
    for training in (True, False):
        with raises(RuntimeError, "TensorAccessor expected 1 dims but tensor has 2"):
            lib.nn.functional.batch_norm(x, wide, lib.ones(4), training=training)


# ---- random numbers ----------------------------------------------------------------------------


def test_gumbel_softmax_draws_in_the_order_of_its_elements(lib):
    x = numbers(lib, 3, 4)
    lib.manual_seed(0)
    plain = lib.nn.functional.gumbel_softmax(x)
    lib.manual_seed(0)
    assert lib.allclose(lib.nn.functional.gumbel_softmax(x.t().contiguous().t()), plain)
