"""Optimizers: their formulas, groups, state, hooks, saving, and torch's numbers.

Each behaviour is written once and holds for minitorch and for torch, error texts included. The
numbers are compared with a recording of torch (tests/golden), in test_optim_db.py with torch.
"""

import copy
import importlib
import math
import pickle
import re
import tracemalloc
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from exact import raises
from golden.record_optim import VARIANTS, trajectory

import minitorch
from minitorch.optim import blas

GOLDEN = np.load(Path(__file__).parent / "golden" / "optim.npz")
CLOSE = {
    "float64": {"rtol": 1e-13, "atol": 1e-14},
    "float32": {"rtol": 2e-6, "atol": 2e-6},
    "float16": {"rtol": 2e-3, "atol": 2e-3},
}

OPTIMIZERS = sorted(set(minitorch.optim.__all__) - {"Optimizer"})
WITH_MORE_STATE = {
    "SGD": {"momentum": 0.9},
    "Adam": {"amsgrad": True},
    "RMSprop": {"momentum": 0.9, "centered": True},
}


def leaf(lib, *values, grad=None, dtype="float32"):
    """A leaf of these values that has a gradient."""
    p = lib.tensor(values, dtype=getattr(lib, dtype), requires_grad=True)
    if grad is not None:
        p.grad = lib.tensor(grad, dtype=p.dtype)
    return p


def close(actual, expected, dtype="float32"):
    actual = actual.detach().numpy() if hasattr(actual, "detach") else actual
    np.testing.assert_allclose(actual, expected, **CLOSE[dtype])


def base_module(lib):
    return importlib.import_module(f"{lib.__name__}.optim.optimizer")


# ---- what can be optimized ---------------------------------------------------------------------

