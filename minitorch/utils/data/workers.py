"""Worker processes: the batches of a DataLoader, made in processes of their own.

Floor 4: may import floors 0-3. Each worker has one pipe to the parent and nothing else in common
with anybody: no shared memory to leak, no lock to die with. Tasks (number, indices) go down in
turn, results (number, batch) come up; as each worker answers in order and the parent asks the
workers in turn, the batches keep the order of the sampler. When a worker dies its pipe closes,
and the parent, waiting at the pipe, wakes up.
"""

import contextlib
import itertools
import multiprocessing
import os
import queue
import random
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler

import numpy as np

from ...errors import note
from ...generator import default_generator
from . import dataset as datasets
from .dataloader import EpochIterator, fetcher

__all__ = ["WorkerIterator", "checked_context"]

_RESTART = "a new epoch begins"  # to a worker, and back
_PATIENCE = 5.0  # seconds that workers are given to end by themselves


def checked_context(context, num_workers):
    """A context of multiprocessing, given itself or its start method; errors in torch's words."""
    if num_workers == 0:
        raise ValueError("multiprocessing_context can only be used with multi-process loading "
                         f"(num_workers > 0), but got num_workers={num_workers}")  # fmt: skip
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                "multiprocessing_context option should specify a valid start method in "
                f"{methods!r}, but got multiprocessing_context={context!r}"
            )
        context = multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string "
            f"specifying the start method, but got multiprocessing_context={context}"
        )
    return context


# ---- in the worker -----------------------------------------------------------------------------


class _Failure:
    """An exception on its way to the parent: its type, and its traceback as text."""

    def __init__(self, worker_id):
        self.kind = sys.exc_info()[0]
        self.text = (
            f"Caught {self.kind.__name__} in DataLoader worker process {worker_id}.\n"
            f"Original {traceback.format_exc()}"
        )

    def reraise(self):
        try:
            error = self.kind(_Readable(self.text) if self.kind is KeyError else self.text)
        except Exception:  # not every exception can be made of one text
            error = RuntimeError(self.text)
        raise error from None


class _Ended:
    """Instead of a batch: the iterable dataset has no more for this worker."""


class _Readable(str):
    """KeyError shows the repr of its argument; a traceback's should be itself."""

    __repr__ = str.__str__


def _work(pipe, inherited, recipe, base_seed, init_fn, num_workers, worker_id):
    """The whole life of a worker."""
    for other in inherited:  # a pipe of which a copy is open here would never seem closed
        other.close()
    seed = base_seed + worker_id
    datasets.worker_info = datasets.WorkerInfo(worker_id, num_workers, seed, recipe[0])
    random.seed(seed)
    default_generator.manual_seed(seed)
    entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(entropy).generate_state(4))
    results = queue.SimpleQueue()
    threading.Thread(target=_send, args=(pipe, results), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, EOFError, OSError):  # the parent knows, or is gone
        _answer(pipe, results, recipe, init_fn, worker_id)


def _send(pipe, results):
    """In a thread, so that the next batch is made while the parent is busy with the last one."""
    with contextlib.suppress(OSError):  # nobody is listening any more
        while True:
            pipe.send_bytes(results.get())


def _answer(pipe, results, recipe, init_fn, worker_id):
    """Answers each task with its number and its batch, or with what came instead of a batch."""
    fetch = _prepared(recipe, init_fn, worker_id)
    for message in _messages(pipe):
        if message == _RESTART:
            results.put(ForkingPickler.dumps((_RESTART, None)))
            fetch = _prepared(recipe, None, worker_id)
        elif fetch is not None:
            number, indices = message
            data = _fetched(fetch, indices, recipe, worker_id)
            fetch = None if isinstance(data, _Ended) else fetch
            results.put(_pickled(number, data, worker_id))


def _prepared(recipe, init_fn, worker_id):
    """The function that makes batches; if there can be none, one that says why."""
    try:
        if init_fn is not None:
            init_fn(worker_id)
        return fetcher(*recipe)
    except Exception:
        failure = _Failure(worker_id)
        return lambda indices: failure


def _fetched(fetch, indices, recipe, worker_id):
    try:
        return fetch(indices)
    except Exception as error:
        _, iterable, *_ = recipe
        return _Ended() if iterable and isinstance(error, StopIteration) else _Failure(worker_id)


def _messages(pipe):
    """The messages of the parent up to None; once that is there, those before it are dropped."""
    pending = []
    while True:
        while not pending or pipe.poll():
            pending.append(pipe.recv())
            if pending[-1] is None:
                return
        yield pending.pop(0)


def _pickled(number, data, worker_id):
    try:
        return ForkingPickler.dumps((number, data))
    except Exception:
        failure = _Failure(worker_id)
    try:
        return ForkingPickler.dumps((number, failure))
    except Exception:  # nor can the type of the exception
        failure.kind = RuntimeError
        return ForkingPickler.dumps((number, failure))


# ---- in the parent -----------------------------------------------------------------------------


