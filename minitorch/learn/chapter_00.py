"""The exercises of chapter 00, *Start here*."""

from .exercise import Exercise, choice, names, wrong


def _puzzle(answer, lib, Puzzle):
    names(
        answer,
        dict(Puzzle().named_parameters()),
        extra="Of what type is the thing that was assigned?",
        missing="Read every line again.",
    )


def _zeros(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "that needs weights that move. Print zeros[0].weight.grad.",
            "C": "that needs weights that move. Print zeros[0].weight.grad.",
        },
    )


def _linear(answer, lib, model, x):
    mine = lib.nn.Sequential(answer(64, 64), lib.nn.ReLU(), answer(64, 10))
    shapes = {name: tuple(p.shape) for name, p in mine.named_parameters()}
    wanted = {name: tuple(p.shape) for name, p in model.named_parameters()}
    if shapes != wanted:
        wrong(f"your parameters are {shapes}, but they should be {wanted}")
    mine.load_state_dict(model.state_dict())
    error = (mine(x) - model(x)).abs().mean().item()
    if not error < 1e-4:
        wrong(f"the parameters agree, but the scores are {error:.2g} apart: see forward")


def _step(answer, lib, digit_network, loss_fn, x, y):
    yours, theirs = digit_network(), digit_network()
    theirs.load_state_dict(yours.state_dict())
    before = list(yours.parameters())
    for net in (yours, theirs):
        loss_fn(net(x), y).backward()
    lib.optim.SGD(theirs.parameters(), lr=0.1).step()
    answer(yours, 0.1)
    for old, p, q in zip(before, yours.parameters(), theirs.parameters()):
        if p is not old:
            wrong("keep the Parameters and change their numbers in place")
        error = (p - q).abs().mean().item()
        if not error < 1e-6:
            wrong(f"a parameter is {error:.2g} away from where SGD puts it")
        if p.grad is not None and p.grad.abs().sum().item() > 0:
            wrong("a gradient is left over")


EXERCISES = [
    Exercise(
        "predict",
        _puzzle,
        hints=(
            "go through the four assignments and ask of each: is this value a Parameter, or a "
            "Module? What is the type of `self.middle`?",
        ),
        solution="""
predicted = {"first.weight", "first.bias", "gain"}
# `offset` is a plain tensor. `middle` is a Python list, and a module does not look inside lists:
# the two layers in it would compute but never be trained. `nn.ModuleList` is the list that a
# module does look into; chapter 04 has it.
""",
    ),
    Exercise(
        "explain",
        _zeros,
        hints=(
            "follow one digit through the network of zeros. What are the hidden numbers? What are "
            "the scores?",
            'in section 2 the gradient of a weight was "how fast the loss changes with y" times '
            '"the input of that weight". What is the input of the second layer? And through what '
            "must the loss go back to reach the first?",
        ),
        solution="""
reason = "B"
# All hidden numbers are 0, and they are the inputs of the second layer's weights: gradient 0. To
# reach the first layer, the gradient is multiplied by the second layer's weights, which are 0 as
# well. Only the last bias moves, and it can do no better than learn how often each digit occurs.
# C is what happens if all weights start at the same number *other* than 0. Put `fill_(0.1)` in the
# place of `zero_()` and print `zeros[0].weight`: all its rows are alike, and they stay so.
""",
    ),
    Exercise(
        "build",
        _linear,
        hints=(
            "start from `Layer` in section 1. `__init__` takes two numbers, and the weight is the "
            "other way round.",
            "`weight.T` turns (out, in) into (in, out).",
        ),
        solution="""
class MyLinear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(minitorch.randn(out_features, in_features))
        self.bias = nn.Parameter(minitorch.zeros(out_features))

    def forward(self, x):
        return minitorch.matmul(x, self.weight.T) + self.bias
""",
        praise="It reads the digits just as well.",
    ),
    Exercise(
        "build",
        _step,
        hints=(
            "two lines of section 2 do it for one parameter `w`. Put a loop around them.",
            "`w = w - lr * w.grad` makes a new tensor and leaves the model as it was. "
            "`w -= lr * w.grad` changes the numbers in place.",
        ),
        solution="""
def my_step(model, lr):
    with minitorch.no_grad():
        for parameter in model.parameters():
            parameter -= lr * parameter.grad
            parameter.grad = None
""",
    ),
]