IN_SETS = (
    "optimizer parameters need to be organized in ordered collections, but the ordering of tensors "
    "in sets will change between runs. Please use a list instead."
)
NOT_A_TENSOR = "optimizer can only optimize Tensors, but one of the params is {}"
MISSING_NAMES = "all optimizer params should be with/without names. Some param names are missing"
BAD_PARAMS = {
    "a tensor": (
        lambda lib, p: p, TypeError, "params argument given to the optimizer should be an iterable "
        "of Tensors or dicts, but got torch.FloatTensor",
    ),
    "nothing": (lambda lib, p: [], ValueError, "optimizer got an empty parameter list"),
    "None": (lambda lib, p: None, TypeError, "'NoneType' object is not iterable"),
    "a set": (lambda lib, p: [{"params": {p}}], TypeError, IN_SETS),
    "a float": (lambda lib, p: [1.0], TypeError, NOT_A_TENSOR.format("float")),
    "an array": (lambda lib, p: [np.ones(2)], TypeError, NOT_A_TENSOR.format("numpy.ndarray")),
    "a list": (lambda lib, p: [[p]], TypeError, NOT_A_TENSOR.format("list")),
    "a type": (lambda lib, p: [OrderedDict], TypeError,
               NOT_A_TENSOR.format("collections.OrderedDict")),
    "a dict": (lambda lib, p: {"a": p}, TypeError, NOT_A_TENSOR.format("str")),
    "no leaf": (lambda lib, p: [p * 2], ValueError, "can't optimize a non-leaf Tensor"),
    "a name here, none there": (lambda lib, p: [("p", p), p], ValueError, MISSING_NAMES),
    "groups and a number": (lambda lib, p: [{"params": [p]}, 1], TypeError,
                            "param_group must be a dict, but got <class 'int'>"),
    "a group without params": (lambda lib, p: [{"lr": 1}], KeyError, "params"),
    "one in two groups": (lambda lib, p: [{"params": [p]}, {"params": [p]}], ValueError,
                          "some parameters appear in more than one parameter group"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_PARAMS)
def test_refused_parameters(lib, case):
    params, kind, text = BAD_PARAMS[case]
    with raises(kind, text):
        lib.optim.SGD(params(lib, leaf(lib, 1.0)))


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("SGD", {"lr": -1.0}, "Invalid learning rate: -1.0"),
        ("SGD", {"momentum": -1.0}, "Invalid momentum value: -1.0"),
        ("SGD", {"weight_decay": -1.0}, "Invalid weight_decay value: -1.0"),
        ("SGD", {"nesterov": True},
         "Nesterov momentum requires a momentum and zero dampening"),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
         "Nesterov momentum requires a momentum and zero dampening"),
        ("Adam", {"lr": float("nan")}, "Invalid learning rate: nan"),
        ("Adam", {"eps": -1}, "Invalid epsilon value: -1"),
        ("Adam", {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        ("Adam", {"betas": (0.9, 1.5)}, "Invalid beta parameter at index 1: 1.5"),
        ("Adam", {"betas": (0, 0.9)}, "betas must be either both floats or both Tensors"),
        ("AdamW", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ("Adamax", {"betas": (0.0, 1.0)}, "Invalid beta parameter at index 1: 1.0"),
        ("NAdam", {"momentum_decay": -0.2}, "Invalid momentum_decay value: -0.2"),
        ("RAdam", {"eps": float("nan")}, "Invalid epsilon value: nan"),
        ("RMSprop", {"alpha": -1, "momentum": -2}, "Invalid momentum value: -2"),
        ("Adagrad", {"initial_accumulator_value": -1.0, "eps": -1},
         "Invalid initial_accumulator_value value: -1.0"),
        ("Adadelta", {"rho": 1.1, "eps": -1}, "Invalid rho value: 1.1"),
    ],
)  # fmt: skip
def test_refused_options(lib, name, options, text):
    with raises(ValueError, text):
        getattr(lib.optim, name)([leaf(lib, 1.0)], **options)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_refused_combinations(lib, name):
    make = getattr(lib.optim, name)
    with raises(RuntimeError, "`fused` and `foreach` cannot be `True` together."):
        make([leaf(lib, 1.0)], fused=True, foreach=True)
    with raises(RuntimeError, "`fused` does not support `differentiable`"):
        make([leaf(lib, 1.0)], fused=True, differentiable=True)
    with raises(ValueError, "Tensor lr must be 1-element"):
        make([leaf(lib, 1.0)], lr=lib.ones(2))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_differentiable_steps_are_refused(name):
    with pytest.raises(NotImplementedError, match="^differentiable=True: a step of minitorch is "):
        getattr(minitorch.optim, name)([leaf(minitorch, 1.0)], differentiable=True)


@pytest.mark.parametrize(("name", "option"), [("Adam", "amsgrad"), ("RMSprop", "centered")])
def test_an_option_whose_state_is_missing(lib, name, option):
    p = leaf(lib, 1.0, grad=[1.0])
    optimizer = getattr(lib.optim, name)([p])
    optimizer.step()
    optimizer.param_groups[0][option] = True
    with raises(KeyError, STATE[name].split()[-1]):
        optimizer.step()
    assert optimizer.state[p]["step"].item() == 1  # the step that failed is not counted


def test_refused_tensors_as_options(lib):
    p, lr = leaf(lib, 1.0, grad=[1.0]), lib.tensor(0.1)
    text = "{} as a Tensor is not supported for capturable=False and foreach=True"
    with raises(ValueError, text.format("lr")):
        lib.optim.Adam([p], lr=lr, foreach=True)
    with raises(ValueError, text.format("betas[0]")):
        lib.optim.Adam([p], betas=(lr, lr), foreach=True)
    optimizer = lib.optim.Adam([p], foreach=True)
    optimizer.param_groups[0]["lr"] = lr
    with raises(RuntimeError, text.format("lr")):
        optimizer.step()


# ---- groups ------------------------------------------------------------------------------------


def test_groups_take_the_defaults(lib):
    p, q = leaf(lib, 1.0), leaf(lib, 2.0)
    optimizer = lib.optim.SGD([{"params": p, "mine": 7}, {"params": iter([q]), "lr": 1}], lr=0.5)
    first, second = optimizer.param_groups
    assert first["params"][0] is p and second["params"][0] is q
    assert (first["lr"], second["lr"], first["momentum"], first["mine"]) == (0.5, 1, 0, 7)
    assert optimizer.defaults["lr"] == 0.5
    optimizer.add_param_group({"params": leaf(lib, 3.0)})
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 1, 0.5]


def test_a_parameter_twice_in_a_group_is_warned_of(lib):
    p = leaf(lib, 1.0)
    with pytest.warns(UserWarning, match="^optimizer contains a parameter group with duplicate "):
        optimizer = lib.optim.SGD([p, leaf(lib, 2.0), p])
    assert optimizer.state_dict()["param_groups"][0]["params"] == [2, 1, 2]


