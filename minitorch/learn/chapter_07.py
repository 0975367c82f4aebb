"""The exercises of chapter 07, *Optimizers*."""

from .exercise import Exercise, choice, close, wrong


def _places(answer, lib, three_steps):
    try:
        places = [float(place) for place in answer]
    except (TypeError, ValueError):
        wrong(f"write a list of three numbers, not {answer!r}")
    if len(places) != 3:
        wrong(f"there are three steps, and yours is {len(places)} numbers long")
    why = (
        "at the first step there is no old gradient to remember",
        "what is b, when an older gradient is remembered and the new one is zero?",
        "what does step() do with a parameter whose gradient is None?",
    )
    for step, (yours, true) in enumerate(zip(places, three_steps())):
        if abs(yours - true) > 1e-4:
            wrong(f"{yours:g} is not where it is after step {step + 1}: {why[step]}")


def _schedule(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "that is the right order. How often is each of the two lines run?",
            "C": "Adam divides the gradient, and multiplies by lr after that.",
        },
    )


def _groups(answer, lib):
    nn = lib.nn
    _judge_groups(answer, nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)), lib)
    model = nn.Sequential(nn.Embedding(5, 3), nn.Conv1d(3, 3, 1), nn.BatchNorm1d(3))
    _judge_groups(answer, model, lib)
    model[1].requires_grad_(False)
    _judge_groups(answer, model, lib)
    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    _judge_groups(answer, tied, lib)


def _judge_groups(answer, model, lib):
    groups = answer(model, 0.3)
    if not (isinstance(groups, (list, tuple)) and len(groups) == 2):
        wrong(f"return a list of two groups, not {groups!r:.60}")
    optimizer = lib.optim.AdamW(groups, lr=0.1)  # makes a list of what may be a generator
    for group, decay in zip(optimizer.param_groups, (0.3, 0)):
        if group["weight_decay"] != decay:
            wrong(f"the weight_decay of one group is {group['weight_decay']}, as AdamW has it")
    for name, p in model.named_parameters():
        places = [i for i, group in enumerate(optimizer.param_groups)
                  for q in group["params"] if q is p]  # fmt: skip
        right = ([0] if p.ndim >= 2 else [1]) if p.requires_grad else []
        if places != right:
            where = " and ".join(("first", "second")[i] for i in places) or "no"
            kind = "" if p.requires_grad else "frozen "
            wrong(f"the {kind}parameter {name!r} of shape {tuple(p.shape)} is in {where} group "
                  f"of yours, in a model\n{model}")  # fmt: skip


# ---- Lion --------------------------------------------------------------------------------------


def _lion(answer, lib):
    if not (isinstance(answer, type) and issubclass(answer, lib.optim.Optimizer)):
        wrong("it should be a class that is built on Optimizer")
    params, lion = _new_lion(answer, lib)
    places, averages = [p.tolist() for p in params[:2]], [[0.0, 0.0], [0.0, 0.0]]
    for t in range(1, 9):
        _one_step(params, lion, places, averages, t, lib)
        _compare(params, places, f"after step {t}", lib)
    # Saved, loaded into a new one, and on: what is not in the state is lost here.
    copies, other = _new_lion(answer, lib)
    with lib.no_grad():
        for copy, p in zip(copies, params):
            copy.copy_(p)
    other.load_state_dict(lion.state_dict())
    _one_step(copies, other, places, averages, 9, lib)
    _compare(copies, places, "with its state_dict loaded into a new one, after a step", lib)


def _new_lion(answer, lib):
    """Three parameters in two groups, the last of which never gets a gradient."""
    params = [lib.nn.Parameter(lib.tensor([1.0, -2.0])) for _ in range(3)]
    return params, answer([{"params": params[:1]}, {"params": params[1:], "lr": 0.01}], lr=0.1)


# Of such sizes that the sign tells beta1 from beta2, and either from none.
GRADIENTS = ((4.0, 1.0), (-0.1, 1.0), (-1.0, -0.2), (3.0, -0.3), (-0.4, 2.0), (0.05, -1.0),
             (-2.0, 0.3), (0.2, -0.5), (-0.05, -0.05))  # fmt: skip


def _one_step(params, lion, places, averages, t, lib):
    """A step of the learner's, and the same in plain Python on `places` and `averages`."""
    g = GRADIENTS[t - 1]
    for p, place, m, lr, sign in zip(params, places, averages, (0.1, 0.01), (1, -1)):
        p.grad = lib.tensor(g) * sign
        for i in (0, 1):
            along = 0.9 * m[i] + 0.1 * g[i] * sign
            place[i] -= lr * ((along > 0) - (along < 0))
            m[i] = 0.99 * m[i] + 0.01 * g[i] * sign
    lion.step()


def _compare(params, places, when, lib):
    for p, place, which in zip(params, places, ("first", "second")):
        close(p, lib.tensor(place), f"{when}, a parameter of the {which} group")
    close(params[2], lib.tensor([1.0, -2.0]), f"{when}, a parameter without a gradient")


EXERCISES = [
    Exercise(
        "predict",
        _places,
        hints=(
            "write down b after each step: b is momentum times the old b, plus the gradient.",
            "b is 2 after the first step and 1 after the second. And a parameter whose gradient is "
            "None is skipped altogether.",
        ),
        solution="""
predicted = [0.8, 0.7, 0.7]
# b is 2: 1 - 0.1 * 2. Then b is 0.5 * 2 + 0 = 1, and that moves it once more. Then there is nothing
# to go by, and the parameter is skipped.
""",
    ),
    Exercise(
        "explain",
        _schedule,
        hints=(
            "a schedule counts the calls of its step(). How many are there in an epoch?",
            "what is 0.01 * 0.9**50?",
        ),
        solution="""
reason = "B"
# After the first epoch the rate is 0.01 * 0.9**50, about 0.00005: the model cannot move any more.
# The line belongs four spaces to the left.
""",
    ),
    Exercise(
        "build",
        _groups,
        hints=(
            "section 8 has the two lists; what is missing is the condition on requires_grad.",
            'a group without a "weight_decay" of its own gets the default of AdamW, 0.01.',
        ),
        solution="""
def decay_groups(model, weight_decay):
    learning = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in learning if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in learning if p.ndim < 2], "weight_decay": 0.0},
    ]
""",
        praise="You can take it along to any model.",
    ),
    Exercise(
        "build",
        _lion,
        hints=(
            'two loops: `for group in self.param_groups`, and in it `for p in group["params"]`. '
            "Take lr and betas from the group.",
            "under `minitorch.no_grad()`, change p in place. If `p.grad is None`, continue.",
            "`state = self.state[p]` is an empty dictionary at first: "
            '`m = state.get("m", minitorch.zeros_like(p))`, and at the end `state["m"] = ...`.',
        ),
        solution="""
class Lion(minitorch.optim.Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.99)):
        super().__init__(params, {"lr": lr, "betas": betas})

    @minitorch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].get("m", minitorch.zeros_like(p))
                p -= group["lr"] * (beta1 * m + (1 - beta1) * p.grad).sign()
                self.state[p]["m"] = beta2 * m + (1 - beta2) * p.grad
""",
        praise="It goes wherever Adam goes, with half the memory. Train the sine with it.",
    ),
]
