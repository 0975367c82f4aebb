"""One step of an optimizer, minitorch against torch.

    python benchmarks/optimizers.py

The exit status is 1 when a ratio is over its limit.
"""

import sys

import harness
import torch

import minitorch


def step_of(lib, name, count, size, **options):
    """`step` of an optimizer over `count` parameters of `size` elements, gradients in place."""
    params = [lib.zeros(size, requires_grad=True) for _ in range(count)]
    for p in params:
        p.grad = lib.full((size,), 0.01)
    return getattr(lib.optim, name)(params, **options).step


def case(limit, name, count, size, **options):
    shown = "".join(f", {key}" for key in options if key != "lr")
    sides = (step_of(lib, name, count, size, **options) for lib in (minitorch, torch))
    return harness.Case(f"{name}{shown}, {count} x {size:,}", *sides, limit)


def cases():
    return [
        case(1.1, "Adam", 4, 1_000_000),
        case(0.5, "Adam", 100, 100),
        case(1.1, "AdamW", 4, 1_000_000),
        case(1.0, "SGD", 4, 1_000_000, lr=0.01, momentum=0.9),
        case(1.0, "SGD", 100, 100, lr=0.01, momentum=0.9),
    ]


if __name__ == "__main__":
    sys.exit(not harness.run(cases()))
