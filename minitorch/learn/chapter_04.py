"""The exercises of chapter 04, *Inside Module*."""

from .exercise import Exercise, choice, close, wrong


def _drawers(answer, lib, Puzzle):
    if not isinstance(answer, dict):
        wrong(f"write a dictionary, not {answer!r}")
    module, names = Puzzle(), "abcdef"
    if set(answer) != set(names):
        wrong(f"the names should be a to f; yours are {sorted(map(str, answer))}")
    for name in names:
        drawers = ("parameters", "buffers", "modules")
        where = next((d for d in drawers if name in vars(module)[f"_{d}"]), "plain")
        if answer[name] not in (*drawers, "plain"):
            wrong(f"{answer[name]!r} is not one of the four words")
        if answer[name] != where:
            wrong(f"{name} is not in {answer[name]!r}. Look at the type of what was assigned last")


def _eval(answer, lib):
    choice(
        answer,
        "C",
        "ABC",
        {
            "A": "the flag stays as it is. Print the layer's `training` after a call.",
            "B": "in eval mode a Dropout lets everything through. Look at its training flag.",
        },
    )


def _shapes(answer, lib):
    nn = lib.nn
    model = nn.Sequential(nn.Linear(3, 5), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))
    expected = {"0": (4, 5), "1.0": (4, 5), "1.1": (4, 2)}
    yours = answer(model, lib.ones(4, 3))
    if not isinstance(yours, dict):
        wrong(f"return a dictionary, not {type(yours).__name__}")
    yours = {name: tuple(shape) for name, shape in yours.items()}
    if yours != expected:
        wrong(f"for Sequential(Linear(3, 5), Sequential(ReLU(), Linear(5, 2))) yours is {yours}")
    left = [name for name, module in model.named_modules() if module._forward_hooks]
    if left:
        wrong(f"hooks are left behind on the modules {left}")


def _stack(answer, lib):
    nn = lib.nn
    lib.manual_seed(0)
    layers = [nn.Linear(2, 3), nn.Linear(3, 2)]
    stack = answer(layers)
    names = [name for name, _ in stack.named_parameters()]
    if names != ["0.weight", "0.bias", "1.weight", "1.bias"]:
        wrong(f"the parameters of yours are called {names}")
    if len(stack) != 2:
        wrong(f"with two layers its length is {len(stack)}")
    if stack[1] is not layers[1]:
        wrong("stack[1] is not the second layer")
    stack.append(nn.Linear(2, 1))
    if len(stack) != 3 or len(list(stack.parameters())) != 6:
        wrong(f"after append its length is {len(stack)}, with "
              f"{len(list(stack.parameters()))} parameters")  # fmt: skip
    if len(layers) != 2:
        wrong("append changed the list that was handed in")
    x = lib.ones(4, 2)
    close(stack(x), stack[2](layers[1](layers[0](x))), "the output")
    stack.double()
    if layers[0].weight.dtype != lib.float64:
        wrong("double() does not reach the layers")


EXERCISES = [
    Exercise(
        "predict",
        _drawers,
        hints=(
            "a name stays in its drawer when None is assigned to it.",
            "a tuple hides what is in it as a list does. A ParameterList is a module. The weight "
            "of a Linear is a Parameter, wherever it came from.",
        ),
        solution="""
predicted = {
    "a": "plain", "b": "parameters", "c": "plain",
    "d": "modules", "e": "buffers", "f": "parameters",
}
""",
    ),
    Exercise(
        "explain",
        _eval,
        hints=(
            "where is the Dropout kept, and which drawer is that in?",
            "section 5: the training flag of a layer in a list.",
        ),
        solution="""
reason = "C"
# The Dropout is in a plain dictionary. An nn.ModuleDict would register it.
""",
    ),
    Exercise(
        "build",
        _shapes,
        hints=(
            "`named_modules()` gives names and modules; a module without children has an empty "
            "`list(module.children())`.",
            "a hook needs to know its name: make it in a function that is given the name, or give "
            "the name as a default argument of the lambda.",
            "collect the handles, call the model, then `handle.remove()` for each.",
        ),
        solution="""
def shapes(model, x):
    found, handles = {}, []

    def watch(name, module):
        def hook(module, args, output):
            found[name] = tuple(output.shape)

        handles.append(module.register_forward_hook(hook))

    for name, module in model.named_modules():
        if not list(module.children()):
            watch(name, module)
    model(x)
    for handle in handles:
        handle.remove()
    return found
""",
        praise="Works on any network that you meet.",
    ),
    Exercise(
        "build",
        _stack,
        hints=(
            "`self.add_module(name, layer)` registers under any name.",
            "the layers are in `self._modules`, in the order of registration; "
            "`len(self._modules)` is the next number.",
        ),
        solution="""
class Stack(nn.Module):
    def __init__(self, layers):
        super().__init__()
        for layer in layers:
            self.append(layer)

    def append(self, layer):
        self.add_module(str(len(self)), layer)

    def __len__(self):
        return len(self._modules)

    def __getitem__(self, i):
        return self._modules[str(i)]

    def forward(self, x):
        for layer in self._modules.values():
            x = layer(x)
        return x
""",
        praise="That is most of nn.Sequential.",
    ),
]
