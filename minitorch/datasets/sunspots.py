"""The yearly mean sunspot numbers, 1700 to 2008. Their card is sunspots.md.

Floor 5. It imports `tensor.py` and `checked.py`. The data come with the package: nothing is
downloaded.
"""

from pathlib import Path

import numpy as np

from ..tensor import from_numpy
from .checked import read

__all__ = ["sunspots"]

_FILE = Path(__file__).with_name("sunspots.csv")
_SHA256 = "74b8e3acb9886b68abe9c56f6081257d522e2cb2470f17dbf597b396f4ea1706"


def sunspots():
    """The mean sunspot number of 309 years as `(years, numbers)`.

    `years` is int64 (309,), 1700 to 2008; `numbers` is float32 (309,), from 0 to 190.2, and is high
    about every eleven years. RuntimeError if the file is not the one that was published.

    >>> from minitorch.datasets import sunspots
    >>> years, numbers = sunspots()
    >>> years[-3:], numbers[-3:]
    (tensor([2006, 2007, 2008]), tensor([15.2000,  7.5000,  2.9000]))
    """
    years, numbers = _load()
    return from_numpy(years.astype(np.int64)), from_numpy(numbers.astype(np.float32))


def _load(path=_FILE):
    """The years and their numbers, float64 (309,) each, as they are written in the file."""
    lines = read(path, _SHA256, "make_sunspots.py").decode("ascii").splitlines()
    return np.array([line.split(",") for line in lines[1:]], float).T
