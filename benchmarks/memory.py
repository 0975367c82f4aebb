"""What a training step of a network keeps: the peak of a step, against what torch saves for it.

    python benchmarks/memory.py

The network is 256-512-512-10, batch 256. NumPy's arrays are counted by tracemalloc; torch's saved
tensors by its own hooks. The limit is 1.5 times saved tensors plus parameters.
"""

import sys
import tracemalloc

import numpy as np

import minitorch
from minitorch import nn


def network(lib):
    nn = lib.nn
    return nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))  # fmt: skip


def data(lib):
    rng = np.random.default_rng(0)
    x = rng.random((256, 256), np.float32)
    return lib.from_numpy(x), lib.from_numpy(rng.integers(0, 10, 256))


def peak_of_step():
    """Bytes above what the model and the data hold, at the worst moment of forward and backward."""
    model, (x, y) = network(minitorch), data(minitorch)
    loss_of = nn.CrossEntropyLoss()
    loss_of(model(x), y).backward()  # gradients exist, as in every step but the first
    tracemalloc.start()
    loss_of(model(x), y).backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def saved_by_torch():
    """Bytes that torch keeps between forward and backward, and those of the parameters."""
    import torch

    model, (x, y) = network(torch), data(torch)
    seen = {}

    def note(t):
        seen[t.data_ptr()] = t.numel() * t.element_size()
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        torch.nn.functional.cross_entropy(model(x), y)
    parameters = {p.data_ptr(): p.numel() * p.element_size() for p in model.parameters()}
    saved = sum(n for place, n in seen.items() if place not in parameters)
    return saved, sum(parameters.values())


if __name__ == "__main__":
    peak = peak_of_step()
    saved, parameters = saved_by_torch()
    limit = 1.5 * (saved + parameters)
    print(f"peak of a step    {peak:12,} bytes")
    print(f"saved by torch    {saved:12,}")
    print(f"parameters        {parameters:12,}")
    print(f"ratio             {peak / (saved + parameters):12.2f}  limit 1.50")
    sys.exit(peak > limit)
