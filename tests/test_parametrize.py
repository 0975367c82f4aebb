"""nn.utils.parametrize, and the parametrizations that come ready made."""

import copy
import pickle

import numpy as np
import pytest
from exact import raises

import minitorch


def parametrize(lib):
    return lib.nn.utils.parametrize


def register(lib, module, parametrization, name="weight", **options):
    return parametrize(lib).register_parametrization(module, name, parametrization, **options)


def function(lib, forward, right_inverse=None):
    """A parametrization of these functions."""
    members = {"forward": lambda self, *args: forward(*args)}
    if right_inverse:
        members["right_inverse"] = lambda self, value: right_inverse(value)
    return type("Function", (lib.nn.Module,), members)()


def doubling(lib):
    return function(lib, lambda x: 2 * x, lambda value: value / 2)


def layer(lib, weight):
    made = lib.nn.Linear(len(weight[0]), len(weight), bias=False)
    made.weight = lib.nn.Parameter(lib.tensor(weight))
    return made


# ---- registering -------------------------------------------------------------------------------


def test_the_parameter_moves_and_its_name_reads_as_the_result(lib):
    m = lib.nn.Linear(2, 1)
    lib.nn.init.ones_(m.weight)
    weight = m.weight
    assert register(lib, m, function(lib, lambda x: 3 * x)) is m
    assert m.parametrizations.weight.original is weight and m.weight.tolist() == [[3, 3]]
    assert [name for name, _ in m.named_parameters()] == [
        "bias", "parametrizations.weight.original",
    ]  # fmt: skip
    assert list(m.state_dict()) == ["bias", "parametrizations.weight.original"]
    m(lib.ones(2)).backward()
    assert weight.grad.tolist() == [[3, 3]]


def test_the_class_and_its_words(lib):
    m = lib.nn.Linear(2, 1)
    assert parametrize(lib).type_before_parametrizations(m) is lib.nn.Linear
    register(lib, m, lib.nn.Identity())
    assert type(m).__name__ == "ParametrizedLinear" and isinstance(m, lib.nn.Linear)
    assert parametrize(lib).type_before_parametrizations(m) is lib.nn.Linear
    assert type(lib.nn.Linear(2, 1)) is lib.nn.Linear
    assert repr(m) == (
        "ParametrizedLinear(\n"
        "  in_features=2, out_features=1, bias=True\n"
        "  (parametrizations): ModuleDict(\n"
        "    (weight): ParametrizationList(\n"
        "      (0): Identity()\n"
        "    )\n"
        "  )\n"
        ")"
    )


def test_is_parametrized(lib):
    m, ask = lib.nn.Linear(2, 1), parametrize(lib).is_parametrized
    assert (ask(m), ask(m, "weight")) == (False, False)
    register(lib, m, lib.nn.Identity())
    assert (ask(m), ask(m, "weight"), ask(m, "bias")) == (True, True, False)


def test_a_buffer(lib):
    m = lib.nn.Module()
    m.register_buffer("b", lib.ones(2))
    register(lib, m, doubling(lib), "b")
    assert m.b.tolist() == [1, 1] and list(m.parameters()) == []
    assert m.parametrizations.b.original.tolist() == [0.5, 0.5]
    assert list(m.state_dict()) == ["parametrizations.b.original"]
    parametrize(lib).remove_parametrizations(m, "b")
    assert m.b.tolist() == [1, 1] and [n for n, _ in m.named_buffers()] == ["b"]


def test_several_are_applied_in_order(lib):
    m = layer(lib, [[2.0]])
    register(lib, m, function(lib, lambda x: x + 1, lambda v: v - 1))
    register(lib, m, function(lib, lambda x: x * 10, lambda v: v / 10))
    assert m.weight.tolist() == [[20]]  # the second starts from the result of the first
    assert len(m.parametrizations.weight) == 2
    m.weight = lib.tensor([[50.0]])
    assert m.weight.tolist() == [[50]] and m.parametrizations.weight.original.tolist() == [[4]]


