"""A training that was saved, thrown away and resumed goes on as if nothing had happened.

What has to be saved is the model, the optimizer, the scheduler and the state of the random
numbers, which decide the order of the digits.
"""

import copy

import numpy as np
import pytest
from training import Training

import minitorch

EPOCHS, SAVED_AT = 4, 2

# What makes a scheduler whose step is an epoch, given the module optim.lr_scheduler.
SCHEDULES = {
    "StepLR": lambda s, o: s.StepLR(o, 1, 0.5),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, EPOCHS),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.02, EPOCHS),  # moves Adam's beta1 as well
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, factor=0.3, patience=0, threshold=0.5),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, total_iters=2), s.ExponentialLR(o, 0.7)], [2]
    ),
}


class Run(Training):
    """The training of chapter 00 with a scheduler."""

    def __init__(self, name, schedule, seed=0):
        super().__init__(name, seed)
        self.scheduler = SCHEDULES[schedule](self.lib.optim.lr_scheduler, self.optimizer)
        self.parts = {
            "model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler
        }  # fmt: skip

    def epochs(self, n):
        """The losses of n epochs, a list for each."""
        return [self.one() for _ in range(n)]

    def one(self):
        losses = self.epoch()
        watches = hasattr(self.scheduler, "patience")
        self.scheduler.step(*[np.mean(losses)] * watches)
        return losses

    def checkpoint(self):
        """A copy of everything that a resumed run needs."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        return copy.deepcopy({**states, "random": self.lib.get_rng_state()})

    def resume(self, checkpoint):
        for name, part in self.parts.items():
            if name in checkpoint:
                part.load_state_dict(checkpoint[name])
        if "random" in checkpoint:
            self.lib.set_rng_state(checkpoint["random"])

    def numbers(self):
        """The parameters as one array, and the options of the optimizer."""
        flat = [p.detach().numpy().ravel() for p in self.model.parameters()]
        group = dict(self.optimizer.param_groups[0])
        del group["params"]
        return np.concatenate(flat), group


def in_one_go(name, schedule):
    run = Run(name, schedule)
    losses = run.epochs(EPOCHS)
    return losses[SAVED_AT:], run


def saved(name, schedule):
    run = Run(name, schedule)
    run.epochs(SAVED_AT)
    return run.checkpoint()


def resumed(name, schedule, checkpoint):
    run = Run(name, schedule, seed=99)  # other weights, another order: all must be replaced
    run.resume(checkpoint)
    return run.epochs(EPOCHS - SAVED_AT), run


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_resumed_training_gives_the_same_numbers(lib, schedule):
    name = lib.__name__
    expected, whole = in_one_go(name, schedule)
    losses, run = resumed(name, schedule, saved(name, schedule))
    assert losses == expected
    (ours, options), (theirs, expected_options) = run.numbers(), whole.numbers()
    assert np.array_equal(ours, theirs) and options == expected_options
    assert run.scheduler.get_last_lr() == whole.scheduler.get_last_lr()
    assert run.known() == whole.known()


@pytest.mark.parametrize("part", ["model", "optimizer", "scheduler", "random"])
def test_every_part_of_a_checkpoint_is_needed(lib, part):
    expected, _ = in_one_go(lib.__name__, "CosineAnnealingLR")
    checkpoint = saved(lib.__name__, "CosineAnnealingLR")
    del checkpoint[part]
    losses, _ = resumed(lib.__name__, "CosineAnnealingLR", checkpoint)
    assert losses != expected


def translated(value, lib):
    """The same with tensors of another library."""
    if isinstance(value, dict):
        return {key: translated(inner, lib) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(translated(inner, lib) for inner in value)
    return lib.tensor(value.numpy()) if hasattr(value, "numpy") else value


@pytest.mark.torch
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("torch_first", [False, True])
def test_a_training_moves_between_minitorch_and_torch(schedule, torch_first):
    import torch

    first, second = (torch, minitorch) if torch_first else (minitorch, torch)
    expected, _ = in_one_go("torch", schedule)
    checkpoint = translated(saved(first.__name__, schedule), second)
    losses, _ = resumed(second.__name__, schedule, checkpoint)
    assert losses == [pytest.approx(epoch, rel=0, abs=0.5e-4) for epoch in expected]
