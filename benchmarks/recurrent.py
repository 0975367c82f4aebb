"""Recurrent layers over a sequence, forward and backward, minitorch and torch.

    python benchmarks/recurrent.py
"""

import sys

from harness import Case, run

# isort: split
import importlib

import numpy as np

STEPS, BATCH, INPUT, HIDDEN = 32, 32, 64, 128


def tensor(lib, *shape):
    return lib.from_numpy(np.random.default_rng(0).standard_normal(shape, np.float32))


def layer(lib, name):
    lib.manual_seed(0)
    module = getattr(lib.nn, name)(INPUT, HIDDEN)
    x = tensor(lib, STEPS, BATCH, INPUT).requires_grad_()
    g = tensor(lib, STEPS, BATCH, HIDDEN)

    def work():
        module.zero_grad()
        x.grad = None
        module(x)[0].backward(g)

    return work


def cells(lib):
    lib.manual_seed(0)
    cell, x = lib.nn.LSTMCell(INPUT, HIDDEN), tensor(lib, STEPS, BATCH, INPUT)

    def work():
        cell.zero_grad()
        state = None
        for row in x:
            state = cell(row, state)
        state[0].sum().backward()

    return work


CASES = [
    ("RNN", lambda lib: layer(lib, "RNN"), 1.6),
    ("LSTM", lambda lib: layer(lib, "LSTM"), 1.6),
    ("GRU", lambda lib: layer(lib, "GRU"), 1.0),
    ("a loop of LSTMCell", cells, 0.9),
]

if __name__ == "__main__":
    libs = [importlib.import_module(name) for name in ("minitorch", "torch")]
    cases = [Case(name, *(make(lib) for lib in libs), limit) for name, make, limit in CASES]
    sys.exit(not run(cases))
