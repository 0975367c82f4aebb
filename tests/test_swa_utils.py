"""Averaged models, their batch norms and their schedule: torch's numbers and refusals.

Each behaviour is written once and holds for minitorch and for torch.
"""

import copy
import importlib

import numpy as np
import pytest
from exact import raises

import minitorch


def utils(lib):
    return lib.optim.swa_utils


def model_of(lib):
    """A module with parameters and buffers of several dtypes."""
    nn = lib.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(lib.tensor([[1.0, -2.0], [0.1, 3.0]]))
            self.wide = nn.Parameter(lib.tensor([1.0, 1e-9], dtype=lib.float64))
            self.narrow = nn.Parameter(lib.tensor([1.0, 3.0], dtype=lib.float16))
            self.register_buffer("mean", lib.tensor([0.3, 0.7]))
            self.register_buffer("count", lib.tensor([3, 10]))

        def forward(self, x, scale=1):
            return x @ self.weight * scale

    return Model()


def change(lib, model, step):
    """What a training would do to it."""
    with lib.no_grad():
        for p in model.parameters():
            p.mul_(0.7).add_(0.25 * (step % 3))
        model.mean.add_(0.5)
        model.count.mul_(2)


def averages(lib, options, steps=6):
    """The state dict of the average after each step, as arrays."""
    model = model_of(lib)
    averaged = utils(lib).AveragedModel(model, **options)
    path = []
    for step in range(steps):
        averaged.update_parameters(model)
        change(lib, model, step)
        path.append({key: t.numpy().copy() for key, t in averaged.state_dict().items()})
    return path


# ---- torch's numbers ---------------------------------------------------------------------------

AVERAGING = {
    "mean": lambda u: {},
    "mean, one by one": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "moving": lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)},
    "moving, lists": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.3)},
    "nothing new": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(1.0)},
    "the last": lambda u: {"avg_fn": u.get_ema_avg_fn(0)},
    "of one's own": lambda u: {"avg_fn": lambda old, new, n: (old + new) / (n + 1)},
}


@pytest.mark.torch
@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("averaging", AVERAGING)
def test_averages_of_torch(averaging, use_buffers):
    import torch

    ours, theirs = (
        averages(lib, {**AVERAGING[averaging](utils(lib)), "use_buffers": use_buffers})
        for lib in (minitorch, torch)
    )
    compare(ours, theirs)


@pytest.mark.torch
def test_means_of_lists_are_those_of_torch():
    import torch

    # With buffers torch refuses this, because of the integers.
    options = lambda lib: {"multi_avg_fn": utils(lib).get_swa_multi_avg_fn()}
    compare(averages(minitorch, options(minitorch)), averages(torch, options(torch)))


def compare(ours, theirs):
    for our, their in zip(ours, theirs, strict=True):
        assert list(our) == list(their)
        for key, array in their.items():
            assert our[key].dtype == array.dtype
            rtol = {"float64": 1e-15, "float32": 2e-7, "float16": 1e-3}.get(str(array.dtype), 0)
            np.testing.assert_allclose(our[key], array, rtol=rtol, atol=rtol)


@pytest.mark.torch
def test_the_names_are_those_of_torch():
    ours, theirs = (
        importlib.import_module(f"{lib}.optim.swa_utils") for lib in ("minitorch", "torch")
    )
    assert sorted(ours.__all__) == sorted(theirs.__all__)


# ---- formulas ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lists", [False, True])
def test_the_mean_of_all_values(lib, lists):
    options = {"multi_avg_fn": utils(lib).get_swa_multi_avg_fn()} if lists else {}
    model, seen = model_of(lib), []
    averaged = utils(lib).AveragedModel(model, **options)
    for step in range(6):
        averaged.update_parameters(model)
        seen.append(model.weight.detach().numpy().copy())
        change(lib, model, step)
    actual = averaged.module.weight.detach().numpy()
    np.testing.assert_allclose(actual, np.mean(seen, 0), rtol=1e-6)
    assert averaged.n_averaged.item() == 6 and averaged.n_averaged.dtype == lib.int64


@pytest.mark.parametrize("kind", ["avg_fn", "multi_avg_fn"])
def test_the_exponential_moving_average(lib, kind):
    decay = 0.8
    make = {"avg_fn": utils(lib).get_ema_avg_fn, "multi_avg_fn": utils(lib).get_ema_multi_avg_fn}
    averaged = averages(lib, {kind: make[kind](decay)})
    values = averages(lib, {"avg_fn": lambda old, new, n: new})
    expected = values[0]["module.wide"]
    for average, value in zip(averaged[1:], values[1:]):
        expected = decay * expected + (1 - decay) * value["module.wide"]
        np.testing.assert_allclose(average["module.wide"], expected, rtol=1e-13)


