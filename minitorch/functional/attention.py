"""Attention as functions.

Floor 3. L is the length of the queries, S that of the keys, N the batch, E the embedding.
"""

import math
import warnings

import numpy as np

from .. import errors
from ..ops import attention as ops
from ..ops import creation, joining, products, reductions, shapes, softmax
from ..tensor import Tensor, wrap
from .arguments import as_float, flag
from .layers import dropout, linear

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def _as_scores(mask):
    """A mask as numbers to add to the scores: -inf where a boolean one is False."""
    if mask is None or mask._array.dtype.kind != "b":
        return mask
    return wrap(np.where(mask._array, np.float32(0), np.float32(-np.inf)))


def scaled_dot_product_attention(query, key: Tensor, value: Tensor, attn_mask: Tensor = None,
                                 dropout_p=0.0, is_causal=False, scale=None,
                                 enable_gqa=False):  # fmt: skip
    """softmax(query @ key.T * scale + attn_mask) @ value: (..., L, E), (..., S, E), (..., S, V).

    `scale` is 1 / sqrt(E) unless given. A boolean mask says which keys take part; `is_causal` lets
    query i see keys 0 .. i. `enable_gqa` repeats key and value heads to match the query's.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> q = minitorch.zeros(1, 1, 2)
    >>> F.scaled_dot_product_attention(q, minitorch.zeros(1, 2, 2), minitorch.eye(2).view(1, 2, 2))
    tensor([[[0.5000, 0.5000]]])
    """
    op = "scaled_dot_product_attention"
    if is_causal is not False or enable_gqa is not False:
        flag(op, "is_causal", 6, is_causal)
        flag(op, "enable_gqa", None, enable_gqa)
    q, k, v = query._array, key._array, value._array
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError("Expected query, key, and value to all be  at least 2 dimensional, but "
                           f"got query.dim: {q.ndim} key.dim: {k.ndim} and value.dim: {v.ndim} "
                           "instead.")  # fmt: skip
    if not q.dtype == k.dtype == v.dtype:
        said = [errors.SPOKEN_NAME[a.dtype.name] for a in (q, k, v)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{said[0]} key.dtype: {said[1]} and value.dtype: {said[2]} instead."
        )
    if is_causal and attn_mask is not None:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set "
                           "when is_causal=True")  # fmt: skip
    if enable_gqa:
        heads = q.shape[errors.wrap_dim(-3, q.ndim)]
        key, value = _repeat_heads(key, heads), _repeat_heads(value, heads)
    if is_causal:
        attn_mask = wrap(np.tri(q.shape[-2], k.shape[-2], dtype=bool, like=q))
    _check_kinds(q, attn_mask)
    mask = _as_scores(attn_mask)
    if mask is not None:
        errors.wrap_dim(-2, mask._array.ndim)  # torch asks for this size
    if mask is not None and mask._array.dtype != q.dtype:
        mask = mask.to(query.dtype)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else as_float(op, "scale", None, scale)
    if dropout_p.__class__ is not float:
        dropout_p = as_float(op, "dropout_p", 5, dropout_p)
    if dropout_p < 0 or dropout_p > 1:
        raise RuntimeError("dropout probability has to be between 0 and 1, but got "
                           f"{dropout_p:g}")  # fmt: skip
    if dropout_p == 0.0:
        return ops.attention(query, key, value, mask, scale=scale)
    scores = products.matmul(query * math.sqrt(scale), (key * math.sqrt(scale)).mT)
    weights = softmax.softmax(scores if mask is None else scores + mask, -1)
    return products.matmul(dropout(weights, dropout_p), value)


def _check_kinds(q, mask):
    """torch's errors for a query, or a mask, of a dtype that attention has no kernel for."""
    if q.dtype.kind != "f":
        raise RuntimeError(f"expected scalar type Float but found {errors.scalar_name(q)}")
    if mask is not None and mask._array.dtype not in (bool, np.float32, q.dtype):
        have, wanted = errors.SPOKEN_NAME[mask._array.dtype.name], errors.C_NAME[q.dtype.name]
        raise RuntimeError("Expected attn_mask dtype to be bool or float or to match query dtype, "
                           f"but got attn_mask.dtype: {have} and  query.dtype: {wanted} "
                           "instead.")  # fmt: skip


