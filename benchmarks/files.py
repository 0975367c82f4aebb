"""Saving and loading: 1 GB against a plain .npy, and small state dicts against torch.

    python benchmarks/files.py [FOLDER]

A file of minitorch has reached the disk when `save` returns (fsync), which np.save alone does not
wait for: both are shown, and the promise of half its speed is against a .npy that has reached the
disk as well. The exit status is 1 when it is broken. Run it where nobody else uses the disk.
"""

import io
import os
import sys
import tempfile
import time
from pathlib import Path

import harness
import numpy as np
import torch

import minitorch

ROUNDS = 5
GB = 10**9


def seconds(work):
    os.sync()  # what the work before left to be written is not its own
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fastest(works):
    """{name: seconds}, the least of the rounds: others on the disk can only make it slower."""
    rounds = [{name: seconds(work) for name, work in works.items()} for _ in range(ROUNDS)]
    return {name: min(r[name] for r in rounds) for name in works}


def save_to_disk(path, array):
    with open(path, "wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())


def large(folder):
    """Prints what 1 GB costs; True if ours is at no less than half the speed."""
    array = np.random.default_rng(0).random(GB // 4, dtype=np.float32)
    tensors = {minitorch: minitorch.from_numpy(array), torch: torch.from_numpy(array)}
    npy, ours, theirs = (str(folder / name) for name in ("x.npy", "ours.pt", "torch.pt"))
    took = fastest({
        "np.save": lambda: np.save(npy, array),
        "np.save, to the disk": lambda: save_to_disk(npy, array),
        "minitorch.save": lambda: minitorch.save(tensors[minitorch], ours),
        "torch.save": lambda: torch.save(tensors[torch], theirs),
        "np.load": lambda: np.load(npy),
        "minitorch.load": lambda: minitorch.load(ours),
        "minitorch.load, mmap": lambda: minitorch.load(ours, mmap=True),
        "torch.load": lambda: torch.load(theirs),
    })  # fmt: skip
    print(f"{'1 GB':40} {'seconds':>9} {'GB/s':>7}")
    for name, s in took.items():
        print(f"{name:40} {s:9.3f} {1 / s:7.2f}")
    saving = took["np.save, to the disk"] / took["minitorch.save"]
    loading = took["np.load"] / took["minitorch.load"]
    print(f"speed of NumPy: saving {saving:.2f}, loading {loading:.2f} (promised: 0.5)\n")
    return min(saving, loading) >= 0.5


def small():
    """Cases for the harness: a state dict of 4 and of 100 tensors, in memory."""

    def state(lib, layers):
        net = lib.nn.Sequential(*(lib.nn.Linear(16, 16) for _ in range(layers)))
        return net.state_dict()

    def saving(lib, layers):
        tensors = state(lib, layers)
        return lambda: lib.save(tensors, io.BytesIO())

    def loading(lib, layers):
        file = io.BytesIO()
        lib.save(state(lib, layers), file)
        return lambda: lib.load(io.BytesIO(file.getvalue()))

    limit = float("inf")  # shown, not promised
    return [
        harness.Case(f"{work.__name__} {2 * layers} tensors", work(minitorch, layers),
                     work(torch, layers), limit)
        for work in (saving, loading) for layers in (2, 50)
    ]  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        fits = large(Path(name))
        harness.run(small())
    sys.exit(not fits)