def test_an_option_without_default_must_be_given(lib):
    required = base_module(lib).required
    assert repr(required) == "<required parameter>"
    text = "parameter group didn't specify a value of required optimization parameter rate"
    with raises(ValueError, text):
        lib.optim.Optimizer([leaf(lib, 1.0)], {"rate": required})
    groups = [{"params": [leaf(lib, 1.0)], "rate": 2}]
    assert lib.optim.Optimizer(groups, {"rate": required}).param_groups[0]["rate"] == 2


def test_names(lib):
    p, q = leaf(lib, 1.0), leaf(lib, 2.0)
    optimizer = lib.optim.SGD([("p", p)])
    optimizer.add_param_group({"params": [("q", q)]})
    assert [group["param_names"] for group in optimizer.param_groups] == [["p"], ["q"]]
    assert optimizer.param_groups[1]["params"][0] is q
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["p"]
    text = ("all optimizer param groups should be with/without names. "
            "cannot add param group {} names to the optimizer")  # fmt: skip
    with raises(ValueError, text.format("without")):
        optimizer.add_param_group({"params": [leaf(lib, 1.0)]})
    with raises(ValueError, text.format("with")):
        lib.optim.SGD([p]).add_param_group({"params": [("q", q)]})
    assert len(optimizer.param_groups) == 2


def test_repr(lib):
    optimizer = lib.optim.SGD([{"params": [leaf(lib, 1.0)]}, {"params": [leaf(lib, 1.0)], "lr": 2}])
    assert repr(optimizer) == (
        "SGD (\n"
        "Parameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n"
        "    fused: None\n    lr: 0.001\n    maximize: False\n    momentum: 0\n"
        "    nesterov: False\n    weight_decay: 0\n\n"
        "Parameter Group 1\n    dampening: 0\n    differentiable: False\n    foreach: None\n"
        "    fused: None\n    lr: 2\n    maximize: False\n    momentum: 0\n"
        "    nesterov: False\n    weight_decay: 0\n"
        ")"
    )
    assert repr(lib.optim.AdamW([leaf(lib, 1.0)])) == (
        "AdamW (\n"
        "Parameter Group 0\n    amsgrad: False\n    betas: (0.9, 0.999)\n    capturable: False\n"
        "    decoupled_weight_decay: True\n    differentiable: False\n    eps: 1e-08\n"
        "    foreach: None\n    fused: None\n    lr: 0.001\n    maximize: False\n"
        "    weight_decay: 0.01\n"
        ")"
    )


# ---- the formulas ------------------------------------------------------------------------------


def steps(optimizer, p, gradients):
    """The value of a one-element parameter after each step."""
    values = []
    for gradient in gradients:
        p.grad = 0 * p.detach() + gradient
        optimizer.step()
        values.append(p.item())
    return values


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ({}, [0.5, 1.5]),
        ({"maximize": True}, [1.5, 0.5]),
        ({"weight_decay": 1.0}, [0.0, 1.0]),
        ({"weight_decay": 1.0, "maximize": True}, [1.0, -0.5]),
        ({"momentum": 0.5}, [0.5, 1.25]),  # b = 1, -1.5
        ({"momentum": 0.5, "dampening": 0.5}, [0.5, 0.75]),  # b = 1, -0.5: none at the first step
        ({"momentum": 0.5, "nesterov": True}, [0.25, 1.625]),  # g + b / 2 = 1.5, -2.75
    ],
)
def test_sgd_by_hand(lib, options, values):
    p = leaf(lib, 1.0)
    assert steps(lib.optim.SGD([p], lr=0.5, **options), p, [1.0, -2.0]) == values


