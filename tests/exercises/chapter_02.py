"""Right and wrong answers to the exercises of chapter 02.

A wrong answer stands beside a piece of the reply that it must get.
"""

COUNT = "def count(model):\n    return {}\n"
BOUNDED = """
class Bounded(nn.Module):
    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high
        self.raw = {raw}

    def forward(self):
        return {result}
"""
RAW = "nn.Parameter(minitorch.zeros(1))"

SETUP = []
RIGHT = {
    1: [
        "predicted = ['a', 'd', 'e']",
        "predicted = ('e', 'd', 'a')",
        "predicted = dict(Puzzle().named_parameters()).keys()",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        """
def count(model):
    learned = frozen = 0
    for p in model.parameters():
        if p.requires_grad:
            learned += p.numel()
        else:
            frozen += p.numel()
    return [learned, frozen]
""",
        """
def count(model):
    sizes = {id(p): p.numel() for p in model.parameters()}
    learned = sum(sizes[id(p)] for p in model.parameters() if p.requires_grad)
    return learned, sum(sizes.values()) - learned
""",
        COUNT.format(
            "tuple(sum(math.prod(p.shape) for p in model.parameters() if p.requires_grad is wanted)"
            " for wanted in (True, False))"
        ),
    ],
    4: [
        BOUNDED.format(
            raw=RAW,
            result="(self.low + self.high) / 2 + (self.high - self.low) / 2 * self.raw.tanh()",
        ),
        BOUNDED.format(
            raw=RAW,
            result="self.low + (self.high - self.low) * (0.5 + minitorch.atan(self.raw) / 3.1416)",
        ),
        BOUNDED.format(
            raw="nn.Parameter(minitorch.empty(1)); nn.init.normal_(self.raw)",
            result="self.low + (self.high - self.low) / (1 + (-self.raw).exp())",
        ),
    ],
}
WRONG = {
    1: [
        ("predicted = {'a', 'b', 'd', 'e'}", "['b'] not among them"),
        ("predicted = {'a', 'c', 'd', 'e'}", "['c'] not among them"),
        ("predicted = {'d', 'e'}", "1 more"),
        ("predicted = {'a'}", "2 more"),
        ("predicted = set()", "3 more"),
        ("predicted = 'ade'", "a set of names"),
    ],
    2: [
        ("reason = 'A'", "different dtypes"),
        ("reason = 'C'", "what kind of thing"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 2", "one of the letters"),
        ("reason = ''", "one of the letters"),
    ],
    3: [
        (COUNT.format("sum(p.numel() for p in model.parameters())"), "return two numbers"),
        (COUNT.format("sum(p.numel() for p in model.parameters()), 0"), "learned ones is off"),
        (
            COUNT.format("len(list(model.parameters())), 1"),
            "yours gives 4 and 1",
        ),
        (
            COUNT.format(
                "tuple(sum(v.numel() for n, v in model.named_parameters("
                "remove_duplicate=False) if v.requires_grad == w) for w in (True, False))"
            ),
            "under a second name",
        ),
        (
            COUNT.format(
                "(s := sum(p.numel() for p in model.parameters() if p.requires_grad)), "
                "sum(v.numel() for v in model.state_dict().values()) - s"
            ),
            "under a second name",
        ),
        (
            COUNT.format(
                "tuple(sum(p.shape[0] for p in model.parameters() if p.requires_grad == w)"
                " for w in (True, False))"
            ),
            "is off",
        ),
    ],
    4: [
        (BOUNDED.format(raw=RAW, result="self.raw.clamp(self.low, self.high)"), "with raw at 0"),
        (
            BOUNDED.format(
                raw="minitorch.zeros(1, requires_grad=True)",
                result="self.low + (self.high - self.low) * self.raw.sigmoid()",
            ),
            "yours are {}",
        ),
        (BOUNDED.format(raw=RAW, result="self.raw.sigmoid()"), "with raw at"),
        (BOUNDED.format(raw=RAW, result="self.raw"), "yours gives -50"),
        (
            BOUNDED.format(
                raw=RAW,
                result="self.low + (self.high - self.low) * self.raw.sigmoid().detach()",
            ),
            "does not lead back",
        ),
        (
            BOUNDED.format(
                raw="nn.Parameter(minitorch.zeros(()))",
                result="self.low + (self.high - self.low) * self.raw.sigmoid()",
            ),
            "of shape (1,)",
        ),
    ],
}