def _repeat_heads(x, heads):
    *lead, own, length, size = x._array.shape
    if not own or heads % own:
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    x = shapes.expand(shapes.unsqueeze(x, -3), *lead, own, heads // own, length, size)
    return shapes.reshape(x, *lead, heads, length, size)


# ---- several heads -----------------------------------------------------------------------------


def canonical_mask(mask, name, dtype, other=None, other_name=""):
    """A mask as numbers to add to the scores: here a boolean one says what to leave out.

    `other` is the mask used with it: two of different dtypes are warned of.
    """
    if mask is None:
        return None
    kind = mask._array.dtype.kind
    if kind not in "bf":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask._array.dtype != other._array.dtype:
        warnings.warn(f"Support for mismatched {name} and {other_name} is deprecated. Use same "
                      "type for both instead.", stacklevel=2)  # fmt: skip
    return mask if kind == "f" else _as_scores(~mask).to(dtype)


def _check_dimensions(query, key, value, padding, mask, heads):
    """Whether there is a batch; an AssertionError unless all agree on it."""
    d = query._array.ndim
    if d not in (2, 3):
        raise AssertionError("query should be unbatched 2D or batched 3D tensor but received "
                             f"{d}-D query tensor")  # fmt: skip
    what = f"For {'batched' if d == 3 else 'unbatched'} ({d}-D) `query`, expected"
    if not key._array.ndim == value._array.ndim == d:
        raise AssertionError(f"{what} `key` and `value` to be {d}-D but found {key._array.ndim}-D "
                             f"and {value._array.ndim}-D tensors respectively")  # fmt: skip
    for name, given, fits, said in (("key_padding_mask", padding, (d - 1,), f"or {d - 1}-D"),
                                    ("attn_mask", mask, (2, 3), "2-D or 3-D")):  # fmt: skip
        if given is not None and given._array.ndim not in fits:
            comma = "," if len(fits) > 1 else ""
            raise AssertionError(f"{what} `{name}` to be `None`{comma} {said} but found "
                                 f"{given._array.ndim}-D tensor instead")  # fmt: skip
    if d == 2 and mask is not None and mask._array.ndim == 3:
        expected = (heads, query._array.shape[0], key._array.shape[0])
        if mask._array.shape != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got "
                                 f"{mask.shape}")  # fmt: skip
    return d == 3


def _check_embedding(embed, expected, heads):
    if embed != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {embed}")
    if embed % heads:
        raise AssertionError(f"embed_dim {embed} not divisible by num_heads {heads}")


def _with_batch(*tensors):
    """Each with a batch of one; what was one tensor stays one, so that it is projected once."""
    made = {id(x): shapes.unsqueeze(x, 1) for x in tensors}
    return [made[id(x)] for x in tensors]


def _check_separate(weights):
    for name, weight in zip("qkv", weights):
        if weight is None:
            raise AssertionError("use_separate_proj_weight is True but "
                                 f"{name}_proj_weight is None")  # fmt: skip


def _check_projections(inputs, weights, biases):
    """An AssertionError unless each weight fits its input, and each bias its weight."""
    size, names = inputs[0].shape[-1], ("query", "key", "value")
    wanted = [("weights", w, (size, x.shape[-1])) for w, x in zip(weights, inputs)]
    wanted += [("bias", b, (size,)) for b in biases if b is not None]
    for i, (what, given, shape) in enumerate(wanted):
        if given.shape != shape:
            raise AssertionError(f"expecting {names[i % 3]} {what} shape of {shape}, but got "
                                 f"{given.shape}")  # fmt: skip


def _projected(query, key, value, weight, bias, separate):
    """The three inputs through their projections: one packed weight, or three."""
    packed = separate is None
    if packed:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if query is key and key is value:
            return linear(query, weight, bias).chunk(3, -1)
        separate = weight.chunk(3)
    elif key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's "
                             f"{value.shape[:2]}")  # fmt: skip
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    if not packed:
        _check_projections((query, key, value), separate, biases)
    return [linear(x, w, b) for x, w, b in zip((query, key, value), separate, biases)]


def _for_heads(mask, length, source, count):
    """An attention mask (L, S) or (N heads, L, S) with a first dimension for the heads."""
    if mask is None:
        return None
    d = mask._array.ndim
    expected = (length, source) if d == 2 else (count, length, source)
    if mask._array.shape != expected:
        raise RuntimeError(f"The shape of the {d}D attn_mask is {mask.shape}, but should be "
                           f"{expected}.")  # fmt: skip
    return shapes.unsqueeze(mask, 0) if d == 2 else mask