def test_assigning_needs_a_right_inverse(lib):
    m = register(lib, layer(lib, [[2.0]]), function(lib, lambda x: x + 1))
    with raises(RuntimeError, "parametrization Function does not implement right_inverse."):
        m.weight = lib.ones(1, 1)
    assert m.weight.tolist() == [[3]]


def test_assigning_keeps_the_object_for_the_optimizer(lib):
    m = register(lib, layer(lib, [[2.0]]), doubling(lib))
    original = m.parametrizations.weight.original
    optimizer = lib.optim.SGD(m.parameters(), lr=1.0)
    m.weight = lib.tensor([[8.0]])
    assert m.parametrizations.weight.original is original and original.tolist() == [[4]]
    m.weight.sum().backward()
    optimizer.step()
    assert m.weight.tolist() == [[4]]


def test_a_parameter_cannot_be_assigned_over_it(lib):
    m = register(lib, layer(lib, [[2.0]]), doubling(lib))
    with raises(KeyError, "attribute 'weight' already exists"):
        m.weight = lib.nn.Parameter(lib.ones(1, 1))
    with pytest.raises(AttributeError):
        del m.weight
    assert m.weight.tolist() == [[2]]


def test_several_originals(lib):
    m = layer(lib, [[1.0, 2.0]])
    register(lib, m, function(lib, lambda a, b: a + b, lambda v: (v, lib.zeros_like(v))))
    assert [n for n, _ in m.named_parameters()] == [
        "parametrizations.weight.original0", "parametrizations.weight.original1",
    ]  # fmt: skip
    m.weight.sum().backward()
    assert all(p.grad.tolist() == [[1, 1]] for p in m.parameters())
    m.weight = lib.tensor([[5.0, 6.0]])
    assert m.weight.tolist() == [[5, 6]]


def test_a_frozen_parameter_has_frozen_originals(lib):
    m = layer(lib, [[1.0, 2.0]])
    m.weight.requires_grad_(False)
    register(lib, m, function(lib, lambda a, b: a + b, lambda v: (v, v)))
    assert [p.requires_grad for p in m.parameters()] == [False, False]


def test_training_is_that_of_the_module(lib):
    m, parametrization = layer(lib, [[1.0]]).eval(), doubling(lib)
    register(lib, m, parametrization)
    assert not parametrization.training
    m.train()
    assert parametrization.training


def test_a_right_inverse_may_be_not_implemented(lib):
    def refuse(value):
        raise NotImplementedError

    m = register(lib, layer(lib, [[1.0]]), function(lib, lambda x: x + 1, refuse))
    register(lib, m, function(lib, lambda x: x + 1, refuse))
    assert m.weight.tolist() == [[3]]


# ---- the cache ---------------------------------------------------------------------------------


def test_cached_computes_once_while_open(lib):
    calls = []

    def counting(x):
        calls.append(1)
        return x * 1

    m = register(lib, layer(lib, [[1.0]]), function(lib, counting))
    calls.clear()
    with parametrize(lib).cached():
        with parametrize(lib).cached():
            first = m.weight
        assert m.weight is first and len(calls) == 1
    assert m.weight is not first and len(calls) == 2
    with parametrize(lib).cached():
        assert m.weight is not first


def test_the_cache_is_dropped_after_an_error(lib):
    m = register(lib, layer(lib, [[1.0]]), doubling(lib))
    with pytest.raises(ZeroDivisionError), parametrize(lib).cached():
        first = m.weight
        raise ZeroDivisionError
    with parametrize(lib).cached():
        assert m.weight is not first


