"""Records tests/golden/random.npz from torch 2.13: what it draws.

    python tests/golden/record_random.py

Each case of DRAWS is run on a fresh seed, with `T` for torch here and for minitorch in the test.
Its result is kept with the next draw after it, which shows how much of the stream it used up.
STATES are places in the stream, kept as the bytes of `get_rng_state`.
"""

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("random.npz")
SEED = 20240229


def in_place(T, shape, dtype="float32"):
    return T.zeros(shape, dtype=getattr(T, dtype))


DRAWS = {
    "rand": lambda T: T.rand(3, 5),
    "rand float64": lambda T: T.rand(3, 5, dtype=T.float64),
    "rand float16": lambda T: T.rand(1000, dtype=T.float16),
    "rand like a transposed": lambda T: T.rand_like(T.zeros(4, 3).t()),
    "uniform between": lambda T: in_place(T, (4, 5)).uniform_(-0.1, 0.3),
    "uniform between float64": lambda T: in_place(T, (4, 5), "float64").uniform_(-0.1, 0.3),
    "uniform between float16": lambda T: in_place(T, 500, "float16").uniform_(-0.1, 0.3),
    "uniform not contiguous": lambda T: in_place(T, (4, 5)).t().uniform_(),
    "randn few": lambda T: T.randn(3, 4),
    "randn odd": lambda T: T.randn(5),
    "randn few float64": lambda T: T.randn(7, dtype=T.float64),
    "randn a block": lambda T: T.randn(16),
    "randn blocks": lambda T: T.randn(40, 32),
    "randn blocks and a tail": lambda T: T.randn(5, 7),
    "randn float64": lambda T: T.randn(5, 7, dtype=T.float64),
    "randn float16": lambda T: T.randn(5, 7, dtype=T.float16),
    "randn like a transposed": lambda T: T.randn_like(T.zeros(7, 5).t()),
    "normal mean std": lambda T: in_place(T, (6, 6)).normal_(0.3, 0.02),
    "normal mean std few": lambda T: in_place(T, 6).normal_(0.3, 0.02),
    "normal mean std float64": lambda T: in_place(T, (6, 6), "float64").normal_(0.3, 0.02),
    "normal not contiguous": lambda T: in_place(T, (6, 6))[:, ::2].normal_(1, 2),
    "normal sizes": lambda T: T.normal(2.0, 3.0, (2, 3)),
    "normal about": lambda T: T.normal(T.arange(20).float(), 0.5),
    "normal spread": lambda T: T.normal(1.0, T.arange(20).float()),
    "normal about and spread": lambda T: T.normal(T.arange(4.0), T.ones(3, 4)),
    "randint": lambda T: T.randint(10, (20,)),
    "randint between": lambda T: T.randint(-5, 6, (20,)),
    "randint 2**28 - 1": lambda T: T.randint(2**28 - 1, (5,)),
    "randint 2**28": lambda T: T.randint(2**28, (5,)),
    "randint wide": lambda T: T.randint(-(2**62), 2**62, (5,)),
    "randint uint8": lambda T: T.randint(256, (20,), dtype=T.uint8),
    "randint float32": lambda T: T.randint(1, 7, (20,), dtype=T.float32),
    "randint like": lambda T: T.randint_like(T.zeros(2, 3), 2, 9),
    **{
        f"random_ {name}": lambda T, name=name: in_place(T, 9, name).random_()
        for name in "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split()
    },
    "random_ to": lambda T: in_place(T, 9).random_(100),
    "random_ from": lambda T: in_place(T, 9, "int16").random_(7, None),
    "random_ all": lambda T: in_place(T, 9, "int64").random_(-(2**63), None),
    "randperm": lambda T: T.randperm(50),
    "randperm long": lambda T: T.randperm(3_000),
    "randperm one": lambda T: T.randperm(1),
    "bernoulli": lambda T: T.bernoulli(T.arange(20).float() / 19),
    "bernoulli float64": lambda T: T.bernoulli(T.arange(20).double() / 19),
    "bernoulli_ p": lambda T: in_place(T, (5, 6)).bernoulli_(0.3),
    "bernoulli_ each": lambda T: in_place(T, (5, 3)).t().bernoulli_(T.arange(5).float() / 4),
    "exponential": lambda T: in_place(T, 20).exponential_(1.7),
    "exponential float64": lambda T: in_place(T, 20, "float64").exponential_(),
    "multinomial one": lambda T: T.multinomial(T.arange(12.0).reshape(2, 6), 1),
    "multinomial some": lambda T: T.multinomial(T.arange(12.0).reshape(2, 6), 4),
    "multinomial again": lambda T: T.multinomial(T.arange(12.0).reshape(2, 6), 40, True),
    "multinomial vector": lambda T: T.multinomial(T.arange(1, 7).double(), 40, True),
}

# Moments of one stream, each some steps after the one before it.
STATES = {
    "nothing drawn": lambda T: None,
    "a number": lambda T: T.rand(1),
    "a normal number, its twin kept": lambda T: T.randn(1),
    "a block, the twin still kept": lambda T: T.randn(16),
    "the twin": lambda T: T.randn(1),
    "the last of 624": lambda T: T.rand(624 - 1 - 4 - 16),
    "the first of the next 624": lambda T: T.rand(1),
}


def record(T):
    """{name: array} of everything above; minitorch is asked the same way by the test."""
    found = {}
    for name, draw in DRAWS.items():
        T.manual_seed(SEED)
        found[name] = draw(T).numpy()
        found[f"{name}, then"] = T.rand(2).numpy()
    T.manual_seed(SEED)
    for name, step in STATES.items():
        step(T)
        found[name] = T.get_rng_state().numpy()
    return found


if __name__ == "__main__":
    import torch

    np.savez_compressed(FILE, **record(torch))
