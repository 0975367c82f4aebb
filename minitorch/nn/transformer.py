"""The encoder of the Transformer (Vaswani et al., 2017).

May import floors 0-3. Convention: as in `attention.py`; (L, N, E), or (N, L, E) with `batch_first`,
or (L, E).
"""

import copy
import warnings

from .. import functional as F
from ..functional.attention import canonical_mask
from ..modes import is_grad_enabled
from .activation import GELU, ReLU
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .norm import LayerNorm

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]


# ---- one layer ---------------------------------------------------------------------------------


class TransformerEncoderLayer(Module):
    """x = norm1(x + attention(x)); x = norm2(x + linear2(activation(linear1(x)))), with dropout.

    With `norm_first` each norm comes before its block: x = x + attention(norm1(x)), and so on.
    `activation` is "relu", "gelu" or a function; another string raises RuntimeError. Masks and
    shapes as in `MultiheadAttention`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
    >>> m(minitorch.zeros(4, 5, 8)).shape
    torch.Size([4, 5, 8])
    """

    def __init__(
        self, d_model, nhead, dim_feedforward=2048, dropout=0.1, activation=F.relu,
        layer_norm_eps=1e-5, batch_first=False, norm_first=False, bias=True, device=None,
        dtype=None,
    ):  # fmt: skip
        super().__init__()
        given = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, batch_first=batch_first, **given
        )
        self.linear1 = Linear(d_model, dim_feedforward, **given)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **given)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **given)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **given)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        if isinstance(activation, str):
            if activation not in ("relu", "gelu"):
                raise RuntimeError(f"activation should be relu/gelu, not {activation}")
            activation = getattr(F, activation)
        self.activation = activation

    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal=False):
        padding = canonical_mask(
            src_key_padding_mask, "src_key_padding_mask", src.dtype, src_mask, "src_mask"
        )
        mask = canonical_mask(src_mask, "src_mask", src.dtype)
        if self.norm_first:
            x = src + self._sa_block(self.norm1(src), mask, padding, is_causal)
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(src + self._sa_block(src, mask, padding, is_causal))
        return self.norm2(x + self._ff_block(x))

    def _sa_block(self, x, attn_mask, key_padding_mask, is_causal=False):
        """Attention of the sequence to itself."""
        x, _ = self.self_attn(
            x, x, x, attn_mask=attn_mask, key_padding_mask=key_padding_mask, need_weights=False,
            is_causal=is_causal,
        )  # fmt: skip
        return self.dropout1(x)

    def _ff_block(self, x):
        """The network that every position goes through on its own."""
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


# ---- a stack of layers -------------------------------------------------------------------------


class TransformerEncoder(Module):
    """`num_layers` copies of `encoder_layer`, one after the other, and then `norm`, if given.

    Shapes as in `TransformerEncoderLayer`. As in torch, evaluation without gradients gives zeros
    (before `norm`) where `src_key_padding_mask` says padding, if `enable_nested_tensor` and the
    layer allow it; a layer that does not allow it is a warning.

    >>> import minitorch
    >>> from minitorch import nn
    >>> layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
    >>> nn.TransformerEncoder(layer, num_layers=3)(minitorch.zeros(4, 5, 8)).shape
    torch.Size([4, 5, 8])
    """

    def __init__(
        self, encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True
    ):
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        reason = _why_not_nested(encoder_layer)
        if enable_nested_tensor and reason:
            warnings.warn(
                "enable_nested_tensor is True, but self.use_nested_tensor is False because "
                f"{reason}",
                stacklevel=2,
            )
        self.use_nested_tensor = enable_nested_tensor and not reason

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=None):
        padding = canonical_mask(
            src_key_padding_mask, "src_key_padding_mask", src.dtype, mask, "mask"
        )
        mask = canonical_mask(mask, "mask", src.dtype)
        x = src
        for layer in self.layers:
            x = layer(
                x, src_mask=mask, is_causal=is_causal is True, src_key_padding_mask=padding
            )
        if self._drops_padding(src, mask, padding):
            x = x.masked_fill((padding != 0).unsqueeze(-1), 0.0)
        return x if self.norm is None else self.norm(x)

    def _drops_padding(self, src, mask, padding):
        """Whether torch would compute without the padded positions, which leaves zeros there."""
        first = self.layers[0]
        if not self.use_nested_tensor or first.training or src.dim() != 3:
            return False
        if padding is None or mask is not None:
            return False
        padded = (padding != 0)._array
        if self.mask_check and (padded[:, :-1] > padded[:, 1:]).any():  # a gap, not only an end
            return False
        return not (is_grad_enabled() and any(p.requires_grad for p in (src, *first.parameters())))


def _why_not_nested(layer):
    """What torch's faster path does not support about a layer, or an empty string."""
    if not isinstance(layer, TransformerEncoderLayer):
        return "encoder_layer was not TransformerEncoderLayer"
    attention = layer.self_attn
    known = layer.activation in (F.relu, F.gelu) or isinstance(layer.activation, (ReLU, GELU))
    reasons = {
        "norm_first was True": layer.norm_first,
        "self_attn.batch_first was not True(use batch_first for better inference performance)":
            not attention.batch_first,
        "self_attn._qkv_same_embed_dim was not True": not attention._qkv_same_embed_dim,
        "self_attn was passed bias=False": attention.in_proj_bias is None,
        "activation_relu_or_gelu was not True": not known,
        "norm1.eps was not equal to encoder_layer.norm2.eps": layer.norm1.eps != layer.norm2.eps,
        "self_attn.num_heads is odd": attention.num_heads % 2 == 1,
    }  # fmt: skip
    return next((f"encoder_layer.{reason}" for reason, yes in reasons.items() if yes), "")
