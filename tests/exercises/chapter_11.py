"""Right and wrong answers to the exercises of chapter 11.

A wrong answer stands beside a piece of the reply that it must get.
"""

ROWS = "predicted = {'without': 55, 'with': 10, 'keys': (1, 4, 10, 8)}"
TOP_K = """
def top_k(scores, k, temperature):
    best, places = scores.topk(k)
    kept = minitorch.full_like(scores, float("-inf"))
    kept[places] = best
    return F.softmax(kept / temperature, dim=0)
"""
REMEMBERING = """
class Remembering(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.register_buffer("h", None, persistent=False)
        self.register_buffer("c", None, persistent=False)

    def forward(self, x):
        state = None if self.h is None else (self.h, self.c)
        scores, (h, c) = self.model(x, state)
        self.h, self.c = h.detach(), c.detach()
        return scores

    def reset(self):
        self.h = self.c = None
"""

SETUP = ["alphabet", "table", "lstm", "block", "gpt", "cache"]
RIGHT = {
    1: [
        ROWS,
        ROWS.replace("55", "sum(range(1, 11))").replace("(1, 4, 10, 8)", "[1, 4, 10, 32 // 4]"),
        """
counts, caches = [], (m := NameGPT()).begin()
m.blocks[0].qkv.register_forward_hook(lambda l, a, out: counts.append(out.shape[1]))
x = minitorch.zeros(1, 10, dtype=minitorch.int64)
for t in range(10):
    m(x[:, t : t + 1], caches)
cached, keys = sum(counts), caches[0].keys.shape
counts.clear()
for t in range(10):
    m(x[:, : t + 1])
predicted = {"without": sum(counts), "with": cached, "keys": keys}
""",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        TOP_K,
        """
def top_k(scores, k, temperature):
    lowest = scores.sort(descending=True)[0][k - 1]
    return F.softmax(scores.masked_fill(scores < lowest, float("-inf")) / temperature, dim=0)
""",
        """
def top_k(scores, k, temperature):
    p = minitorch.exp((scores - scores.max()) / temperature)
    p[scores.argsort()[: len(scores) - k]] = 0
    return p / p.sum()
""",
        """
def top_k(scores, k, temperature):
    best, places = scores.topk(k)
    return minitorch.zeros_like(scores).scatter(0, places, F.softmax(best / temperature, 0))
""",
    ],
    4: [
        REMEMBERING,
        """
class Remembering(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.h = nn.Buffer(minitorch.zeros(0), persistent=False)
        self.c = nn.Buffer(minitorch.zeros(0), persistent=False)

    def forward(self, x):
        scores, state = self.model(x, (self.h, self.c) if self.h.numel() else None)
        self.h, self.c = (part.detach() for part in state)
        return scores

    def reset(self):
        self.h, self.c = minitorch.zeros(0), minitorch.zeros(0)
""",
        """
class Remembering(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.inner = model
        self.register_buffer("state", None, persistent=False)

    def forward(self, x):
        before = None if self.state is None else tuple(self.state)
        scores, after = self.inner(x, before)
        self.state = minitorch.stack(after).detach()
        return scores

    def reset(self):
        self.state = None
""",
        REMEMBERING.replace("self.model(x, state)", "self.model.forward(x, state)").replace(
            "h.detach(), c.detach()", "h.data.clone(), c.data.clone()"
        ),
    ],
}
WRONG = {
    1: [
        (ROWS.replace("55", "45"), "'without' is 45"),
        (ROWS.replace("55", "100"), "'without' is 100"),
        (ROWS.replace("10,", "9,", 1), "'with' is 9"),
        (ROWS.replace("'with': 10", "'with': 55"), "'with' is 55"),
        (ROWS.replace("(1, 4, 10, 8)", "(1, 10, 4, 8)"), "has 10 for heads"),
        (ROWS.replace("(1, 4, 10, 8)", "(1, 4, 11, 8)"), "has 11 for positions"),
        (ROWS.replace("(1, 4, 10, 8)", "(1, 4, 10, 32)"), "has 32 for numbers for each head"),
        (ROWS.replace("(1, 4, 10, 8)", "(10, 32)"), "should be four numbers"),
        ("predicted = 55", "write a dictionary"),
    ],
    2: [
        ("reason = 'A'", "nothing empties it"),
        ("reason = 'C'", "asks the first cache"),
        ("reason = 'D'", "one of the letters"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 2", "one of the letters"),
    ],
    3: [
        (TOP_K.replace('float("-inf")', "0.0"), "leaves a chance to 5"),
        (TOP_K.replace("kept / temperature", "kept * temperature"), "is off by up to"),
        (TOP_K.replace("kept / temperature", "kept"), "top_k(scores, 2, 0.5) is off by"),
        (
            "def top_k(scores, k, temperature):\n"
            "    p = F.softmax(scores / temperature, dim=0)\n"
            "    p[p < p.topk(k)[0][-1]] = 0\n"
            "    return p",
            "add up to 0.944",
        ),
        (
            "def top_k(scores, k, temperature):\n"
            "    scores[scores < scores.topk(k)[0][-1]] = float('-inf')\n"
            "    return F.softmax(scores / temperature, dim=0)",
            "has changed the scores",
        ),
        (
            "def top_k(scores, k, temperature):\n"
            "    return F.softmax(scores.topk(k)[0] / temperature, dim=0)",
            "a tensor of five probabilities",
        ),
        (TOP_K.replace("topk(k)", "topk(k, largest=False)"), "is off by up to"),
        (TOP_K.replace("return ", ""), "a tensor of five probabilities, not None"),
    ],
    4: [
        (REMEMBERING.replace(", persistent=False", ""), "would be saved"),
        (REMEMBERING.replace("self.register_buffer(", "setattr(self, ")
         .replace(", persistent=False", ""), "has no buffers"),
        (REMEMBERING.replace("h.detach(), c.detach()", "h, c"), "requires grad"),
        (REMEMBERING.replace("(x, state)", "(x)"), "the second call, which goes on"),
        (REMEMBERING.replace("return scores", "return scores, h"), "returns a tuple"),
        (REMEMBERING.replace("self.h = self.c = None", "pass"), "stops with RuntimeError"),
        (REMEMBERING.replace("self.h, self.c = h.detach(), c.detach()",
                             "self.h, self.c = h.detach(), h.detach()"), "the second call"),
        (REMEMBERING.replace("    def reset(self):\n        self.h = self.c = None\n", ""),
         "stops with AttributeError"),
        (REMEMBERING.replace("self.model = model", "self.model = type(model)()"),
         "the scores of the first call is off"),
    ],
}  # fmt: skip
