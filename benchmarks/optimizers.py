"""One step of an optimizer, minitorch against torch: time, and the memory that it takes for itself.

    python benchmarks/optimizers.py

The exit status is 1 when a ratio is over its limit, or when a step takes more memory than one array
of the shape of its parameters.
"""

import copy
import sys
import tracemalloc

import harness
import torch

import minitorch

OTHERS = ("Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta")


def optimizer(lib, name, count, size, **options):
    """An optimizer over `count` parameters of `size` elements, gradients in place."""
    params = [lib.zeros(size, requires_grad=True) for _ in range(count)]
    for p in params:
        p.grad = lib.full((size,), 0.01)
    return getattr(lib.optim, name)(params, **options)


# ---- time --------------------------------------------------------------------------------------


def case(limit, name, count, size, **options):
    shown = "".join(f", {key}" for key in options if key != "lr")
    sides = (optimizer(lib, name, count, size, **options).step for lib in (minitorch, torch))
    return harness.Case(f"{name}{shown}, {count} x {size:,}", *sides, limit)


def cases():
    return [
        case(1.1, "Adam", 4, 1_000_000),
        case(0.5, "Adam", 100, 100),
        case(1.1, "AdamW", 4, 1_000_000),
        case(1.0, "SGD", 4, 1_000_000, lr=0.01, momentum=0.9),
        case(1.0, "SGD", 100, 100, lr=0.01, momentum=0.9),
        *(case(1.1, name, 4, 1_000_000) for name in OTHERS),
        *(case(1.0, name, 100, 100) for name in OTHERS),
    ]


# ---- memory ------------------------------------------------------------------------------------


def peak_of_a_step(name, **options):
    """Bytes that a step allocates at most, beside the state that stays, and those of an array."""
    used = optimizer(minitorch, name, 4, 1_000_000, **options)
    used.step()
    fresh = copy.copy(used)  # has the state, but no scratch arrays yet
    tracemalloc.start()
    fresh.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, used.param_groups[0]["params"][0].nbytes


def memory():
    """Prints the table; True if no step takes more than one array."""
    print(f"\n{'':40} {'step KB':>13} {'one array KB':>13} {'ratio':>7} {'limit':>7}")
    fits = True
    for name in ("SGD", "Adam", "AdamW", *OTHERS):
        for options in ({}, {"weight_decay": 0.1, "maximize": True}):
            peak, array = peak_of_a_step(name, **options)
            fits = fits and peak <= array
            title = ", ".join([name, *options])
            numbers = f"{peak / 1000:13,.0f} {array / 1000:13,.0f} {peak / array:7.2f} {1:7.2f}"
            print(f"{title:40} {numbers}", flush=True)
    return fits


if __name__ == "__main__":
    results = [harness.run(cases()), memory()]
    sys.exit(not all(results))
