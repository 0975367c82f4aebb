"""The exercises of chapter 03, *From Variable to Parameter*."""

from .exercise import Exercise, choice, wrong


def _moments(answer, lib):
    try:
        plain, greedy = answer
    except TypeError:
        wrong(f"write a pair, (plain, greedy), not {answer!r}")
    if plain == 600 and greedy == 700:
        wrong("you counted what is learned; Adam keeps two numbers for each of those")
    for name, yours, weights in (("plain", plain, 600), ("greedy", greedy, 700)):
        if yours != 2 * weights:
            wrong(f"{yours} for the {name} one is not it. How many numbers does it learn?")


def _frozen_state(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "print the names in greedy.state_dict() once more. What decides about them?",
            "C": "an optimizer makes moments for what has a gradient. Has the state one now?",
        },
    )


def _drawers(answer, lib):
    module = lib.nn.Module()
    module.w = lib.nn.Parameter(lib.ones(2))
    module.frozen = lib.nn.Parameter(lib.ones(2), requires_grad=False)
    module.register_buffer("mean", lib.zeros(2))
    module.register_buffer("cache", lib.zeros(2), persistent=False)
    module.mask = lib.ones(2)
    module.wants = lib.ones(2, requires_grad=True)
    module.rate = 0.1
    module.child = lib.nn.Linear(2, 2)
    expected = dict(w="parameter", frozen="parameter", mean="buffer", cache="buffer")
    expected |= dict(mask="plain", wants="plain")
    yours = answer(module)
    if not isinstance(yours, dict):
        wrong(f"return a dictionary, not {type(yours).__name__}")
    for name in expected.keys() - yours.keys():
        wrong(f"{name!r} is missing from yours")
    for name in sorted(yours.keys() - expected.keys()):
        wrong(f"{name!r} is in yours, but it is no tensor assigned to the module itself")
    for name, drawer in expected.items():
        if yours[name] != drawer:
            wrong(f"{name!r} is not in the drawer {yours[name]!r}")


def _keeper(answer, lib):
    class Reader(answer):
        def __init__(self):
            super().__init__()
            self.mix = lib.nn.Linear(3, 4)
            self.gain = lib.nn.Parameter(lib.ones(4))
            self.h = lib.zeros(2, 4)

        def forward(self, x):
            h = lib.tanh(self.mix(x) + self.h) * self.gain
            self.h = h.detach()
            return h

    module = Reader()
    learned = {name for name, _ in module.named_parameters()}
    if learned != {"gain", "mix.weight", "mix.bias"}:
        wrong(f"a reader built on yours learns {sorted(learned)}")
    _check_state(module, "at the start", lib)
    module(lib.ones(2, 3)).sum().backward()
    _check_state(module, "after a call", lib)
    module.double()
    if module.h.dtype != lib.float64:
        wrong("double() leaves the state behind")
    module(lib.ones(2, 3, dtype=lib.float64))
    _check_state(module, "after double() and a call", lib)


def _check_state(module, when, lib):
    buffers = [name for name, _ in module.named_buffers()]
    if buffers != ["h"]:
        wrong(f"{when} the buffers of a reader built on yours are {buffers}")
    if "h" in module.state_dict():
        wrong(f"{when} the state is in the state dict")
    if not isinstance(module.h, lib.Tensor):
        wrong(f"{when} the state is of type {type(module.h).__name__}")


EXERCISES = [
    Exercise(
        "predict",
        _moments,
        hints=(
            "W is of shape (10, 20), and U of shape (20, 20). What is the shape of the state?",
            "what is learned, times two.",
        ),
        solution="""
predicted = (1200, 1400)
# W has 200 numbers, U has 400, and the state has 5 * 20 = 100. Two moments for each.
""",
    ),
    Exercise(
        "explain",
        _frozen_state,
        hints=(
            "go through the four troubles and ask of each: does it need a gradient?",
            "what is in the state dict was decided when the module registered it.",
        ),
        solution="""
reason = "B"
# Registered is registered: named_parameters() and state_dict() do not ask for gradients. Adam does,
# so it skips what has none, and C is wrong.
""",
    ),
    Exercise(
        "build",
        _drawers,
        hints=(
            "`named_parameters(recurse=False)` leaves children out, and so does `named_buffers`.",
            "where do plain attributes live? `vars(module)` has them, and others besides tensors.",
        ),
        solution="""
def drawers(module):
    found = {name: "parameter" for name, _ in module.named_parameters(recurse=False)}
    found |= {name: "buffer" for name, _ in module.named_buffers(recurse=False)}
    for name, value in vars(module).items():
        if isinstance(value, minitorch.Tensor):
            found[name] = "plain"
    return found
""",
        praise="With it you can ask any module what it knows of its tensors.",
    ),
    Exercise(
        "build",
        _keeper,
        hints=(
            "start from Greedy: which call makes a buffer that is not saved?",
            "`register_buffer` has an argument for what is moved but not saved.",
        ),
        solution="""
class Keeper(nn.Module):
    def __setattr__(self, name, value):
        if type(value) is minitorch.Tensor:
            self.register_buffer(name, value, persistent=False)
        else:
            super().__setattr__(name, value)
""",
        praise="Some libraries are built this way. What would you miss in it?",
    ),
]
