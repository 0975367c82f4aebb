"""Attention as functions.

Floor 3. L is the length of the queries, S that of the keys, N the batch, E the embedding.
"""

import math

import numpy as np

from .. import errors
from ..ops import attention as ops
from ..ops import products, reductions, shapes, softmax
from ..tensor import wrap
from .layers import dropout, linear

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def _as_scores(mask):
    """A mask as numbers to add to the scores: -inf where a boolean one is False."""
    if mask is None or mask._array.dtype.kind != "b":
        return mask
    return wrap(np.where(mask._array, np.float32(0), np.float32(-np.inf)))


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False,
                                 scale=None, enable_gqa=False):  # fmt: skip
    """softmax(query @ key.T * scale + attn_mask) @ value: (..., L, E), (..., S, E), (..., S, V).

    `scale` is 1 / sqrt(E) unless given. A boolean mask says which keys take part; `is_causal` lets
    query i see keys 0 .. i. `enable_gqa` repeats key and value heads to match the query's.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> q = minitorch.zeros(1, 1, 2)
    >>> F.scaled_dot_product_attention(q, minitorch.zeros(1, 2, 2), minitorch.eye(2).view(1, 2, 2))
    tensor([[[0.5000, 0.5000]]])
    """
    q, k, v = query._array, key._array, value._array
    if not q.dtype == k.dtype == v.dtype:
        said = [errors.C_NAME[a.dtype.name] for a in (q, k, v)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{said[0]} key.dtype: {said[1]} and value.dtype: {said[2]} instead."
        )
    if is_causal and attn_mask is not None:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set "
                           "when is_causal=True")  # fmt: skip
    if enable_gqa:
        groups = q.shape[-3] // k.shape[-3]
        key, value = (_repeat_heads(x, groups) for x in (key, value))
    if is_causal:
        attn_mask = wrap(np.tri(q.shape[-2], k.shape[-2], dtype=bool))
    mask = _as_scores(attn_mask)
    if mask is not None and mask._array.dtype != q.dtype:
        mask = mask.to(query.dtype)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    if dropout_p == 0.0:
        return ops.attention(query, key, value, mask, scale=scale)
    scores = products.matmul(query * math.sqrt(scale), (key * math.sqrt(scale)).mT)
    weights = softmax.softmax(scores if mask is None else scores + mask, -1)
    return products.matmul(dropout(weights, dropout_p), value)


def _repeat_heads(x, times):
    *lead, heads, length, size = x._array.shape
    x = shapes.expand(shapes.unsqueeze(x, -3), *lead, heads, times, length, size)
    return shapes.reshape(x, *lead, heads * times, length, size)


# ---- several heads -----------------------------------------------------------------------------


def _projected(query, key, value, weight, bias, separate):
    """The three inputs through their projections: one packed weight, or three."""
    if weight is not None:
        if query is key and key is value:
            return linear(query, weight, bias).chunk(3, -1)
        separate = weight.chunk(3)
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return [linear(x, w, b) for x, w, b in zip((query, key, value), separate, biases)]


def _checked_mask(mask, name, shape, heads_shape):
    """An attention mask as scores, with a dimension for the heads of the batch."""
    mask = _inverted(mask)
    if mask._array.ndim == 2:
        if mask._array.shape != shape:
            raise _wrong_mask(f"2D {name}", mask, shape)
        return shapes.unsqueeze(mask, 0)
    if mask._array.ndim != 3:
        raise RuntimeError(f"{name}'s dimension {mask._array.ndim} is not supported")
    if mask._array.shape != heads_shape:
        raise _wrong_mask(f"3D {name}", mask, heads_shape)
    return mask


def _wrong_mask(name, mask, shape):
    return RuntimeError(f"The shape of the {name} is {mask.shape}, but should be {shape}.")


def _inverted(mask):
    """A boolean mask of these functions says what to leave out."""
    return _as_scores(~mask) if mask._array.dtype.kind == "b" else mask


