"""Records tests/golden/optim.npz from torch 2.13: parameters after each of 12 steps.

    python tests/golden/record_optim.py

The gradients are stored as well, so that the comparison depends on the optimizers alone.
"""

from pathlib import Path

import numpy as np

STEPS = 12
SHAPE = (2, 3)
VARIANTS = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    "Adam": ("Adam", {"lr": 0.1}),
    "Adam small betas": ("Adam", {"lr": 0.1, "betas": (0.0, 0.4), "eps": 1e-3}),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {"lr": 0.1}),
    "AdamW maximize": ("AdamW", {"lr": 0.1, "maximize": True, "weight_decay": 0.5}),
    "Adamax": ("Adamax", {"lr": 0.1}),
    "Adamax maximize": ("Adamax", {"maximize": True, "weight_decay": 0.1, "eps": 1e-3}),
    "NAdam": ("NAdam", {"lr": 0.1}),
    "NAdam decay": ("NAdam", {"momentum_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    "NAdam decoupled": ("NAdam", {"weight_decay": 0.5, "decoupled_weight_decay": True}),
    "RAdam": ("RAdam", {"lr": 0.1}),  # adaptive from the sixth step on
    "RAdam small betas": ("RAdam", {"lr": 0.1, "betas": (0.4, 0.5)}),  # never adaptive
    "RAdam decoupled": ("RAdam", {"weight_decay": 0.5, "decoupled_weight_decay": True}),
    "RMSprop": ("RMSprop", {"lr": 0.1}),
    "RMSprop momentum": ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1, "maximize": True}),
    "RMSprop centered": ("RMSprop", {"centered": True, "alpha": 0.5, "eps": 1e-3}),
    "RMSprop both": ("RMSprop", {"centered": True, "momentum": 0.5, "eps": 1e-3}),
    "Adagrad": ("Adagrad", {"lr": 0.1}),
    "Adagrad decay": ("Adagrad", {"lr": 0.1, "lr_decay": 0.5, "initial_accumulator_value": 0.1}),
    "Adagrad maximize": ("Adagrad", {"lr": 0.1, "maximize": True, "weight_decay": 0.5}),
    "Adadelta": ("Adadelta", {}),
    "Adadelta maximize": ("Adadelta", {"lr": 0.5, "rho": 0.5, "weight_decay": 0.1,
                                       "eps": 1e-3, "maximize": True}),
}  # fmt: skip


def start_and_gradients(dtype):
    """A parameter, and a gradient for each step: of all sizes, some elements zero."""
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((STEPS, *SHAPE)) * 10.0 ** rng.integers(-3, 2, (STEPS, 1, 1))
    gradients[:, 0, 0] = 0
    return rng.standard_normal(SHAPE).astype(dtype), gradients.astype(dtype)


def trajectory(lib, name, options, start, gradients):
    """The parameter after each step, as one array."""
    p = lib.tensor(start, requires_grad=True)
    optimizer = getattr(lib.optim, name)([p], **options)
    path = []
    for gradient in gradients:
        p.grad = lib.tensor(gradient)
        optimizer.step()
        path.append(p.detach().numpy().copy())
    return np.stack(path)


def main():
    import torch

    arrays = {}
    for dtype in ("float32", "float64"):
        start, gradients = start_and_gradients(dtype)
        arrays[f"{dtype} start"], arrays[f"{dtype} gradients"] = start, gradients
        for title, (name, options) in VARIANTS.items():
            path = trajectory(torch, name, options, start, gradients)
            arrays[f"{dtype} {title}"] = path
    np.savez_compressed(Path(__file__).with_name("optim.npz"), **arrays)


if __name__ == "__main__":
    main()
