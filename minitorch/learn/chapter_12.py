"""The exercises of chapter 12, *On to torch*."""

from .exercise import Exercise, choice, close, wrong


def _equal_after(answer, lib):
    if isinstance(answer, str):
        wrong("write a set of names, {'...', '...'}, even if there is only one in it")
    names, right = set(answer), {"a", "b", "c", "d"}
    extra = sorted(map(str, names - right))
    if extra:
        wrong(f"{extra} not among them. Which walk over a module would find it and send it?")
    missing = len(right - names)
    if missing:
        wrong(
            f"yours are all there, but {missing} more. Ask of each: sent at the start, sent later?"
        )


def _small_shares(answer, lib):
    choice(
        answer,
        "C",
        "ABC",
        {
            "A": "equal weights and equal gradients: can their parameters differ?",
            "B": "what is done with buffers? Look at the last table of section 4 once more.",
        },
    )


def _bare(answer, lib):
    names = [
        ("module.weight", "weight"),
        ("module.module.bias", "bias"),
        ("head.module.weight", "head.module.weight"),
        ("submodule.bias", "submodule.bias"),
        ("module.body.module.gain", "body.module.gain"),
        ("module.modules", "modules"),
        ("module.odd", "odd"),
        ("plain", "plain"),
    ]
    given = {name: lib.full((2,), float(i)) for i, (name, _) in enumerate(names)}
    kept = dict(given)
    yours = answer(given)
    if list(given) != list(kept):
        wrong("the dictionary that was handed in is not what it was")
    if not hasattr(yours, "items"):
        wrong(f"return a dictionary, not {type(yours).__name__}")
    found = {value[0].item(): name for name, value in yours.items()}
    for (name, expected), value in zip(names, kept.values()):
        mine = found.get(value[0].item())
        if mine is None:
            wrong(f"the value of {name!r} is not in yours")
        if mine != expected:
            wrong(f"{name!r} becomes {mine!r} with yours")
    if len(yours) != len(names):
        wrong(f"{len(names)} names go in, {len(yours)} come out")
    if list(yours) != [expected for _, expected in names]:
        wrong(f"the order has changed: yours begins with {list(yours)[:3]}")


def _average(answer, lib):
    for sizes in ([3, 2], [4, 4], [1, 5, 2]):
        _against_one_batch(answer, sizes, lib)


def _against_one_batch(answer, sizes, lib):
    lib.manual_seed(0)
    big, *replicas = (_network(lib) for _ in range(len(sizes) + 1))
    for replica in replicas:
        replica.load_state_dict(big.state_dict())
    x, y = lib.randn(sum(sizes), 3), lib.randn(sum(sizes), 1)
    loss_fn = lib.nn.MSELoss()
    parts = zip(replicas, x.split(sizes), y.split(sizes))
    for model, xs, ys in [(big, x, y), *parts]:
        loss_fn(model(xs), ys).backward()
    weights = [p.detach().clone() for p in big.parameters()]
    answer(replicas, list(sizes))
    for rank, replica in enumerate(replicas):
        for (name, p), mine in zip(big.named_parameters(), replica.parameters()):
            what = f"with sizes {sizes}, on rank {rank}, the gradient of {name}"
            if p.grad is None:
                if mine.grad is not None:
                    wrong(f"{what} should stay None, since it is frozen")
            elif mine.grad is None:
                wrong(f"{what} is None")
            else:
                close(mine.grad, p.grad, what)
        if any(not lib.equal(p, w) for p, w in zip(replica.parameters(), weights)):
            wrong(f"with sizes {sizes} yours changes the parameters of rank {rank}")
    _not_shared(replicas, lib)


def _network(lib):
    model = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Tanh(), lib.nn.Linear(4, 1))
    model[0].bias.requires_grad_(False)
    return model


def _not_shared(replicas, lib):
    replicas[0][2].weight.grad.zero_()
    if not replicas[1][2].weight.grad.any():
        wrong("setting a gradient of rank 0 to zero did the same to rank 1: they share a tensor")


EXERCISES = [
    Exercise(
        "predict",
        _equal_after,
        hints=(
            "go through the three verbs for each: averaged, broadcast, left behind.",
            "a frozen parameter is a parameter, and a buffer that is not saved is a buffer.",
        ),
        solution="""
predicted = {"a", "b", "c", "d"}
# a and b were sent at the start; a then moved by equal gradients, b not at all. c and d were sent
# again after the step. e is a plain attribute: drawn twice, with different seeds, and never sent.
""",
    ),
    Exercise(
        "explain",
        _small_shares,
        hints=(
            "what is in the file besides parameters, and whose is it?",
            "the four numbers 1, 3, 5, 11 of section 4: what did rank 0 keep?",
        ),
        solution="""
reason = "C"
# nn.SyncBatchNorm, or a layer that looks at one sample at a time, is the way out.
""",
    ),
    Exercise(
        "build",
        _bare,
        hints=(
            "`removeprefix` takes one prefix off. What if there are two?",
            "a loop, `while name.startswith(...)`, in a new dictionary.",
        ),
        solution="""
def bare(state_dict):
    result = {}
    for name, value in state_dict.items():
        while name.startswith("module."):
            name = name.removeprefix("module.")
        result[name] = value
    return result
""",
        praise='It strips what DDP adds. What would you change for "_orig_mod."?',
    ),
    Exercise(
        "build",
        _average,
        hints=(
            "start from `average_gradients`. In place of the sum divided by the number of ranks, "
            "add up size times gradient, and divide by the number of samples.",
            "skip a parameter if its `grad` is None, and give each rank a `clone()`.",
        ),
        solution="""
def average(replicas, sizes):
    for same in zip(*(replica.parameters() for replica in replicas)):
        if same[0].grad is None:
            continue
        mean = sum(size * p.grad for size, p in zip(sizes, same)) / sum(sizes)
        for p in same:
            p.grad = mean.clone()
""",
        praise="With it the last, smaller batch of an epoch needs no special care.",
    ),
]