def test_buffers_are_copied_unless_they_are_asked_for(lib):
    copied = averages(lib, {})
    averaged = averages(lib, {"use_buffers": True})
    now = [3 * 2**5, 10 * 2**5]
    assert copied[-1]["module.count"].tolist() == now
    assert averaged[-1]["module.count"].tolist() != now
    np.testing.assert_allclose(copied[-1]["module.mean"], [2.8, 3.2], rtol=1e-6)
    np.testing.assert_allclose(averaged[-1]["module.mean"], [1.55, 1.95], rtol=1e-6)


def test_integers_among_lists_have_the_mean_of_the_default():
    # torch refuses to average integers by get_swa_multi_avg_fn.
    lists = {"multi_avg_fn": utils(minitorch).get_swa_multi_avg_fn(), "use_buffers": True}
    one_by_one = averages(minitorch, {"use_buffers": True})
    for ours, expected in zip(averages(minitorch, lists), one_by_one):
        assert ours["module.count"].tolist() == expected["module.count"].tolist()


# ---- the averaged model ------------------------------------------------------------------------


def test_it_is_a_copy_that_computes_and_is_saved(lib):
    model = model_of(lib)
    averaged = utils(lib).AveragedModel(model)
    x = lib.ones(1, 2)
    assert averaged(x, scale=2).tolist() == (model(x) * 2).tolist()
    change(lib, model, 1)
    assert averaged(x).tolist() != model(x).tolist()
    assert repr(averaged) == "AveragedModel(\n  (module): Model()\n)"
    assert list(averaged.state_dict()) == [
        "n_averaged", "module.weight", "module.wide", "module.narrow", "module.mean",
        "module.count",
    ]  # fmt: skip
    assert all(p.requires_grad for p in averaged.parameters())


def test_an_average_goes_on_from_its_state_dict(lib):
    whole, model = averages(lib, {}), model_of(lib)
    averaged = utils(lib).AveragedModel(model)
    for step in range(6):
        if step == 3:
            saved, averaged = averaged.state_dict(), utils(lib).AveragedModel(model)
            averaged.load_state_dict(copy.deepcopy(saved))
        averaged.update_parameters(model)
        change(lib, model, step)
    for key, tensor in averaged.state_dict().items():
        assert np.array_equal(tensor.numpy(), whole[-1][key])


def test_what_an_averaging_function_gets(lib):
    calls = []
    model = model_of(lib)
    note = lambda old, new, n: calls.append((len(old), len(new), old[0].requires_grad, n.item()))
    averaged = utils(lib).AveragedModel(model, multi_avg_fn=note)
    for _ in range(3):
        averaged.update_parameters(model)
    # One list for each dtype; the first values are copied and no function is asked.
    assert calls == [(1, 1, False, 1)] * 3 + [(1, 1, False, 2)] * 3


def test_refusals_of_averages(lib):
    u = utils(lib)
    with raises(AssertionError, "Only one of avg_fn and multi_avg_fn should be provided"):
        u.AveragedModel(model_of(lib), avg_fn=max, multi_avg_fn=max)
    for make in (u.get_ema_avg_fn, u.get_ema_multi_avg_fn):
        for decay in (-0.1, 1.5):
            text = f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
            with raises(ValueError, text):
                make(decay)
    averaged = u.AveragedModel(lib.nn.BatchNorm1d(2))
    with pytest.raises(ValueError, match="zip"):
        averaged.update_parameters(lib.nn.BatchNorm1d(2, track_running_stats=False))


# ---- batch norms -------------------------------------------------------------------------------


def test_update_bn(lib):
    nn = lib.nn
    lib.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0), nn.LayerNorm(4))
    model[1].running_mean.fill_(9)
    model.eval()
    batches = [lib.randn(8, 3), (lib.randn(8, 3), "label"), [lib.randn(8, 3)]]
    utils(lib).update_bn(iter(batches), model)
    hidden = [model[0](b if hasattr(b, "shape") else b[0]).detach().numpy() for b in batches]
    bn = model[1]
    np.testing.assert_allclose(bn.running_mean.numpy(), np.mean(hidden, (0, 1)), atol=1e-6)
    variances = [h.var(0, ddof=1) for h in hidden]
    np.testing.assert_allclose(bn.running_var.numpy(), np.mean(variances, 0), atol=1e-6)
    assert bn.momentum == 0.1 and bn.num_batches_tracked.item() == 3
    assert not model.training and not bn.training and model[0].weight.grad is None