def _pad_mask(mask):
    if mask is None:
        return None
    zeros = np.zeros((*mask._array.shape[:-1], 1), mask._array.dtype)
    return shapes.cat([mask, wrap(zeros)], -1)


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v,
    add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None,
    need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
    k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
    average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """Attention of several heads with projections: (L, N, E), (S, N, E), (S, N, E) -> (L, N, E).

    Also returns the attention weights, (N, L, S), averaged over the heads unless told otherwise, or
    None without `need_weights`. Boolean masks say what to leave out.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> x = minitorch.ones(2, 1, 4)
    >>> out, weights = F.multi_head_attention_forward(x, x, x, 4, 2, minitorch.ones(12, 4), None,
    ...     None, None, False, 0.0, minitorch.ones(4, 4), None)
    >>> weights
    tensor([[[0.5000, 0.5000],
             [0.5000, 0.5000]]])
    """
    batched = query._array.ndim == 3
    if not batched:
        same_k, same_v = key is query, value is key
        query = shapes.unsqueeze(query, 1)
        key = query if same_k else shapes.unsqueeze(key, 1)
        value = key if same_v else shapes.unsqueeze(value, 1)
        if key_padding_mask is not None:
            key_padding_mask = shapes.unsqueeze(key_padding_mask, 0)
    length, batch, embed = query._array.shape
    source = key._array.shape[0]
    if embed != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got "
                             f"{embed}")  # fmt: skip
    size = embed // num_heads
    if size * num_heads != embed:
        raise AssertionError(f"embed_dim {embed} not divisible by num_heads {num_heads}")
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    q, k, v = _projected(query, key, value, None if use_separate_proj_weight else in_proj_weight,
                         in_proj_bias, (q_proj_weight, k_proj_weight, v_proj_weight))  # fmt: skip
    if attn_mask is not None:
        attn_mask = _checked_mask(attn_mask, "attn_mask", (length, source),
                                  (batch * num_heads, length, source))  # fmt: skip
    if key_padding_mask is not None:
        if key_padding_mask._array.shape != (batch, source):
            raise AssertionError(f"expecting key_padding_mask shape of {(batch, source)}, but got "
                                 f"{key_padding_mask.shape}")  # fmt: skip
        key_padding_mask = _inverted(key_padding_mask)
    if bias_k is not None and bias_v is not None:
        one = lambda bias: shapes.expand(bias, 1, batch, embed)
        k, v = shapes.cat([k, one(bias_k)]), shapes.cat([v, one(bias_v)])
        attn_mask, key_padding_mask = _pad_mask(attn_mask), _pad_mask(key_padding_mask)
    heads = lambda x: shapes.transpose(
        shapes.reshape(x, x._array.shape[0], batch * num_heads, size), 0, 1)  # fmt: skip
    q = heads(q)
    k = heads(k) if static_k is None else static_k
    v = heads(v) if static_v is None else static_v
    if add_zero_attn:
        zero = wrap(np.zeros((batch * num_heads, 1, size), q._array.dtype))
        k, v = shapes.cat([k, zero], 1), shapes.cat([v, zero], 1)
        attn_mask, key_padding_mask = _pad_mask(attn_mask), _pad_mask(key_padding_mask)
    source = k._array.shape[1]
    if key_padding_mask is not None:
        padding = shapes.reshape(key_padding_mask, batch, 1, 1, source)
        padding = shapes.reshape(shapes.expand(padding, batch, num_heads, 1, source),
                                 batch * num_heads, 1, source)  # fmt: skip
        attn_mask = padding if attn_mask is None else attn_mask + padding
    dropout_p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        scores = products.matmul(q * math.sqrt(1.0 / size), k.mT)
        weights = softmax.softmax(scores if attn_mask is None else attn_mask + scores, -1)
        if dropout_p > 0.0:
            weights = dropout(weights, dropout_p)
        out = products.matmul(weights, v)
    else:
        four = lambda x: shapes.reshape(x, batch, num_heads, -1, size)
        if attn_mask is not None and attn_mask._array.shape[0] != 1:
            attn_mask = shapes.reshape(attn_mask, batch, num_heads, -1, source)
        out = scaled_dot_product_attention(four(q), four(k), four(v), attn_mask, dropout_p)
        out = shapes.reshape(out, batch * num_heads, length, size)
    out = shapes.reshape(shapes.transpose(out, 0, 1), length * batch, embed)
    out = shapes.reshape(linear(out, out_proj_weight, out_proj_bias), length, batch, -1)
    if weights is not None:
        weights = shapes.reshape(weights, batch, num_heads, length, source)
        weights = reductions.mean(weights, 1) if average_attn_weights else weights
        weights = weights if batched else shapes.squeeze(weights, 0)
    return (out if batched else shapes.squeeze(out, 1)), weights
