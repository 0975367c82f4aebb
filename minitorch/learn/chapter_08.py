"""The exercises of chapter 08, *Freezing and fine-tuning*."""

from copy import deepcopy

from .exercise import Exercise, choice, close, wrong


def _changed(before, module):
    """The names of a state dict that are no longer what they were in `before`."""
    return {name for name, t in module.state_dict().items() if not t.equal(before[name])}


def _puzzle(answer, lib, Puzzle, one_step):
    if isinstance(answer, str) or not hasattr(answer, "__iter__"):
        wrong(f"write a set of names, not {answer!r}")
    lib.manual_seed(0)
    puzzle = Puzzle()
    before, yours = deepcopy(puzzle.state_dict()), set(answer)
    one_step(puzzle)
    changes = _changed(before, puzzle)
    for name in sorted(yours - before.keys(), key=str):
        wrong(f"{name!r} is not in the state dict")
    for name in sorted(yours - changes):
        wrong(f"{name!r} does not change. What is its gradient when the optimizer comes by?")
    missing = changes - yours
    if missing & {name for name, _ in puzzle.named_buffers()}:
        wrong(f"{len(missing)} more change. What happens in the forward pass?")
    if missing:
        wrong(f"{len(missing)} more change. When was each flag set, before backward or after?")


def _dropout(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "then its buffers would differ, and it has none: the state dict is the same",
            "C": "then its parameters would differ, and they are the same after the epoch",
        },
    )


# ---- freeze ------------------------------------------------------------------------------------


def _freeze(answer, lib):
    nn = lib.nn
    lib.manual_seed(0)
    body = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.5))
    for what in (nn.Sequential(body, nn.Linear(4, 4)), nn.BatchNorm1d(4)):
        _freeze_one(answer, lib, what)


def _freeze_one(answer, lib, module):
    name = type(module).__name__
    model = lib.nn.Sequential(lib.nn.Linear(3, 4 if name == "BatchNorm1d" else 3), module,
                              lib.nn.Linear(4, 1))  # fmt: skip
    options = dict(lr=0.1, momentum=0.9, weight_decay=0.1)
    optimizer = lib.optim.SGD(model.parameters(), **options)
    x = lib.randn(6, 3)
    _step(model, optimizer, x)
    model(x).square().mean().backward()  # an old gradient
    before = deepcopy(module).eval()
    answer(module)
    for _ in range(3):
        _step(model, optimizer, x)
    moved = sorted(_changed(before.state_dict(), module))
    if moved:
        wrong(f"in a frozen {name}, after three steps, {moved} have moved")
    wanting = [name for name, p in module.named_parameters() if p.requires_grad]
    if wanting:
        wrong(f"in a frozen {name} {wanting} still want gradients")
    if not model[0].weight.grad.abs().sum():
        wrong(f"no gradient arrives at the layer below a frozen {name}")
    model.train()
    if not (model[0].training and model[2].training):
        wrong("the layers around the frozen one are no longer in training mode")
    inside = lib.randn(6, 4 if name == "BatchNorm1d" else 3)
    what = f"after model.train(), the output of a frozen {name}"
    close(module(inside), before(inside), what)


def _step(model, optimizer, x):
    model.train()
    optimizer.zero_grad(set_to_none=False)
    model(x).square().mean().backward()
    optimizer.step()


# ---- sync --------------------------------------------------------------------------------------


def _sync(answer, lib):
    nn = lib.nn
    lib.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1))
    model[1].requires_grad_(False)
    slow = {"params": list(model[0].parameters()), "lr": 0.001}
    rest = {"params": [*model[2].parameters(), *model[3].parameters()]}
    optimizer = lib.optim.Adam([slow, rest], lr=0.01)
    x = lib.randn(5, 2)
    for _ in range(2):
        _step(model, optimizer, x)
    _same(answer, optimizer, model, "when nothing was changed")
    model[3] = nn.Linear(3, 1)
    _same(answer, optimizer, model, "after a layer was replaced")
    model[1].requires_grad_(True)
    _same(answer, optimizer, model, "after a layer was thawed")
    model[2].requires_grad_(False)
    _same(answer, optimizer, model, "after a layer was frozen")
    before = deepcopy(model.state_dict())
    model.zero_grad()
    _step(model, optimizer, x)
    still = {name for name, p in model.named_parameters() if p.requires_grad}
    still -= _changed(before, model)
    if still:
        wrong(f"after all this, {sorted(still)} do not move in a step")


