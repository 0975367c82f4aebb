"""Anomaly mode: which line of the forward pass is to blame. Each case holds on minitorch and on
torch, whose warnings only end in a place of its C++ source."""

import re
import warnings

import pytest
from exact import raises
from test_autograd import leaf

ENABLED = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be "
    "enabled for debugging."
)
NAN = "Function 'SqrtBackward0' returned nan values in its 0th output."


@pytest.fixture
def anomaly(lib):
    """Anomaly mode, without the warning that it is on."""
    lib.autograd.set_detect_anomaly(True)
    yield
    lib.autograd.set_detect_anomaly(False)


def failing(lib, backward):
    """(the error, the warnings) of a backward that fails."""
    with warnings.catch_warnings(record=True) as told, pytest.raises(Exception) as caught:  # noqa: B017
        warnings.simplefilter("always", UserWarning)
        backward()
    return caught.value, [re.sub(r" \(Triggered internally .*", "", str(w.message)) for w in told]


def root_of_nothing(lib):
    return lib.zeros(2, requires_grad=True).sqrt() * 0  # the line to blame


def test_a_nan_and_the_line_that_it_comes_from(lib, anomaly):
    y = root_of_nothing(lib).sum()
    error, (told,) = failing(lib, y.backward)
    assert type(error) is RuntimeError and str(error) == NAN
    start = "Error detected in SqrtBackward0. Traceback of forward call that caused the error:\n"
    assert told.startswith(start)
    lines = told.rstrip().splitlines()
    assert (
        lines[-1].strip()
        == "return lib.zeros(2, requires_grad=True).sqrt() * 0  # the line to blame"
    )
    assert re.fullmatch(rf'  File "{__file__}", line \d+, in root_of_nothing', lines[-2])


def test_switched_on_too_late(lib):
    y = root_of_nothing(lib).sum()
    with lib.autograd.set_detect_anomaly(True):
        error, told = failing(lib, y.backward)
    assert told == [
        "Error detected in SqrtBackward0. No forward pass information available. Enable detect "
        "anomaly during forward pass for more information."
    ]


def test_without_looking_for_nans(lib):
    with lib.autograd.set_detect_anomaly(True, check_nan=False):
        assert lib.is_anomaly_enabled() and not lib.is_anomaly_check_nan_enabled()
        x = lib.zeros(2, requires_grad=True)
        (x.sqrt() * 0).sum().backward()
    assert x.grad.isnan().all() and not lib.is_anomaly_enabled()


def test_a_write_in_place(lib, anomaly):
    y = leaf(lib).exp()
    y.add_(1)
    error, (told,) = failing(lib, y.sum().backward)
    assert str(error) == (
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [torch.FloatTensor [3]], which is output 0 of Exp, is at version 1; expected "
        "version 0 instead. Hint: the backtrace further above shows the operation that failed to "
        "compute its gradient. The variable in question was changed in there or anywhere later. "
        "Good luck!"
    )
    assert told.startswith("Error detected in ExpBackward0.") and "y = leaf(lib).exp()" in told


def test_a_function_of_the_users(lib, anomaly):
    class Broken(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise KeyError("mine")

    error, (told,) = failing(lib, Broken.apply(leaf(lib)).sum().backward)
    assert type(error) is KeyError and told.startswith(
        "Error detected in BrokenBackward. Traceback"
    )


def test_a_backward_of_a_backward(lib, anomaly):
    class Root(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return (g * 0).sqrt()

    x = lib.ones(2, requires_grad=True)
    (g,) = lib.autograd.grad(Root.apply(x).sum() * x.sum(), x, create_graph=True)
    assert set(g.grad_fn.metadata) == {"traceback_", "parent_"}
    error, told = failing(lib, (g * 0).sum().backward)
    assert str(error) == NAN
    assert told[0].startswith(
        "Error detected in SqrtBackward0. Traceback of forward call that caused"
    )
    assert told[1].startswith(
        "\n\nPrevious calculation was induced by RootBackward. Traceback of forward call that "
        "induced the previous calculation:\n"
    )


def test_nothing_is_noted_when_it_is_off(lib):
    assert (leaf(lib) * 1).grad_fn.metadata == {}
    with lib.autograd.set_detect_anomaly(True):
        y = leaf(lib) * 1
    assert any("y = leaf(lib) * 1" in line for line in y.grad_fn.metadata["traceback_"])


def test_the_context_manager(lib):
    with pytest.warns(UserWarning, match=ENABLED):
        detect = lib.autograd.detect_anomaly()
    assert not lib.is_anomaly_enabled()
    with detect:
        assert lib.is_anomaly_enabled() and lib.is_anomaly_check_nan_enabled()
        y = root_of_nothing(lib)
        error, (told,) = failing(lib, y.sum().backward)
    assert not lib.is_anomaly_enabled()
    with raises(RuntimeError, NAN):
        raise error