def test_the_first_momentum_is_the_gradient_itself(lib):
    p = leaf(lib, 1.0, 1.0, grad=[-0.0, 0.0])
    optimizer = lib.optim.SGD([p], momentum=0.9, dampening=0.5)
    optimizer.step()
    buffer = optimizer.state[p]["momentum_buffer"]
    assert buffer is not p.grad
    assert np.signbit(buffer.numpy()).tolist() == [True, False]


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.9), (0.3, 0.5)])
def test_adam_is_its_formula(lib, betas, amsgrad):
    gradients = [1.0, -3.0, 0.01, 2.0]
    p = leaf(lib, 1.0, dtype="float64")
    optimizer = lib.optim.Adam([p], lr=0.1, betas=betas, eps=1e-3, amsgrad=amsgrad)
    got = steps(optimizer, p, gradients)
    x, m, v, top, (b1, b2) = 1.0, 0.0, 0.0, 0.0, betas
    for t, (value, g) in enumerate(zip(got, gradients), 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        top = max(top, v) if amsgrad else v
        x -= 0.1 * (m / (1 - b1**t)) / ((top / (1 - b2**t)) ** 0.5 + 1e-3)
        assert value == pytest.approx(x, rel=1e-13)


def test_decoupled_weight_decay_shrinks_the_parameter(lib):
    p, q = leaf(lib, 2.0, grad=[0.0]), leaf(lib, 2.0, grad=[0.0])
    lib.optim.AdamW([p], lr=0.5, weight_decay=0.5).step()
    lib.optim.Adam([q], lr=0.5, weight_decay=0.5, decoupled_weight_decay=True).step()
    assert p.item() == q.item() == 1.5


def test_an_average_follows_a_gradient_that_shrinks(lib):
    p = leaf(lib, 0.0)  # with beta1 = 0, m is g: computed as m + (g - m) it would be 0
    optimizer = lib.optim.Adam([p], betas=(0.0, 0.9))
    steps(optimizer, p, [1.0, 1e-9])
    assert optimizer.state[p]["exp_avg"].item() == np.float32(1e-9)


def test_a_tensor_as_learning_rate_follows_changes(lib):
    p, lr = leaf(lib, 1.0), lib.tensor(0.5)
    optimizer = lib.optim.SGD([p], lr=lr)
    assert steps(optimizer, p, [1.0]) == [0.5]
    lr.fill_(0.25)
    assert steps(optimizer, p, [1.0]) == [0.25]


# ---- one step ----------------------------------------------------------------------------------


def test_without_gradient_nothing_happens(lib):
    p, q = leaf(lib, 1.0, grad=[1.0]), leaf(lib, 1.0)
    optimizer = lib.optim.Adam([p, q])
    assert optimizer.step() is None
    assert q.item() == 1.0 and list(optimizer.state) == [p]


def test_a_step_is_in_place_and_unrecorded(lib):
    p = leaf(lib, 1.0, 2.0)
    memory, version = p.data_ptr(), p._version
    loss = (p * p).sum()
    loss.backward(retain_graph=True)
    lib.optim.SGD([p], lr=0.25).step()
    assert p.tolist() == [0.5, 1.0] and p.data_ptr() == memory
    assert p.is_leaf and p.requires_grad and p._version == version + 1
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        loss.backward()


STATE = {
    "SGD": "momentum_buffer",
    "Adam": "step exp_avg exp_avg_sq max_exp_avg_sq",
    "AdamW": "step exp_avg exp_avg_sq",
    "Adamax": "step exp_avg exp_inf",
    "NAdam": "step mu_product exp_avg exp_avg_sq",
    "RAdam": "step exp_avg exp_avg_sq",
    "RMSprop": "step square_avg momentum_buffer grad_avg",
    "Adagrad": "step sum",
    "Adadelta": "step square_avg acc_delta",
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state(lib, name):
    p = leaf(lib, 1.0, 2.0, grad=[1.0, 1.0], dtype="float64")
    optimizer = getattr(lib.optim, name)([p], **WITH_MORE_STATE.get(name, {}))
    optimizer.step()
    state = optimizer.state[p]
    assert list(state) == STATE[name].split()
    for key, value in state.items():
        counts = key in ("step", "mu_product")
        assert value.shape == (() if counts else (2,))
        assert value.dtype == (lib.float32 if counts else lib.float64)
        assert not value.requires_grad


def test_a_sum_of_squares_may_begin_above_zero(lib):
    p = leaf(lib, 1.0)
    optimizer = lib.optim.Adagrad([p], initial_accumulator_value=0.5)
    assert optimizer.state[p]["sum"].tolist() == [0.5]  # at once, not at the first step
    q = leaf(lib, 1.0, grad=[2.0])
    optimizer.add_param_group({"params": [q]})
    assert q not in optimizer.state
    optimizer.step()
    assert optimizer.state[q]["sum"].tolist() == [4.5]


def test_closure(lib):
    p = leaf(lib, 2.0)
    optimizer = lib.optim.SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with lib.no_grad():
        assert optimizer.step(closure).item() == 4.0
        assert optimizer.step(closure=closure).item() == 1.0
    assert p.item() == 0.5


def test_zero_grad(lib):
    p, q = leaf(lib, 1.0, grad=[3.0]), leaf(lib, 1.0)
    optimizer = lib.optim.SGD([p, q])
    grad = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is grad and grad.tolist() == [0.0] and q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


def test_zero_grad_drops_the_history_of_a_gradient(lib):
    p = leaf(lib, 3.0)
    p.grad = p * 2
    lib.optim.SGD([p]).zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0] and not p.grad.requires_grad
    p.grad = lib.ones(1, requires_grad=True)
    lib.optim.SGD([p]).zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0] and not p.grad.requires_grad


