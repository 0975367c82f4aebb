"""Modules and small models, forward and backward, minitorch and torch.

    python benchmarks/modules.py
"""

import sys

from harness import Case, run

# isort: split
import importlib

import numpy as np
from gpt import gpt


def normals(lib, *shape):
    return lib.from_numpy(np.random.default_rng(sum(shape)).standard_normal(shape, np.float32))


def classes(lib, count, *shape):
    return lib.from_numpy(np.random.default_rng(0).integers(0, count, shape))


def batch_norm(lib):
    module, g = lib.nn.BatchNorm1d(256), normals(lib, 64, 256)
    x = g.clone().requires_grad_()

    def work():
        module.zero_grad()
        x.grad = None
        module(x).backward(g)

    return work


def step_of(lib, model, optimizer, x, y):
    """One step of training: forward, cross entropy, backward, update."""

    def step():
        optimizer.zero_grad()
        logits = model(x)
        lib.nn.functional.cross_entropy(logits.flatten(0, -2), y.flatten()).backward()
        optimizer.step()

    return step


def lenet(lib):
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, 10),
    )  # fmt: skip
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return step_of(lib, model, optimizer, normals(lib, 32, 1, 28, 28), classes(lib, 10, 32))


def transformer(lib):
    model = gpt(lib, vocabulary=64, length=64, channels=64, layers=2, heads=4)
    optimizer = lib.optim.AdamW(model.parameters(), lr=1e-3)
    return step_of(lib, model, optimizer, classes(lib, 64, 8, 64), classes(lib, 64, 8, 64))


def loading(lib):
    model = lib.nn.Sequential(*[lib.nn.Linear(1118, 1118) for _ in range(4)])  # 20 MB
    saved = {name: value.clone() for name, value in model.state_dict().items()}
    return lambda: model.load_state_dict(saved)


CASES = [
    ("BatchNorm1d, 64 x 256", batch_norm, 1.0),
    ("LeNet with batch norm, a step, batch 32", lenet, 1.5),
    ("GPT, 2 layers of 64, a step, B 8, T 64", transformer, 1.3),
    ("load_state_dict, 20 MB", loading, 1.3),
]

if __name__ == "__main__":
    libs = [importlib.import_module(name) for name in ("minitorch", "torch")]
    cases = [Case(name, *(make(lib) for lib in libs), limit) for name, make, limit in CASES]
    sys.exit(not run(cases))
