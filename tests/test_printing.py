"""How tensors print: torch's repr, character for character.

`golden/printing.txt` is a session recorded from torch. Where torch is installed, random tensors
under random options are printed by both.
"""

import contextlib
import warnings

import numpy as np
import pytest
from golden.record_printing import FILE, session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import minitorch
from minitorch import printing


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    minitorch.set_printoptions(profile="default")
    minitorch.set_default_dtype(minitorch.float32)


def entries(text):
    """The lines of a session with what each printed.

    >>> entries(">>> a\\n1\\n2\\n>>> b\\n")
    [['a', '1', '2'], ['b']]
    """
    return [entry.splitlines() for entry in ("\n" + text).split("\n>>> ")[1:]]


def test_the_recorded_session():
    ours, recorded = entries(session(minitorch)), entries(FILE.read_text())
    assert len(ours) == len(recorded) > 100
    for mine, theirs in zip(ours, recorded):
        assert mine == theirs


@pytest.mark.torch
def test_the_record_is_what_torch_prints():
    import torch

    assert session(torch) == FILE.read_text()


# ---- anything else -----------------------------------------------------------------------------

DTYPES = "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split()
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.integers(0, 60),
        "edgeitems": st.integers(0, 5),
        "linewidth": st.integers(1, 130),
        "profile": st.sampled_from(["default", "short", "full", "unknown"]),
        "sci_mode": st.booleans(),
    },
)


@st.composite
def printable(draw):
    """An array of any dtype and shape; floats often whole, of one size, or not finite."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
    if dtype.kind != "f":
        return draw(arrays.arrays(dtype, shape))
    size = 10.0 ** draw(st.integers(-8, 10))
    elements = st.one_of(
        st.floats(-1, 1).map(lambda x: x * size),
        st.floats(-100, 100).map(round),
        st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan]),
    )
    with np.errstate(over="ignore"):
        return draw(arrays.arrays(np.float64, shape, elements=elements)).astype(dtype)


@contextlib.contextmanager
def settings_of(lib, options, default):
    lib.set_printoptions(**options)
    lib.set_default_dtype(getattr(lib, default))
    try:
        yield
    finally:
        lib.set_printoptions(profile="default")
        lib.set_default_dtype(lib.float32)


def shown(lib, array, options, default, requires_grad):
    with settings_of(lib, options, default):
        t = lib.from_numpy(array.copy())
        if requires_grad and array.dtype.kind == "f":
            t.requires_grad_()
            if requires_grad == "history":
                t = t * 2
        return repr(t)


@pytest.mark.torch
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(
    array=printable(),
    options=OPTIONS,
    default=st.sampled_from(["float32", "float64", "float16"]),
    requires_grad=st.sampled_from([False, True, "history"]),
)
def test_any_tensor_prints_as_in_torch(array, options, default, requires_grad):
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy: inf * 0 in `t * 2`
        ours = shown(minitorch, array, options, default, requires_grad)
    assert ours == shown(torch, array, options, default, requires_grad)


# ---- around it ---------------------------------------------------------------------------------


def test_subclasses_print_their_name(lib):
    class Image(lib.Tensor):
        pass

    image = lib.Tensor._make_subclass(Image, lib.zeros(2))
    assert repr(image) == "Image([0., 0.])"
    image._is_param = True  # what nn.Parameter(image) is
    assert repr(image) == "Parameter(Image([0., 0.]))"
    parameter = lib.nn.Parameter(lib.zeros(2))
    assert repr(parameter) == "Parameter containing:\ntensor([0., 0.], requires_grad=True)"


def test_the_numbers_can_be_replaced(lib):
    t = lib.zeros(2, dtype=lib.float64, requires_grad=True)
    text = "tensor(two zeros, dtype=torch.float64, requires_grad=True)"
    assert t.__repr__(tensor_contents="two zeros") == text


def test_str_is_repr_and_only_plain_0d_tensors_format_as_numbers(lib):
    t = lib.tensor(2.5)
    assert str(t) == repr(t) == "tensor(2.5000)"
    assert f"{t:.1f}" == "2.5"


def test_options_stay_until_they_are_set_again():
    minitorch.set_printoptions(precision=2, sci_mode=True)
    minitorch.set_printoptions(edgeitems=5)  # torch, too, forgets sci_mode here
    assert vars(printing.options) == dict(
        precision=2, threshold=1000, edgeitems=5, linewidth=80, sci_mode=None
    )


def test_a_large_tensor_is_printed_without_looking_at_all_of_it():
    big = np.lib.stride_tricks.as_strided(np.zeros(1), (10**6, 10**6), (0, 0))
    assert repr(minitorch.from_numpy(big)).count("\n") == 6
