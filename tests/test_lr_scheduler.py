"""Schedulers: torch's rates, both forms, saving in the middle, warnings and refusals.

Each behaviour is written once and holds for minitorch and for torch. The rates are compared with a
recording of torch (tests/golden) and, where it is there, with torch, then to the last bit.
"""

import copy
import gc
import importlib
import pickle
import warnings
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from exact import raises
from golden.record_lr_scheduler import (
    CONFIGS,
    EPOCHS,
    LRS,
    STORED,
    advance,
    optimizer_of,
    trajectory,
    values,
)

import minitorch

GOLDEN = np.load(Path(__file__).parent / "golden" / "lr_scheduler.npz")
# Of calls that warn, in tests of the numbers; what is said is tested below.
quiet = pytest.mark.filterwarnings("ignore::UserWarning")


COMBINED = ("SequentialLR", "ChainedScheduler")


def but(*names):
    """The configurations of all other schedulers."""
    return [config for config in CONFIGS if config.split()[0] not in names]


def schedulers(lib):
    return lib.optim.lr_scheduler


def rates(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


# ---- torch's numbers ---------------------------------------------------------------------------


def test_every_scheduler_has_configurations():
    public = set(minitorch.optim.lr_scheduler.__all__) - {"LRScheduler"}
    assert {name.split()[0] for name in CONFIGS} == public


@pytest.mark.torch
def test_the_names_are_those_of_torch():
    ours, theirs = (
        importlib.import_module(f"{lib}.optim.lr_scheduler") for lib in ("minitorch", "torch")
    )
    assert ours.__all__ == theirs.__all__
    assert ours.EPOCH_DEPRECATION_WARNING == theirs.EPOCH_DEPRECATION_WARNING


@pytest.mark.parametrize("config", CONFIGS)
def test_recorded_rates(lib, config):
    path = trajectory(lib, config, optimizer_of(lib))
    np.testing.assert_allclose(path[STORED], GOLDEN[config], rtol=1e-9, atol=1e-15)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", [None, "float32", "float64"])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize("config", CONFIGS)
def test_rates_of_torch(config, name, dtype):
    import torch

    def path(lib):
        lrs = LRS if dtype is None else [lib.tensor(lr, dtype=getattr(lib, dtype)) for lr in LRS]
        return trajectory(lib, config, optimizer_of(lib, name, lrs))

    ours, theirs = path(minitorch), path(torch)
    assert len(ours) == EPOCHS + 1 and np.array_equal(ours, theirs)


def test_a_rate_that_is_a_tensor_stays_the_same_tensor(lib):
    lr = lib.tensor(0.5)
    optimizer = optimizer_of(lib, lrs=[lr])
    scheduler = schedulers(lib).ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr and lr.item() == 0.25
    (last,), (base,) = scheduler.get_last_lr(), scheduler.base_lrs
    assert last is not lr and last.item() == 0.25 and base.item() == 0.5


# ---- closed form -------------------------------------------------------------------------------

JUMPS = [0, 1, 5, 3, 3, 50, 49, 120, 199, 7, 200]


@quiet
@pytest.mark.parametrize(
    "config",
    ["StepLR", "MultiStepLR unsorted", "ConstantLR long", "LinearLR down", "ExponentialLR",
     "PolynomialLR slow", "CosineAnnealingLR waves", "CosineAnnealingWarmRestarts slower"],
)  # fmt: skip
def test_both_forms_agree(lib, config):
    chained = trajectory(lib, config, optimizer_of(lib))
    optimizer = optimizer_of(lib)
    scheduler = CONFIGS[config](schedulers(lib), optimizer)
    for epoch in JUMPS:
        scheduler.step(epoch)
        assert scheduler.last_epoch == epoch
        np.testing.assert_allclose(values(optimizer), chained[epoch], rtol=1e-9, atol=1e-12)


@quiet
@pytest.mark.torch
@pytest.mark.parametrize("config", but(*COMBINED))
def test_jumps_of_torch(config):
    import torch

    def path(lib):
        optimizer = optimizer_of(lib)
        scheduler = CONFIGS[config](schedulers(lib), optimizer)
        for epoch in JUMPS:
            metric = [epoch] * hasattr(scheduler, "patience")
            scheduler.step(*metric, epoch)
            yield values(optimizer), scheduler.last_epoch
        yield advance(optimizer, scheduler, range(0))

    assert list(path(minitorch)) == list(path(torch))


@quiet
def test_warm_restarts_take_fractions(lib):
    optimizer = optimizer_of(lib, lrs=[1.0])
    scheduler = schedulers(lib).CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=3)
    for epoch, period, place in [(1.5, 2, 1.5), (2.5, 6, 0.5), (8.25, 18, 0.25)]:
        scheduler.step(epoch)
        assert (scheduler.T_i, scheduler.T_cur) == (period, place)
        assert rates(optimizer) == [pytest.approx((1 + np.cos(np.pi * place / period)) / 2)]


