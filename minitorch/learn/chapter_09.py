"""The exercises of chapter 09, *Saving, loading, moving*."""

from .exercise import Exercise, choice, wrong


def _names(answer, lib, Puzzle):
    if isinstance(answer, str) or not hasattr(answer, "__iter__"):
        wrong(f"write a set of names, not {answer!r}")
    yours, there = set(answer), set(Puzzle().state_dict())
    if yours - there:
        wrong(f"{sorted(map(str, yours - there))} of yours are not in it")
    if there - yours:
        wrong(f"yours has {len(yours)} names, and all of them are in it. There are more")


def _silent(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "it writes into the model that it is called on. What does it return?",
            "C": "a state dict does not know the mode, and both modes can load.",
        },
    )


def _networks(lib):
    """A model, and the state of another that is nearly the same."""
    nn = lib.nn
    lib.manual_seed(0)
    old = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 5))
    new = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 4), nn.Linear(4, 1))
    old(lib.randn(8, 2))
    return new, dict(old.state_dict(), extra=lib.ones(1))


def _clones(state):
    return {name: value.detach().clone() for name, value in state.items()}


def _differing(lib, state, expected):
    """The names under which two state dicts do not have the same numbers."""
    return [name for name in expected if not lib.equal(state[name], expected[name])]


def _load_fitting(answer, lib):
    model, state = _networks(lib)
    old, before = _clones(state), _clones(model.state_dict())
    fit = [n for n in before if n in old and old[n].shape == before[n].shape]
    held = list(model.parameters())
    yours = answer(model, state)
    if list(state) != list(old) or _differing(lib, state, old):
        wrong(f"the state that was handed in has changed; its names are now {list(state)}")
    after = model.state_dict()
    late = _differing(lib, {n: after[n] for n in fit}, {n: old[n] for n in fit})
    if late:
        wrong(f"these fit, but do not have the numbers of the state: {late}")
    rest = {n: before[n] for n in before if n not in fit}
    touched = _differing(lib, {n: after[n] for n in rest}, rest)
    if touched:
        wrong(f"these do not fit, but have changed in the model: {touched}")
    if any(p is not q for p, q in zip(held, model.parameters())):
        wrong("the model has other Parameters than before, so an optimizer would hold the old ones")
    if isinstance(yours, str) or not hasattr(yours, "__iter__"):
        wrong(f"return a list of names, not {type(yours).__name__}")
    if sorted(yours) != sorted(rest):
        wrong(f"with a model of {len(before)} names, of which {len(fit)} fit, the list that yours "
              f"returns is {list(yours)}")  # fmt: skip


def _best(answer, lib):
    nn = lib.nn
    lib.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = lib.optim.SGD(model.parameters(), lr=0.5)
    held = optimizer.param_groups[0]["params"]
    x, best, states, said = lib.randn(8, 2), answer(), [], []

    def step():
        optimizer.zero_grad()
        (model(x) ** 3).sum().backward()
        optimizer.step()

    for loss in (2.0, 3.0, 1.0, 1.5):
        states.append(_clones(model.state_dict()))
        said.append(best.offer(loss, model))
        step()
    if [bool(s) for s in said] != [True, False, True, False]:
        wrong(f"for the losses 2, 3, 1, 1.5 yours says {said}")
    for time in ("the first time", "the second time, after some more training"):
        best.restore(model)
        late = _differing(lib, model.state_dict(), states[2])
        if late:
            wrong(f"when it is restored {time}, these are not those of the best: {late}"
                  + _which(lib, model.state_dict(), states))  # fmt: skip
        if any(p is not q for p, q in zip(held, model.parameters())):
            wrong("restore gives the model other Parameters, and the optimizer holds the old ones")
        step()


def _which(lib, state, states):
    """Says so if the numbers are those of another epoch."""
    for epoch, other in enumerate(states):
        if not _differing(lib, state, other):
            return f". They are those of the offer number {epoch + 1}"
    return ""


EXERCISES = [
    Exercise(
        "predict",
        _names,
        hints=(
            "parameters and persistent buffers, whether they are learned or not, and of the "
            "modules inside as well, with a dot in the name.",
            "a list hides its layers. A Parameter that has two names is under both.",
        ),
        solution="""
predicted = {"a.weight", "b", "e", "g"}
""",
        praise="A tied Parameter has both of its names.",
    ),
    Exercise(
        "explain",
        _silent,
        hints=(
            "what would have been said without `strict=False`?",
            "section 3: there the same call is made, and what it returns is printed.",
        ),
        solution="""
reason = "B"
# Without strict=False it would have been an error with two long lists. Strip the prefix.
""",
    ),
    Exercise(
        "build",
        _load_fitting,
        hints=(
            "`model.state_dict()` has the model's own names and shapes to compare with.",
            "collect what fits in a new dictionary, and load that with `strict=False`.",
            "what the call with `strict=False` returns has a list `missing_keys`.",
        ),
        solution="""
def load_fitting(model, state):
    own = model.state_dict()
    fitting = {
        name: value
        for name, value in state.items()
        if name in own and value.shape == own[name].shape
    }
    return model.load_state_dict(fitting, strict=False).missing_keys
""",
        praise="This is how a fine-tuning begins whose last layer is new.",
    ),
    Exercise(
        "build",
        _best,
        hints=(
            "what does a state dict hold, and what happens to it in the next epoch?",
            "keep a copy.deepcopy of the state dict. parameters() alone would lose the buffers.",
            "`load_state_dict` without assign copies into the Parameters that are there.",
        ),
        solution="""
class Best:
    def __init__(self):
        self.loss, self.state = float("inf"), None

    def offer(self, loss, model):
        better = loss < self.loss
        if better:
            self.loss, self.state = loss, copy.deepcopy(model.state_dict())
        return better

    def restore(self, model):
        model.load_state_dict(self.state)
""",
    ),
]
