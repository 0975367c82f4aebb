"""minitorch's optimizers against torch itself, with torch's own sample database, `optim_db`.

Twelve steps, the state saved to a file after the sixth and loaded in the same library or the other
one. Compared are parameters, state (names, order, dtypes, values) and groups with all their
options. Wrong inputs raise the same error with the same text.
"""

import inspect
import io
import warnings

import numpy as np
import pytest
from golden.record_optim import VARIANTS

import minitorch

try:
    import torch
    from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db
except ImportError:  # the tests are skipped then
    optim_db = []

pytestmark = pytest.mark.torch

SCOPE = sorted(set(minitorch.optim.__all__) - {"Optimizer"})
ENTRIES = {
    entry.optim_cls.__name__: entry for entry in optim_db if entry.optim_cls.__name__ in SCOPE
}
CLOSE = {
    "float64": {"rtol": 1e-13, "atol": 1e-14},
    "float32": {"rtol": 2e-6, "atol": 2e-6},
    "float16": {"rtol": 2e-3, "atol": 2e-3},  # of the largest element, see `close`
}
SHAPES = ((3, 4), (5,), ())


def translated(value, lib):
    """Options, parameters or a state dict with the tensors made anew in another library."""
    if isinstance(value, dict):
        return {key: translated(inner, lib) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(translated(inner, lib) for inner in value)
    if isinstance(value, (minitorch.Tensor, torch.Tensor)):
        copy = value.detach().numpy().copy()
        return lib.tensor(copy, requires_grad=value.requires_grad)
    return value


def close(actual, expected, dtype):
    actual, expected = actual.detach().numpy(), expected.detach().numpy()
    limits = dict(CLOSE[dtype])
    if dtype == "float16":  # a momentum is what is left of larger numbers, rounded as they were
        limits["atol"] *= max(1, abs(expected).max())
    np.testing.assert_allclose(actual, expected, **limits)


# ---- numbers -----------------------------------------------------------------------------------


class Training:
    """Parameters and their optimizer; they can move to another library."""

    def __init__(self, lib, name, options, start):
        self.lib, self.made_by = lib, (name, options)
        self.params = [lib.tensor(array, requires_grad=True) for array in start]
        self.optimizer = getattr(lib.optim, name)(self.params, **translated(options, lib))

    def step(self, gradients):
        for p, gradient in zip(self.params, gradients):
            p.grad = self.lib.tensor(gradient)
        self.optimizer.step()

    def moved(self, lib):
        """The same in `lib`: a new optimizer that has loaded the file that this one saved."""
        new = Training(lib, *self.made_by, [p.detach().numpy().copy() for p in self.params])
        with io.BytesIO() as file:
            self.lib.save(self.optimizer.state_dict(), file)
            file.seek(0)
            new.optimizer.load_state_dict(lib.load(file))
        return new


def compare_training(first, second, name, options, dtype):
    """Six steps in the first library and six in the second are twelve in torch."""
    rng = np.random.default_rng(1)
    arrays = [[rng.standard_normal(s).astype(dtype) for s in SHAPES] for _ in range(13)]
    ours, theirs = (Training(lib, name, options, arrays[0]) for lib in (first, torch))
    for i, gradients in enumerate(arrays[1:]):
        if i == 6:
            ours, theirs = ours.moved(second), theirs.moved(torch)
        ours.step(gradients)
        theirs.step(gradients)
    for p, q in zip(ours.params, theirs.params):
        close(p, q, dtype)
    compare_states(ours.optimizer.state_dict(), theirs.optimizer.state_dict(), dtype)


def compare_states(ours, theirs, dtype):
    for group, other in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert list(group) == list(other)
        assert translated(group, torch) == other
    assert list(ours["state"]) == list(theirs["state"])
    for number, state in theirs["state"].items():
        mine = ours["state"][number]
        assert list(mine) == list(state)
        for key, value in state.items():
            assert str(mine[key].dtype) == str(value.dtype)
            assert mine[key].shape == value.shape
            close(mine[key], value, dtype)


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("torch_first", [False, True])
def test_training_moves_between_minitorch_and_torch(variant, dtype, torch_first):
    libraries = ("torch", "minitorch") if torch_first else ("minitorch", "torch")
    modules = {"torch": torch, "minitorch": minitorch}
    compare_training(*(modules[lib] for lib in libraries), *VARIANTS[variant], dtype)


@pytest.mark.parametrize("name", SCOPE)
def test_the_options_that_torch_tests_itself_with(name):
    inputs = ENTRIES[name].optim_inputs_func(device="cpu")
    assert len(inputs) > 3
    for case in inputs:
        compare_training(minitorch, minitorch, name, case.kwargs, "float64")


@pytest.mark.parametrize("name", SCOPE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_tensor_as_learning_rate(name, dtype):
    for lr in (torch.tensor(0.1), torch.tensor([0.1])):
        options = {"lr": lr, "weight_decay": 0.1}
        if name == "SGD" and lr.ndim:
            options["momentum"] = 0.9
        compare_training(minitorch, minitorch, name, options, dtype)


@pytest.mark.parametrize("name", SCOPE)
def test_implementations_give_the_same_numbers(name):
    for option in ("foreach", "fused"):
        if option in inspect.signature(getattr(torch.optim, name)).parameters:
            for value in (False, True):
                compare_training(minitorch, minitorch, name, {option: value}, "float64")


# ---- words -------------------------------------------------------------------------------------


def outcome(lib, name, params, options, step=False):
    """The error or warning of making an optimizer (and stepping), or else its repr."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            optimizer = getattr(lib.optim, name)(params, **options)
            if step:
                optimizer.step()
        except Exception as error:
            return type(error), str(error)
        return repr(optimizer)


def same_outcome(name, params, options, step=False):
    """What both libraries say of the same input."""
    theirs = outcome(torch, name, params, options, step)
    made = {}  # a parameter that is given twice stays one
    args = shared(params, made), translated(options, minitorch)
    assert outcome(minitorch, name, *args, step) == theirs
    return theirs


def shared(params, made):
    """`params` for minitorch, each tensor once."""
    if isinstance(params, torch.Tensor):
        if params not in made:
            made[params] = translated(params, minitorch)
            if params.grad is not None:
                made[params].grad = translated(params.grad, minitorch)
        return made[params]
    if isinstance(params, dict):
        return {key: shared(value, made) for key, value in params.items()}
    if isinstance(params, (list, tuple)):
        return type(params)(shared(value, made) for value in params)
    return params


@pytest.mark.parametrize("name", SCOPE)
def test_errors_that_torch_tests_itself_with(name):
    cases = ENTRIES[name].optim_error_inputs_func(device="cpu", dtype=torch.float32)
    assert len(cases) > 6
    for case in cases:
        given = case.optimizer_error_input
        params = given.params
        if params is None:
            params = [torch.randn(1, 1, requires_grad=True)]
        step = case.error_on is OptimizerErrorEnum.STEP_ERROR
        kind, _ = same_outcome(name, params, given.kwargs, step)
        assert issubclass(kind, case.error_type)


BAD_OPTIONS = {
    "lr": (-0.1, float("nan"), "fast", None),
    "eps": (-1, float("nan")),
    "weight_decay": (-1, float("nan")),
    "betas": ((1.0, 0.5), (-0.1, 0.5), (0.5, 1.5), (0.5,), 0.5),
    "momentum": (-1.0, float("nan")),
    "momentum_decay": (-0.1,),
    "alpha": (-0.1,),
    "rho": (-0.1, 1.5),
    "lr_decay": (-0.1,),
    "initial_accumulator_value": (-0.1,),
    "nonsense": (1,),
}


@pytest.mark.parametrize("name", SCOPE)
def test_options_outside_their_range(name):
    p = torch.zeros(2, requires_grad=True)
    known = inspect.signature(getattr(torch.optim, name)).parameters
    assert list(inspect.signature(getattr(minitorch.optim, name)).parameters) == list(known)
    wrong = {key: values[0] for key, values in BAD_OPTIONS.items() if key in known}
    for key in wrong:
        for value in BAD_OPTIONS[key]:
            same_outcome(name, [p], {key: value})
    while wrong:  # of several, both complain of the same one first
        _, text = same_outcome(name, [p], wrong)
        words = {"learning rate": "lr", "beta": "betas", "epsilon": "eps"}
        found = text.removeprefix("Invalid ").split(":")[0]
        first = next((key for said, key in words.items() if found.startswith(said)), None)
        del wrong[first or found.removesuffix(" value")]
    same_outcome(name, [p], {"lr": torch.tensor(-0.5)})
    same_outcome(name, [p], {"lr": torch.tensor([0.5, 0.5])})
    same_outcome(name, [p], {"nonsense": 1})


@pytest.mark.parametrize("name", SCOPE)
def test_implementations_that_need_a_gpu(name):
    p = torch.zeros(2, requires_grad=True)
    p.grad = torch.ones(2)
    for foreach in (None, False, True):
        same_outcome(name, [p], {"capturable": True, "foreach": foreach}, step=True)
    for options in ({"fused": True, "foreach": True}, {"fused": True, "differentiable": True}):
        same_outcome(name, [p], options)


@pytest.mark.parametrize("name", SCOPE)
def test_groups_of_old_checkpoints(name):
    """What torch completes in a state from before an option was there, this completes."""
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2)
    saver = getattr(torch.optim, name)([p])
    saver.step()
    saved = saver.state_dict()
    group = saved["param_groups"][0]
    for option in (
        "foreach", "maximize", "capturable", "differentiable", "fused", "amsgrad", "nesterov",
        "centered", "decoupled_weight_decay",
    ):  # fmt: skip
        group.pop(option, None)
    for state in saved["state"].values():
        for counter in ("step", "mu_product"):
            if counter in state:
                state[counter] = state[counter].item()
    completed = []
    for lib in (minitorch, torch):
        q = translated(p, lib)
        q.grad = lib.ones(2)
        loader = getattr(lib.optim, name)([q])
        loader.load_state_dict(translated(saved, lib))
        loader.step()
        completed.append(loader.state_dict())
    compare_states(*completed, "float32")
