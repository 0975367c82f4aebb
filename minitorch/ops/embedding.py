"""Rows of a table, by number.

Floor 2.
"""

import numpy as np

from ..devices import zeros
from ..primitive import Primitive
from .indexing import add_along


def _scattered(g, indices, *, shape, padding_idx, by_count):
    if by_count:
        each = indices.reshape(-1)
        counts = np.zeros(shape[0], np.int64, like=each)
        np.add.at(counts, each, 1)
        g = g / counts[indices][..., None].astype(g.dtype)
    out = add_along(zeros((shape[0], g.shape[-1]), g), g, indices, 0)
    if padding_idx >= 0:
        out[padding_idx] = 0
    return out.reshape(shape)


embedding = Primitive(
    "embedding", lambda weight, indices, *, padding_idx, by_count: weight.take(indices, 0),
    inputs="weight indices",
    weight=lambda g, indices, weight_shape, padding_idx, by_count: scattered(
        g, indices, shape=tuple(weight_shape), padding_idx=padding_idx, by_count=by_count),
)  # fmt: skip
scattered = Primitive(
    "embedding_dense", _scattered, inputs="g indices",
    g=lambda h, indices, padding_idx, by_count: embedding(
        h, indices, padding_idx=padding_idx, by_count=by_count),
)  # fmt: skip