class _Worker:
    def __init__(self, context, worker_id, inherited, start):
        self.pipe, theirs = context.Pipe()
        self.active = True
        inherited = [*inherited, self.pipe] if context.get_start_method() == "fork" else []
        args = (theirs, inherited, *start, worker_id)
        self.process = context.Process(target=_work, args=args, daemon=True)
        try:
            self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    def send(self, message):
        try:
            self.pipe.send(message)
        except OSError:
            raise self._died() from None

    def receive(self, timeout=None):
        """The next (number, result); None after `timeout` seconds, an error if the worker died."""
        ready = wait([self.pipe, self.process.sentinel], timeout)
        if not ready:
            return None
        try:
            if self.pipe not in ready and not self.pipe.poll():
                raise EOFError
            answer = self.pipe.recv_bytes()
        except (EOFError, OSError):  # OSError if it died in the middle of a batch
            raise self._died() from None
        return ForkingPickler.loads(answer)

    def _died(self):
        self.active = False
        self.process.join(_PATIENCE)
        pid, code = self.process.pid, self.process.exitcode
        if code is not None and code < 0:
            killer = signal.strsignal(-code)
            return RuntimeError(f"DataLoader worker (pid {pid}) is killed by signal: {killer}. ")
        error = RuntimeError(f"DataLoader worker (pid(s) {pid}) exited unexpectedly")
        return note(error, "With num_workers=0 the dataset runs in this process, and shows why.")

    def stop(self):
        if hasattr(os, "fork"):  # closing is not enough if a later fork has a copy of the pipe
            with contextlib.suppress(OSError):
                os.set_blocking(self.pipe.fileno(), False)
                self.pipe.send(None)
        self.pipe.close()

    def join(self, until):
        self.process.join(max(0, until - time.monotonic()))
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


class WorkerIterator(EpochIterator):
    """One epoch made by workers; with persistent ones `restart` begins another."""

    _workers = ()

    def __init__(self, loader):
        super().__init__(loader)
        if loader.prefetch_factor == 0:
            raise AssertionError("prefetch_factor must be greater than 0 for "
                                 "MultiProcessingDataLoaderIter")  # fmt: skip
        self._timeout = loader.timeout
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._most = loader.prefetch_factor * loader.num_workers
        self._pid = os.getpid()
        self._workers = []
        context = loader.multiprocessing_context or multiprocessing.get_context()
        start = (self._recipe, self._base_seed, loader.worker_init_fn, loader.num_workers)
        for worker_id in range(loader.num_workers):
            inherited = [worker.pipe for worker in self._workers]
            self._workers.append(_Worker(context, worker_id, inherited, start))
        self._start()

    def _start(self):
        self._turns = itertools.cycle(self._workers)
        self._sent = 0
        self._asked = {}  # number of a task: the worker that has it; the oldest first
        for worker in self._workers:
            worker.active = True
        for _ in range(self._most):
            self._ask()

    def restart(self, loader):
        """Begins another epoch with the same workers; what is left of the last one is dropped."""
        self._begin(loader)
        for worker in self._workers:
            worker.send(_RESTART)
        for worker in self._workers:
            while worker.receive()[0] != _RESTART:
                pass
        self._start()

    def _ask(self):
        """Gives the next task to the worker whose turn it is, if there is a task and a worker."""
        try:
            indices = next(self._sampler_iter)
        except StopIteration:
            return
        for worker in itertools.islice(self._turns, len(self._workers)):
            if worker.active and (self._in_order or self._has_room(worker)):
                self._asked[self._sent] = worker
                worker.send((self._sent, indices))
                self._sent += 1
                return

    def _has_room(self, worker):
        active = sum(worker.active for worker in self._workers)
        return list(self._asked.values()).count(worker) < self._most // active

    def _next_data(self):
        while self._asked:
            worker = next(iter(self._asked.values())) if self._in_order else self._first_ready()
            answer = worker.receive(self._timeout or None)
            if answer is None:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
            number, data = answer
            del self._asked[number]
            if isinstance(data, _Ended):
                worker.active = False
                self._asked = {n: w for n, w in self._asked.items() if w is not worker}
                self._ask()
                continue
            self._ask()
            if isinstance(data, _Failure):
                data.reraise()
            return data
        if not self._persistent:
            self._stop()
        raise StopIteration

    def _first_ready(self):
        asked = {worker.pipe: worker for worker in self._asked.values()}
        ready = wait(list(asked), self._timeout or None)
        return asked[ready[0]] if ready else next(iter(asked.values()))

    def _stop(self):
        workers, self._workers = self._workers, []
        if os.getpid() != getattr(self, "_pid", None):  # a fork's copy of the iterator
            return
        for worker in workers:
            worker.stop()
        until = time.monotonic() + _PATIENCE
        for worker in workers:
            worker.join(until)

    def __del__(self):
        if not sys.is_finalizing():  # then multiprocessing ends its daemons itself
            self._stop()

    def __getstate__(self):
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")
