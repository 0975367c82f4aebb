"""Datasets: what a DataLoader takes its samples from.

Floor 4: may import floors 0-3. Convention: a map-style dataset answers `dataset[i]` and
`len(dataset)`; an iterable one is walked by `iter(dataset)`; either gives one sample at a time.
"""

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from ...generator import default_generator
from ...ops.sampling import randperm
from ...tensor import wrap

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "get_worker_info",
    "random_split",
]

T_co = TypeVar("T_co", covariant=True)

# ---- the two kinds -----------------------------------------------------------------------------


class Dataset(Generic[T_co]):
    """A map-style dataset: a subclass defines `__getitem__`, and nearly always `__len__`.

    `__getitems__(indices)`, if there is one, gives the samples of a whole batch at once.

    >>> from minitorch.utils.data import Dataset
    >>> class Squares(Dataset):
    ...     def __getitem__(self, i):
    ...         return i * i
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index):
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """A dataset that can only be walked through: a subclass defines `__iter__`.

    In worker processes each worker walks a copy of its own: `get_worker_info()` tells them apart.
    """

    def __add__(self, other):
        return ChainDataset([self, other])


# ---- in a worker process -----------------------------------------------------------------------


class WorkerInfo(NamedTuple):
    """Which of how many workers this is, its seed, and its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: object


worker_info = None


def get_worker_info():
    """In a worker process of a DataLoader its WorkerInfo, elsewhere None.

    >>> from minitorch.utils.data import get_worker_info
    >>> print(get_worker_info())
    None
    """
    return worker_info


# ---- of tensors and of other datasets ----------------------------------------------------------


class TensorDataset(Dataset):
    """Sample i is (tensors[0][i], tensors[1][i], ...); the tensors have equally many rows.

    >>> import minitorch
    >>> from minitorch.utils.data import TensorDataset
    >>> TensorDataset(minitorch.arange(3), minitorch.arange(6).view(3, 2))[1]
    (tensor(1), tensor([2, 3]))
    """

    def __init__(self, *tensors):
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self):
        return self.tensors[0].size(0)


class StackDataset(Dataset):
    """Sample i is a tuple, or with keywords a dict, of sample i of each dataset.

    >>> from minitorch.utils.data import StackDataset
    >>> StackDataset("abc", range(3))[1], StackDataset(letter="abc", number=range(3))[1]
    (('b', 1), {'letter': 'b', 'number': 1})
    """

    def __init__(self, *args, **kwargs):
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        if not (args or kwargs):
            raise ValueError("At least one dataset should be passed")
        self.datasets = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if any(length != lengths[0] for length in lengths):
            raise ValueError("Size mismatch between datasets")
        self._length = lengths[0]

    def __getitem__(self, index):
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices):
        if not isinstance(self.datasets, dict):
            return list(zip(*(_column(dataset, indices) for dataset in self.datasets)))
        rows = zip(*(_column(dataset, indices) for dataset in self.datasets.values()))
        return [dict(zip(self.datasets, row)) for row in rows]

    def __len__(self):
        return self._length


def _column(dataset, indices):
    """The samples of one of the stacked datasets."""
    if not callable(getattr(dataset, "__getitems__", None)):
        return [dataset[i] for i in indices]
    items = dataset.__getitems__(indices)
    if len(items) != len(indices):
        raise ValueError("Nested dataset's output size mismatch. "
                         f"Expected {len(indices)}, got {len(items)}")  # fmt: skip
    return items


class ConcatDataset(Dataset[T_co]):
    """The samples of the first dataset, then those of the second, and so on.

    >>> from minitorch.utils.data import ConcatDataset
    >>> both = ConcatDataset(["ab", "xyz"])
    >>> len(both), both[2], both[-1]
    (5, 'x', 'z')
    """

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence):
        """Where each dataset ends."""
        return list(itertools.accumulate(map(len, sequence)))

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx):
        if idx < 0:
            if -idx > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            idx += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, idx)
        return self.datasets[which][idx - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset):
    """Iterable datasets, one after the other.

    >>> from minitorch.utils.data import ChainDataset, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(3))
    >>> list(Count() + Count())
    [0, 1, 2, 0, 1, 2]
    """

    def __init__(self, datasets):
        self.datasets = datasets

    def _checked(self):
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self):
        for dataset in self._checked():
            yield from dataset

    def __len__(self):
        return sum(len(dataset) for dataset in self._checked())


# ---- parts of a dataset ------------------------------------------------------------------------


class Subset(Dataset[T_co]):
    """The samples of a dataset at the given indices.

    >>> from minitorch.utils.data import Subset
    >>> list(Subset("abcdef", [4, 0]))
    ['e', 'a']
    """

    def __init__(self, dataset, indices):
        self.dataset = dataset
        self.indices = indices
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} overrides __getitem__ but not __getitems__. "
                "When subclassing Subset and overriding __getitem__, you must also override "
                "__getitems__ to ensure DataLoader works correctly with your custom logic. "
                "A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx):
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices):
        inner = [self.indices[i] for i in indices]
        if callable(getattr(self.dataset, "__getitems__", None)):
            return self.dataset.__getitems__(inner)
        return [self.dataset[i] for i in inner]

    def __len__(self):
        return len(self.indices)


def random_split(dataset, lengths, generator=default_generator):
    """Subsets of the given lengths, or fractions that add up to 1, of the shuffled dataset.

    Raises ValueError if the lengths do not add up to that of the dataset.

    >>> from minitorch.utils.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.5, 0.25, 0.25])]
    [6, 2, 2]
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _from_fractions(lengths, len(dataset))
    if sum(lengths) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    indices = randperm(sum(lengths), generator=generator).tolist()
    ends = itertools.accumulate(lengths)
    return [Subset(dataset, indices[end - n : end]) for end, n in zip(ends, lengths)]


def _from_fractions(fractions, total):
    for i, fraction in enumerate(fractions):
        if fraction < 0 or fraction > 1:
            raise ValueError(f"Fraction at index {i} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(lengths)):  # what rounding down left over goes round
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(f"Length of split at index {i} is 0. This might result in an empty "
                          "dataset.", stacklevel=3)  # fmt: skip
    return lengths


# ---- a batch at once ---------------------------------------------------------------------------


def gather(dataset, indices):
    """The batch of a TensorDataset, or of a Subset of one, by one NumPy call for each tensor.

    It equals the samples collated one by one. None where that is not certain: for any other
    dataset, for tensors with history, for indices that are not plain integers within range.
    """
    cls = type(dataset)
    if isinstance(dataset, Subset) and cls.__getitems__ is Subset.__getitems__:
        return gather(dataset.dataset, [dataset.indices[i] for i in indices])
    if not isinstance(dataset, TensorDataset) or cls.__getitem__ is not TensorDataset.__getitem__:
        return None
    if hasattr(cls, "__getitems__") or any(t.requires_grad for t in dataset.tensors):
        return None
    rows = np.asarray(indices)
    size = len(dataset.tensors[0])
    if rows.ndim != 1 or rows.dtype.kind != "i" or rows.min() < -size or rows.max() >= size:
        return None
    return [wrap(t._array.take(rows, axis=0)) for t in dataset.tensors]