def test_zero_grad_of_gradients_that_share_memory(lib):
    p, q, both = leaf(lib, 1.0), leaf(lib, 1.0), lib.ones(2)
    p.grad, q.grad = both[:1], both[1:]
    lib.optim.SGD([p, q]).zero_grad(set_to_none=False)
    assert both.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_infinite_gradients_are_no_warning(lib, name):
    p = leaf(lib, 1.0, 1.0, grad=[float("inf"), float("nan")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(lib.optim, name)([p]).step()
    assert np.isnan(p.detach().numpy()).any()


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3, 4)])
@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_shapes(lib, name, shape):
    p = lib.ones(shape).requires_grad_()
    p.grad = lib.ones(shape)
    options = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = getattr(lib.optim, name)([p], lr=0.5, **options)
    optimizer.step()
    assert p.shape == shape
    assert all(key == "step" or s.shape == shape for key, s in optimizer.state[p].items())
    close(p, np.full(shape, 0.5 if name == "SGD" else 0.495))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_transposed_parameter(lib, name):
    options = {"weight_decay": 0.1, **WITH_MORE_STATE.get(name, {})}
    values = np.random.default_rng(0).standard_normal((2, 5, 4))
    results = []
    for transposed in (False, True):
        p = lib.tensor(values[0].T if transposed else values[0])
        p = (p.t() if transposed else p).requires_grad_()
        optimizer = getattr(lib.optim, name)([p], lr=0.1, **options)
        for _ in range(3):
            p.grad = lib.tensor(values[1])
            optimizer.step()
        results.append(p.detach().numpy())
    np.testing.assert_allclose(*results, rtol=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_long_parameter_is_its_pieces(lib, name):
    options = {"weight_decay": 0.1, **WITH_MORE_STATE.get(name, {})}
    values = np.random.default_rng(0).standard_normal((2, 3, 30_001)).astype(np.float32)
    long = lib.tensor(values[0], requires_grad=True)
    rows = [lib.tensor(row, requires_grad=True) for row in values[0]]
    one, three = (getattr(lib.optim, name)(params, **options) for params in ([long], rows))
    for _ in range(2):
        long.grad = lib.tensor(values[1])
        for row, gradient in zip(rows, values[1]):
            row.grad = lib.tensor(gradient)
        one.step()
        three.step()
    # Where a piece ends, BLAS may round an element once more than in its middle.
    apart = np.stack([row.detach().numpy() for row in rows])
    np.testing.assert_allclose(long.detach().numpy(), apart, rtol=3e-7, atol=3e-8)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_scratch_memory_does_not_grow_with_the_model(name):
    options = WITH_MORE_STATE.get(name, {})
    params = [minitorch.ones(3_000_000, requires_grad=True) for _ in range(3)]
    optimizer = getattr(minitorch.optim, name)(params, weight_decay=0.1, maximize=True, **options)
    for p in params:
        p.grad = minitorch.ones(3_000_000)
    optimizer.step()
    fresh = copy.copy(optimizer)  # has the state, but no scratch arrays yet
    tracemalloc.start()
    fresh.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < params[0].nbytes / 3


@pytest.mark.parametrize("rows", [5, 20_000, 200_000])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_of_another_shape_is_refused(lib, name, rows):
    """It must not be read beyond its end, nor in another order."""
    p = lib.ones(rows, 2, requires_grad=True)
    optimizer = getattr(lib.optim, name)([p], lr=0.1, **WITH_MORE_STATE.get(name, {}))
    p.grad = lib.ones(rows, 2)
    optimizer.step()
    for shape, dim in ((2, rows), 1), ((rows + 1, 2), 0), ((rows - 1, 2), 0):
        a, b = (rows, 2)[dim], shape[dim]
        p.grad, p.data = None, lib.ones(shape)
        p.grad = lib.ones(shape)
        with raises(RuntimeError, f"The size of tensor a ({a}) must match the size of tensor b "
                    f"({b}) at non-singleton dimension {dim}"):  # fmt: skip
            optimizer.step()


@pytest.mark.parametrize("size", [3, 30_000])
def test_a_gradient_from_before_the_parameter_was_replaced_is_refused(lib, size):
    p = lib.ones(size, requires_grad=True)
    p.grad = lib.ones(size)
    optimizer = lib.optim.SGD([p], lr=0.1)
    p.data = lib.ones(size + 1)
    with raises(RuntimeError, f"The size of tensor a ({size + 1}) must match the size of tensor b "
                f"({size}) at non-singleton dimension 0"):  # fmt: skip
        optimizer.step()
    p.data = lib.ones(1)
    with raises(RuntimeError, f"output with shape [1] doesn't match the broadcast shape [{size}]"):
        optimizer.step()


@pytest.mark.parametrize("size", [3, 30_000])
def test_a_gradient_that_overlaps_its_parameter_is_refused(lib, size):
    numbers = lib.arange(size + 1.0)
    p = numbers[1:].detach().requires_grad_()
    p.grad = numbers[:-1]
    with raises(RuntimeError, "unsupported operation: some elements of the input tensor and the "
                "written-to tensor refer to a single memory location. Please clone() the tensor "
                "before performing the operation."):  # fmt: skip
        lib.optim.SGD([p]).step()
    p.grad = p.detach()  # one and the same memory is no overlap
    lib.optim.SGD([p], lr=0.5).step()
    assert p[-1].item() == size / 2


def test_an_expanded_parameter_is_refused(lib):
    p = lib.ones(1).expand(3).requires_grad_()
    p.grad = lib.ones(3)
    with raises(RuntimeError, "unsupported operation: more than one element of the written-to "
                "tensor refers to a single memory location. Please clone() the tensor before "
                "performing the operation."):  # fmt: skip
        lib.optim.SGD([p]).step()


# ---- long arrays, by BLAS ----------------------------------------------------------------------


def test_the_wheels_of_numpy_bring_what_long_arrays_need():
    built_with = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    assert len(blas._openblas()) == (2 if built_with == "scipy-openblas" else 0)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-13)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_long_arrays_are_updated_by_blas_as_by_numpy(monkeypatch, name, dtype, rtol):
    start, *gradients = np.random.default_rng(0).standard_normal((4, 30_001)).astype(dtype)
    results = []
    for long in (blas._LONG, math.inf):
        monkeypatch.setattr(blas, "_LONG", long)
        p = minitorch.tensor(start, requires_grad=True)
        optimizer = getattr(minitorch.optim, name)([p], lr=0.01, **WITH_MORE_STATE.get(name, {}))
        for g in gradients:
            p.grad = minitorch.tensor(g)
            optimizer.step()
        results.append([t.detach().numpy() for t in (p, *optimizer.state[p].values())])
    for actual, expected in zip(*results, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol)


