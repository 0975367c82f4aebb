"""Plain values: all that crosses the pipe between the grader and a student's process.

Floor 5. Numbers, text, truth values, None, lists, dictionaries and arrays, as JSON: nothing that
arrives can run code. Convention: a tuple arrives as a list, a Tensor as an array, and anything else
as a `Thing`, which keeps the name of its type and equals nothing.
"""

from dataclasses import dataclass

import numpy as np

from ..tensor import Tensor

DEPTH, SIZE = 12, 100_000  # of nested lists, and numbers of an array


@dataclass(frozen=True, eq=False)
class Thing:
    """Stands for an object that is no plain value."""

    kind: str

    def __repr__(self):
        return f"<an object of type {self.kind}>"


def pack(value, depth=0):
    """A value as what `json.dumps` takes.

    >>> pack({"a": (1, np.ones(2))})
    {'pairs': [['a', [1, {'dtype': 'float64', 'shape': [2], 'data': [1.0, 1.0]}]]]}
    """
    if isinstance(value, Tensor):
        value = value.detach().numpy()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if depth < DEPTH and isinstance(value, (list, tuple)):
        return [pack(item, depth + 1) for item in value]
    if depth < DEPTH and isinstance(value, dict):
        return {"pairs": [[pack(k, depth + 1), pack(v, depth + 1)] for k, v in value.items()]}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        data = value.ravel().tolist()
        return {"dtype": value.dtype.name, "shape": list(value.shape), "data": data}
    return {"thing": type(value).__name__}


def unpack(data, depth=0):
    """The value that `pack` made `data` of; ValueError for what `pack` does not make.

    >>> unpack(pack([1, np.array([True])]))
    [1, array([ True])]
    """
    if isinstance(data, int) and abs(data) >= 2**63:
        raise ValueError("an integer too large for an array")
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if depth > DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(data, list):
        return [unpack(item, depth + 1) for item in data]
    try:
        if "pairs" in data:
            pairs = [(unpack(key), unpack(value, depth + 1)) for key, value in data["pairs"]]
            return dict(pairs)
        if "thing" in data:
            return Thing(str(data["thing"])[:80])
        dtype, numbers = np.dtype(str(data["dtype"])), data["data"]
        if dtype.kind not in "biuf" or len(numbers) > SIZE:
            raise ValueError("no array of numbers, or too large a one")
        return np.array(numbers, dtype).reshape([int(n) for n in data["shape"]])
    except (TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a plain value: {error}") from None