# ---- removing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("leave, value", [(True, 3), (False, 1)])
def test_removing(lib, leave, value):
    m = layer(lib, [[1.0]])
    weight = m.weight
    register(lib, m, function(lib, lambda x: 3 * x))
    assert parametrize(lib).remove_parametrizations(m, "weight", leave) is m
    assert type(m) is lib.nn.Linear and m.weight is weight and weight.tolist() == [[value]]
    assert weight.is_leaf and weight.requires_grad and list(m.state_dict()) == ["weight"]
    assert not hasattr(m, "parametrizations")


def test_the_class_stays_while_another_name_is_parametrized(lib):
    m = lib.nn.Linear(2, 1)
    register(lib, m, doubling(lib)), register(lib, m, doubling(lib), "bias")
    parametrize(lib).remove_parametrizations(m, "weight")
    assert type(m).__name__ == "ParametrizedLinear" and list(m.parametrizations) == ["bias"]
    parametrize(lib).remove_parametrizations(m, "bias")
    assert type(m) is lib.nn.Linear


def test_removing_several_originals_makes_a_new_parameter(lib):
    m = layer(lib, [[3.0, 4.0]])
    register(lib, m, function(lib, lambda a, b: a + b, lambda v: (v, lib.zeros_like(v))))
    with raises(ValueError, "Cannot leave unparametrized (`leave_parametrized=False`) a tensor "
                "that is parametrized in terms of a sequence of tensors."):  # fmt: skip
        parametrize(lib).remove_parametrizations(m, "weight", leave_parametrized=False)
    parametrize(lib).remove_parametrizations(m, "weight")
    assert isinstance(m.weight, lib.nn.Parameter) and m.weight.tolist() == [[3, 4]]


def test_removing_what_is_not_there(lib):
    m = lib.nn.Linear(2, 1)
    with raises(ValueError, f"Module {m} does not have a parametrization on weight"):
        parametrize(lib).remove_parametrizations(m, "weight")


# ---- copies ------------------------------------------------------------------------------------


def test_a_deepcopy_is_independent(lib):
    m = register(lib, layer(lib, [[1.0]]), doubling(lib))
    twin = copy.deepcopy(m)
    twin.weight = lib.tensor([[7.0]])
    assert (m.weight.tolist(), twin.weight.tolist()) == ([[1]], [[7]])
    assert repr(m) == repr(twin)
    assert twin.parametrizations.weight[0] is not m.parametrizations.weight[0]


def test_in_torch_a_copy_shares_the_class_and_here_it_has_its_own(lib):
    m = register(lib, layer(lib, [[1.0]]), doubling(lib))
    twin = copy.deepcopy(m)
    with parametrize(lib).cached():
        assert (m.weight is not twin.weight) == (lib is minitorch)
    parametrize(lib).remove_parametrizations(twin, "weight")
    assert hasattr(m, "weight") == (lib is minitorch)


def test_pickling_is_refused(lib):
    m = register(lib, layer(lib, [[1.0]]), lib.nn.Identity())
    with raises(RuntimeError, "Serialization of parametrized modules is only supported through "
                "state_dict(). See:\nhttps://pytorch.org/tutorials/beginner/"
                "saving_loading_models.html#saving-loading-a-general-checkpoint-for-inference-"
                "and-or-resuming-training"):  # fmt: skip
        pickle.dumps(m)


def test_a_state_dict_loads_into_a_module_that_is_parametrized_alike(lib):
    a, b = (register(lib, layer(lib, [[value]]), doubling(lib)) for value in (1.0, 5.0))
    b.load_state_dict(a.state_dict())
    assert b.weight.tolist() == [[1]]
    with pytest.raises(RuntimeError, match="Missing key"):
        layer(lib, [[1.0]]).load_state_dict(a.state_dict())


def test_casting_reaches_the_originals(lib):
    m = register(lib, layer(lib, [[1.0]]), doubling(lib)).double()
    assert m.weight.dtype is lib.float64


# ---- what is refused, and leaves the module as it was ------------------------------------------