def test_nan_times_a_learning_rate_of_zero_is_nan_in_a_long_array(lib):
    p = lib.zeros(30_000, requires_grad=True)
    p.grad = lib.full((30_000,), math.nan)
    lib.optim.SGD([p], lr=0.0).step()
    assert lib.isnan(p).all()


def test_a_long_array_that_blas_may_not_take(lib):
    numbers = np.arange(60_000, dtype=np.float32)
    numbers.flags.writeable = False
    p = lib.zeros(30_000, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of memory that may not be written to
        shared = lib.from_numpy(numbers)
    p.grad = shared[::2]
    lib.optim.SGD([p], lr=1.0).step()
    assert p.tolist() == (-numbers[::2]).tolist()
    p.grad = shared[30_000:]
    lib.optim.SGD([p], lr=1.0).step()
    assert p.tolist() == (-numbers[::2] - numbers[30_000:]).tolist()


# ---- hooks -------------------------------------------------------------------------------------


def test_hooks_of_a_step(lib):
    p = leaf(lib, 1.0, grad=[1.0])
    optimizer, seen, everywhere = lib.optim.SGD([p]), [], base_module(lib)
    note = lambda name: lambda opt, args, kwargs: seen.append((name, opt, args, kwargs))
    with (
        everywhere.register_optimizer_step_pre_hook(note("global pre")),
        everywhere.register_optimizer_step_post_hook(note("global post")),
    ):
        handles = [
            optimizer.register_step_pre_hook(note("pre")),
            optimizer.register_step_post_hook(note("post")),
        ]
        optimizer.step(None)
        assert [name for name, *_ in seen] == ["global pre", "pre", "post", "global post"]
        assert all(rest == [optimizer, (optimizer, None), {}] for _, *rest in seen)
        for handle in handles:
            handle.remove()
    seen.clear()
    optimizer.step()
    assert seen == []


def test_a_pre_hook_may_change_the_arguments(lib):
    p = leaf(lib, 1.0, grad=[1.0])
    optimizer = lib.optim.SGD([p])
    handle = optimizer.register_step_pre_hook(lambda opt, args, kwargs: ((opt, lambda: 5), {}))
    assert optimizer.step() == 5
    handle.remove()
    optimizer.register_step_pre_hook(lambda opt, args, kwargs: 3)
    with pytest.raises(RuntimeError) as error:
        optimizer.step()
    text = r"<function \w+\.step at 0x\w+> must return None or a tuple of \(new_args, new_kwargs\)"
    assert re.fullmatch(text + r", but got 3\.", str(error.value))


def test_a_class_with_a_step_of_its_own(lib):
    class Halver(lib.optim.Optimizer):
        def step(self, closure=None):
            with lib.no_grad():
                for p in self.param_groups[0]["params"]:
                    p.mul_(0.5)

    p, seen = leaf(lib, 1.0), []
    optimizer = Halver([p], {})
    optimizer.register_step_post_hook(lambda opt, args, kwargs: seen.append(opt))
    optimizer.step()
    assert p.item() == 0.5 and seen == [optimizer]


def test_the_base_has_no_step(lib):
    with pytest.raises(NotImplementedError):
        lib.optim.Optimizer([leaf(lib, 1.0)], {}).step()


def test_hooks_of_state_dicts(lib):
    p, seen = leaf(lib, 1.0), []
    optimizer = lib.optim.SGD([p])
    optimizer.register_state_dict_pre_hook(lambda opt: seen.append("second"))
    optimizer.register_state_dict_pre_hook(lambda opt: seen.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda opt, saved: {**saved, "more": 1})
    optimizer.register_state_dict_post_hook(lambda opt, saved: saved.update(most=2))
    saved = optimizer.state_dict()
    assert seen == ["first", "second"] and (saved["more"], saved["most"]) == (1, 2)

    def faster(opt, saved):
        groups = [{**group, "lr": 9.0} for group in saved["param_groups"]]
        return {**saved, "param_groups": groups}

    optimizer.register_load_state_dict_pre_hook(faster)
    optimizer.register_load_state_dict_post_hook(lambda opt: seen.append(opt.param_groups[0]["lr"]))
    optimizer.load_state_dict(saved)
    assert seen[-1] == 9.0 and saved["param_groups"][0]["lr"] == 0.001


# ---- saving and loading ------------------------------------------------------------------------


def test_layout_of_a_state_dict(lib):
    p, q = leaf(lib, 1.0, grad=[1.0]), leaf(lib, 1.0, grad=[1.0])
    optimizer = lib.optim.SGD([{"params": [p]}, {"params": [q, leaf(lib, 1.0)], "momentum": 0.9}])
    optimizer.step()
    saved = optimizer.state_dict()
    assert list(saved) == ["state", "param_groups"]
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1, 2]]
    assert list(saved["param_groups"][0]) == [
        "lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize", "foreach",
        "differentiable", "fused", "params",
    ]  # fmt: skip
    assert list(saved["state"]) == [1] and list(saved["state"][1]) == ["momentum_buffer"]


