"""Right and wrong answers to the exercises of chapter 04.

A wrong answer stands beside a piece of the reply that it must get.
"""

DRAWERS = (
    "predicted = dict(a='plain', b='parameters', c='plain', d='modules', e='buffers', "
    "f='parameters')"
)
SHAPES = """
def shapes(model, x):
    found = {{}}
    handles = []
    for name, module in model.named_modules():
        {when}:
            handles.append(module.register_forward_hook({hook}))
    {run}
    for handle in handles:
        {remove}
    return found
"""
HOOK = "lambda m, a, out, name=name: found.update({name: tuple(out.shape)})"
LEAF = "if not list(module.children())"
STACK = """
class Stack(nn.Module):
    def __init__(self, layers):
        super().__init__()
        {init}

    def append(self, layer):
        {append}

    def __len__(self):
        return {length}

    def __getitem__(self, i):
        return {item}

    def forward(self, x):
        for layer in {layers}:
            x = layer(x)
        return x
"""
BY_NUMBER = dict(
    init="for i, layer in enumerate(layers): self.add_module(str(i), layer)",
    append="self.add_module(str(len(self)), layer)",
    length="len(self._modules)",
    item="list(self.children())[i]",
    layers="self.children()",
)

SETUP = ["imports-viz"]
RIGHT = {
    1: [
        DRAWERS,
        DRAWERS + "\npredicted = dict(reversed(predicted.items()))",
        "m = Puzzle()\npredicted = {n: next((d for d in ('parameters', 'buffers', 'modules') "
        "if n in vars(m)['_' + d]), 'plain') for n in 'abcdef'}",
    ],
    2: ["reason = 'C'", "reason = 'ABC'[2]", "reason = 'c'.upper()"],
    3: [
        SHAPES.format(when=LEAF, hook=HOOK, run="model(x)", remove="handle.remove()"),
        SHAPES.format(
            when="if not module._modules",
            hook=HOOK.replace("tuple(out.shape)", "out.shape"),
            run="model(x)",
            remove="handle.remove()",
        ),
        """
def shapes(model, x):
    names = {module: name for name, module in model.named_modules() if not module._modules}
    found = {}
    for module in names:
        hook = lambda m, a, out: found.setdefault(names[m], list(out.shape)) and None
        module.handle = module.register_forward_hook(hook)
    with minitorch.no_grad():
        model(x)
    for module in names:
        module.handle.remove()
        del module.handle
    return found
""",
    ],
    4: [
        STACK.format(**BY_NUMBER),
        STACK.format(
            **BY_NUMBER
            | dict(
                init="[setattr(self, str(i), layer) for i, layer in enumerate(layers)]",
                item="getattr(self, str(i))",
                layers="self._modules.values()",
            )
        ),
        "class Stack(nn.Sequential):\n"
        "    def __init__(self, layers):\n"
        "        super().__init__(*layers)",
    ],
}
WRONG = {
    1: [
        (DRAWERS.replace("b='parameters'", "b='plain'"), "b is not in 'plain'"),
        (DRAWERS.replace("c='plain'", "c='modules'"), "c is not in 'modules'"),
        (DRAWERS.replace("d='modules'", "d='parameters'"), "d is not in 'parameters'"),
        (DRAWERS.replace("e='buffers'", "e='plain'"), "e is not in 'plain'"),
        (DRAWERS.replace("f='parameters'", "f='plain'"), "f is not in 'plain'"),
        (DRAWERS.replace("a='plain'", "a='tensor'"), "'tensor' is not one of the four"),
        ("predicted = {'a': 'plain'}", "yours are ['a']"),
        ("predicted = ['plain']", "write a dictionary"),
    ],
    2: [
        ("reason = 'A'", "the flag stays"),
        ("reason = 'B'", "lets everything through"),
        ("reason = 'c'", "one of the letters"),
        ("reason = 3", "one of the letters"),
        ("reason = 'D'", "one of the letters"),
    ],
    3: [
        (
            SHAPES.format(when=LEAF, hook=HOOK, run="model(x)", remove="pass"),
            "left behind on the modules ['0', '1.0', '1.1']",
        ),
        (
            SHAPES.format(when="if True", hook=HOOK, run="model(x)", remove="handle.remove()"),
            "yours is {",
        ),
        (
            SHAPES.format(
                when=LEAF,
                hook="lambda m, a, out: found.update({name: tuple(out.shape)})",
                run="model(x)",
                remove="handle.remove()",
            ),
            "yours is {'1.1': (4, 2)}",
        ),
        (
            SHAPES.format(when=LEAF, hook=HOOK, run="model.forward", remove="handle.remove()"),
            "yours is {}",
        ),
        (
            SHAPES.format(
                when=LEAF,
                hook=HOOK.replace("out.shape", "a[0].shape"),
                run="model(x)",
                remove="handle.remove()",
            ),
            "'0': (4, 3)",
        ),
        ("def shapes(model, x):\n    return model(x).shape", "return a dictionary"),
    ],
    4: [
        (
            STACK.format(
                init="self.layers = list(layers)",
                append="self.layers.append(layer)",
                length="len(self.layers)",
                item="self.layers[i]",
                layers="self.layers",
            ),
            "called []",
        ),
        (
            STACK.format(
                init="self.layers = nn.ModuleList(layers)",
                append="self.layers.append(layer)",
                length="len(self.layers)",
                item="self.layers[i]",
                layers="self.layers",
            ),
            "'layers.0.weight'",
        ),
        (STACK.format(**BY_NUMBER | dict(append="self.add_module('1', layer)")), "its length is 2"),
        (
            STACK.format(**BY_NUMBER | dict(layers="reversed(list(self.children()))")),
            "your code stops with RuntimeError",
        ),
        (STACK.format(**BY_NUMBER | dict(item="list(self.children())[i - 1]")), "second layer"),
        (
            STACK.format(**BY_NUMBER | dict(length="len(list(self.parameters()))")),
            "its length is 4",
        ),
    ],
}