# ---- plain formulas ----------------------------------------------------------------------------


def test_schedulers_multiply_what_others_left(lib):
    optimizer, s = optimizer_of(lib, lrs=[1.0]), schedulers(lib)
    first, second = s.ExponentialLR(optimizer, 0.5), s.StepLR(optimizer, 2, 0.1)
    for _ in range(4):
        optimizer.step()
        first.step()
        second.step()
    assert rates(optimizer) == [pytest.approx(0.5**4 * 0.1**2)]
    assert first.base_lrs == second.base_lrs == [1.0]


def test_a_plateau_waits_reduces_and_cools_down(lib):
    optimizer = optimizer_of(lib, lrs=[1.0])
    scheduler = schedulers(lib).ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=2)
    seen = []
    for metric in [lib.tensor(5.0), 4, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 1.0]:
        scheduler.step(metric)
        seen.append((rates(optimizer)[0], scheduler.in_cooldown))
    waits, cools = [(1.0, False)] * 3, [(0.5, True)] * 2
    assert seen == waits + cools + [(0.5, False)] * 2 + [(0.25, True)] * 2
    assert scheduler.best == 1.0 and scheduler.get_last_lr() == [0.25]


def test_a_plateau_and_a_group_that_came_later(lib):
    def run(min_lr):
        optimizer = optimizer_of(lib)
        scheduler = schedulers(lib).ReduceLROnPlateau(optimizer, min_lr=min_lr, patience=0)
        optimizer.add_param_group({"params": [lib.ones(1)], "lr": 2.0})
        scheduler.step(1.0)
        scheduler.step(1.0)
        return rates(optimizer)

    assert run(0.1) == [0.1, 0.02, pytest.approx(0.2)]
    text = (
        "The number of param groups in the `optimizer` (3) differs from when `ReduceLROnPlateau` "
        "was initialized (2), usually due to a new param group being added to the optimizer. "
        "Please modify the `min_lrs` field to match the length of the `optimizer` param groups."
    )
    with raises(RuntimeError, text):
        run([0.1, 0.2])


def test_a_scheduler_of_ones_own(lib):
    class Halving(schedulers(lib).LRScheduler):
        def get_lr(self):
            return [lr / 2**self.last_epoch for lr in self.base_lrs]

    optimizer = optimizer_of(lib)
    scheduler = Halving(optimizer)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == rates(optimizer) == [0.25, 0.01]
    with pytest.raises(NotImplementedError):
        schedulers(lib).LRScheduler(optimizer)


@pytest.mark.parametrize(("config", "kind", "text"), [
    ("MultiplicativeLR", ValueError, "zip() argument 2 is longer than argument 1"),
    ("OneCycleLR", KeyError, "initial_lr"),
])  # fmt: skip
def test_a_group_that_a_scheduler_does_not_know(lib, config, kind, text):
    optimizer = optimizer_of(lib)
    scheduler = CONFIGS[config](schedulers(lib), optimizer)
    optimizer.add_param_group({"params": lib.ones(1, requires_grad=True)})
    optimizer.step()
    with raises(kind, text):
        scheduler.step()


def test_the_old_name_of_the_base(lib):
    class Constant(schedulers(lib)._LRScheduler):
        def get_lr(self):
            return self.base_lrs

    scheduler = Constant(optimizer_of(lib))
    assert isinstance(scheduler, schedulers(lib).LRScheduler)


# ---- saving and loading ------------------------------------------------------------------------


