"""A training that was saved, thrown away and resumed goes on as if nothing had happened.

What has to be saved is the model, the optimizer, the scheduler and the state of the random
numbers, which decide the order of the digits.
"""

import importlib

import numpy as np
import pytest
from training import Training

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
        self.rebuild(self.model, schedule)

    def rebuild(self, model, schedule):
        """An optimizer and a scheduler for the parameters that the model has now."""
        self.optimizer = self.lib.optim.Adam(model.parameters(), lr=1e-2)
        self.scheduler = SCHEDULES[schedule](self.lib.optim.lr_scheduler, self.optimizer)
        self.parts = {
            "model": model, "optimizer": self.optimizer, "scheduler": self.scheduler
        }  # fmt: skip

    def epochs(self, n):
        """The losses of n epochs, a list for each."""
        return [self.one() for _ in range(n)]

    def one(self):
        losses = self.epoch()
        watches = hasattr(self.scheduler, "patience")
        self.scheduler.step(*[np.mean(losses)] * watches)
        return losses

    def save(self, path):
        """Writes everything that a resumed run needs into a file."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        self.lib.save({**states, "random": self.lib.get_rng_state()}, path)

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


@pytest.fixture
def saved(tmp_path):
    """A function that trains one half in one library, and loads what it saved in another."""

    def save(name, schedule, loader=None):
        run = Run(name, schedule)
        run.epochs(SAVED_AT)
        run.save(tmp_path / "checkpoint.pt")
        return importlib.import_module(loader or name).load(tmp_path / "checkpoint.pt")

    return save


def resumed(name, schedule, checkpoint):
    """The losses of the other half, in a run that had other weights and another order before."""
    run = Run(name, schedule, seed=99)
    run.resume(checkpoint)
    return run.epochs(EPOCHS - SAVED_AT), run


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_resumed_training_gives_the_same_numbers(lib, saved, schedule):
    name = lib.__name__
    expected, whole = in_one_go(name, schedule)
    losses, run = resumed(name, schedule, saved(name, schedule))
    assert losses == expected
    (ours, options), (theirs, expected_options) = run.numbers(), whole.numbers()
    assert np.array_equal(ours, theirs) and options == expected_options
    assert run.scheduler.get_last_lr() == whole.scheduler.get_last_lr()
    assert run.known() == whole.known()


def test_a_model_comes_back_from_meta_by_its_file(lib, saved):
    """Emptied on meta, given room again, and loaded: the numbers are those of the file."""
    name, schedule = lib.__name__, "CosineAnnealingLR"
    expected, _ = in_one_go(name, schedule)
    checkpoint, run = saved(name, schedule), Run(name, schedule, seed=99)
    run.model.to("meta")
    assert all(p.is_meta for p in run.model.parameters())
    run.rebuild(run.model.to_empty(device="cpu"), schedule)
    run.resume(checkpoint)
    assert run.epochs(EPOCHS - SAVED_AT) == expected


@pytest.mark.parametrize("part", ["model", "optimizer", "scheduler", "random"])
def test_every_part_of_a_checkpoint_is_needed(lib, saved, part):
    expected, _ = in_one_go(lib.__name__, "CosineAnnealingLR")
    checkpoint = saved(lib.__name__, "CosineAnnealingLR")
    del checkpoint[part]
    losses, _ = resumed(lib.__name__, "CosineAnnealingLR", checkpoint)
    assert losses != expected


@pytest.mark.torch
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("torch_first", [False, True])
def test_a_training_moves_between_minitorch_and_torch(saved, schedule, torch_first):
    first, second = ("torch", "minitorch") if torch_first else ("minitorch", "torch")
    expected, _ = in_one_go("torch", schedule)
    losses, _ = resumed(second, schedule, saved(first, schedule, loader=second))
    assert losses == [pytest.approx(epoch, rel=0, abs=0.5e-4) for epoch in expected]
