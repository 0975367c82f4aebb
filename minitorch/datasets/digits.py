"""The handwritten digits of UCI, 8 x 8 pixels. Their card is digits.md.

Floor 5. It imports `tensor.py` and `checked.py`. The data come with the package: nothing is
downloaded.
"""

import io
from pathlib import Path

import numpy as np

from ..tensor import from_numpy
from .checked import read

__all__ = ["digits"]

_FILE = Path(__file__).with_name("digits.npz")
_SHA256 = "af104d81e7cd419be5f343d23c6ca2e4e4ff847b06636260802df8e903c6183f"


def digits():
    """1,797 handwritten digits as `(x_train, y_train, x_test, y_test)`.

    `x` is float32 (N, 64), a row of 8 x 8 pixels from 0 (paper) to 1 (ink); `y` is int64 (N,).
    Every fifth image of each digit is a test image: 1,442 to train with and 355 to test with.
    RuntimeError if the file is not the one that was published.

    >>> from minitorch.datasets import digits
    >>> x_train, y_train, x_test, y_test = digits()
    >>> x_train.shape, y_test.shape
    (torch.Size([1442, 64]), torch.Size([355]))
    """
    images, labels = _load()
    test = np.zeros(len(labels), bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[4::5]] = True
    x, y = images / np.float32(16), labels.astype(np.int64)
    return tuple(map(from_numpy, (x[~test], y[~test], x[test], y[test])))


def _load(path=_FILE):
    """The images (1797, 64), 0 to 16, and their labels (1797,), both uint8."""
    data = read(path, _SHA256, "make_digits.py")
    with np.load(io.BytesIO(data)) as arrays:
        return arrays["images"], arrays["labels"]