NO_CHANGE = "Registering a parametrization may not change the "
FIRST = {
    "no tensor": (lambda lib: (lambda x: 3, None), ValueError,
                  "A parametrization must return a tensor. Got int."),
    "dtype": (lambda lib: (lambda x: x.double(), None), ValueError,
              NO_CHANGE + "dtype of the tensor, unless `unsafe` flag is enabled.\nunparametrized "
              "dtype: torch.float32\nparametrized dtype: torch.float64"),
    "shape": (lambda lib: (lambda x: x[0], lambda v: v + 1), ValueError,
              NO_CHANGE + "shape of the tensor, unless `unsafe` flag is enabled.\nunparametrized "
              "shape: torch.Size([1, 2])\nparametrized shape: torch.Size([2])"),
    "inverse no tensor": (lambda lib: (lambda x: x, lambda v: 3), ValueError,
                          "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                          "tuple...). Got int"),
    "inverse of mixed": (lambda lib: (lambda x, y: x, lambda v: (v, 3)), ValueError,
                         "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                         "tuple...). Got element 1 of the sequence with type int."),
    "inverse dtype": (lambda lib: (lambda x: x, lambda v: v.double()), ValueError,
                      "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                      "original.dtype: torch.float32\nright_inverse(original).dtype: "
                      "torch.float64"),
}  # fmt: skip


@pytest.mark.parametrize("case", FIRST)
def test_a_first_parametrization_that_does_not_fit(lib, case):
    functions, kind, text = FIRST[case]
    m = layer(lib, [[1.0, 2.0]])
    with raises(kind, text):
        register(lib, m, function(lib, *functions(lib)))
    assert type(m) is lib.nn.Linear and list(m.state_dict()) == ["weight"]
    if lib is minitorch or case != "shape":  # torch keeps what right_inverse gave
        assert m.weight.tolist() == [[1, 2]]


SECOND = {
    "no tensor": (lambda x: 3, None, "A parametrization must return a tensor. Got int."),
    "dtype": (lambda x: x.double(), None,
              NO_CHANGE + "dtype of the tensor, unless the `unsafe` flag is enabled.\n"
              "module.weight.dtype: torch.float32\nparametrization(module.weight).dtype: "
              "torch.float64"),
    "shape": (lambda x: x[0], None,
              NO_CHANGE + "shape of the tensor, unless the `unsafe` flag is enabled.\n"
              "module.weight.shape: torch.Size([1, 2])\nparametrization(module.weight).shape: "
              "torch.Size([2])"),
    "inverse no tensor": (lambda x: x, lambda v: [v],
                          "parametrization.right_inverse must return a tensor. Got: list"),
    "inverse dtype": (lambda x: x, lambda v: v.double(),
                      "The tensor returned by parametrization.right_inverse must have the same "
                      "dtype as module.weight, unless the `unsafe` flag is enabled.\n"
                      "module.weight.dtype: torch.float32\nreturned dtype: torch.float64"),
    "inverse shape": (lambda x: x, lambda v: v[0],
                      "The tensor returned by parametrization.right_inverse must have the same "
                      "shape as module.weight, unless the `unsafe` flag is enabled.\n"
                      "module.weight.shape: torch.Size([1, 2])\nreturned shape: torch.Size([2])"),
}  # fmt: skip


@pytest.mark.parametrize("case", SECOND)
def test_a_second_parametrization_that_does_not_fit(lib, case):
    forward, inverse, text = SECOND[case]
    m = register(lib, layer(lib, [[1.0, 2.0]]), lib.nn.Identity())
    with raises(ValueError, text):
        register(lib, m, function(lib, forward, inverse))
    assert len(m.parametrizations.weight) == 1 and m.weight.tolist() == [[1, 2]]