def test_loading_takes_over_options_and_state(lib):
    p, q = leaf(lib, 1.0, grad=[1.0]), leaf(lib, 1.0, dtype="float64")
    saver = lib.optim.Adam([p], lr=0.5, amsgrad=True)
    saver.step()
    loader = lib.optim.Adam([("q", q)], lr=0.1)
    loader.load_state_dict(saver.state_dict())
    group, state = loader.param_groups[0], loader.state[q]
    assert group["params"][0] is q and group["param_names"] == ["q"]
    assert group["lr"] == 0.5 and group["amsgrad"] is True
    assert state["exp_avg"].dtype == lib.float64 and state["step"].dtype == lib.float32
    assert state["exp_avg"].item() == pytest.approx(0.1, rel=1e-6)
    group["lr"] = 7
    assert saver.param_groups[0]["lr"] == 0.5


def test_a_load_that_is_refused_changes_nothing(lib):
    p = leaf(lib, 1.0, grad=[1.0])
    optimizer = lib.optim.SGD([p], momentum=0.9)
    optimizer.step()
    before = repr(optimizer.state_dict())
    one, two = leaf(lib, 1.0), leaf(lib, 1.0)
    text = "loaded state dict has a different number of parameter groups"
    with raises(ValueError, text):
        groups = [{"params": [one]}, {"params": [two]}]
        optimizer.load_state_dict(lib.optim.SGD(groups).state_dict())
    text = ("loaded state dict contains a parameter group that doesn't match the size of "
            "optimizer's group")  # fmt: skip
    with raises(ValueError, text):
        optimizer.load_state_dict(lib.optim.SGD([one, two]).state_dict())
    with raises(KeyError, "param_groups"):
        optimizer.load_state_dict({})
    assert repr(optimizer.state_dict()) == before


