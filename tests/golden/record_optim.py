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
}


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
