"""Collating: how a list of samples becomes one batch.

Floor 4: may import floors 0-3. Convention: what is inside tuples, lists and dicts is collated
place by place, and the containers keep their kind (a tuple becomes a list, as in torch).
"""

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

from ... import dtypes
from ...ops.joining import stack
from ...tensor import Tensor, as_tensor, tensor

__all__ = ["default_collate", "default_convert"]


def default_collate(batch):
    """The samples of a batch as one: tensors, arrays and numbers get a leading dimension.

    Strings stay a list. Python floats become float64. Raises TypeError for what no tensor can
    hold, RuntimeError for samples of unequal length or shape.

    >>> from minitorch.utils.data import default_collate
    >>> default_collate([{"x": 1, "name": "a"}, {"x": 2, "name": "b"}])
    {'x': tensor([1, 2]), 'name': ['a', 'b']}
    >>> default_collate([(0, 1), (2, 3)])
    [tensor([0, 2]), tensor([1, 3])]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch, 0)
    if isinstance(first, np.ndarray):
        _check_numbers(first.dtype)
        return stack([as_tensor(array) for array in batch], 0)
    if isinstance(first, (np.bool_, np.number)):
        return as_tensor(np.array(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=dtypes.float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        items = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return _like_mapping(first, items)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(default_collate, zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return _like_sequence(first, [default_collate(column) for column in zip(*batch)])
    raise _refusal(type(first))


def default_convert(data):
    """NumPy arrays and numbers, wherever they are in `data`, as tensors; the rest unchanged.

    >>> import numpy
    >>> from minitorch.utils.data import default_convert
    >>> default_convert([numpy.array([0, 1]), "a"])
    [tensor([0, 1]), 'a']
    """
    if isinstance(data, (np.ndarray, np.bool_, np.number)):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like_sequence(data, [default_convert(d) for d in data])
    return data


def _check_numbers(dtype):
    if dtype.kind in "SUO":
        raise _refusal(dtype)


def _refusal(found):
    return TypeError("default_collate: batch must contain tensors, numpy arrays, numbers, dicts "
                     f"or lists; found {found}")  # fmt: skip


def _like_mapping(like, items):
    """The items in a mapping of the same type as `like`; in a dict if that cannot be made."""
    try:
        if not isinstance(like, MutableMapping):
            return type(like)(items)
        made = copy.copy(like)  # a copy, because the type may carry more than its items
        made.update(items)
        return made
    except TypeError:
        return items


def _like_sequence(like, items):
    """The items in a sequence of the same type as `like`; in a list if that cannot be made."""
    if isinstance(like, tuple):
        return items
    try:
        if not isinstance(like, MutableSequence):
            return type(like)(items)
        made = copy.copy(like)
        for i, item in enumerate(items):
            made[i] = item
        return made
    except TypeError:
        return items