def _held(optimizer):
    """(id of a parameter, learning rate) of all that it holds."""
    return [(id(p), group["lr"]) for group in optimizer.param_groups for p in group["params"]]


def _same(answer, optimizer, model, when):
    """Calls `sync` and checks what the optimizer holds, what it kept, and what it forgot."""
    names = {id(p): name for name, p in model.named_parameters()}
    wanted = {id(p): p for p in model.parameters() if p.requires_grad}
    rates = dict(_held(optimizer))
    states = dict(optimizer.state)  # keeps the tensors alive, so that no id is given twice
    steps = {id(p): float(state["step"]) for p, state in states.items()}
    answer(optimizer, model)
    held = [i for i, _ in _held(optimizer)]
    if len(held) != len(set(held)):
        wrong(f"{when}, the optimizer holds a parameter twice")
    for i in wanted.keys() - set(held):
        wrong(f"{when}, the optimizer does not hold {names[i]!r}")
    for i in set(held) - wanted.keys():
        wrong(f"{when}, the optimizer still holds {names.get(i, 'a tensor of the old layer')!r}")
    for i, rate in _held(optimizer):
        if i in rates and rate != rates[i]:
            wrong(f"{when}, {names[i]!r} has the learning rate {rate}, before it was {rates[i]}")
    left = {id(p): s for p, s in optimizer.state.items()}
    if left.keys() - wanted.keys():
        lost = len(left.keys() - wanted.keys())
        wrong(f"{when}, there is state of {lost} tensors that the optimizer no longer holds")
    for i in wanted.keys() & steps.keys():
        if i not in left or float(left[i].get("step", -1)) != steps[i]:
            wrong(f"{when}, the state of {names[i]!r} is not what it was")


EXERCISES = [
    Exercise(
        "predict",
        _puzzle,
        hints=(
            "four parameters are frozen before backward(), two after it. The optimizer skips what "
            "has no gradient, weight decay or not.",
            "and three names in the state dict are no parameters.",
        ),
        solution="""
predicted = {
    "last.weight", "last.bias",
    "norm.running_mean", "norm.running_var", "norm.num_batches_tracked",
}
# last was frozen after backward(), so its gradients were there. norm moves in the forward pass.
""",
    ),
    Exercise(
        "explain",
        _dropout,
        hints=(
            "the numbers are the same, so it is the computation that differs.",
            "print backbone.training. Which of its three layers looks at that?",
        ),
        solution="""
reason = "B"
# The backbone is in training mode, so its Dropout draws anew with every call. eval() ends that.
""",
    ),
    Exercise(
        "build",
        _freeze,
        hints=(
            "there are three things to do: the flags, the old gradients, the mode. What does "
            "`zero_grad(set_to_none=False)` do where `grad` is None?",
            "`model.train()` calls `train(mode)` of each child. An attribute of an object comes "
            "before the method of its class: `module.train = ...` is allowed.",
            "what you put there is called with a mode and may ignore it. `eval()` calls it, too: "
            "use that first.",
        ),
        solution="""
def freeze(module):
    module.requires_grad_(False)
    module.zero_grad()
    module.eval()
    module.train = lambda mode=True: module
""",
        praise="It holds against every trap of this page but one: nothing stops a write.",
    ),
    Exercise(
        "build",
        _sync,
        hints=(
            "make a list of what the model wants: `[p for p in model.parameters() if "
            "p.requires_grad]`; compare by `id(p)`, not by `==`.",
            "`group['params']` is a list that you may replace by a shorter one; "
            "`optimizer.state.pop(p, None)` forgets a state.",
            "what is wanted and in no group goes in with `optimizer.add_param_group`.",
        ),
        solution="""
def sync(optimizer, model):
    wanted = {id(p): p for p in model.parameters() if p.requires_grad}
    for group in optimizer.param_groups:
        for p in group["params"]:
            if id(p) not in wanted:
                optimizer.state.pop(p, None)
        group["params"] = [p for p in group["params"] if id(p) in wanted]
        for p in group["params"]:
            del wanted[id(p)]
    if wanted:
        optimizer.add_param_group({"params": list(wanted.values())})
""",
        praise="Call it whenever you thaw a layer.",
    ),
]
