"""Optimizers: their formulas, groups, state, hooks, saving, and torch's numbers.

Each behaviour is written once and holds for minitorch and for torch, error texts included. The
numbers are compared with a recording of torch (tests/golden) and, where it is there, with torch.
"""

import copy
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

GOLDEN = np.load(Path(__file__).parent / "golden" / "optim.npz")
CLOSE = {
    "float64": {"rtol": 1e-13, "atol": 1e-14},
    "float32": {"rtol": 2e-6, "atol": 2e-6},
    "float16": {"rtol": 2e-3, "atol": 2e-3},
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


def test_refused_tensors_as_options(lib):
    p, lr = leaf(lib, 1.0, grad=[1.0]), lib.tensor(0.1)
    text = "{} as a Tensor is not supported for capturable=False and foreach=True"
    with raises(ValueError, text.format("lr")):
        lib.optim.Adam([p], lr=lr, foreach=True)
    with raises(ValueError, text.format("betas[0]")):
        lib.optim.Adam([p], betas=(lr, lr), foreach=True)
    with raises(ValueError, "Tensor betas[1] must be 1-element"):
        lib.optim.Adam([p], betas=(lr, lib.tensor([0.1, 0.2]))[::1] and (lr, lib.zeros(1, 0)))
    optimizer = lib.optim.Adam([p], foreach=True)
    optimizer.param_groups[0]["lr"] = lr
    with raises(RuntimeError, text.format("lr")):
        optimizer.step()
