"""Single operations, minitorch and torch: what recording costs, and the heavy ones.

    python benchmarks/ops.py
"""

import sys

from harness import Case, run

# isort: split
import importlib

import numpy as np


def array(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


def leaves(lib, *shapes):
    return [lib.from_numpy(array(*shape)).requires_grad_() for shape in shapes]


def mul(lib):
    a, b = leaves(lib, (1,), (1,))
    return lambda: a * b


def mul_unrecorded(lib):
    a, b = lib.ones(1), lib.ones(1)

    def work():  # the switch is thrown once for a thousand products
        with lib.no_grad():
            for _ in range(1000):
                a * b

    return work


def chain(lib):
    a, b = lib.ones(1, requires_grad=True), lib.ones(1, requires_grad=True)

    def work():
        y = a
        for _ in range(500):
            y = y * b
        y.backward()

    return work


def forward_backward(lib, function, inputs):
    """A function that runs `function` on leaves, and backward from its sum of products with g."""
    g = lib.from_numpy(array(*function(*inputs).shape)) if function(*inputs).dim() else None

    def work():
        for x in inputs:
            x.grad = None
        function(*inputs).backward(g)

    return work


def cross_entropy(lib):
    y = lib.arange(128)
    loss = lambda x: lib.nn.functional.cross_entropy(x, y)
    return forward_backward(lib, loss, leaves(lib, (128, 1000)))


def convolution(lib):
    conv = lambda x, w, b: lib.nn.functional.conv2d(x, w, b, padding=1)
    return forward_backward(lib, conv, leaves(lib, (32, 8, 14, 14), (16, 8, 3, 3), (16,)))


def attention(lib):
    attend = lib.nn.functional.scaled_dot_product_attention
    return forward_backward(lib, attend, leaves(lib, *[(8, 4, 64, 16)] * 3))


CASES = [
    ("mul of one element, recorded", mul, 1.0),
    ("mul of one element, no_grad, x 1000", mul_unrecorded, 0.7),
    ("chain of 500 mul, forward, backward", chain, 1.0),
    ("softmax cross entropy 128 x 1000", cross_entropy, 1.0),
    ("conv 3x3, 8 to 16, 14x14, batch 32", convolution, 2.2),
    ("attention, B 8, T 64, C 64, 4 heads", attention, 1.0),
]

if __name__ == "__main__":
    libs = [importlib.import_module(name) for name in ("minitorch", "torch")]
    cases = [Case(name, *(make(lib) for lib in libs), limit) for name, make, limit in CASES]
    sys.exit(not run(cases))