def test_state_of_old(lib):
    p = leaf(lib, 1.0, grad=[1.0])
    saver = lib.optim.Adam([p])
    saver.step()
    saved = copy.deepcopy(saver.state_dict())
    saved["state"][0]["step"] = 1  # before torch 1.12 it was a number
    for option in ("maximize", "foreach", "capturable", "decoupled_weight_decay"):
        del saved["param_groups"][0][option]
    loader = lib.optim.AdamW([p])
    loader.load_state_dict(saved)
    assert loader.state[p]["step"].item() == 1.0
    group = loader.param_groups[0]
    assert group["maximize"] is False and group["decoupled_weight_decay"] is True
    loader.step()
    assert loader.state[p]["step"].item() == 2.0


def test_other_state_is_kept(lib):
    p = leaf(lib, 1.0)
    optimizer = lib.optim.SGD([p])
    optimizer.state["epoch"] = 3
    optimizer.state[p]["history"] = [lib.ones(1), (1, "two")]
    other = lib.optim.SGD([p])
    other.load_state_dict(optimizer.state_dict())
    assert other.state["epoch"] == 3 and other.state[p]["history"][1][0] == 1
    assert other.state[p]["history"][0].item() == 1.0


def test_an_optimizer_of_ones_own_gets_its_count_back_as_it_was(lib):
    class Counting(lib.optim.Optimizer):
        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                self.state[p]["step"] = self.state[p].get("step", 0) + 1

    p = leaf(lib, 1.0)
    optimizer = Counting([p], {})
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert type(optimizer.state[p]["step"]) is int


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies(lib, clone):
    p = leaf(lib, 1.0, grad=[1.0])
    optimizer = lib.optim.Adam([p])
    optimizer.step()
    twin = clone(optimizer)
    q = twin.param_groups[0]["params"][0]
    assert q is not p and q.item() == p.item() and list(twin.state) == [q]
    for params, opt in ((p, optimizer), (q, twin)):
        params.grad = lib.ones(1)
        opt.step()
    assert q.item() == p.item() and twin.state[q]["step"].item() == 2


# ---- torch's numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_recorded_trajectories(lib, variant, dtype):
    name, options = VARIANTS[variant]
    start, gradients = GOLDEN[f"{dtype} start"], GOLDEN[f"{dtype} gradients"]
    path = trajectory(lib, name, options, start, gradients)
    assert path.dtype == dtype
    close(path, GOLDEN[f"{dtype} {variant}"], dtype)