ASSIGNED = {
    "no tensor": (lambda v: v, lambda v: 3, "`right_inverse` should return a tensor. Got int"),
    "dtype": (lambda v: v, lambda v: v.double(),
              "The tensor returned by `right_inverse` has dtype torch.float64 while `original` "
              "has dtype torch.float32"),
    "no sequence": (lambda v: (v, v), lambda v: 3,
                    "'right_inverse' must return a sequence of tensors. Got int."),
    "length": (lambda v: (v, v), lambda v: (v,),
               "'right_inverse' must return a sequence of tensors of length 2. Got a sequence of "
               "length 1."),
    "element": (lambda v: (v, v), lambda v: (v, 3),
                "'right_inverse' must return a sequence of tensors or reference-type opaques. Got "
                "element 1 of type int."),
    "dtype of an element": (lambda v: (v, v), lambda v: (v, v.double()),
                            "Tensor 1 returned by `right_inverse` has dtype torch.float64 while "
                            "`original1` has dtype torch.float32"),
}  # fmt: skip


@pytest.mark.parametrize("case", ASSIGNED)
def test_a_right_inverse_that_changes_its_mind(lib, case):
    *inverses, text = ASSIGNED[case]
    queue = iter(inverses)
    parametrization = function(lib, lambda x, *_: x, lambda v: next(queue)(v))
    m = register(lib, layer(lib, [[1.0, 2.0]]), parametrization)
    with raises(ValueError, text):
        m.weight = lib.zeros(1, 2)
    if lib is minitorch or "element" not in case:  # torch has set the first one already
        assert m.weight.tolist() == [[1, 2]]


def test_unsafe_may_change_the_shape(lib):
    m = register(lib, layer(lib, [[1.0, 2.0]]), function(lib, lambda x: x[0]), unsafe=True)
    assert m.weight.shape == (2,)
    register(lib, m, function(lib, lambda x: x.double()), unsafe=True)
    assert m.weight.dtype is lib.float64 and m.parametrizations.weight.unsafe


def test_no_such_tensor(lib):
    m = lib.nn.Linear(2, 1)
    with raises(ValueError, f"Module '{m}' does not have a parameter, a buffer, or a parametrized "
                "element with name 'w'"):  # fmt: skip
        register(lib, m, lib.nn.Identity(), "w")
    with raises(ValueError, "ParametrizationList requires one or more modules."):
        parametrize(lib).ParametrizationList([], m.weight)


# ---- weight norm -------------------------------------------------------------------------------


def test_weight_norm_keeps_the_weight_and_splits_it(lib):
    m = layer(lib, [[3.0, 4.0], [0.0, 2.0]])
    m = lib.nn.utils.parametrizations.weight_norm(m)
    g, v = m.parametrizations.weight.original0, m.parametrizations.weight.original1
    assert g.tolist() == [[5], [2]] and v.tolist() == [[3, 4], [0, 2]]
    assert lib.allclose(m.weight, v)
    with lib.no_grad():
        g.copy_(lib.tensor([[10.0], [1.0]]))
    assert lib.allclose(m.weight, lib.tensor([[6.0, 8.0], [0.0, 1.0]]))


@pytest.mark.parametrize("dim", [None, -1, 0, 1, 2, -2, -3])
def test_the_dimension_that_keeps_its_own_lengths(lib, dim):
    m = lib.nn.Conv1d(2, 3, 4)
    weight = m.weight.detach().clone()
    lib.nn.utils.parametrizations.weight_norm(m, dim=dim)
    shape = {0: (3, 1, 1), -3: (3, 1, 1), 1: (1, 2, 1), -2: (1, 2, 1), 2: (1, 1, 4)}.get(dim, ())
    assert m.parametrizations.weight.original0.shape == shape
    assert lib.allclose(m.weight, weight)
    node = "WeightNormInterfaceBackward0" if dim in (0, 2) else "MulBackward0"
    assert m.weight.grad_fn.name() == node


def test_each_element_of_a_vector_has_its_own_length(lib):
    m = lib.nn.Linear(1, 2)
    m.bias = lib.nn.Parameter(lib.tensor([3.0, -4.0]))
    lib.nn.utils.parametrizations.weight_norm(m, "bias")
    assert m.parametrizations.bias.original0.tolist() == [3, 4]
    assert m.bias.tolist() == [3, -4]