def half_way(lib, config):
    """An optimizer and its scheduler after half of the epochs."""
    optimizer = optimizer_of(lib)
    scheduler = CONFIGS[config](schedulers(lib), optimizer)
    advance(optimizer, scheduler, range(EPOCHS // 2))
    return optimizer, scheduler


def resumed(lib, config, states):
    """A new pair, loaded from two state dicts."""
    optimizer = optimizer_of(lib)
    scheduler = CONFIGS[config](schedulers(lib), optimizer)
    for part, state in zip((optimizer, scheduler), states):
        part.load_state_dict(state)
    return optimizer, scheduler


def states_of(pair):
    return [copy.deepcopy(part.state_dict()) for part in pair]


@pytest.mark.parametrize("config", CONFIGS)
def test_saved_in_the_middle(lib, config):
    states = states_of(half_way(lib, config))
    second_half = range(EPOCHS // 2, EPOCHS)
    path = advance(*resumed(lib, config, states), second_half)
    expected = trajectory(lib, config, optimizer_of(lib))[EPOCHS // 2 + 1 :]
    assert np.array_equal(path, expected)


@pytest.mark.torch
@pytest.mark.parametrize("config", CONFIGS)
def test_saved_by_one_and_loaded_by_the_other(config):
    import torch

    second_half = range(EPOCHS // 2, EPOCHS)
    ours, theirs = (states_of(half_way(lib, config)) for lib in (minitorch, torch))
    assert list(ours[1].items()) == list(theirs[1].items())  # fields, values and order
    expected = trajectory(torch, config, optimizer_of(torch))[EPOCHS // 2 + 1 :]
    assert np.array_equal(advance(*resumed(minitorch, config, theirs), second_half), expected)
    assert np.array_equal(advance(*resumed(torch, config, ours), second_half), expected)


@pytest.mark.torch
@pytest.mark.parametrize("config", CONFIGS)
def test_state_dicts_go_through_files(config, tmp_path):
    import torch

    for writer, reader in ((minitorch, torch), (torch, minitorch)):
        states = states_of(half_way(writer, config))
        writer.save(states, tmp_path / "states.pt")
        loaded = reader.load(tmp_path / "states.pt")  # neither runs code that a file asks for
        assert loaded == states and [type(state) for state in loaded] == [dict, dict]


def test_loading_leaves_the_state_dict_as_it_was(lib):
    for config in ("LambdaLR list", "SequentialLR", "ChainedScheduler"):
        states = states_of(half_way(lib, config))
        before = copy.deepcopy(states)
        resumed(lib, config, states)
        assert states == before


def test_a_state_dict_of_more_parts_is_refused(lib):
    _, scheduler = half_way(lib, "SequentialLR")
    saved = scheduler.state_dict()
    with raises(IndexError, "list index out of range"):
        scheduler.load_state_dict({**saved, "_schedulers": 2 * saved["_schedulers"]})


def test_a_cycle_can_be_loaded_twice():
    # torch takes `_scale_fn_custom` out of the caller's state dict.
    states = states_of(half_way(minitorch, "CyclicLR object"))
    for _ in range(2):
        _, scheduler = resumed(minitorch, "CyclicLR object", states)
        assert scheduler.last_epoch == EPOCHS // 2


def test_functions_are_not_saved_but_objects_are(lib):
    _, scheduler = half_way(lib, "LambdaLR list")
    scheduler.lr_lambdas[1].scale = 7
    saved = scheduler.state_dict()
    assert saved["lr_lambdas"] == [None, {"scale": 7}] and "optimizer" not in saved
    pickle.dumps(saved)
    _, other = half_way(lib, "LambdaLR list")
    other.load_state_dict(saved)
    assert other.lr_lambdas[1].scale == 7 and other.last_epoch == EPOCHS // 2
    assert (
        schedulers(lib)
        .CyclicLR(optimizer_of(lib), 0.1, 1, scale_fn=partial(pow, 2))
        .state_dict()["_scale_fn_custom"]
        == {}
    )


class From:
    """The module lr_scheduler, each of its classes called with `last_epoch`."""

    def __init__(self, module, last_epoch):
        self.module, self.last_epoch = module, last_epoch

    def __getattr__(self, name):
        return partial(getattr(self.module, name), last_epoch=self.last_epoch)


@pytest.mark.torch
@pytest.mark.parametrize("config", but(*COMBINED, "ReduceLROnPlateau"))
@pytest.mark.parametrize("last_epoch", [0, 17, 99])
def test_resumed_by_last_epoch_as_torch_does_it(config, last_epoch):
    import torch

    def path(lib):
        optimizer = optimizer_of(lib)
        scheduler = CONFIGS[config](schedulers(lib), optimizer)
        advance(optimizer, scheduler, range(last_epoch))
        state = optimizer.state_dict()
        optimizer = optimizer_of(lib)
        optimizer.load_state_dict(state)
        scheduler = CONFIGS[config](From(schedulers(lib), last_epoch), optimizer)
        return [values(optimizer), *advance(optimizer, scheduler, range(last_epoch, 150))]

    assert path(minitorch) == path(torch)


def test_copies(lib):
    optimizer = optimizer_of(lib)
    scheduler = schedulers(lib).StepLR(optimizer, 1, 0.5)
    optimizer.step()
    scheduler.step()
    for twin in (copy.deepcopy(scheduler), pickle.loads(pickle.dumps(scheduler))):
        assert twin.optimizer is not optimizer
        twin.optimizer.step()
        twin.step()
        assert twin.get_last_lr() == rates(twin.optimizer) == [0.125, 0.005]
    assert rates(optimizer) == [0.25, 0.01]


@pytest.mark.parametrize("config", ["StepLR", "CyclicLR", "CyclicLR exp_range", "SequentialLR"])
def test_freed_without_the_garbage_collector(lib, config):
    optimizer, scheduler = half_way(lib, config)
    watched = [weakref.ref(optimizer), weakref.ref(scheduler)]
    gc.disable()
    try:
        del optimizer, scheduler
        assert [ref() for ref in watched] == [None, None]
    finally:
        gc.enable()


# ---- warnings ----------------------------------------------------------------------------------

WRONG_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, "
    "you should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  "
    "Failure to do this will result in PyTorch skipping the first value of the learning rate "
    "schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
    "initialization. Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. "
    "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
DEPRECATED = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)
GET_LAST_LR = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."


def words(call):
    """The texts of the warnings of a call; all must be UserWarnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert {warning.category for warning in caught} <= {UserWarning}
    return [str(warning.message) for warning in caught]


def test_the_order_of_the_steps(lib):
    optimizer = optimizer_of(lib)
    scheduler = schedulers(lib).StepLR(optimizer, 3)
    assert words(scheduler.step) == [WRONG_ORDER]
    assert words(scheduler.step) == []  # said once
    scheduler = schedulers(lib).StepLR(optimizer_of(lib), 3)
    scheduler.optimizer.step()
    assert words(scheduler.step) == []


def test_a_step_that_was_replaced(lib):
    optimizer = optimizer_of(lib)
    scheduler = schedulers(lib).StepLR(optimizer, 3)
    optimizer.step = lambda: None
    assert words(scheduler.step) == [OVERRIDDEN]


def test_the_step_of_the_optimizer_is_still_its_step(lib):
    p = lib.ones(1, requires_grad=True)
    optimizer, seen = lib.optim.SGD([p], lr=0.25), []
    schedulers(lib).StepLR(optimizer, 3)
    wrapped = optimizer.step
    schedulers(lib).StepLR(optimizer, 3)
    assert optimizer.step is wrapped  # once for all schedulers
    assert "step" in wrapped.__name__ and wrapped.__doc__ == type(optimizer).step.__doc__
    optimizer.register_step_post_hook(lambda *args: seen.append(args[0]))

    def closure():
        optimizer.zero_grad()
        loss = (2 * p).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert p.item() == 0.5 and seen == [optimizer]


def test_the_epoch_is_deprecated(lib):
    scheduler = schedulers(lib).StepLR(optimizer_of(lib), 3)
    scheduler.optimizer.step()
    assert words(lambda: scheduler.step(2)) == [DEPRECATED]
    scheduler = schedulers(lib).ReduceLROnPlateau(optimizer_of(lib))
    assert words(lambda: scheduler.step(1.0, 2)) == [DEPRECATED]
    scheduler = schedulers(lib).CosineAnnealingWarmRestarts(optimizer_of(lib), 3)
    assert words(lambda: scheduler.step(1.5)) == []


@pytest.mark.parametrize("config", but(*COMBINED, "ReduceLROnPlateau"))
def test_get_lr_is_not_for_looking(lib, config):
    scheduler = CONFIGS[config](schedulers(lib), optimizer_of(lib))
    assert words(scheduler.get_lr) == [GET_LAST_LR]


def test_warnings_name_the_line_that_is_wrong(lib):
    scheduler = schedulers(lib).StepLR(optimizer_of(lib), 3)
    with pytest.warns(UserWarning) as caught:
        scheduler.step(1)
    assert [warning.filename for warning in caught] == [__file__] * 2


# ---- refusals ----------------------------------------------------------------------------------

LENGTH = (
    "{0} must have the same length as optimizer.param_groups. {0} has {1} values, param_groups "
    "has 2."
)
NO_MOMENTUM = "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
PLATEAU = (
    "{} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to be "
    "specified when calling `step`, but got one at index 1 in the given schedulers sequence."
)
ATTRIBUTE = "{} at index 1 should have `optimizer` as its attribute."
REFUSED = {
    "no optimizer": (lambda s, o: s.StepLR(3, 1), TypeError, "int is not an Optimizer"),
    "CyclicLR, no optimizer": (lambda s, o: s.CyclicLR(3, 1, 2), TypeError,
                               "int is not an Optimizer"),
    "OneCycleLR, no optimizer": (lambda s, o: s.OneCycleLR(None, 1, 2), TypeError,
                                 "NoneType is not an Optimizer"),
    "ReduceLROnPlateau, no optimizer": (lambda s, o: s.ReduceLROnPlateau([]), TypeError,
                                        "list is not an Optimizer"),
    "LambdaLR, short": (lambda s, o: s.LambdaLR(o, [abs]), ValueError,
                        "Expected 2 lr_lambdas, but got 1"),
    "MultiplicativeLR, short": (lambda s, o: s.MultiplicativeLR(o, ()), ValueError,
                                "Expected 2 lr_lambdas, but got 0"),
    "MultiplicativeLR, no function": (lambda s, o: s.MultiplicativeLR(o, [abs, 0.5]), TypeError,
                                      "lr_lambda should be a function, but got float"),
    "ConstantLR": (lambda s, o: s.ConstantLR(o, 1.1), ValueError,
                   "Constant multiplicative factor expected to be between 0 and 1."),
    "ConstantLR, below": (lambda s, o: s.ConstantLR(o, -0.1), ValueError,
                          "Constant multiplicative factor expected to be between 0 and 1."),
    "LinearLR, start": (lambda s, o: s.LinearLR(o, 0), ValueError, "Starting multiplicative factor "
                        "expected to be greater than 0 and less or equal to 1."),
    "LinearLR, end": (lambda s, o: s.LinearLR(o, 1, 2), ValueError,
                      "Ending multiplicative factor expected to be between 0 and 1."),
    "T_0": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError,
            "Expected positive integer T_0, but got 0"),
    "T_0, a float": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1.5), ValueError,
                     "Expected positive integer T_0, but got 1.5"),
    "T_mult": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, 0.5), ValueError,
               "Expected integer T_mult >= 1, but got 0.5"),
    "eta_min": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, eta_min="a"), ValueError,
                "Expected float or int eta_min, but got a of type <class 'str'>"),
    "warm restarts, epoch": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1).step(-1), ValueError,
                             "Expected non-negative epoch, but got -1"),
    "CyclicLR, base_lr": (lambda s, o: s.CyclicLR(o, [1], 2), ValueError,
                          LENGTH.format("base_lr", 1)),
    "CyclicLR, max_lr": (lambda s, o: s.CyclicLR(o, 1, [1, 2, 3]), ValueError,
                         LENGTH.format("max_lr", 3)),
    "CyclicLR, mode": (lambda s, o: s.CyclicLR(o, 1, 2, mode="square"), ValueError,
                       "mode is invalid and scale_fn is None"),
    "CyclicLR, base_momentum": (lambda s, o: s.CyclicLR(o, 1, 2, base_momentum=[1]), ValueError,
                                LENGTH.format("base_momentum", 1)),
    "OneCycleLR, how long": (lambda s, o: s.OneCycleLR(o, 1, epochs=2), ValueError,
                             "You must define either total_steps OR (epochs AND steps_per_epoch)"),
    "OneCycleLR, total_steps": (lambda s, o: s.OneCycleLR(o, 1, 0), ValueError,
                                "Expected positive integer total_steps, but got 0"),
    "OneCycleLR, epochs": (
        lambda s, o: s.OneCycleLR(o, 1, epochs=1.5, steps_per_epoch=2), ValueError,
        "Expected positive integer epochs, but got 1.5",
    ),
    "OneCycleLR, steps_per_epoch": (
        lambda s, o: s.OneCycleLR(o, 1, epochs=1, steps_per_epoch=-2), ValueError,
        "Expected positive integer steps_per_epoch, but got -2",
    ),
    "OneCycleLR, pct_start": (lambda s, o: s.OneCycleLR(o, 1, 9, pct_start=1), ValueError,
                              "Expected float between 0 and 1 pct_start, but got 1"),
    "OneCycleLR, strategy": (
        lambda s, o: s.OneCycleLR(o, 1, 9, anneal_strategy="square"), ValueError,
        "anneal_strategy must be one of 'cos' or 'linear', instead got square",
    ),
    "OneCycleLR, max_lr": (lambda s, o: s.OneCycleLR(o, [1], 9), ValueError,
                           LENGTH.format("max_lr", 1)),
    "OneCycleLR, momenta": (
        lambda s, o: s.OneCycleLR(o, 1, 9, base_momentum=[1], max_momentum=[1]), ValueError,
        LENGTH.format("max_momentum", 1),
    ),
    "plateau, factor": (lambda s, o: s.ReduceLROnPlateau(o, factor=1), ValueError,
                        "Factor should be < 1.0."),
    "plateau, mode": (lambda s, o: s.ReduceLROnPlateau(o, "low"), ValueError,
                      "mode low is unknown!"),
    "plateau, threshold_mode": (lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="a"), ValueError,
                                "threshold mode a is unknown!"),
    "plateau, min_lr": (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0]), ValueError,
                        "expected 2 min_lrs, got 1"),
    "chain, none": (lambda s, o: s.ChainedScheduler([]), ValueError, "ChainedScheduler expects at "
                    "least one scheduler to be chained, but got no scheduler."),
    "chain, a number first": (lambda s, o: s.ChainedScheduler([3]), AttributeError,
                              "'int' object has no attribute 'optimizer'"),
    "chain, a number": (lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), 3]), TypeError,
                        ATTRIBUTE.format("ChainedScheduler")),
    "chain, plateau": (
        lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), s.ReduceLROnPlateau(o)]), ValueError,
        PLATEAU.format("ChainedScheduler"),
    ),
    "sequence, none": (lambda s, o: s.SequentialLR(o, [], []), ValueError,
                       "SequentialLR expects at least one scheduler, but got no scheduler."),
    "sequence, a number": (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1), 3], [1]), TypeError,
                           ATTRIBUTE.format("SequentialLR")),
    "sequence, plateau": (
        lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1), s.ReduceLROnPlateau(o)], [1]), ValueError,
        PLATEAU.format("SequentialLR"),
    ),
    "sequence, milestones": (
        lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)] * 3, [1]), ValueError,
        "Sequential Schedulers expects number of schedulers provided to be one more than the "
        "number of milestone points, but got number of schedulers 3 and the number of milestones "
        "to be equal to 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(lib, case):
    make, kind, text = REFUSED[case]
    with raises(kind, text):
        make(schedulers(lib), optimizer_of(lib))


@pytest.mark.parametrize("name", ["CyclicLR", "OneCycleLR"])
def test_a_cycle_of_momentum_needs_momentum(lib, name):
    optimizer = lib.optim.Optimizer([lib.ones(1)], {"lr": 1.0})
    make = partial(getattr(schedulers(lib), name), optimizer, 1, 2)
    with raises(ValueError, NO_MOMENTUM):
        make()
    assert make(cycle_momentum=False).optimizer is optimizer


def test_one_cycle_is_over_when_it_is_over(lib):
    scheduler = schedulers(lib).OneCycleLR(optimizer_of(lib), 1.0, 2)
    scheduler.optimizer.step()
    scheduler.step()
    scheduler.step()
    with raises(
        ValueError, "Tried to step 3 times. The specified number of total steps is 2"
    ):  # fmt: skip
        scheduler.step()


@pytest.mark.parametrize("name", ["ChainedScheduler", "SequentialLR"])
def test_parts_of_two_optimizers(lib, name):
    s, one, other = schedulers(lib), optimizer_of(lib), optimizer_of(lib)
    parts = [s.StepLR(one, 1), s.LinearLR(other)]
    text = (
        f"{name} expects all schedulers to belong to the same optimizer, but got scheduler "
        f"LinearLR at index 1 has {other}, which is different from SGD."
    )
    with raises(ValueError, text):
        s.ChainedScheduler(parts) if name == "ChainedScheduler" else s.SequentialLR(one, parts, [1])


def test_resuming_needs_initial_lr(lib):
    text = (
        "param 'initial_lr' is not specified in param_groups[0] when resuming scheduler with "
        "last_epoch >= 0.\nThis typically happens when:\n"
        "1. You're trying to resume training from a checkpoint but haven't properly loaded the "
        "optimizer state\n"
        "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
    )
    with raises(KeyError, text):
        schedulers(lib).StepLR(optimizer_of(lib), 3, last_epoch=0)


def test_a_refused_mode_in_a_state_dict(lib):
    scheduler = schedulers(lib).ReduceLROnPlateau(optimizer_of(lib))
    with raises(ValueError, "mode low is unknown!"):
        scheduler.load_state_dict({**scheduler.state_dict(), "mode": "low"})
