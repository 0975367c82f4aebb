"""The exercises of chapter 06, *The hidden state*."""

from .exercise import Exercise, choice, close, wrong


def _lstm_shapes(answer, lib):
    states, (h, c) = lib.nn.LSTM(3, 5)(lib.zeros(7, 2, 3))
    expected = [tuple(t.shape) for t in (states, h, c)]
    try:
        yours = [tuple(shape) for shape in answer]
    except TypeError:
        wrong(f"write a list of three tuples, not {answer!r}")
    if len(yours) != 3:
        wrong(f"there are three results, yours has {len(yours)}")
    for name, mine, right in zip(("the states", "the last h", "the last c"), yours, expected):
        if mine != right:
            wrong(f"{name} are not of shape {mine}. What does each axis count?")


def _cut(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "a fresh state in every batch would not make the loss fall, either. Try it.",
            "C": "compare states and states.detach(): are their numbers different?",
        },
    )


def _detached(answer, lib):
    h, c = (lib.ones(2, 3, requires_grad=True) * 2 for _ in range(2))
    for name, state in [
        ("a tensor", h),
        ("a pair", (h, c)),
        ("a list of pairs", [(h, c), (c, h)]),
        ("None", None),
        ("a pair with None", (h, None)),
    ]:
        yours = answer(state)
        _same(yours, state, name, lib)
    if not h.requires_grad:
        wrong("the state that was handed in has lost its history: use detach, not detach_")


def _same(yours, state, name, lib):
    if state is None:
        if yours is not None:
            wrong(f"for {name} yours returns {yours!r} where None should stay None")
    elif isinstance(state, lib.Tensor):
        if not isinstance(yours, lib.Tensor):
            wrong(f"for {name} yours returns {type(yours).__name__} in the place of a tensor")
        if yours.requires_grad:
            wrong(f"for {name} yours still leads back to where it was computed")
        close(yours, state, f"the state for {name}")
    else:
        if not isinstance(yours, (list, tuple)):
            wrong(f"for {name} yours returns {type(yours).__name__} in the place of several")
        if len(yours) != len(state):
            wrong(f"for {name} yours returns {len(yours)} of {len(state)} parts")
        for mine, part in zip(yours, state):
            _same(mine, part, name, lib)


def _counter(answer, lib):
    lib.manual_seed(0)
    counter = answer(3)
    cells = [m for m in counter.modules() if isinstance(m, lib.nn.GRUCell)]
    if len(cells) != 1:
        wrong(f"there should be one GRUCell in it, yours has {len(cells)}")
    cell, x, h = cells[0], lib.randn(4, 2, 1), lib.zeros(2, 3)
    for t in range(4):
        h = cell(x[t], h)
        close(counter(x[t]), h, f"the state after {t + 1} items")
    counter(x[0]).sum().backward()
    try:
        counter(x[1]).sum().backward()
    except RuntimeError:
        wrong("the second backward fails: one call hangs on the one before")
    names = [name for name, _ in counter.named_parameters()]
    if len(names) != 4:
        wrong(f"only the cell should be learned, yours learns {names}")
    if len(counter.state_dict()) != 4:
        wrong(f"its state dict has {list(counter.state_dict())}")
    _moves_and_resets(counter, cell, x, lib)


def _moves_and_resets(counter, cell, x, lib):
    try:
        h = counter.double()(x[2].double())
    except RuntimeError as error:
        wrong(f"after double() it stops: {error}")
    counter.reset(0)
    began = lib.stack([lib.zeros(3, dtype=lib.float64), h[1].detach()])
    h = counter(x[3].double())
    close(h, cell(x[3].double(), began), "the state after reset(0) and an item")
    counter.reset()
    one = x[:1, 0].double()
    close(counter(one), cell(one), "after reset(), with B = 1, the state")


EXERCISES = [
    Exercise(
        "predict",
        _lstm_shapes,
        hints=(
            "time first, then the batch, then the features, of which the state has H.",
            "the last h and c have an axis for the layers where the states have one for time.",
        ),
        solution="""
predicted = [(7, 2, 5), (1, 2, 5), (1, 2, 5)]
""",
    ),
    Exercise(
        "explain",
        _cut,
        hints=(
            "after a backward(), which parameters of Cut() have a gradient?",
            "the graph ends at the detach. On which side of it is the GRU?",
        ),
        solution="""
reason = "B"
# And since self.h keeps its history, the graph behind the state grows on without ever being used.
""",
    ),
    Exercise(
        "build",
        _detached,
        hints=(
            "three cases: None, a tensor, and something with parts. The last one calls the "
            "function for each of its parts.",
            "`type(state)(...)` makes a tuple from a tuple and a list from a list.",
        ),
        solution="""
def detached(state):
    if state is None:
        return None
    if isinstance(state, minitorch.Tensor):
        return state.detach()
    return type(state)(detached(part) for part in state)
""",
        praise="This is repackage_hidden, for any network.",
    ),
    Exercise(
        "build",
        _counter,
        hints=(
            "register_buffer may begin with None, and has an argument for what is not saved.",
            "the state that is returned may have a history, the one that is kept must not.",
            "to set rows to zero, write to a clone of the kept state: `h = self.h.clone(); "
            "h[rows] = 0; self.h = h`.",
        ),
        solution="""
class Counter(nn.Module):
    def __init__(self, H):
        super().__init__()
        self.cell = nn.GRUCell(1, H)
        self.register_buffer("h", None, persistent=False)

    def forward(self, x):
        h = self.cell(x, self.h)
        self.h = h.detach()
        return h

    def reset(self, rows=None):
        if rows is None:
            self.h = None
        else:
            h = self.h.clone()
            h[rows] = 0
            self.h = h
""",
        praise="That is nn.Stateful in fifteen lines.",
    ),
]
