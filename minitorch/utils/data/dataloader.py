"""DataLoader: samples in batches, in the order of a sampler.

Floor 4: may import floors 0-3. Convention: a loader is a recipe; each `iter(loader)` is one epoch
and keeps its own place. Batches are made here, in the process that asks for them; `workers.py`
makes them in processes of their own.
"""

import math
import os
import warnings
from typing import Generic, TypeVar

from .collate import default_collate, default_convert
from .dataset import IterableDataset, gather
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed

__all__ = ["DataLoader"]

T_co = TypeVar("T_co", covariant=True)


class DataLoader(Generic[T_co]):
    """Iterates over the batches of a dataset.

    `batch_size` samples, in order or `shuffle`d, are joined by `collate_fn`. A `sampler` or
    `batch_sampler` decides the order instead; `batch_size=None` gives the samples themselves.
    `num_workers` processes prepare `prefetch_factor` batches each in advance; the batches come in
    the same order as without them. Raises ValueError for options that exclude each other.

    >>> import minitorch
    >>> from minitorch.utils.data import DataLoader, TensorDataset
    >>> data = TensorDataset(minitorch.arange(5), minitorch.arange(5) * 10)
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([ 0, 10])
    tensor([2, 3]) tensor([20, 30])
    tensor([4]) tensor([40])
    """

    _initialized = False
    _length_told = None  # what len() said of an iterable dataset
    _iterator = None  # that of persistent workers

    def __init__(
        self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None,
        num_workers=0, collate_fn=None, pin_memory=False, drop_last=False, timeout=0,
        worker_init_fn=None, multiprocessing_context=None, generator=None, *,
        prefetch_factor=None, persistent_workers=False, pin_memory_device="", in_order=True,
    ):  # fmt: skip
        _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset, self.generator = dataset, generator
        self.num_workers, self.persistent_workers = num_workers, persistent_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.timeout, self.in_order, self.worker_init_fn = timeout, in_order, worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device

        self._iterable = isinstance(dataset, IterableDataset)
        if self._iterable:
            _check_unordered(shuffle, sampler, batch_sampler)
        _check_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        if sampler is None:
            sampler = _default_sampler(dataset, self._iterable, shuffle, generator)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.batch_size, self.drop_last = batch_size, drop_last
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._initialized = True
        self.check_worker_number_rationality()

    def __setattr__(self, name, value):
        if self._initialized and name in (
            "batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers",
        ):  # fmt: skip
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is "
                             "initialized")  # fmt: skip
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self):
        """How workers are started: a context of multiprocessing, or None for its default."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context):
        if context is not None:
            from .workers import checked_context

            context = checked_context(context, self.num_workers)
        self._multiprocessing_context = context

    @property
    def _index_sampler(self):
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self):
        if self.num_workers == 0:
            return _Iterator(self)
        from .workers import WorkerIterator  # here, because multiprocessing is slow to import

        self.check_worker_number_rationality()
        if not self.persistent_workers:
            return WorkerIterator(self)
        if self._iterator is None:
            self._iterator = WorkerIterator(self)
        else:
            self._iterator.restart(self)
        return self._iterator

    def __len__(self):
        if not self._iterable:
            return len(self._index_sampler)
        length = self._length_told = len(self.dataset)
        if self.batch_size is not None:
            length /= self.batch_size
            length = math.floor(length) if self.drop_last else math.ceil(length)
        return length

    def check_worker_number_rationality(self):
        """Warns of more workers than this process may use processors."""
        known = hasattr(os, "sched_getaffinity")
        most = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
        if self.num_workers <= most:
            return
        cpuset = "" if known else " (`cpuset` is not taken into account)"
        warnings.warn(
            f"This DataLoader will create {self.num_workers} worker processes in total. Our "
            f"suggested max number of worker in current system is {most}{cpuset}, which is smaller "
            "than what this DataLoader is going to create. Please be aware that excessive worker "
            "creation might get DataLoader running slow or even freeze, lower the worker number to "
            "avoid potential slowness/freeze if necessary.",
            stacklevel=3,
        )


# ---- options that exclude each other -----------------------------------------------------------


def _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers):
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable "
                         "multiprocessing.")  # fmt: skip
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > "
            "0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_unordered(shuffle, sampler, batch_sampler):
    text = "DataLoader with IterableDataset: expected unspecified {0} option, but got {0}={1}"
    if shuffle not in {False, None}:
        raise ValueError(text.format("shuffle", shuffle))
    if sampler is not None:
        raise ValueError(text.format("sampler", sampler))
    if batch_sampler is not None:
        raise ValueError(text.format("batch_sampler", batch_sampler))


def _check_order(batch_size, shuffle, sampler, batch_sampler, drop_last):
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            raise ValueError("batch_sampler option is mutually exclusive with batch_size, "
                             "shuffle, sampler, and drop_last")  # fmt: skip
    elif batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive "
                         "with drop_last")  # fmt: skip


# ---- the order ---------------------------------------------------------------------------------


def _default_sampler(dataset, iterable, shuffle, generator):
    if iterable:
        return _Endless()
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


class _Endless(Sampler):
    """The order of an iterable dataset, which keeps its own: one None after the other."""

    def __iter__(self):
        while True:
            yield None


# ---- one epoch ---------------------------------------------------------------------------------


def fetcher(dataset, iterable, batched, collate_fn, drop_last):
    """The function that makes a batch (a sample, if not batched) of the indices of a sampler."""
    if iterable:
        return _iterable_fetcher(dataset, batched, collate_fn, drop_last)
    if not batched:
        return lambda index: collate_fn(dataset[index])
    at_once = getattr(dataset, "__getitems__", None)

    def fetch(indices):
        batch = gather(dataset, indices) if collate_fn is default_collate else None
        if batch is not None:
            return batch
        return collate_fn(at_once(indices) if at_once else [dataset[i] for i in indices])

    return fetch


def _iterable_fetcher(dataset, batched, collate_fn, drop_last):
    samples = iter(dataset)

    def fetch(places):
        if not batched:
            return collate_fn(next(samples))
        batch = [sample for _, sample in zip(places, samples)]
        if not batch or drop_last and len(batch) < len(places):
            raise StopIteration
        return collate_fn(batch)

    return fetch


class EpochIterator:
    """What both ways of iterating share: the sampler's place, the seed, the count."""

    def __init__(self, loader):
        self._dataset = loader.dataset
        self._iterable = loader._iterable
        self._index_sampler = loader._index_sampler
        self._num_workers = loader.num_workers
        self._recipe = (
            loader.dataset, loader._iterable, loader.batch_sampler is not None,
            loader.collate_fn, loader.drop_last,
        )  # fmt: skip
        if loader.pin_memory:
            warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then "
                          "device pinned memory won't be used.", stacklevel=4)  # fmt: skip
        self._begin(loader)
        # Drawn although only workers need it: torch does, and later numbers should be the same.
        self._base_seed = draw_seed(loader.generator)

    def _begin(self, loader):
        self._sampler_iter = iter(self._index_sampler)
        self._length_told = loader._length_told
        self._num_yielded = 0

    def __iter__(self):
        return self

    def __next__(self):
        data = self._next_data()
        self._num_yielded += 1
        told = self._length_told
        if self._iterable and told is not None and self._num_yielded > told:
            self._warn_of_length(told)
        return data

    def __len__(self):
        return len(self._index_sampler)

    def _warn_of_length(self, told):
        text = (
            f"Length of IterableDataset {self._dataset} was reported to be {told}(when accessing "
            f"len(dataloader)), but {self._num_yielded} samples have been fetched. "
        )
        if self._num_workers > 0:
            text += (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
                "examples."
            )
        warnings.warn(text, stacklevel=3)


class _Iterator(EpochIterator):
    def __init__(self, loader):
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = fetcher(*self._recipe)

    def _next_data(self):
        return self._fetch(next(self._sampler_iter))