def _one_more(k, v, extra_k, extra_v, axis, masks):
    """Keys and values with one more position, which no mask leaves out."""
    widened = [
        None if mask is None else joining.cat(
            [mask, creation.new_zeros(mask, *mask._array.shape[:-1], 1)], -1)
        for mask in masks
    ]  # fmt: skip
    return joining.cat([k, extra_k], axis), joining.cat([v, extra_v], axis), *widened


def _combined(mask, padding, batch, heads, source):
    """One mask of the attention mask and the padding of the keys, (N, S)."""
    if padding is None:
        return mask
    for i, expected in enumerate((batch, source)):
        if padding.shape[i] != expected:
            raise AssertionError(f"Expected key_padded_mask.shape[{i}] to be {expected}, but got "
                                 f"{padding.shape[i]}")  # fmt: skip
    wide = shapes.expand(shapes.reshape(padding, batch, 1, 1, source), batch, heads, 1, source)
    wide = shapes.reshape(wide, batch * heads, 1, source)
    return wide if mask is None else mask + wide


def _attended(q, k, v, mask, dropout_p, need_weights, is_causal, heads):
    """(N heads, L, E / heads), and the weights (N heads, L, S) or None."""
    count, length, size = q._array.shape
    if need_weights:
        q = q * math.sqrt(1.0 / size)
        scores = products.bmm(q, k.mT) if mask is None else products.baddbmm(mask, q, k.mT)
        weights = softmax.softmax(scores, -1)
        if dropout_p > 0.0:
            weights = dropout(weights, dropout_p)
        return products.bmm(weights, v), weights
    four = lambda x: shapes.reshape(x, count // heads, heads, *x._array.shape[1:])
    if mask is not None and mask._array.shape[0] != 1:
        mask = four(mask)
    out = scaled_dot_product_attention(four(q), four(k), four(v), mask, dropout_p, is_causal)
    return shapes.reshape(out, count, length, size), None


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
    padding, mask = key_padding_mask, attn_mask
    batched = _check_dimensions(query, key, value, padding, mask, num_heads)
    if not batched:
        query, key, value = _with_batch(query, key, value)
        padding = None if padding is None else shapes.unsqueeze(padding, 0)
    (length, batch, embed), source = query._array.shape, key._array.shape[0]
    padding = canonical_mask(padding, "key_padding_mask", query.dtype, mask, "attn_mask")
    if is_causal and mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint. You may use the "
                           "Transformer module method `generate_square_subsequent_mask` to create "
                           "this mask.")  # fmt: skip
    is_causal = is_causal and padding is None and not need_weights  # then in place of the mask
    mask = None if is_causal else canonical_mask(mask, "attn_mask", query.dtype)
    _check_embedding(embed, embed_dim_to_check, num_heads)
    separate = None
    if use_separate_proj_weight:
        separate = q_proj_weight, k_proj_weight, v_proj_weight
        _check_separate(separate)
    q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias, separate)
    if (bias_k is None) != (bias_v is None):
        one, other = ("bias_k", "bias_v") if bias_v is None else ("bias_v", "bias_k")
        raise AssertionError(f"{one} is set but {other} is None")
    count, size = batch * num_heads, embed // num_heads
    mask = _for_heads(mask, length, source, count)
    if bias_k is not None and bias_v is not None:
        extra = [shapes.expand(bias, 1, batch, embed) for bias in (bias_k, bias_v)]
        k, v, mask, padding = _one_more(k, v, *extra, 0, (mask, padding))
    heads = lambda x: shapes.transpose(shapes.reshape(x, x._array.shape[0], count, size), 0, 1)
    q = heads(q)
    k = heads(k) if static_k is None else static_k
    v = heads(v) if static_v is None else static_v
    if add_zero_attn:
        zero = creation.new_zeros(q, count, 1, size)
        k, v, mask, padding = _one_more(k, v, zero, zero, 1, (mask, padding))
    mask = _combined(mask, padding, batch, num_heads, k._array.shape[1])
    dropout_p = dropout_p if training else 0.0
    out, weights = _attended(q, k, v, mask, dropout_p, need_weights, is_causal, num_heads)
    out = shapes.reshape(shapes.transpose(out, 0, 1), length * batch, embed)
    out = linear(out, out_proj_weight, out_proj_bias)
    out = shapes.reshape(out, length, batch, out._array.shape[-1])
    if weights is not None:
        weights = shapes.reshape(weights, batch, num_heads, length, k._array.shape[1])
        weights = reductions.mean(weights, 1) if average_attn_weights else weights
    if not batched:
        return shapes.squeeze(out, 1), None if weights is None else shapes.squeeze(weights, 0)
    return out, weights
