"""A small GPT: what the benchmarks train and generate with. `gpt(lib)` makes it in either library.

Shapes: B sequences, T tokens, C channels, S positions seen so far (T without a cache).
"""


def gpt(lib, vocabulary=64, length=256, channels=64, layers=2, heads=4):
    """The model: `model(tokens)` gives the logits (B, T, vocabulary) of each next token.

    With `caches`, a cache of keys and values for each layer, the tokens are those that follow the
    ones already in there.
    """
    nn, F = lib.nn, lib.nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(channels, 3 * channels)
            self.out = nn.Linear(channels, channels)

        def forward(self, x, mask, cache=None):
            B, T, C = x.shape
            q, k, v = self.qkv(x).view(B, T, 3 * heads, C // heads).transpose(1, 2).chunk(3, 1)
            if cache is not None:
                k, v = cache.append(k, v)
            y = F.scaled_dot_product_attention(q, k, v, mask)
            return self.out(y.transpose(1, 2).reshape(B, T, C))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.attention = nn.LayerNorm(channels), Attention()
            self.norm2 = nn.LayerNorm(channels)
            self.mlp = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(),
                                     nn.Linear(4 * channels, channels))  # fmt: skip

        def forward(self, x, mask, cache=None):
            x = x + self.attention(self.norm1(x), mask, cache)
            return x + self.mlp(self.norm2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.token = nn.Embedding(vocabulary, channels)
            self.position = nn.Embedding(length, channels)
            self.blocks = nn.ModuleList(Block() for _ in range(layers))
            self.norm = nn.LayerNorm(channels)
            self.head = nn.Linear(channels, vocabulary)

        def forward(self, tokens, caches=None):
            T = tokens.shape[1]
            before = caches[0].length if caches else 0
            x = self.token(tokens) + self.position(lib.arange(before, before + T))
            # Query i stands at position before + i, and sees what is there and before: one all.
            mask = lib.ones(T, before + T, dtype=lib.bool).tril(before) if T > 1 else None
            for block, cache in zip(self.blocks, caches or [None] * layers, strict=True):
                x = block(x, mask, cache)
            return self.head(self.norm(x))

    return GPT()
