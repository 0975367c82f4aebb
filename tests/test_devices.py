"""`device` as a value, and the device of what names none, on minitorch and on torch alike."""

import copy
import pickle
import threading

import numpy as np
import pytest
from exact import raises

# ---- the value ---------------------------------------------------------------------------------


@pytest.mark.parametrize("given, shown, text", [
    (("cpu",), "device(type='cpu')", "cpu"), (("meta",), "device(type='meta')", "meta"),
    (("cuda", 1), "device(type='cuda', index=1)", "cuda:1"),
    (("cuda:0",), "device(type='cuda', index=0)", "cuda:0"),
])  # fmt: skip
def test_a_device(lib, given, shown, text):
    device = lib.device(*given)
    assert (repr(device), str(device)) == (shown, text)
    assert device == lib.device(device) == lib.device(text)
    assert hash(device) == hash(lib.device(text))
    assert device == pickle.loads(pickle.dumps(device)) == copy.deepcopy(device)
    assert device != text and device != lib.device("cuda:7")


@pytest.mark.parametrize("given, text", [
    (("cuda:x",), "Invalid device string: 'cuda:x'"), (("",), "Device string must not be empty"),
    (("cuda:1", 2), "type (string) must not include an index because index was passed explicitly: "
                    "cuda:1"),
])  # fmt: skip
def test_no_device(lib, given, text):
    with raises(RuntimeError, text):
        lib.device(*given)


def test_the_cpu_has_no_index(lib):
    assert lib.ones(1, device="cpu:0").device == lib.ones(1).to("cpu:0").device == lib.device("cpu")
    x = lib.ones(1)
    assert x.to("cpu") is x.cpu() is x and x.get_device() == -1


# ---- default devices ---------------------------------------------------------------------------


def test_default_device(lib):
    with lib.device("meta"):
        assert lib.zeros(2).is_meta and lib.tensor([1]).is_meta and lib.rand(2).is_meta
        assert lib.nn.Linear(2, 1).weight.is_meta
        assert lib.get_default_device() == lib.device("meta")
        with lib.device("cpu"):
            assert lib.ones(1).is_cpu
        assert lib.ones(1).is_meta and lib.ones(1, device="cpu").is_cpu
        assert lib.from_numpy(np.ones(1)).is_cpu
    lib.set_default_device("meta")
    try:
        assert lib.arange(3).is_meta
    finally:
        lib.set_default_device(None)
    assert lib.zeros(1).is_cpu and lib.get_default_device() == lib.device("cpu")


def test_a_default_device_is_of_its_thread(lib):
    seen = []
    with lib.device("meta"):
        thread = threading.Thread(target=lambda: seen.append(lib.zeros(1).device.type))
        thread.start()
        thread.join()
    assert seen == ["cpu"]


def test_an_error_ends_the_default(lib):
    with pytest.raises(ZeroDivisionError), lib.device("meta"):
        raise ZeroDivisionError
    assert lib.zeros(1).is_cpu
