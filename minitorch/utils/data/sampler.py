"""Samplers: in which order the samples are taken, and how they are cut into batches.

Floor 4: may import floors 0-3. Convention: iterating a sampler gives indices, iterating a batch
sampler gives lists of indices; each `iter` begins a new epoch. The random ones draw what torch
draws, so that one seed gives one order in both.
"""

import itertools
from typing import Generic, TypeVar

import numpy as np

from ... import dtypes
from ...generator import Generator, any_integers, default_generator
from ...ops.sampling import multinomial, randint, randperm
from ...tensor import as_tensor

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T_co = TypeVar("T_co", covariant=True)

# ---- in order ----------------------------------------------------------------------------------


class Sampler(Generic[T_co]):
    """The base: a subclass defines `__iter__`, and `__len__` if it knows its length."""

    def __iter__(self):
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ... up to the length of the data.

    >>> from minitorch.utils.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of `batch_size`; the last list may be shorter.

    Raises ValueError if `batch_size` is no positive int.

    >>> from minitorch.utils.data import BatchSampler
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler, batch_size, drop_last):
        if not _is_positive(batch_size):
            raise ValueError("batch_size should be a positive integer value, but got "
                             f"batch_size={batch_size}")  # fmt: skip
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self):
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full if self.drop_last or not rest else full + 1


def _is_positive(n):
    return isinstance(n, int) and not isinstance(n, bool) and n > 0


# ---- at random ---------------------------------------------------------------------------------


def draw_seed(generator=None):
    """A seed for another generator: one 64-bit draw, without its sign bit."""
    return int(any_integers(default_generator if generator is None else generator, (), np.int64))


class RandomSampler(Sampler[int]):
    """All indices in random order or, with `replacement`, `num_samples` independent ones.

    Each epoch takes a seed from the global generator and shuffles with a generator of its own;
    if `generator` is given, that one is used itself.

    >>> import minitorch
    >>> from minitorch.utils.data import RandomSampler
    >>> _ = minitorch.manual_seed(1)
    >>> list(RandomSampler(range(6)))
    [0, 3, 4, 1, 5, 2]
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError("replacement should be a boolean value, but got "
                            f"replacement={replacement}")  # fmt: skip
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError("num_samples should be a positive integer value, but got "
                             f"num_samples={self.num_samples}")  # fmt: skip

    @property
    def num_samples(self):
        """How many indices an epoch has: that of the data, which may grow, unless it was given."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self):
        n, generator = len(self.data_source), self.generator
        if generator is None:
            generator = Generator()
            generator.manual_seed(draw_seed())
        if self.replacement:
            for start in range(0, self.num_samples + 1, 32):  # 32 at a time, as torch draws them
                size = (min(32, self.num_samples - start),)
                draw = randint(high=n, size=size, dtype=dtypes.int64, generator=generator)
                yield from draw.tolist()
        else:
            for start in range(0, self.num_samples + 1, n):
                order = randperm(n, generator=generator).tolist()
                yield from order[: self.num_samples - start]

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    >>> from minitorch.utils.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([3, 1, 4]))
    [1, 3, 4]
    """

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self):
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, each drawn in proportion to its weight.

    Raises ValueError if the weights are not one-dimensional.

    >>> from minitorch.utils.data import WeightedRandomSampler
    >>> set(WeightedRandomSampler([0.0, 1.0, 0.0, 3.0], 100)) == {1, 3}
    True
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        if not _is_positive(num_samples):
            raise ValueError("num_samples should be a positive integer value, but got "
                             f"num_samples={num_samples}")  # fmt: skip
        if not isinstance(replacement, bool):
            raise ValueError("replacement should be a boolean value, but got "
                             f"replacement={replacement}")  # fmt: skip
        weights = as_tensor(weights, dtype=dtypes.float64)
        if weights.ndim != 1:
            raise ValueError("weights should be a 1d sequence but given weights have shape "
                             f"{tuple(weights.shape)}")  # fmt: skip
        self.weights = weights
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self):
        drawn = multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self):
        return self.num_samples
