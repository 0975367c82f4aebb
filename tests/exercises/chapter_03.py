"""Right and wrong answers to the exercises of chapter 03.

A wrong answer stands beside a piece of the reply that it must get.
"""

DRAWERS = "def drawers(module):\n    found = {}\n"
PARAMETERS = "    for n, p in module.named_parameters(recurse=False): found[n] = 'parameter'\n"
BUFFERS = "    for n, b in module.named_buffers(recurse=False): found[n] = 'buffer'\n"
PLAIN = (
    "    for n, v in vars(module).items():\n"
    "        if isinstance(v, minitorch.Tensor): found[n] = 'plain'\n"
)
KEEPER = """
class Keeper(nn.Module):
    def __setattr__(self, name, value):
        if {when}:
            {then}
        else:
            super().__setattr__(name, value)
"""
TENSOR = "type(value) is minitorch.Tensor"

SETUP = []
RIGHT = {
    1: ["predicted = [1200, 1400]", "predicted = 2 * 600, 2 * 700", "predicted = 1200.0, 1400.0"],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        DRAWERS + PARAMETERS + BUFFERS + PLAIN + "    return found",
        DRAWERS
        + "    found |= dict.fromkeys(module._parameters, 'parameter')\n"
        + "    found |= dict.fromkeys(module._buffers, 'buffer')\n"
        + PLAIN
        + "    return found",
        """
def drawers(module):
    found = {}
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, nn.Parameter):
            found[name] = "parameter"
        elif isinstance(value, minitorch.Tensor):
            found[name] = "plain" if name in vars(module) else "buffer"
    return found
""",
    ],
    4: [
        KEEPER.format(
            when=TENSOR + " and name not in dict(self.named_buffers())",
            then="self.register_buffer(name, value, persistent=False)",
        ),
        KEEPER.format(
            when=TENSOR,
            then="super().__setattr__(name, nn.Buffer(value, persistent=False))",
        ),
        KEEPER.format(
            when="isinstance(value, minitorch.Tensor) and not isinstance(value, nn.Parameter)",
            then="vars(self)['_buffers'].pop(name, None); "
            "self.register_buffer(name, value, persistent=False)",
        ),
    ],
}
WRONG = {
    1: [
        ("predicted = (600, 700)", "two numbers for each"),
        ("predicted = (1200, 1200)", "1200 for the greedy one"),
        ("predicted = (1260, 1460)", "1260 for the plain one"),
        ("predicted = (2400, 2800)", "2400 for the plain one"),
        ("predicted = 1200", "a pair"),
    ],
    2: [
        ("reason = 'A'", "once more"),
        ("reason = 'C'", "has a gradient"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 'AB'", "one of the letters"),
        ("reason = True", "one of the letters"),
    ],
    3: [
        (DRAWERS + PARAMETERS + BUFFERS + "    return found", "is missing from yours"),
        (DRAWERS + PARAMETERS + PLAIN + "    return found", "is missing from yours"),
        (
            (DRAWERS + PARAMETERS + BUFFERS + PLAIN).replace("recurse=False", "")
            + "    return found",
            "'child.bias' is in yours",
        ),
        (
            "def drawers(module):\n"
            "    return {name: 'parameter' if value.requires_grad else 'buffer'\n"
            "            for name in dir(module)\n"
            "            if isinstance(value := getattr(module, name), minitorch.Tensor)}",
            "is not in the drawer",
        ),
        (
            DRAWERS
            + PARAMETERS
            + BUFFERS
            + "    for n in vars(module):\n"
            + "        if not n.startswith('_'): found[n] = 'plain'\n"
            + "    return found",
            "'rate' is in yours",
        ),
        (DRAWERS + PARAMETERS + "    return list(found)", "return a dictionary"),
    ],
    4: [
        ("class Keeper(nn.Module):\n    pass", "the buffers of a reader built on yours are []"),
        (
            KEEPER.format(when=TENSOR, then="vars(self)[name] = value"),
            "the buffers of a reader built on yours are []",
        ),
        (
            KEEPER.format(
                when=TENSOR + " and name not in self._buffers",
                then="self.register_buffer(name, value)",
            ),
            "is in the state dict",
        ),
        (
            KEEPER.format(
                when="isinstance(value, minitorch.Tensor) and name not in self._buffers",
                then="self.register_buffer(name, value, persistent=False)",
            ),
            "a reader built on yours learns",
        ),
        (
            KEEPER.format(
                when=TENSOR, then="super().__setattr__(name, nn.Parameter(value.detach()))"
            ),
            "'h'",
        ),
        ("Keeper = nn.Module()", "your code stops with"),
    ],
}
