"""Attention with several heads, as a module.

May import floors 0-3. Convention: L queries, S keys, N the batch, E the embedding; sequences come
first, (L, N, E), unless `batch_first`. A boolean mask says what to leave out, any other is added
to the scores.
"""

from .. import functional as F
from ..functional.attention import canonical_mask
from ..ops.creation import empty
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear under the name that torch's repr shows for the output projection."""


class MultiheadAttention(Module):
    """concat(head_1, ..., head_h) W_o, head_i = softmax(q_i k_i^T / sqrt(E / h)) v_i.

    q, k, v are linear in query (L, N, E), key (S, N, kdim) and value (S, N, vdim), with or without
    N; the result is (L, N, E), and the weights (N, L, S), averaged over the heads unless told
    otherwise, or None without `need_weights`. `key_padding_mask` is (N, S), `attn_mask` (L, S) or
    (N h, L, S). Heads that do not divide E raise AssertionError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.MultiheadAttention(4, 2, batch_first=True)
    >>> x = minitorch.zeros(1, 3, 4)
    >>> out, weights = m(x, x, x, key_padding_mask=minitorch.tensor([[False, False, True]]))
    >>> out.shape, weights.detach()[0, 0]
    (torch.Size([1, 3, 4]), tensor([0.5000, 0.5000, 0.0000]))
    """

    def __init__(
        self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False,
        kdim=None, vdim=None, batch_first=False, device=None, dtype=None,
    ):  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        given = {"device": device, "dtype": dtype}
        self._add_projections(embed_dim, **given)
        in_proj_bias = Parameter(empty(3 * embed_dim, **given)) if bias else None
        self.register_parameter("in_proj_bias", in_proj_bias)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, **given)
        self.bias_k = Parameter(empty(1, 1, embed_dim, **given)) if add_bias_kv else None
        self.bias_v = Parameter(empty(1, 1, embed_dim, **given)) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _add_projections(self, embed_dim, **given):
        """One packed weight for query, key and value, or one for each; None in the other places."""
        separate = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
        if self._qkv_same_embed_dim:
            self.in_proj_weight = Parameter(empty(3 * embed_dim, embed_dim, **given))
            unused = separate
        else:
            for name, size in zip(separate, (embed_dim, self.kdim, self.vdim)):
                self.register_parameter(name, Parameter(empty(embed_dim, size, **given)))
            unused = ("in_proj_weight",)
        for name in unused:
            self.register_parameter(name, None)

    def _reset_parameters(self):
        for weight in (
            self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        ):  # fmt: skip
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
        average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        key_padding_mask = canonical_mask(
            key_padding_mask, "key_padding_mask", query.dtype, attn_mask, "attn_mask"
        )
        attn_mask = canonical_mask(attn_mask, "attn_mask", query.dtype)
        swap = self.batch_first and query.dim() == 3
        if swap:
            query, key, value = _transposed(query, key, value)
        out, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )  # fmt: skip
        return (out.transpose(1, 0) if swap else out), weights


def _transposed(query, key, value):
    """Batch and sequence swapped; what was one tensor stays one, so that it is projected once."""
    swapped = {id(x): x.transpose(1, 0) for x in (query, key, value)}
    return [swapped[id(x)] for x in (query, key, value)]
