"""Parameter and Buffer, on minitorch and on torch alike."""

import copy
import pickle

import pytest
from exact import raises

# ---- Parameter ---------------------------------------------------------------------------------


def test_a_parameter_is_a_tensor_that_requires_grad(lib):
    p = lib.nn.Parameter(lib.ones(2))
    assert isinstance(p, lib.Tensor) and type(p) is lib.nn.Parameter
    assert p.requires_grad and p.is_leaf and p.grad is None
    assert not isinstance(lib.ones(2, requires_grad=True), lib.nn.Parameter)


@pytest.mark.parametrize("flag_of_data", [False, True])
@pytest.mark.parametrize("flag", [False, True])
def test_the_flag_is_the_arguments_whatever_the_data_says(lib, flag_of_data, flag):
    data = lib.ones(2, requires_grad=flag_of_data)
    assert lib.nn.Parameter(data, requires_grad=flag).requires_grad is flag
    assert lib.nn.Parameter(data, flag).requires_grad is flag
    assert lib.nn.Parameter(data).requires_grad is True


def test_no_grad_does_not_change_the_default(lib):
    with lib.no_grad():
        assert lib.nn.Parameter(lib.ones(1)).requires_grad


def test_data_is_shared_and_history_is_cut(lib):
    x = lib.ones(2, requires_grad=True)
    y = x * 3
    p = lib.nn.Parameter(y)
    assert p.is_leaf and p.data_ptr() == y.data_ptr()
    with lib.no_grad():
        p.mul_(2)
    assert y.tolist() == [6.0, 6.0]


def test_without_data_it_is_empty(lib):
    assert lib.nn.Parameter().shape == (0,)
    assert repr(lib.nn.Parameter(None)) == "Parameter containing:\ntensor([], requires_grad=True)"


def test_repr(lib):
    data = lib.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert repr(lib.nn.Parameter(data)) == (
        "Parameter containing:\ntensor([[1., 2.],\n        [3., 4.]], requires_grad=True)"
    )
    frozen = lib.nn.Parameter(lib.tensor([1, 2]), requires_grad=False)
    assert repr(frozen) == "Parameter containing:\ntensor([1, 2])"


def test_integers_cannot_require_grad(lib):
    with raises(
        RuntimeError, "Only Tensors of floating point and complex dtype can require gradients"
    ):
        lib.nn.Parameter(lib.tensor([1]))


def test_data_must_be_a_tensor(lib):
    with raises(AttributeError, "'list' object has no attribute 'detach'"):
        lib.nn.Parameter([1.0])


def test_results_are_plain_tensors(lib):
    p = lib.nn.Parameter(lib.ones(2, 2))
    for result in (p * 2, p.t(), p[0], p.detach(), p.data, p.clone(), p.double()):
        assert type(result) is lib.Tensor
    assert type(p.requires_grad_(False)) is lib.nn.Parameter
    with lib.no_grad():
        assert p.add_(1) is p