@pytest.mark.parametrize("dim", [3, -4])
def test_a_dimension_out_of_range(lib, dim):
    m = lib.nn.Conv1d(2, 3, 4)
    with raises(IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got "
                f"{dim})"):  # fmt: skip
        lib.nn.utils.parametrizations.weight_norm(m, dim=dim)
    assert type(m) is lib.nn.Conv1d


def test_what_the_first_weight_norm_saved_can_be_loaded(lib):
    m = lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(2, 1, bias=False))
    old = {"weight_g": lib.tensor([[10.0]]), "weight_v": lib.tensor([[3.0, 4.0]])}
    assert m.load_state_dict(old) == ([], [])
    assert lib.allclose(m.weight, lib.tensor([[6.0, 8.0]])) and list(old) == [
        "weight_g", "weight_v",
    ]  # fmt: skip


# ---- orthogonal --------------------------------------------------------------------------------

SHAPES = [(4, 4), (6, 3), (3, 6), (5, 1)]
MAPS = ["matrix_exp", "cayley", "householder"]


def with_weight(lib, weight):
    m = lib.nn.Module()
    m.weight = lib.nn.Parameter(weight)
    return m


def is_orthogonal(lib, Q):
    Q = Q if Q.shape[-2] >= Q.shape[-1] else Q.mT
    return lib.allclose(Q.mT @ Q, lib.eye(Q.shape[-1], dtype=Q.dtype), atol=1e-5)


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("shape", [*SHAPES, (2, 4, 3)])
def test_a_weight_stays_orthogonal_while_it_is_learned(lib, shape, name, trivial):
    lib.manual_seed(0)
    m = with_weight(lib, lib.randn(shape))
    lib.nn.utils.parametrizations.orthogonal(m, "weight", name, use_trivialization=trivial)
    assert m.weight.shape == shape
    target, before = lib.randn(shape), m.weight.detach()
    optimizer = lib.optim.SGD(m.parameters(), lr=0.1)
    for _ in range(3):
        if trivial or name != "householder":  # that one starts with signs on its diagonal only
            assert is_orthogonal(lib, m.weight)
        optimizer.zero_grad()
        (m.weight - target).square().sum().backward()
        optimizer.step()
    assert is_orthogonal(lib, m.weight) and not lib.equal(m.weight, before)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_orthogonal_matrix_is_kept_and_can_be_assigned(lib, shape, name):
    lib.manual_seed(0)
    first, second = (lib.nn.init.orthogonal_(lib.empty(shape)) for _ in range(2))
    m = with_weight(lib, first.clone())
    lib.nn.utils.parametrizations.orthogonal(m, orthogonal_map=name)
    assert lib.allclose(m.weight, first, atol=1e-6)
    m.weight = second
    assert lib.allclose(m.weight, second, atol=1e-6)


def test_the_usual_maps(lib):
    make = lib.nn.utils.parametrizations.orthogonal
    square, tall = make(lib.nn.Linear(3, 3)), make(lib.nn.Linear(3, 4))
    maps = [str(m.parametrizations.weight[0].orthogonal_map) for m in (square, tall)]
    assert [name.rpartition(".")[2] for name in maps] == ["matrix_exp", "householder"]
    assert list(tall.state_dict()) == [
        "bias", "parametrizations.weight.original", "parametrizations.weight.0.base",
    ]  # fmt: skip
    assert repr(tall).splitlines()[4] == "      (0): _Orthogonal()"


