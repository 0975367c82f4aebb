"""The exercises of chapter 05, *Buffers*."""

import copy

from .exercise import Exercise, choice, close, names, wrong

# ---- predict -----------------------------------------------------------------------------------


def _names(answer, lib, Puzzle):
    names(
        answer,
        Puzzle().state_dict(),
        extra="Which drawer is it in, and under which path?",
        missing="What was registered stays registered.",
    )


# ---- explain -----------------------------------------------------------------------------------


def _frozen(answer, lib):
    choice(
        answer,
        "C",
        "ABC",
        {
            "A": "an optimizer leaves alone what never had a gradient, and these have none.",
            "B": "does running_mean require a gradient? Section 6 asks who moves it.",
        },
    )


# ---- build -------------------------------------------------------------------------------------


def _centre(answer, lib):
    module = answer(2)
    _check_buffers(module)
    lib.manual_seed(0)
    w = lib.nn.Parameter(lib.ones(2))
    batches = [5 + lib.randn(size, 2) for size in (3, 8, 1)]
    for step, batch in enumerate(batches, 1):
        seen = lib.cat(batches[:step])
        out = module(batch * w)
        close(module.mean, seen.mean(dim=0), f"mean after batch {step}")
        close(out, batch - seen.mean(dim=0), f"what comes out for batch {step}")
        if module.mean.requires_grad:
            wrong("mean keeps a graph: it remembers how it was computed from the input")
        if not out.requires_grad:
            wrong("the result has no graph: what comes before the module could not learn")
        (out**2).sum().backward()
    _check_buffers(module)
    _check_evaluation(module.eval(), lib)
    _check_kept(module, answer(2), lib)


def _check_buffers(module):
    sizes = {name: buffer.numel() for name, buffer in module.named_buffers()}
    if sizes != {"mean": 2, "count": 1}:
        wrong(f"with C = 2 the buffers should be mean, 2 numbers, and count, 1; yours are {sizes}")
    if list(module.parameters()):
        wrong("there is nothing to learn in it, but parameters() is not empty")


def _check_evaluation(module, lib):
    before = module.mean.clone()
    x = lib.ones(4, 2)
    close(module(x), x - before, "what comes out in eval()")
    close(module.mean, before, "mean after a batch in eval()")


def _check_kept(module, other, lib):
    other.load_state_dict(module.state_dict())
    close(other.mean, module.mean, "mean after saving and loading")
    for one in (module, other):
        one.train()(lib.zeros(5, 2))
    close(other.mean, module.mean, "mean when training goes on after loading")
    moved = other.double()(lib.ones(3, 2, dtype=lib.float64))
    if moved.dtype != lib.float64 or other.mean.dtype != lib.float64:
        wrong("after double() something in it is float32 still")


def _average(answer, lib, network):
    lib.manual_seed(0)
    model = network()
    average = copy.deepcopy(model)
    # A buffer that is not saved counts, too.
    for net in (model, average):
        net.register_buffer("cache", lib.zeros(3), persistent=False)
    model.cache.fill_(7)
    model(20 + lib.randn(8, 2))
    with lib.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    start, goal = copy.deepcopy(average), copy.deepcopy(model)
    tensors = dict(average.named_parameters()) | dict(average.named_buffers())
    answer(average, model, 0.25)
    now = dict(average.named_parameters()) | dict(average.named_buffers())
    if now.keys() != tensors.keys():
        wrong(f"the average now has {sorted(now)}")
    for name, (a, p) in _pairs(start, goal).items():
        close(now[name], 0.75 * a + 0.25 * p, f"{name} of the average, with m = 0.25,")
    for name, buffer in goal.named_buffers():
        close(now[name], buffer, f"the buffer {name} of the average")
    _check_objects(now, tensors, model, goal)


def _pairs(start, goal):
    both = zip(start.named_parameters(), goal.parameters())
    return {name: (a.detach(), p.detach()) for (name, a), p in both}


def _check_objects(now, tensors, model, goal):
    for name, tensor in tensors.items():
        if now[name] is not tensor:
            wrong(f"{name} of the average is another object than before: write into it")
        if now[name].grad_fn is not None:
            wrong(f"{name} of the average keeps a graph")
    shared = {id(t) for t in (*model.parameters(), *model.buffers())}
    if shared & {id(t) for t in now.values()}:
        wrong("average and model share a tensor: training one would change the other")
    for name, value in goal.state_dict().items():
        close(model.state_dict()[name], value, f"{name} of the model, which should not change,")


EXERCISES = [
    Exercise(
        "predict",
        _names,
        hints=(
            "go through the lines from top to bottom and note the drawer of each name; some names "
            "get a second assignment.",
            "a buffer stays what it was registered as, persistent or not. A Parameter changes the "
            "drawer. A child's names begin with the child's.",
        ),
        solution="""
predicted = {"a", "c", "e", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}
# b was registered as not persistent, and assigning does not change that. d is a plain tensor. c had
# its place kept free. e went to the parameters, which are saved as well. norm has no weight.
""",
    ),
    Exercise(
        "explain",
        _frozen,
        hints=(
            "the weights are the same before and after. What else does evaluation mode use?",
            "section 6, *Frozen is not still*.",
        ),
        solution="""
reason = "C"
# To keep the network as it is, put it into eval() as well, after each model.train().
""",
    ),
    Exercise(
        "build",
        _centre,
        hints=(
            "the mean of all is (count * mean + the sum of the batch) / (count + B).",
            "the same without a sum that grows: mean + (sum over the batch of (x - mean)) / new "
            "count.",
            "update both buffers before you subtract, only if `self.training`, and under "
            "`minitorch.no_grad()`.",
        ),
        solution="""
class Centre(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.register_buffer("mean", minitorch.zeros(C))
        self.register_buffer("count", minitorch.tensor(0))

    def forward(self, x):
        if self.training:
            with minitorch.no_grad():
                self.count += len(x)
                self.mean += (x - self.mean).sum(dim=0) / self.count
        return x - self.mean
""",
        praise="And it goes on where it stopped after loading, since the count is saved, too.",
    ),
    Exercise(
        "build",
        _average,
        hints=(
            "`parameters()` and `buffers()` of two models of the same form come in the same order.",
            "the state dict leaves out buffers that are not persistent; `buffers()` does not.",
            "`a.lerp_(p, m)` for parameters, `a.copy_(b)` for buffers, under `no_grad`.",
        ),
        solution="""
@minitorch.no_grad()
def update_average(average, model, m):
    for a, p in zip(average.parameters(), model.parameters()):
        a.lerp_(p, m)
    for a, b in zip(average.buffers(), model.buffers()):
        a.copy_(b)
""",
        praise="This is what AveragedModel does in each update.",
    ),
]
