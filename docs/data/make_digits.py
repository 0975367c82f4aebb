"""Make minitorch/datasets/digits.npz from the copy of the digits in scikit-learn.

    python docs/data/make_digits.py [where to write it]

It needs scikit-learn and no network. The arrays are the same wherever it runs; the bytes of the
file depend on the zlib that compresses it, so after a new run put the printed checksum into
minitorch/datasets/digits.py and digits.md.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HOME = Path(__file__).parents[2] / "minitorch" / "datasets" / "digits.npz"


def main(path=HOME):
    digits = load_digits()
    images, labels = digits.data.astype(np.uint8), digits.target.astype(np.uint8)
    assert np.array_equal(images, digits.data) and images.max() == 16, "not the digits 0 to 16"
    np.savez_compressed(path, images=images, labels=labels)
    print(hashlib.sha256(Path(path).read_bytes()).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
