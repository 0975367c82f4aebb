"""Worker processes of the DataLoader: order, seeds, errors, death, and what is left behind.

Each behaviour is written once and holds for minitorch and for torch where torch promises it.
"""

import fcntl
import gc
import multiprocessing
import os
import random
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from exact import raises
from test_data import count_up, plain

import minitorch

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks local classes and reads /proc"),
    # Python 3.12 and later say this when any library has threads.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

ROOT = Path(minitorch.__file__).parents[1]
START_METHODS = ["fork", "spawn", "forkserver"]
many_workers = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")


class Slow:
    """0 to n - 1, of which some take longer than others."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        time.sleep(0.01 * (i % 3 == 0))
        return i


class Faulty(Slow):
    def __getitem__(self, i):
        if i == 1:
            raise KeyError("one")
        if i == 2:
            raise TwoTexts("more", "less")
        if i == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if i == 4:
            os._exit(3)
        if i == 5:
            return lambda: "cannot be pickled"
        if i == 6:
            time.sleep(1)
        return i


class TwoTexts(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)


class Pid(Slow):
    def __getitem__(self, i):
        return os.getpid()


def first(lib, dataset, i=0, **options):
    """What a worker makes of sample i; its iterator is kept until then."""
    iterator = iter(lib.utils.data.DataLoader(dataset, None, sampler=[i], num_workers=1, **options))
    return next(iterator)


# ---- order ---------------------------------------------------------------------------------------


@many_workers
def test_workers_keep_the_order(lib):
    loader = lib.utils.data.DataLoader(Slow(23), batch_size=2, num_workers=4)
    expected = [[i, i + 1][: 23 - i] for i in range(0, 23, 2)]
    assert [batch.tolist() for batch in loader] == expected
    assert multiprocessing.active_children() == []


@many_workers
def test_workers_may_deliver_as_they_can(lib):
    loader = lib.utils.data.DataLoader(Slow(23), batch_size=2, num_workers=3, in_order=False)
    batches = [batch.tolist() for batch in loader]
    assert sorted(sum(batches, [])) == list(range(23)) and len(batches) == 12


class Augmented(Slow):
    """Each sample with a random number that its worker drew."""

    def __init__(self, n, lib):
        super().__init__(n)
        self.lib = lib

    def __getitem__(self, i):
        return super().__getitem__(i), self.lib.rand(()).item()


# Options of loaders over 50 samples, given the package utils.data and an Augmented dataset.
LOADERS = {
    "shuffled": lambda data, d: {"shuffle": True, "batch_size": 4},
    "the last dropped": lambda data, d: {"shuffle": True, "batch_size": 7, "drop_last": True},
    "one by one": lambda data, d: {"shuffle": True, "batch_size": None},
    "with replacement": lambda data, d: {"sampler": data.RandomSampler(d, True, 80)},
    "weighted": lambda data, d: {
        "sampler": data.WeightedRandomSampler([i % 5 for i in range(50)], 60), "batch_size": 8
    },
    "a generator": lambda data, d: {"shuffle": True, "generator": d.lib.Generator().manual_seed(7)},
    "persistent": lambda data, d: {
        "shuffle": True, "batch_size": 3, "persistent_workers": True, "prefetch_factor": 5
    },
}  # fmt: skip


def epochs(lib, loader, num_workers, n=2):
    """Each batch of n epochs after manual_seed(5): the samples, and what was drawn for them."""
    data, dataset = lib.utils.data, Augmented(50, lib)
    lib.manual_seed(5)
    options = LOADERS[loader](data, dataset)
    loader = data.DataLoader(dataset, num_workers=num_workers, **options)
    return [[tuple(map(plain, batch)) for batch in loader] for _ in range(n)]


@many_workers
@pytest.mark.torch
@pytest.mark.parametrize("loader", LOADERS)
def test_four_workers_deliver_what_those_of_torch_deliver(loader):
    import torch

    ours, theirs = (epochs(lib, loader, num_workers=4) for lib in (minitorch, torch))
    assert ours == theirs and ours[0] != ours[1]


@many_workers
@pytest.mark.parametrize("loader", ["shuffled", "one by one", "with replacement", "a generator"])
def test_the_order_does_not_depend_on_the_workers(lib, loader):
    alone, four = (epochs(lib, loader, num_workers, n=1) for num_workers in (0, 4))
    samples = lambda found: [batch[0] for batch in found[0]]
    assert samples(alone) == samples(four)


@pytest.mark.parametrize("method", START_METHODS)
def test_start_methods(method):
    data = minitorch.utils.data.TensorDataset(
        minitorch.arange(5), minitorch.arange(10.0).view(5, 2)
    )
    loader = minitorch.utils.data.DataLoader
    parallel = loader(data, 2, num_workers=2, multiprocessing_context=method)
    assert [plain(batch) for batch in parallel] == [plain(batch) for batch in loader(data, 2)]


def test_not_more_is_prepared_than_asked_for(lib):
    taken = []

    def indices():
        for i in range(20):
            taken.append(i)
            yield i

    loader = lib.utils.data.DataLoader(
        Slow(20), None, sampler=indices(), num_workers=2, prefetch_factor=3
    )
    iterator = iter(loader)
    assert len(taken) == 6
    next(iterator)
    assert len(taken) == 7


# torch's half made iterator fails in its `__del__`.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_workers_that_are_never_asked(lib):
    loader = lib.utils.data.DataLoader(Slow(2), num_workers=1, prefetch_factor=0)
    with raises(AssertionError, "prefetch_factor must be greater than 0 for "
                "MultiProcessingDataLoaderIter"):  # fmt: skip
        iter(loader)
    gc.collect()


def test_large_batches_do_not_block():
    data = minitorch.utils.data.TensorDataset(minitorch.arange(400_000.0).view(4, 100_000))
    loader = minitorch.utils.data.DataLoader(data, num_workers=1, prefetch_factor=4)
    assert [batch[0, 0].item() for (batch,) in loader] == [0.0, 1e5, 2e5, 3e5]
    indices = [[i % 4 for i in range(50_000)]] * 8  # larger than what a pipe holds, both ways
    loader = minitorch.utils.data.DataLoader(
        Slow(4), batch_sampler=indices, num_workers=1, prefetch_factor=8, collate_fn=len
    )
    loader.dataset.__class__ = Pid
    assert list(loader) == [50_000] * 8


# ---- who a worker is -----------------------------------------------------------------------------


# The seeds of the workers and what they draw, recorded from torch 2.13 after manual_seed(0).
SEEDED = [
    [900450186894289455, 0.21315340548154382, 0.8371640508861415, 0.7821398973464966],
    [900450186894289456, 0.7733861492043289, 0.6702704958690073, 0.6938178539276123],
    [900450186894289455, 0.2764485855185723, 0.38757835109739946, 0.053598999977111816],
]


def test_workers_are_seeded(lib):
    data = lib.utils.data

    class Draws(Slow):
        def __getitem__(self, i):
            seed = data.get_worker_info().seed
            return seed, random.random(), np.random.rand(), lib.rand(()).item()

    lib.manual_seed(0)
    assert list(data.DataLoader(Draws(3), None, num_workers=2)) == SEEDED
    assert data.get_worker_info() is None
    assert lib.rand(()).item() == 0.08847743272781372
    lib.manual_seed(0)
    assert list(data.DataLoader(Slow(3), None)) == [0, 1, 2]
    assert lib.rand(()).item() == 0.08847743272781372


def test_worker_info(lib):
    data = lib.utils.data

    class Info(Slow):
        def __getitem__(self, i):
            info = data.get_worker_info()
            return info.id, info.num_workers, info.dataset.n

    def shorten(worker_id):
        data.get_worker_info().dataset.n -= worker_id

    loader = data.DataLoader(Info(4), None, num_workers=2, worker_init_fn=shorten)
    assert [tuple(sample) for sample in loader] == [(0, 2, 4), (1, 2, 3)] * 2


# ---- iterable datasets ---------------------------------------------------------------------------


def by_worker(lib):
    """Two samples from worker 0, five from worker 1, eight from worker 2."""
    data = lib.utils.data

    class ByWorker(data.IterableDataset):
        def __iter__(self):
            worker = data.get_worker_info().id
            return iter([10 * worker + i for i in range(2 + 3 * worker)])

    return ByWorker()


@many_workers
def test_workers_of_an_iterable_dataset_take_turns(lib):
    loader = lib.utils.data.DataLoader(by_worker(lib), None, num_workers=3)
    expected = [0, 10, 20, 1, 11, 21, 12, 22, 13, 23, 14, 24, 25, 26, 27]
    assert list(loader) == expected and list(loader) == expected
    loader = lib.utils.data.DataLoader(by_worker(lib), 2, num_workers=2)
    assert [batch.tolist() for batch in loader] == [[0, 1], [10, 11], [12, 13], [14]]


def test_a_longer_iterable_dataset_is_explained(lib):
    loader = lib.utils.data.DataLoader(count_up(lib, 2, length=2), None, num_workers=2)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="at each worker. Please see https://pytorch.org/docs"):
        assert list(loader) == [0, 0, 1, 1]


# ---- persistent workers --------------------------------------------------------------------------


def test_persistent_workers(lib):
    options = {"num_workers": 2, "batch_size": None}
    fresh = lib.utils.data.DataLoader(Pid(4), **options)
    assert set(fresh).isdisjoint(fresh)
    loader = lib.utils.data.DataLoader(Pid(4), persistent_workers=True, **options)
    pids = list(loader)
    assert list(loader) == pids and len(set(pids)) == 2


def test_persistent_workers_after_an_epoch_broken_off(lib):
    options = {"num_workers": 2, "batch_size": 2, "persistent_workers": True}
    loader = lib.utils.data.DataLoader(Slow(9), **options)
    for batch in loader:
        if batch.tolist() == [2, 3]:
            break
    assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3], [4, 5], [6, 7], [8]]
    loader = lib.utils.data.DataLoader(count_up(lib, 3), **options)
    assert [[batch.tolist() for batch in loader] for _ in range(2)] == [
        [[0, 1], [0, 1], [2], [2]]
    ] * 2


# ---- errors --------------------------------------------------------------------------------------


def test_an_error_in_a_worker_is_raised_here(lib):
    with pytest.raises(KeyError) as error:
        first(lib, Faulty(9), 1)
    text = str(error.value)  # readable: not the repr of a string
    assert text.startswith(
        "Caught KeyError in DataLoader worker process 0.\nOriginal Traceback (most "
    )
    assert "in __getitem__" in text and text.endswith("KeyError: 'one'\n")


def test_an_error_that_cannot_be_made_of_one_text(lib):
    with pytest.raises(RuntimeError, match="^Caught TwoTexts in DataLoader worker process 0"):
        first(lib, Faulty(9), 2)


def test_an_error_of_worker_init_fn(lib):
    def refuse(worker_id):
        raise ValueError("not today")

    with pytest.raises(ValueError, match="^Caught ValueError in DataLoader worker process 0"):
        first(lib, Slow(2), worker_init_fn=refuse)


@pytest.mark.parametrize("method", START_METHODS)
def test_errors_of_a_worker_with_each_start_method(method):
    context = multiprocessing.get_context(method)
    with pytest.raises(KeyError, match="Caught KeyError in DataLoader worker process 0"):
        first(minitorch, Faulty(9), 1, multiprocessing_context=context)


def test_a_result_that_cannot_be_pickled_is_an_error():
    with pytest.raises(Exception, match="in DataLoader worker process 0") as error:
        first(minitorch, Faulty(9), 5)
    assert "lambda" in str(error.value)


def test_an_epoch_goes_on_after_an_error(lib):
    iterator = iter(lib.utils.data.DataLoader(Faulty(3), None, num_workers=1, sampler=[0, 1, 0]))
    assert next(iterator) == 0
    with pytest.raises(KeyError):
        next(iterator)
    assert next(iterator) == 0
    with pytest.raises(StopIteration):
        next(iterator)


# ---- death ---------------------------------------------------------------------------------------


def test_timeout(lib):
    with raises(RuntimeError, "DataLoader timed out after 0.2 seconds"):
        first(lib, Faulty(9), 6, timeout=0.2)


def test_a_dead_worker_is_noticed():
    for i, text in ((3, "DataLoader worker (pid 0) is killed by signal: Killed. "),
                    (4, "DataLoader worker (pid(s) 0) exited unexpectedly")):  # fmt: skip
        with pytest.raises(RuntimeError) as error:
            first(minitorch, Faulty(9), i)
        assert re.sub(r"\d+", "0", error.value.args[0]) == text
    del error
    gc.collect()
    assert multiprocessing.active_children() == []


class Large(Slow):
    """Pids; sample 0 is far too large for a pipe, so its worker waits until it is read."""

    def __getitem__(self, i):
        return os.getpid(), bytes(8_000_000 * (i == 0))


@contextmanager
def no_hang(seconds=60):
    """Turns waiting for ever into a failure."""

    def give_up(*args):
        raise AssertionError(f"still waiting after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


KILLED = "DataLoader worker (pid 0) is killed by signal: Killed. "


def text_of_death(iterate):
    """What is said of a worker that was killed, without its number; the others must end too."""
    with no_hang(), pytest.raises(RuntimeError) as error:
        iterate()
    text = re.sub(r"\d+", "0", error.value.args[0])
    del error, iterate
    gc.collect()
    assert multiprocessing.active_children() == []
    return text


@many_workers
@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("method", START_METHODS)
def test_one_of_four_workers_is_killed(method, in_order):
    def iterate():
        loader = minitorch.utils.data.DataLoader(
            Pid(10_000), None, num_workers=4, in_order=in_order, multiprocessing_context=method
        )
        for i, pid in enumerate(loader):
            if i == 20:
                os.kill(pid, signal.SIGKILL)

    assert text_of_death(iterate) == KILLED


def test_a_worker_is_killed_in_the_middle_of_a_batch():
    def iterate():
        iterator = iter(
            minitorch.utils.data.DataLoader(Large(9), None, sampler=[1, 0, 2], num_workers=1)
        )
        pid, _ = next(iterator)
        pipe = iterator._workers[0].pipe
        while waiting(pipe) < 10_000:  # the large batch is on its way, and does not fit
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        next(iterator)

    assert text_of_death(iterate) == KILLED


def waiting(pipe):
    """How many bytes there are to be read."""
    return struct.unpack("i", fcntl.ioctl(pipe.fileno(), termios.FIONREAD, bytes(4)))[0]


def test_a_persistent_worker_is_killed_between_two_epochs():
    def iterate():
        loader = minitorch.utils.data.DataLoader(
            Pid(4), None, num_workers=2, persistent_workers=True
        )
        os.kill(list(loader)[0], signal.SIGKILL)
        list(loader)

    assert text_of_death(iterate) == KILLED


# ---- what is left behind -------------------------------------------------------------------------


def held():
    """What an epoch could leak: child processes, threads, open files and shared memory."""
    gc.collect()
    me = Path("/proc/self")
    children = [
        child
        for task in (me / "task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    shared = sorted(path.name for path in Path("/dev/shm").iterdir())
    return sorted(children), threading.active_count(), len(os.listdir(me / "fd")), shared


BATCHES = minitorch.arange(400_000.0).view(200, 2_000)  # each larger than what a pipe holds


def leave_early(loader, epoch):
    """Begins an epoch, and breaks off in one of three ways."""
    if epoch % 3 == 0:
        iter(loader)
    elif epoch % 3 == 1:
        for i, (batch,) in enumerate(loader):
            assert batch.shape == (20, 2_000)
            if i == epoch % 4:
                break
    else:
        with pytest.raises(ZeroDivisionError):
            for (batch,) in loader:
                batch / (1 // 0)


@pytest.mark.parametrize("persistent", [False, True])
def test_a_hundred_interrupted_epochs_leave_nothing_behind(persistent):
    before = held()
    loader = minitorch.utils.data.DataLoader(
        minitorch.utils.data.TensorDataset(BATCHES), 20, True, num_workers=2,
        persistent_workers=persistent,
    )  # fmt: skip
    with no_hang(300):
        for epoch in range(100):
            leave_early(loader, epoch)
    if persistent:
        assert len(multiprocessing.active_children()) == 2
    del loader
    assert held() == before and multiprocessing.active_children() == []


ORPHANS = """
import os, signal
from minitorch.utils.data import DataLoader

class Endless:
    def __len__(self):
        return 1_000_000
    def __getitem__(self, i):
        return os.getpid()

pids = [next(iterator) for iterator in [iter(DataLoader(Endless(), None, num_workers=2))] * 2]
others = iter(DataLoader(Endless(), None, num_workers=1))
print(*pids, next(others), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_when_the_parent_is_killed():
    done = subprocess.run(
        [sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    pids = done.stdout.split()
    assert done.returncode == -signal.SIGKILL and len(set(pids)) == 3
    until = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(alive, pids))


def alive(pid):
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
