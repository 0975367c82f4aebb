"""Attention as one operation, with its definition beside it.

Floor 2.
"""

import numpy as np

from .. import errors
from ..devices import contiguous, reduced
from ..primitive import Primitive
from ..tensor import wrap
from . import mismatches


def _attention(query, key, value, mask, *, scale):
    """softmax(query @ key.T * scale + mask) @ value; a row that is masked whole gives zeros.

    The weights are kept as `p`, (..., S, L): NumPy finds the largest and the sum over the keys
    sooner across rows than along them.
    """
    p = np.matmul(key, np.swapaxes(query * query.dtype.type(scale), -1, -2))
    if not p.size:  # no query, or none of the keys: zeros
        return np.matmul(np.swapaxes(p, -1, -2), value), p
    if mask is not None:
        p += contiguous(np.swapaxes(mask, -1, -2))
    largest = reduced(np.maximum, p, -2, True)
    if mask is not None:
        largest[largest == -np.inf] = 0
    p -= largest
    np.exp(p, out=p)
    total = np.add.reduce(p, -2, keepdims=True)
    if mask is not None:
        total[total == 0] = 1
    p *= 1 / total
    return np.matmul(np.swapaxes(p, -1, -2), value), p


def _explain(arrays, keywords):
    """torch speaks of the product, the sum and the product that attention is made of."""
    query, key, value, mask = arrays
    told = _product_error(query, np.swapaxes(key, -1, -2))
    if told:
        return told
    lead = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    shape = (*lead, query.shape[-2], key.shape[-2])
    if mask is not None:
        told = errors.broadcast(shape, mask.shape)
        wide = told or np.broadcast_shapes(shape, mask.shape)
        if told or wide != shape:
            return told or errors.output_shape(shape, wide)
    return _product_error(np.empty(shape, query.dtype), value)


def _product_error(x, y):
    return errors.matmul(x, y) if x.ndim == y.ndim == 2 else mismatches.batched((x, y), {})


def _attention_backward(g, needs, query, key, value, p, out, scale):
    """The gradient of the scores is p * (g @ value.T - sum(p * g @ value.T)), and that sum over
    the keys is sum(g * out), over fewer numbers."""
    scores = np.matmul(value, np.swapaxes(g, -1, -2))  # transposed, as `p` is
    scores -= np.einsum("...i,...i->...", g, out)[..., None, :]
    scores *= p
    scale = scores.dtype.type(scale)
    return (
        np.matmul(np.swapaxes(scores, -1, -2), key * scale) if needs[0] else None,
        np.matmul(scores, query * scale) if needs[1] else None,
        np.matmul(p, g) if needs[2] else None,
        np.swapaxes(scores, -1, -2) if needs[3] else None,
    )


def _attention_definition(query, key, value, mask, *, scale):
    scores = (query * scale) @ key.mT
    if mask is not None:
        scores = scores + mask
    if not scores._array.size:
        return scores @ value
    largest = reduced(np.maximum, scores._array, -1, True)
    e = (scores - wrap(np.where(largest == -np.inf, 0, largest))).exp()
    total = e.sum(-1, keepdim=True)
    return (e / (total + (total == 0))) @ value


attention = Primitive(
    "attention", _attention, inputs="query key value mask", residuals="p",
    node="ScaledDotProductFlashAttentionForCpuBackward0", backward=_attention_backward,
    definition=_attention_definition, explain=_explain,
)  # fmt: skip
