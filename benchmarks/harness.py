"""Times the same work in minitorch and torch: one process, one thread, in turn, ratio of medians.

Import this module before NumPy, since the number of threads is read when NumPy loads. A benchmark
is a list of cases; `run(cases)` prints one line each and says whether all are within their limits.
"""

import os
import sys

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
if "numpy" in sys.modules:
    raise ImportError("import harness before numpy, minitorch and torch")
os.environ.update(dict.fromkeys(THREADS, "1"))

from collections.abc import Callable  # noqa: E402
from statistics import median  # noqa: E402
from timeit import Timer  # noqa: E402
from typing import NamedTuple  # noqa: E402

import torch  # noqa: E402

torch.set_num_threads(1)

ROUNDS = 21
SAMPLE = 0.02  # seconds that one timing of one side takes at least
HEADER = f"{'':40} {'minitorch us':>13} {'torch us':>13} {'ratio':>7} {'limit':>7}"


class Case(NamedTuple):
    """The same work done by both; `limit` is the largest ratio of medians that we promise."""

    name: str
    minitorch: Callable[[], object]
    torch: Callable[[], object]
    limit: float = 1.0


def repetitions(timer):
    """How often the work must be repeated to fill a sample; finding out is the warm-up."""
    timer.timeit(3)  # the first calls load libraries, and say nothing of the others
    number = 1
    while (seconds := timer.timeit(number)) < SAMPLE:
        number = max(2 * number, int(number * SAMPLE / max(seconds, 1e-9)))
    return number


def measure(case):
    """Median microseconds of one repetition, for minitorch and torch.

    The sides take turns, and the first place too: a busy moment of the machine hits both.
    """
    sides = [Timer(case.minitorch), Timer(case.torch)]
    numbers = [repetitions(timer) for timer in sides]
    samples = [[], []]
    for turn in range(ROUNDS):
        for side in (0, 1) if turn % 2 else (1, 0):
            seconds = sides[side].timeit(numbers[side])
            samples[side].append(1e6 * seconds / numbers[side])
    return median(samples[0]), median(samples[1])


def run(cases):
    """Prints the table; True if every ratio is within its limit."""
    print(HEADER)
    fits = True
    for case in cases:
        ours, theirs = measure(case)
        ratio = ours / theirs
        fits = fits and ratio <= case.limit
        over = "" if ratio <= case.limit else "  <-"
        line = f"{case.name:40} {ours:13,.2f} {theirs:13,.2f} {ratio:7.2f} {case.limit:7.2f}{over}"
        print(line, flush=True)
    return fits
