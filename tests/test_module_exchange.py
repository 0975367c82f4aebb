"""State dicts between torch and minitorch, both ways, for each module in scope.

The modules and inputs are those of test_module_db.py. One library's module is given numbers of its
own; its state dict, as arrays, loads strictly into the other's, and the outputs are the same. Then
whole models: nested, tied, with containers of parameters, parametrized.
"""

import warnings

import numpy as np
import pytest
from test_module_db import (
    ENTRIES,
    OWN,
    TOLERANCE,
    agree,
    call,
    flat,
    make,
    name_of,
    ours,
    own_samples,
    samples,
    to_ours,
    to_theirs,
)

import minitorch

try:
    import torch
except ImportError:  # the tests are skipped then
    torch = None

pytestmark = pytest.mark.torch

DTYPE = "float64"  # the numbers that `fill` gives are larger than what layers are made for


def fill(lib, module):
    """Give all parameters and buffers numbers that no initialisation gives; variances stay > 0."""
    random = np.random.default_rng(5)
    for tensor in module.state_dict().values():
        numbers = random.uniform(0.5, 1.5, tuple(tensor.shape))
        tensor.copy_(lib.from_numpy(np.asarray(10 * numbers if numbers.ndim == 0 else numbers)))
    return module


def exchange(mine, yours):
    """Yields after each way of loading; the modules must then agree."""
    fill(torch, yours)
    assert mine.load_state_dict(to_ours(yours.state_dict())) == ([], [])
    yield "from torch"
    random = np.random.default_rng(6)
    for tensor in mine.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor * minitorch.tensor(random.uniform(0.8, 1.2)))
    assert yours.load_state_dict(to_theirs(mine.state_dict())) == ([], [])
    yield "to torch"


def same_state(mine, yours):
    """The same names, in the same order, with the same numbers to the last bit."""
    got, wanted = mine.state_dict(), yours.state_dict()
    assert list(got) == list(wanted)
    for name, tensor in wanted.items():
        assert got[name].numpy().dtype == tensor.numpy().dtype, name
        np.testing.assert_array_equal(got[name].numpy(), tensor.numpy(), err_msg=name)


# ---- each module -------------------------------------------------------------------------------


def check(name, sample):
    built, arguments, inputs = {}, sample.constructor_input, sample.forward_input
    yours = make(torch, name, arguments.args, arguments.kwargs).eval().double()
    mine = make(minitorch, name, ours(arguments.args, built), ours(arguments.kwargs, built))
    mine.eval().double()
    for way in exchange(mine, yours):
        same_state(mine, yours)
        with torch.no_grad(), minitorch.no_grad():
            wanted = flat(call(torch, yours, inputs.args, inputs.kwargs))
            got = flat(call(minitorch, mine, ours(inputs.args, built), ours(inputs.kwargs, built)))
        assert len(got) == len(wanted)
        for a, b in zip(got, wanted):
            agree(a, b, TOLERANCE[DTYPE], f"{name}, {way}")


@pytest.mark.parametrize("entry", ENTRIES or [None], ids=name_of)
def test_state_dicts_of_the_database(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compared in test_layers.py
        for sample in samples(entry, DTYPE, training=False):
            check(name_of(entry), sample)


@pytest.mark.parametrize("name", OWN)
def test_state_dicts_of_samples_of_our_own(name):
    for sample in own_samples(name, DTYPE):
        check(name, sample)


# ---- whole models ------------------------------------------------------------------------------


def nested(lib):
    nn = lib.nn
    return nn.Sequential(
        nn.ModuleDict({"a": nn.Linear(3, 4)})["a"],
        nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4, bias=False)),
        nn.BatchNorm1d(4),
    )


def tied(lib):
    class Tied(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.encode, self.decode = lib.nn.Linear(3, 3), lib.nn.Linear(3, 3)
            self.decode.weight = self.encode.weight

        def forward(self, x):
            return self.decode(self.encode(x))

    return Tied()


def of_containers(lib):
    class Containers(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = lib.nn.ParameterList([lib.ones(3), lib.ones(1)])
            self.table = lib.nn.ParameterDict({"w": lib.ones(3, 2)})
            self.layers = lib.nn.ModuleList(lib.nn.Linear(2, 2) for _ in range(11))
            self.named = lib.nn.ModuleDict({"relu": lib.nn.ReLU(), "last": lib.nn.Linear(2, 1)})
            self.register_buffer("shift", lib.zeros(2))
            self.register_buffer("cache", lib.zeros(7), persistent=False)
            self.steps = lib.nn.Buffer(lib.tensor(0))

        def forward(self, x):
            x = (x * self.rows[0] + self.rows[1]) @ self.table["w"] / 10
            for layer in self.layers:
                x = layer(x).tanh()
            return self.named["last"](self.named["relu"](x + self.shift))

    return Containers()


def weight_normed(lib):
    layer = lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(3, 2))
    return lib.nn.Sequential(layer, lib.nn.Tanh())


def orthogonal(lib):
    layer = lib.nn.Linear(3, 2)
    return lib.nn.utils.parametrizations.orthogonal(layer, orthogonal_map="cayley")


@pytest.mark.parametrize("model", [nested, tied, of_containers, weight_normed, orthogonal])
def test_state_dicts_of_models(model):
    mine, yours = model(minitorch).eval().double(), model(torch).eval().double()
    x = np.random.default_rng(0).standard_normal((5, 3))
    for way in exchange(mine, yours):
        same_state(mine, yours)
        agree(mine(minitorch.tensor(x)), yours(torch.tensor(x)), TOLERANCE[DTYPE], way)


def test_a_load_from_torch_keeps_what_is_tied():
    mine = tied(minitorch)
    mine.load_state_dict(to_ours(fill(torch, tied(torch)).state_dict()))
    assert mine.encode.weight is mine.decode.weight


def test_one_name_too_few_is_noticed_on_both_sides():
    mine, yours = nested(minitorch), nested(torch)
    for module, state in (mine, to_ours(yours.state_dict())), (yours, to_theirs(mine.state_dict())):
        del state["1.1.weight"]
        with pytest.raises(RuntimeError, match='Missing key.*"1.1.weight"'):
            module.load_state_dict(state)
