"""Generating 256 tokens with a small GPT, with a cache of keys and values and without.

    python benchmarks/generation.py

Both must produce the same tokens; the exit status is 1 when the cache is less than 5 times faster.
"""

import os
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# isort: split
from time import perf_counter

from gpt import gpt

import minitorch
from minitorch import nn

LENGTH, CHANNELS, LAYERS = 256, 128, 4
LIMIT = 5.0


@minitorch.no_grad()
def generate(model, prompt, length, caches=None):
    """The prompt and what the model finds most likely to follow it, `length` tokens in all."""
    tokens = new = prompt
    while tokens.shape[1] < length:
        logits = model(tokens) if caches is None else model(new, caches)
        new = logits[:, -1].argmax(-1, keepdim=True)
        tokens = minitorch.cat([tokens, new], 1)
    return tokens


def seconds(work):
    """How long a call of `work` takes, and what it returns."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def main():
    minitorch.manual_seed(0)
    model = gpt(minitorch, length=LENGTH, channels=CHANNELS, layers=LAYERS).eval()
    prompt = minitorch.tensor([[1, 2, 3]])
    caches = nn.ModuleList(nn.KVCache(LENGTH) for _ in range(LAYERS))
    times = []
    for _ in range(5):
        for cache in caches:
            cache.reset()
        slow, plain = seconds(lambda: generate(model, prompt, LENGTH))
        quick, cached = seconds(lambda: generate(model, prompt, LENGTH, caches))
        assert minitorch.equal(plain, cached)
        times.append((slow, quick))
    slow, quick = (min(column) for column in zip(*times, strict=True))  # load only adds
    print(f"{LENGTH} tokens without a cache {slow:6.2f} s")
    print(f"{LENGTH} tokens with a cache    {quick:6.2f} s")
    print(f"the cache is faster by     {slow / quick:6.1f}, at least {LIMIT:.0f} promised")
    return slow / quick >= LIMIT


if __name__ == "__main__":
    sys.exit(not main())
