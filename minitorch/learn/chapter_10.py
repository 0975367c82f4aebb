"""The exercises of chapter 10, *When it goes wrong*."""

from .exercise import Exercise, choice, close, wrong


def _stops(function):
    try:
        function()
    except Exception:
        return True
    return False


def _errors(answer, lib, functions):
    if not isinstance(answer, (set, frozenset, list, tuple)):
        wrong(f"write a set of letters, not {answer!r}")
    strange = [letter for letter in answer if letter not in functions]
    if strange:
        wrong(f"{strange[0]!r} is none of the letters {', '.join(functions)}")
    stops = {letter for letter, function in functions.items() if _stops(function)}
    for letter in sorted(set(answer) - stops):
        wrong(f"{letter}() runs through. Call it and look at what comes out")
    if stops - set(answer):
        wrong(f"those in your set do stop, but {len(stops - set(answer))} more do as well")


def _sorted_data(answer, lib):
    choice(
        answer,
        "C",
        "ABC",
        {
            "A": "zero_grad clears gradients. What was learned is in the parameters, and stays.",
            "B": "the same network, with the same loop on shuffled digits, reads nearly all of "
            "them. Take `minitorch.randperm(len(y_train))` in place of the argsort.",
        },
    )


# ---- first_bad ---------------------------------------------------------------------------------


def _models(lib):
    """(what it is, model, input, the right name) for each case."""
    nn = lib.nn

    class Log(nn.Module):
        def forward(self, x):
            return x.log()

    class LastFirst(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = Log(), Log()

        def forward(self, x):
            return self.second(self.first(x))

    ones, zeros = lib.ones(2, 3), lib.zeros(2, 3)
    yield "Sequential(ReLU(), Sigmoid())", nn.Sequential(nn.ReLU(), nn.Sigmoid()), ones, None
    nested = nn.Sequential(nn.ReLU(), nn.Sequential(Log(), nn.Sigmoid()))
    yield "a Sequential whose log gives -inf in the middle", nested, zeros, "1.0"
    flat = nn.Sequential(Log(), nn.ReLU())
    yield "a Sequential whose log gives nan at its start", flat, -ones, "0"
    yield "a module that calls `first` before `second`", LastFirst(), zeros, "first"


def _first_bad(answer, lib):
    for what, model, x, name in _models(lib):
        yours = answer(model, x)
        left = [n for n, module in model.named_modules() if module._forward_hooks]
        if left:
            wrong(f"hooks are left behind on the modules {left}")
        if yours != name:
            wrong(f"for {what} yours returns {yours!r}")


# ---- fit ---------------------------------------------------------------------------------------


def _reference(lib, model, x, y, steps, clear=True, column=True, mode=True):
    """The loop with its mistakes to be chosen: what a right one gives, and each wrong one."""
    optimizer, total = lib.optim.SGD(model.parameters(), lr=0.1), 0.0
    model.train(mode)
    for _ in range(steps):
        loss = ((model(x) - (y.reshape(-1, 1) if column else y)) ** 2).mean()
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / steps


FAULTS = {
    "clear": "the gradients of all steps add up",
    "column": "x of shape (40, 2) gives predictions of shape (40, 1), and y is of shape (40,)",
    "mode": "the model came in eval mode and was trained in it, so its Dropout did nothing",
}


def _fit(answer, lib):
    def start():
        lib.manual_seed(3)
        x = lib.randn(40, 2)
        model = lib.nn.Sequential(lib.nn.Linear(2, 4), lib.nn.Dropout(0.3), lib.nn.Linear(4, 1))
        return model.eval(), x, x[:, 0] - x[:, 1] + 1, 8

    def weight(fit, **mistakes):
        model, *material = start()
        returned = fit(model, *material, **mistakes)
        return model[0].weight.detach(), returned, model.training

    def loop(*material, **mistakes):
        return _reference(lib, *material, **mistakes)

    yours, returned, training = weight(answer)
    for name, text in FAULTS.items():
        if yours.allclose(weight(loop, **{name: False})[0], atol=1e-5):
            wrong(text)
    right, mean, _ = weight(loop)
    if isinstance(returned, lib.Tensor):
        wrong(f"it returns a tensor, {returned!r}: the graphs of all steps may hang on it")
    close(yours, right, "after 8 steps the first weight")
    close(returned, mean, "the mean loss", tolerance=1e-4)
    if training:
        wrong("after it, the model is in training mode, so its answers are random")


EXERCISES = [
    Exercise(
        "predict",
        _errors,
        hints=(
            "for a and b, write the shapes below each other, right-aligned. For the others ask: "
            "is there a graph, and is what it saved still there, unchanged?",
            "a broadcasts (failure 12). d computes w**2 anew for its second backward. f is in eval "
            "mode. For e, which numbers does the gradient of the sigmoid need (failure 6)?",
        ),
        solution="""
predicted = {"b", "c", "e"}
# b: 2 and 3 do not fit. c: detached. e: the sigmoid's result was written to.
""",
    ),
    Exercise(
        "explain",
        _sorted_data,
        hints=(
            "which digits are in the last 40 batches or so?",
            "what is the easiest way to get a small loss on a batch in which every answer is 9?",
        ),
        solution="""
reason = "C"
# DataLoader(..., shuffle=True) mixes the digits, so that each step is fair to all of them.
""",
        praise="DataLoader(..., shuffle=True) is the cure.",
    ),
    Exercise(
        "build",
        _first_bad,
        hints=(
            "`shapes` in question 3 of the page does nearly this: a hook on every module, and the "
            "handles removed at the end. `named_modules()` gives the names.",
            "`output.isfinite().all()` is False if there is a nan or an infinity.",
            "collect the names of the bad ones in a list: hooks run in the order of the calls, so "
            "the first in the list is the answer. A hook needs to know its name: make it in a "
            "function that is given the name.",
        ),
        solution="""
def first_bad(model, x):
    bad, handles = [], []

    def watch(name, module):
        def hook(module, args, output):
            if not output.isfinite().all():
                bad.append(name)

        handles.append(module.register_forward_hook(hook))

    for name, module in model.named_modules():
        watch(name, module)
    model(x)
    for handle in handles:
        handle.remove()
    return bad[0] if bad else None
""",
        praise="Keep it for the next nan that you meet.",
    ),
    Exercise(
        "build",
        _fit,
        hints=(
            "look for one mistake in each of: the shapes, the gradients, the sum of the losses, "
            "the mode.",
            "model(x) is of shape (N, 1). `model.train()` comes before the loop, `model.eval()` "
            "after it.",
        ),
        solution="""
def fit(model, x, y, steps):
    optimizer = minitorch.optim.SGD(model.parameters(), lr=0.1)
    total_loss = 0.0
    model.train()
    for step in range(steps):
        loss = ((model(x).squeeze(1) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    model.eval()
    return total_loss / steps
""",
    ),
]
