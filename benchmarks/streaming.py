"""A million steps of a stream through a Stateful GRU, learning on the way: does the process grow?

    python benchmarks/streaming.py [steps]

The stream comes in chunks of 100 steps; each is predicted, and learned from (forward, backward, a
step of SGD), while the hidden state goes on from chunk to chunk. The exit status is 1 when the
process is 5 MB larger after the last step than after the first hundredth.
"""

import os
import sys

# Before NumPy is imported, since it reads them then; harness.py would bring torch into the process.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import minitorch  # noqa: E402
from minitorch import nn  # noqa: E402

STEPS, CHUNK = 1_000_000, 100
LIMIT = 5.0


def resident():
    """Megabytes of the process in memory now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def chunks(steps):
    """Noisy waves (CHUNK + 1, 2, 1): the input and, one step later, what to predict."""
    for start in range(0, steps, CHUNK):
        time = minitorch.arange(start, start + CHUNK + 1).view(-1, 1, 1)
        wave = minitorch.sin(time * minitorch.tensor([[[0.1], [0.23]]]))
        yield wave + 0.01 * minitorch.randn(CHUNK + 1, 2, 1)


def main(steps=STEPS):
    minitorch.manual_seed(0)
    stream, readout = nn.Stateful(nn.GRU(1, 16)), nn.Linear(16, 1)
    model = nn.Sequential(stream, readout)
    optimizer = minitorch.optim.SGD(model.parameters(), lr=0.1)
    for i, wave in enumerate(chunks(steps), 1):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(wave[:-1]), wave[1:])
        loss.backward()
        optimizer.step()
        done = i * CHUNK
        if done == steps // 100:
            early = resident()
        if done in (steps // 100, steps // 10, steps // 2, steps):
            print(f"{done:9,} steps  {resident():7.2f} MB  loss {loss.item():.4f}", flush=True)
    growth = resident() - early
    print(f"grown by {growth:.2f} MB since the first hundredth, at most {LIMIT:.0f} promised")
    return growth < LIMIT


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