def test_update_bn_without_batch_norms_asks_for_no_data(lib):
    utils(lib).update_bn(iter(lambda: 1 / 0, None), lib.nn.Linear(1, 1))


# ---- the schedule ------------------------------------------------------------------------------

SCHEDULES = {
    "default": {"swa_lr": 0.05},
    "linear": {"swa_lr": 0.05, "anneal_strategy": "linear", "anneal_epochs": 150},
    "one each": {"swa_lr": [0.05, 1.0], "anneal_epochs": 33},
    "at once": {"swa_lr": 0.05, "anneal_epochs": 0},
    "at once, linear": {"swa_lr": 0.05, "anneal_epochs": 0, "anneal_strategy": "linear"},
}


def optimizer_of(lib):
    groups = [{"params": [lib.ones(1, requires_grad=True)], "lr": lr} for lr in (0.5, 0.02)]
    return lib.optim.SGD(groups, momentum=0.9)


def schedule(lib, options, epochs=200, save_at=None):
    """The rates of every epoch."""
    optimizer = optimizer_of(lib)
    scheduler = utils(lib).SWALR(optimizer, **options)
    path = [scheduler.get_last_lr()]
    for epoch in range(epochs):
        if epoch == save_at:
            states = copy.deepcopy([optimizer.state_dict(), scheduler.state_dict()])
            optimizer = optimizer_of(lib)
            scheduler = utils(lib).SWALR(optimizer, **options)
            optimizer.load_state_dict(states[0])
            scheduler.load_state_dict(states[1])
        optimizer.step()
        scheduler.step()
        path.append(scheduler.get_last_lr())
    return path


@pytest.mark.parametrize("options", SCHEDULES.values(), ids=SCHEDULES)
def test_the_rate_goes_to_swa_lr(lib, options):
    path = np.array(schedule(lib, options))
    epochs = options.get("anneal_epochs", 10)
    t = np.minimum(1, np.arange(201) / epochs) if epochs else np.ones(201)
    part = t if options.get("anneal_strategy") == "linear" else (1 - np.cos(np.pi * t)) / 2
    expected = np.outer(1 - part, [0.5, 0.02]) + np.outer(part, np.ones(2) * options["swa_lr"])
    np.testing.assert_allclose(path, expected, rtol=1e-9)


@pytest.mark.torch
@pytest.mark.parametrize("options", SCHEDULES.values(), ids=SCHEDULES)
def test_rates_of_torch(options):
    import torch

    assert schedule(minitorch, options) == schedule(torch, options)
    ours, theirs = (
        utils(lib).SWALR(optimizer_of(lib), **options).state_dict() for lib in (minitorch, torch)
    )
    assert ours == theirs


@pytest.mark.parametrize("options", SCHEDULES.values(), ids=SCHEDULES)
def test_saved_in_the_middle(lib, options):
    assert schedule(lib, options, 40) == schedule(lib, options, 40, save_at=7)


def test_get_lr_is_not_for_looking(lib):
    scheduler = utils(lib).SWALR(optimizer_of(lib), 0.05)
    with pytest.warns(UserWarning) as caught:
        scheduler.get_lr()
    assert [str(warning.message) for warning in caught] == [
        "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."
    ]


REFUSED = {
    "length": (
        {"swa_lr": [0.1]}, ValueError,
        "swa_lr must have the same length as optimizer.param_groups. swa_lr has 1 values, "
        "param_groups has 2.",
    ),
    "strategy": (
        {"swa_lr": 0.1, "anneal_strategy": "square"}, ValueError,
        "anneal_strategy must be one of 'cos' or 'linear', instead got square",
    ),
    "epochs": ({"swa_lr": 0.1, "anneal_epochs": -1}, ValueError,
               "anneal_epochs must be equal or greater than 0, got -1"),
    "half an epoch": ({"swa_lr": 0.1, "anneal_epochs": 1.5}, ValueError,
                      "anneal_epochs must be equal or greater than 0, got 1.5"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_of_schedules(lib, case):
    options, kind, text = REFUSED[case]
    with raises(kind, text):
        utils(lib).SWALR(optimizer_of(lib), **options)
