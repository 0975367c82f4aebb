"""The exercises of chapter 02, *What a Parameter is*."""

from .exercise import Exercise, choice, names, wrong


def _names(answer, lib, Puzzle):
    names(
        answer,
        dict(Puzzle().named_parameters()),
        extra="Is what was assigned still the Parameter itself?",
        missing="The register asks for the type only.",
    )


def _gain(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "an optimizer takes parameters of different dtypes. Was it given this one at all?",
            "C": "print Gained().gain and see what kind of thing it is.",
        },
    )


def _count(answer, lib):
    nn = lib.nn
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    model[0].bias.requires_grad_(False)
    _compare(answer(model), (22, 4), "Linear(3, 4) with a frozen bias and Linear(4, 2)")
    model.tied = model[0].weight
    _compare(answer(model), (22, 4), "the same model, its first weight under a second name as well")
    model.requires_grad_(False)
    _compare(answer(model), (0, 26), "the model with everything frozen")
    model.register_buffer("kept", lib.ones(5))
    _compare(answer(model), (0, 26), "a model that has a buffer")


def _compare(yours, expected, model):
    try:
        learned, frozen = yours
    except TypeError:
        wrong(f"return two numbers, not {yours!r}")
    if (learned, frozen) != expected:
        which = "learned" if learned != expected[0] else "frozen"
        wrong(f"for {model} yours gives {learned} and {frozen}; the number of {which} ones is off")


def _bounded(answer, lib):
    for low, high in ((0.0, 1.0), (-3.0, 5.0)):
        module = answer(low, high)
        shapes = {name: tuple(p.shape) for name, p in module.named_parameters()}
        if shapes != {"raw": (1,)}:
            wrong(f"its parameters should be one called raw of shape (1,), yours are {shapes}")
        for raw in (-50.0, 0.0, 50.0):
            with lib.no_grad():
                module.raw.fill_(raw)
            value = module().item()
            if not low <= value <= high:
                wrong(f"between {low} and {high}, with raw at {raw}, yours gives {value:g}")
            if raw == 0 and abs(value - (low + high) / 2) > 1e-4:
                wrong(f"with raw at 0, between {low} and {high}, yours gives {value:g}")
    found = _train(answer(0.0, 1.0), 0.9, lib)
    if abs(found - 0.9) > 0.02:
        wrong(f"trained towards 0.9 it ends at {found:.2f}. Does a gradient reach raw?")


def _train(module, target, lib):
    with lib.no_grad():
        module.raw.zero_()
    optimizer = lib.optim.Adam(module.parameters(), lr=0.1)
    for _ in range(300):
        loss = ((module() - target) ** 2).sum()
        optimizer.zero_grad()
        if not loss.requires_grad:
            wrong("the result does not lead back to raw, so raw cannot be learned")
        loss.backward()
        optimizer.step()
    return module().item()


EXERCISES = [
    Exercise(
        "predict",
        _names,
        hints=(
            "for each line, ask what the last operation on the right-hand side returns: a "
            "Parameter, or a tensor that was computed?",
            "`.to` returns the object itself if there is nothing to do, and a frozen Parameter is "
            "still a Parameter.",
        ),
        solution="""
predicted = {"a", "d", "e"}
# a is frozen, but registered. b was multiplied and c never marked: plain tensors both. d is float32
# already, so `.to` gave back the Parameter itself. e is marked last.
""",
    ),
    Exercise(
        "explain",
        _gain,
        hints=(
            "what does named_parameters() list?",
            "section 3, accident two, with another method in the place of `.to`.",
        ),
        solution="""
reason = "B"
# `nn.Parameter(minitorch.ones(1).double())` would have done it: mark last.
""",
    ),
    Exercise(
        "build",
        _count,
        hints=(
            "a Parameter knows how many numbers it has: `numel()`.",
            "`parameters()` already lists a shared Parameter once; `state_dict()` does not.",
        ),
        solution="""
def count(model):
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in model.parameters() if not p.requires_grad)
    return learned, frozen
""",
    ),
    Exercise(
        "build",
        _bounded,
        hints=(
            "which function squeezes any number into the range from 0 to 1, with 0 to 0.5?",
            "compute in forward, into a local variable: nothing is assigned to raw.",
            "`low + (high - low) * minitorch.sigmoid(self.raw)`.",
        ),
        solution="""
class Bounded(nn.Module):
    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high
        self.raw = nn.Parameter(minitorch.zeros(1))

    def forward(self):
        return self.low + (self.high - self.low) * minitorch.sigmoid(self.raw)
""",
        praise="A module may learn a number without an input, too.",
    ),
]
