"""Records tests/golden/lr_scheduler.npz from torch 2.13: rates and momenta over 200 epochs.

    python tests/golden/record_lr_scheduler.py

Every fifth epoch is stored: what goes wrong in a chainable form stays wrong.
"""

import math
import warnings
from pathlib import Path

import numpy as np

EPOCHS = 200
STORED = slice(None, None, 5)
LRS = (0.5, 0.02)  # of two groups of parameters


class Inverse:
    """A callable object, whose field a state dict keeps."""

    def __init__(self, scale):
        self.scale = scale

    def __call__(self, epoch):
        return 1 / (1 + self.scale * epoch)


def chained(s, o):
    return s.ChainedScheduler(
        [s.LinearLR(o, 0.1, total_iters=30), s.ExponentialLR(o, 0.98), s.StepLR(o, 60)]
    )


def sequential(s, o):
    parts = [s.ConstantLR(o, 0.1, 20), s.CosineAnnealingLR(o, 40, 1e-3), s.ExponentialLR(o, 0.9)]
    return s.SequentialLR(o, parts, [15, 120])


def nested(s, o):
    warm_up = s.SequentialLR(o, [s.ConstantLR(o, 0.5, 3), s.LinearLR(o, 0.2, 0.8, 9)], [5])
    restarts = s.CosineAnnealingWarmRestarts(o, 11, 2)
    with warnings.catch_warnings():  # torch, too, takes this for a step before the optimizer's
        warnings.simplefilter("ignore", UserWarning)
        return s.SequentialLR(o, [warm_up, restarts], [20])


def simplest(s, o):
    return s.SequentialLR(o, [s.StepLR(o, 7, 0.5)], [])


# What makes a scheduler, given torch's module optim.lr_scheduler or ours, and an optimizer.
CONFIGS = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
    "LambdaLR list": lambda s, o: s.LambdaLR(o, [lambda epoch: epoch // 30, Inverse(0.1)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.97),
    "MultiplicativeLR tuple": lambda s, o: s.MultiplicativeLR(
        o, (lambda epoch: epoch / (epoch + 1), Inverse(0.01))
    ),
    "StepLR": lambda s, o: s.StepLR(o, 30),
    "StepLR rising": lambda s, o: s.StepLR(o, step_size=7, gamma=1.1),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [30, 80, 150]),
    "MultiStepLR unsorted": lambda s, o: s.MultiStepLR(o, (90, 5, 40, 40), gamma=0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "ConstantLR long": lambda s, o: s.ConstantLR(o, factor=0.7, total_iters=60),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR down": lambda s, o: s.LinearLR(o, 1.0, 0.0, total_iters=120),
    "LinearLR up": lambda s, o: s.LinearLR(o, 0.001, 0.9, 199),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "ExponentialLR slow": lambda s, o: s.ExponentialLR(o, gamma=0.999),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "PolynomialLR slow": lambda s, o: s.PolynomialLR(o, total_iters=150, power=0.9),
    "PolynomialLR square": lambda s, o: s.PolynomialLR(o, 230, 2),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 200),
    "CosineAnnealingLR waves": lambda s, o: s.CosineAnnealingLR(o, T_max=9, eta_min=0.01),
    "CosineAnnealingLR short": lambda s, o: s.CosineAnnealingLR(o, 1, 0.3),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 10),
    "CosineAnnealingWarmRestarts slower": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7, 2, 1e-3),
    "CosineAnnealingWarmRestarts once": lambda s, o: s.CosineAnnealingWarmRestarts(o, 300, 3),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.1, 0.6, step_size_up=20),
    "CyclicLR triangular2": lambda s, o: s.CyclicLR(
        o, [0.1, 0.2], [0.3, 1.0], 11, 5, mode="triangular2", cycle_momentum=False
    ),
    "CyclicLR exp_range": lambda s, o: s.CyclicLR(
        o, 0.01, 1, 13, 27, "exp_range", 0.99, base_momentum=[0.5, 0.6], max_momentum=0.95
    ),
    "CyclicLR scale_fn": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 10, scale_fn=lambda x: 1 / x**2),
    "CyclicLR object": lambda s, o: s.CyclicLR(
        o, 0.1, 1.0, 10, scale_fn=Inverse(0.3), scale_mode="iterations"
    ),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 1.0, total_steps=200),
    "OneCycleLR linear": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.1], epochs=11, steps_per_epoch=20, anneal_strategy="linear", pct_start=0.45
    ),
    "OneCycleLR three phases": lambda s, o: s.OneCycleLR(
        o, 2.0, 210, three_phase=True, div_factor=10, final_div_factor=100, max_momentum=[0.99, 0.9]
    ),
    "OneCycleLR without momentum": lambda s, o: s.OneCycleLR(o, 2.0, 201, cycle_momentum=False),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o),
    "ReduceLROnPlateau min abs": lambda s, o: s.ReduceLROnPlateau(
        o, "min", 0.5, 3, 0.05, "abs", cooldown=2, min_lr=[1e-3, 1e-4]
    ),
    "ReduceLROnPlateau max": lambda s, o: s.ReduceLROnPlateau(
        o, "max", 0.7, patience=0, min_lr=1e-3, eps=1e-3
    ),
    "ReduceLROnPlateau max abs": lambda s, o: s.ReduceLROnPlateau(
        o, mode="max", patience=5, threshold=0.3, threshold_mode="abs", cooldown=20
    ),
    "ChainedScheduler": chained,
    "SequentialLR": sequential,
    "SequentialLR nested": nested,
    "SequentialLR of one": simplest,
}  # fmt: skip


def optimizer_of(lib, name="SGD", lrs=LRS):
    """An optimizer of two groups."""
    groups = [{"params": [lib.ones(1, requires_grad=True)], "lr": lr} for lr in lrs]
    return getattr(lib.optim, name)(groups, **({"momentum": 0.9} if name == "SGD" else {}))


def values(optimizer):
    """The rate and the momentum of each group."""
    return [
        (float(group["lr"]), group["momentum"] if "momentum" in group else group["betas"][0])
        for group in optimizer.param_groups
    ]


def advance(optimizer, scheduler, epochs):
    """One `values` after each of the epochs, which have a metric that falls, and wavers."""
    path = []
    for epoch in epochs:
        optimizer.step()
        watches = type(scheduler).__name__ == "ReduceLROnPlateau"
        scheduler.step(*[math.exp(-epoch / 50) + 0.1 * math.sin(epoch**2)] * watches)
        path.append(values(optimizer))
    return path


def trajectory(lib, config, optimizer):
    """Rates and momenta (epochs + 1, groups, 2), the first before any step."""
    scheduler = CONFIGS[config](lib.optim.lr_scheduler, optimizer)
    return np.array([values(optimizer), *advance(optimizer, scheduler, range(EPOCHS))])


def main():
    import torch

    arrays = {name: trajectory(torch, name, optimizer_of(torch))[STORED] for name in CONFIGS}
    np.savez_compressed(Path(__file__).with_name("lr_scheduler.npz"), **arrays)


if __name__ == "__main__":
    main()