def test_without_trivialization_only_householder_can_be_assigned(lib):
    for name in ("matrix_exp", "cayley"):
        m = lib.nn.utils.parametrizations.orthogonal(
            lib.nn.Linear(3, 3), orthogonal_map=name, use_trivialization=False
        )
        with raises(NotImplementedError, "It is not possible to assign to the matrix exponential "
                    "or the Cayley parametrizations when "
                    "use_trivialization=False."):  # fmt: skip
            m.weight = lib.eye(3)
    m = lib.nn.utils.parametrizations.orthogonal(
        lib.nn.Linear(3, 3), orthogonal_map="householder", use_trivialization=False
    )
    m.weight = lib.eye(3)
    assert lib.allclose(m.weight, lib.eye(3))


def test_what_cannot_be_orthogonal(lib):
    make, m = lib.nn.utils.parametrizations.orthogonal, lib.nn.Linear(3, 4)
    with raises(ValueError, f"Module '{m}' has no parameter or buffer with name 'w'"):
        make(m, "w")
    with raises(ValueError, "Expected a matrix or batch of matrices. Got a tensor of 1 "
                "dimensions."):  # fmt: skip
        make(m, "bias")
    with raises(ValueError, 'orthogonal_map has to be one of "matrix_exp", "cayley", '
                '"householder". Got: qr'):  # fmt: skip
        make(m, orthogonal_map="qr")
    make(m)
    with raises(ValueError, "Expected a matrix or batch of matrices of shape torch.Size([4, 3]). "
                "Got a tensor of shape torch.Size([2, 2])."):  # fmt: skip
        m.weight = lib.ones(2, 2)


# ---- torch's numbers ---------------------------------------------------------------------------


def numbers(lib, make, shape, dtype):
    """The weight before and after two steps, all gradients, and the state."""
    lib.manual_seed(3)
    m = make(lib, with_weight(lib, lib.randn(shape, dtype=dtype)))
    target = lib.randn(shape, dtype=dtype)
    optimizer, seen = lib.optim.SGD(m.parameters(), lr=0.1), [m.weight]
    for _ in range(2):
        optimizer.zero_grad()
        (m.weight - target).square().sum().backward()
        seen += [p.grad for p in m.parameters()]
        optimizer.step()
    return [t.detach().numpy().copy() for t in (*seen, m.weight, *m.state_dict().values())]


def orthogonal_by(name, trivial):
    return lambda lib, m: lib.nn.utils.parametrizations.orthogonal(
        m, orthogonal_map=name, use_trivialization=trivial
    )


def weight_norm_by(dim):
    return lambda lib, m: lib.nn.utils.parametrizations.weight_norm(m, dim=dim)


NUMBERS = {
    **{f"weight_norm {dim}": weight_norm_by(dim) for dim in (None, 0, 1, -2)},
    **{f"{name} {on}": orthogonal_by(name, on) for name in MAPS for on in (True, False)},
}


@pytest.mark.torch
@pytest.mark.parametrize("shape", [*SHAPES, (2, 4, 3)])
@pytest.mark.parametrize("name", NUMBERS)
def test_the_numbers_are_torchs(name, shape):
    import torch

    got = numbers(minitorch, NUMBERS[name], shape, minitorch.float64)
    wanted = numbers(torch, NUMBERS[name], shape, torch.float64)
    assert len(got) == len(wanted)
    for mine, yours in zip(got, wanted):
        np.testing.assert_allclose(mine, yours, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NUMBERS)
def test_second_derivatives(name):
    minitorch.manual_seed(0)
    m = NUMBERS[name](minitorch, with_weight(minitorch, minitorch.randn(4, 3).double()))
    m.forward = lambda: m.weight
    names = [name for name, _ in m.named_parameters()]
    originals = list(m.parameters())

    def weight(*values):
        if len(values) == 1:  # the diagonal is no variable: it holds the signs of the reflections
            values = [values[0].tril(-1) - minitorch.eye(4, 3, dtype=minitorch.float64)]
        return minitorch.func.functional_call(m, dict(zip(names, values)))

    assert minitorch.autograd.gradcheck(weight, originals)
    assert minitorch.autograd.gradgradcheck(weight, originals)
