"""Modules on the meta device, on minitorch and on torch alike."""

import pytest
from exact import raises


def test_meta_device(lib):
    m = lib.nn.Linear(2, 1, device="meta")
    assert m.weight.device.type == "meta" and m.weight.shape == (1, 2)
    with raises(
        NotImplementedError,
        "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead "
        "of torch.nn.Module.to() when moving module from meta to a different device.",
    ):
        m.to("cpu")
    assert m.to_empty(device="cpu") is m
    assert m.weight.device.type == "cpu" and type(m.weight) is lib.nn.Parameter
    weight = m.weight
    m.to("meta")  # only this way the object changes
    assert m.weight is not weight and type(m.weight) is lib.nn.Parameter and m.weight.requires_grad


def test_a_meta_module_is_filled_by_assign(lib):
    m = lib.nn.Linear(1, 1, bias=False, device="meta")
    with pytest.warns(UserWarning) as caught:
        m.load_state_dict({"weight": lib.ones(1, 1)})
    assert [str(w.message) for w in caught] == [
        "for weight: copying from a non-meta parameter in the checkpoint to a meta parameter in the"
        " current model, which is a no-op. (Did you mean to pass `assign=True` to assign items in "
        "the state dictionary to their corresponding key in the module instead of copying them in "
        "place?)"
    ]
    assert m.weight.device.type == "meta"
    m.load_state_dict({"weight": lib.ones(1, 1)}, assign=True)
    assert m.weight.device.type == "cpu" and m.weight.requires_grad