def test_to_is_the_parameter_itself_only_if_nothing_changes(lib):
    p = lib.nn.Parameter(lib.ones(1))
    assert p.to("cpu") is p and p.to(lib.float32) is p
    moved = p.to(lib.float64)
    assert type(moved) is lib.Tensor and not moved.is_leaf

    class Vanishing(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = lib.nn.Parameter(lib.ones(1)).to(lib.float64)

    assert list(Vanishing().parameters()) == []


def test_setting_data_keeps_the_object(lib):
    p = lib.nn.Parameter(lib.zeros(2))
    same = p
    p.data = lib.ones(3)
    assert same is p and p.shape == (3,) and p.requires_grad and type(p) is lib.nn.Parameter


def test_in_place_on_a_parameter_needs_no_grad(lib):
    p = lib.nn.Parameter(lib.ones(1))
    with raises(
        RuntimeError,
        "a leaf Variable that requires grad is being used in an in-place operation.",
    ):
        p.add_(1)
    assert p.item() == 1
    with lib.no_grad():
        p.add_(1)
    assert p.item() == 2


def test_deepcopy_is_a_parameter_of_its_own(lib):
    p = lib.nn.Parameter(lib.ones(2), requires_grad=False)
    q = copy.deepcopy(p)
    assert type(q) is lib.nn.Parameter and not q.requires_grad
    assert q.data_ptr() != p.data_ptr() and q.tolist() == [1.0, 1.0]
    one, two = copy.deepcopy([p, p])
    assert one is two


def test_deepcopy_leaves_the_gradient_and_attributes_behind(lib):
    p = lib.nn.Parameter(lib.ones(2))
    p.sum().backward()
    p.tag = "kept"
    q = copy.deepcopy(p)
    assert q.grad is None and not hasattr(q, "tag")


def test_pickle_keeps_flag_and_attributes(lib):
    p = lib.nn.Parameter(lib.tensor([1.0, 2.0]), requires_grad=False)
    q = pickle.loads(pickle.dumps(p))
    assert type(q) is lib.nn.Parameter and not q.requires_grad and q.tolist() == [1.0, 2.0]
    p.tag = "kept"
    assert pickle.loads(pickle.dumps(p)).tag == "kept"


def test_a_subclass_of_tensor_stays_itself_and_is_a_parameter(lib):
    class Named(lib.Tensor):
        pass

    t = lib.Tensor._make_subclass(Named, lib.ones(2))
    if type(t.detach()) is not Named:
        with raises(
            RuntimeError,
            "Creating a Parameter from an instance of type Named requires that detach() returns "
            "an instance of the same type, but return type Tensor was found instead. To use the "
            "type as a Parameter, please correct the detach() semantics defined by its "
            "__torch_dispatch__() implementation.",
        ):
            lib.nn.Parameter(t)
        Named.detach = lambda self: lib.Tensor._make_subclass(Named, self.data)
    p = lib.nn.Parameter(t)
    assert type(p) is Named and isinstance(p, lib.nn.Parameter) and p.requires_grad
    m = lib.nn.Module()
    m.p = p
    assert m._parameters["p"] is p


# ---- Buffer ------------------------------------------------------------------------------------


def test_a_buffer_is_a_marked_tensor(lib):
    data = lib.ones(2)
    b = lib.nn.Buffer(data)
    assert type(b) is lib.Tensor and isinstance(b, lib.nn.Buffer)
    assert b.persistent is True and b.data_ptr() == data.data_ptr()
    assert not isinstance(data, lib.nn.Buffer) and not isinstance(b, lib.nn.Parameter)
    assert lib.nn.Buffer().shape == (0,)
    assert repr(b) == "tensor([1., 1.])"


def test_a_buffer_keeps_the_flag_of_its_data(lib):
    assert not lib.nn.Buffer(lib.ones(1)).requires_grad
    b = lib.nn.Buffer(lib.nn.Parameter(lib.ones(1)))
    assert b.requires_grad and not isinstance(b, lib.nn.Parameter)


def test_persistent_is_a_keyword(lib):
    assert lib.nn.Buffer(lib.ones(1), persistent=False).persistent is False
    with raises(
        TypeError, "Buffer.__new__() takes from 1 to 2 positional arguments but 3 were given"
    ):
        lib.nn.Buffer(lib.ones(1), False)


def test_a_buffer_survives_copy_and_pickle(lib):
    b = lib.nn.Buffer(lib.ones(1), persistent=False)
    for other in (copy.deepcopy(b), pickle.loads(pickle.dumps(b))):
        assert isinstance(other, lib.nn.Buffer) and other.persistent is False


def test_what_is_computed_from_a_buffer_is_a_plain_tensor(lib):
    assert not isinstance(lib.nn.Buffer(lib.ones(1)) + 1, lib.nn.Buffer)
