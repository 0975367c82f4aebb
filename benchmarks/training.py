"""One training step of chapter 00's network (64-64-10, batch 32, Adam), minitorch and torch.

    python benchmarks/training.py
"""

import sys

from harness import Case, run

# isort: split
import importlib

import numpy as np


def step_of(name):
    """A function that makes one step: forward, loss, backward, Adam."""
    lib = importlib.import_module(name)
    rng = np.random.default_rng(0)
    x = lib.from_numpy(rng.random((32, 64), np.float32))
    y = lib.from_numpy(rng.integers(0, 10, 32))
    lib.manual_seed(0)
    nn = lib.nn
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = lib.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()

    return step


if __name__ == "__main__":
    sys.exit(not run([Case("step of 64-64-10, batch 32", step_of("minitorch"), step_of("torch"))]))
