"""Right and wrong answers to the exercises of chapter 06.

A wrong answer stands beside a piece of the reply that it must get.
"""

DETACHED = "def detached(state):\n    {}\n"
COUNTER = """
class Counter(nn.Module):
    def __init__(self, H):
        super().__init__()
        self.cell = nn.GRUCell(1, H)
        {init}

    def forward(self, x):
        h = self.cell(x, {given})
        {keep}
        return h

    def reset(self, rows=None):
        if rows is None:
            {all}
        else:
            {rows}
"""
COUNTS = dict(
    init="self.register_buffer('h', None, persistent=False)",
    given="self.h",
    keep="self.h = h.detach()",
    all="self.h = None",
    rows="self.h = self.h.clone(); self.h[rows] = 0",
)

SETUP = ["imports-viz"]
RIGHT = {
    1: [
        "predicted = ((7, 2, 5), (1, 2, 5), (1, 2, 5))",
        "predicted = [[7, 2, 5], [1, 2, 5], [1, 2, 5]]",
        "s, (h, c) = nn.LSTM(3, 5)(minitorch.ones(7, 2, 3))\n"
        "predicted = [s.shape, h.shape, c.shape]",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        DETACHED.format(
            "return state and (state.detach() if isinstance(state, minitorch.Tensor) "
            "else [detached(s) for s in state])"
        ).replace("state and (", "None if state is None else ("),
        DETACHED.format(
            "if hasattr(state, 'detach'): return state.detach()\n"
            "    return state if state is None else tuple(map(detached, state))"
        ),
        """
def detached(state):
    match state:
        case None:
            return None
        case list() | tuple():
            return [detached(part) for part in state]
    with minitorch.no_grad():
        return state.clone()
""",
    ],
    4: [
        COUNTER.format(**COUNTS),
        COUNTER.format(
            **COUNTS
            | dict(
                init="self.h = nn.Buffer(minitorch.empty(0), persistent=False); self.begun = False",
                given="self.h if self.begun else None",
                keep="self.h = h.detach(); self.begun = True",
                all="self.begun = False",
            )
        ),
        COUNTER.format(
            **COUNTS
            | dict(
                keep="self.h = h.data.clone()",
                rows="mask = minitorch.ones(len(self.h), 1, dtype=self.h.dtype); mask[rows] = 0; "
                "self.h = self.h * mask",
            )
        ),
    ],
}
WRONG = {
    1: [
        ("predicted = [(7, 2, 5), (2, 5), (2, 5)]", "the last h are not of shape (2, 5)"),
        ("predicted = [(2, 7, 5), (1, 2, 5), (1, 2, 5)]", "the states are not of shape (2, 7, 5)"),
        ("predicted = [(7, 2, 3), (1, 2, 5), (1, 2, 5)]", "the states are not of shape (7, 2, 3)"),
        ("predicted = [(7, 2, 5), (1, 2, 5)]", "yours has 2"),
        ("predicted = [(7, 2, 5), (1, 2, 5), (1, 2, 20)]", "the last c are not of shape"),
        ("predicted = 7", "a list of three tuples"),
    ],
    2: [
        ("reason = 'A'", "Try it"),
        ("reason = 'C'", "numbers different"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 'BC'", "one of the letters"),
        ("reason = 1", "one of the letters"),
    ],
    3: [
        (DETACHED.format("return state.detach()"), "has no attribute 'detach'"),
        (
            DETACHED.format(
                "return state.detach() if isinstance(state, minitorch.Tensor) "
                "else tuple(s.detach() for s in state)"
            ),
            "has no attribute 'detach'",
        ),
        (DETACHED.format("return state"), "still leads back"),
        (
            DETACHED.format(
                "if state is None: return minitorch.zeros(1)\n"
                "    return state.detach() if isinstance(state, minitorch.Tensor) "
                "else tuple(map(detached, state))"
            ),
            "None should stay None",
        ),
        (
            DETACHED.format(
                "if state is None: return None\n"
                "    return minitorch.zeros_like(state) if isinstance(state, minitorch.Tensor) "
                "else tuple(map(detached, state))"
            ),
            "is off by up to 2",
        ),
        (
            DETACHED.format(
                "if state is None: return None\n"
                "    return state.detach_() if isinstance(state, minitorch.Tensor) "
                "else tuple(map(detached, state))"
            ),
            "use detach, not detach_",
        ),
        (
            DETACHED.format(
                "if state is None or isinstance(state, minitorch.Tensor): "
                "return state and state.detach()\n"
                "    return detached(state[0])"
            ).replace("state and state", "state if state is None else state"),
            "in the place of several",
        ),
    ],
    4: [
        (COUNTER.format(**COUNTS | dict(init="self.h = None")), "after double() it stops"),
        (COUNTER.format(**COUNTS | dict(keep="self.h = h")), "hangs on the one before"),
        (
            COUNTER.format(**COUNTS | dict(init="self.register_buffer('h', None)")),
            "its state dict has",
        ),
        (COUNTER.format(**COUNTS | dict(keep="pass")), "the state after 2 items"),
        (COUNTER.format(**COUNTS | dict(rows="self.h = None")), "the state after reset(0)"),
        (COUNTER.format(**COUNTS | dict(all="pass")), "your code stops with"),
        (
            COUNTER.format(
                **COUNTS
                | dict(
                    init="self.h = nn.Parameter(minitorch.zeros(2, H))",
                    keep="self.h = nn.Parameter(h.detach())",
                )
            ),
            "yours learns",
        ),
    ],
}
