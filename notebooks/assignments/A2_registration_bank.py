"""Submissions to A2 whose grade is known; `minitorch/classroom/selftest.py` explains the form."""

RIGHT = {
    "drawers in the class's own way, one loop for all three methods": {
        "module": """
class Module:
    def __init__(self):
        object.__setattr__(self, "_parameters", dict())
        object.__setattr__(self, "_modules", dict())

    def _drawer(self, name):
        for drawer in (self.__dict__.get("_parameters"), self.__dict__.get("_modules")):
            if drawer is not None and name in drawer:
                return drawer
        return None

    def __setattr__(self, name, value):
        if isinstance(value, (Parameter, Module)):
            if "_modules" not in self.__dict__:
                raise AttributeError("first call super().__init__(), then assign " + name)
            drawer = self._parameters if isinstance(value, Parameter) else self._modules
            if self._drawer(name) not in (None, drawer) or name in self.__dict__:
                delattr(self, name)
            drawer[name] = value
        elif self._drawer(name) is not None:
            if value is not None:
                raise TypeError("only None may replace " + name)
            self._drawer(name)[name] = None
        else:
            self.__dict__[name] = value

    def __getattr__(self, name):
        drawer = self._drawer(name)
        if drawer is None:
            raise AttributeError(name)
        return drawer[name]

    def __delattr__(self, name):
        drawer = self._drawer(name)
        if drawer is None:
            drawer = self.__dict__
        if name not in drawer:
            raise AttributeError(name)
        drawer.pop(name)

    def __call__(self, *args):
        return self.forward(*args)
""",
    },
    "the walk by a stack of modules": {
        "walk": """
def _all_parameters(module, prefix=""):
    waiting = [(prefix, module)]
    while waiting:
        path, module = waiting.pop()
        for name in module._parameters:
            if module._parameters[name] is not None:
                yield path + name, module._parameters[name]
        children = [(path + name + ".", m) for name, m in module._modules.items() if m is not None]
        waiting.extend(reversed(children))


def named_parameters(module, prefix=""):
    found = []
    for name, parameter in _all_parameters(module, prefix):
        if not any(parameter is other for _, other in found):
            found.append((name, parameter))
    return iter(found)


def parameters(module):
    return [parameter for _, parameter in named_parameters(module)]


Module.named_parameters = named_parameters
Module.parameters = parameters
""",
    },
    "the walk with a set handed down, the state dict on its own": {
        "walk": """
def named_parameters(self, prefix="", seen=None):
    seen = set() if seen is None else seen
    for name, p in self._parameters.items():
        if p is None or id(p) in seen:
            continue
        seen.add(id(p))
        yield prefix + name, p
    for name, m in self._modules.items():
        if m is not None:
            yield from m.named_parameters(prefix + name + ".", seen)


Module.named_parameters = named_parameters
Module.parameters = lambda self: (p for name, p in self.named_parameters())
""",
        "state": """
def state_dict(self, prefix="", into=None):
    into = {} if into is None else into
    for name, p in self._parameters.items():
        if p is not None:
            into[prefix + name] = p.data
    for name, m in self._modules.items():
        if m is not None:
            m.state_dict(prefix + name + ".", into)
    return into


def load_state_dict(self, state):
    own = self.state_dict()
    problems = sorted(own.keys() ^ state.keys())
    for name in own.keys() & state.keys():
        if tuple(own[name].shape) != tuple(state[name].shape):
            problems.append(name)
    if problems:
        raise RuntimeError("cannot load " + " ".join(problems))
    for name in own:
        own[name][...] = state[name]


Module.state_dict, Module.load_state_dict = state_dict, load_state_dict
""",
    },
    "a network whose layers are written with F.linear and whose load is in two stages": {
        "network": """
class Linear(Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.weight = Parameter(0.1 * minitorch.randn((outputs, inputs)))
        self.bias = Parameter(minitorch.zeros((outputs,)))

    def forward(self, x):
        return minitorch.nn.functional.linear(x, self.weight, self.bias)


class Network(Module):
    def __init__(self, inputs, width, outputs):
        Module.__init__(self)
        self.sizes = [inputs, width, outputs]
        for name, pair in {"hidden": (inputs, width), "out": (width, outputs)}.items():
            setattr(self, name, Linear(*pair))

    def forward(self, x):
        return self.out.forward(self.hidden.forward(x).tanh())
""",
        "state": """
def state_dict(module, prefix=""):
    state = {}
    for name, value in list(module._parameters.items()) + list(module._modules.items()):
        if isinstance(value, Module):
            state.update(state_dict(value, prefix + name + "."))
        elif value is not None:
            state[prefix + name] = value.detach()
    return state


def load_state_dict(module, state):
    own, faults = state_dict(module), []
    for name in list(own) + list(state):
        if name not in own:
            faults.append("unexpected: " + name)
        elif name not in state:
            faults.append("missing: " + name)
        elif own[name].shape != state[name].shape:
            faults.append("shape: " + name)
    if len(faults) > 0:
        raise RuntimeError("; ".join(faults))
    with minitorch.no_grad():
        [own[name].copy_(state[name].detach()) for name in own]


Module.state_dict = state_dict
Module.load_state_dict = load_state_dict
""",
    },
}

TREES = ["test_walk", "test_walk_shared"]
STATES = ["test_state_dict", "test_load", "test_load_refuses"]
NETWORKS = ["test_network", "test_network_trains"]
USES_DRAWERS = [*TREES, *STATES, *NETWORKS]

WRONG = {
    "a plain tensor is registered as well": (
        {"module": [('"_parameters": Parameter', '"_parameters": minitorch.Tensor')]},
        ["test_registers", "test_refuses"],
    ),
    "Parameters are also kept as ordinary attributes": (
        {
            "module": [
                (
                    "                self.__dict__[drawer][name] = value\n",
                    """
                self.__dict__[drawer][name] = value
                self.__dict__[name] = value
""",
                )
            ]
        },
        ["test_registers", "test_replaces", "test_finds"],
    ),
    "a new Parameter goes to the end of the order": (
        {"module": [("                    if other is not self.__dict__[drawer]:\n    ", "")]},
        ["test_replaces"],
    ),
    "what is forgotten under a name is only the ordinary attribute": (
        {"module": [("[self.__dict__, self._parameters, self._modules]", "[self.__dict__]")]},
        ["test_replaces"],
    ),
    "an ordinary attribute of the name hides the Parameter": (
        {
            "module": [
                (
                    "[self.__dict__, self._parameters, self._modules]",
                    "[self._parameters, self._modules]",
                )
            ]
        },
        ["test_replaces"],
    ),
    "None takes the name out of the drawer": (
        {"module": [("self.__dict__[drawer][name] = None", "del self.__dict__[drawer][name]")]},
        ["test_replaces"],
    ),
    "None becomes an ordinary attribute": (
        {
            "module": [
                ("                self.__dict__[drawer][name] = None\n                return\n", "")
            ]
        },
        ["test_replaces", "test_walk", "test_state_dict"],
    ),
    "anything may take a Parameter's place": (
        {"module": [("if value is not None:", "if False:")]},
        ["test_refuses"],
    ),
    "drawers are made when they are first needed": (
        {
            "module": [
                (
                    """
                    raise AttributeError(f"cannot assign {name!r} before Module.__init__() call")
""",
                    "\n                    Module.__init__(self)\n",
                )
            ]
        },
        ["test_refuses"],
    ),
    "one pair of drawers for all modules": (
        {
            "module": [
                (
                    "        self._parameters = {}\n        self._modules = {}\n",
                    """
        self.__dict__["_parameters"] = Module.P
        self.__dict__["_modules"] = Module.M
""",
                ),
                ("    def __init__(self):", "    P, M = {}, {}\n\n    def __init__(self):"),
            ]
        },
        ["test_replaces", "test_refuses", *USES_DRAWERS],
    ),
    "the refusal does not name the attribute": (
        {"module": [("as {name!r}", "to it")]},
        ["test_refuses"],
    ),
    "what is not there is None": (
        {
            "module": [
                (
                    """
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
""",
                    "\n        return None\n",
                )
            ]
        },
        ["test_finds"],
    ),
    "what is not there is a KeyError": (
        {
            "module": [
                (
                    """
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
""",
                    "\n        return self.__dict__[name]\n",
                )
            ]
        },
        ["test_finds"],
    ),
    "__getattr__ asks itself for the drawer, for ever": (
        {
            "module": [
                (
                    "            if name in self.__dict__.get(drawer, {}):\n"
                    "                return self.__dict__[drawer][name]",
                    "            if name in getattr(self, drawer):\n"
                    "                return getattr(self, drawer)[name]",
                )
            ]
        },
        ["test_finds"],
    ),
    "deleting knows ordinary attributes only": (
        {
            "module": [
                (
                    "                del self.__dict__[drawer][name]\n                return\n",
                    "                pass\n",
                )
            ]
        },
        ["test_finds"],
    ),
    "the walk does not go down": (
        {"walk": [('yield from _all_parameters(child, f"{prefix}{name}.")', "pass")]},
        [*TREES, "test_state_dict", "test_load", *NETWORKS],
    ),
    "the walk goes down one floor": (
        {
            "walk": [
                (
                    'yield from _all_parameters(child, f"{prefix}{name}.")',
                    'yield from ((f"{prefix}{name}.{n}", p) '
                    "for n, p in child._parameters.items() if p is not None)",
                )
            ]
        },
        ["test_walk"],
    ),
    "names without their path": (
        {"walk": [('f"{prefix}{name}."', "prefix")]},
        [*TREES, "test_state_dict", "test_load", *NETWORKS],
    ),
    "names joined without a dot": (
        {"walk": [('f"{prefix}{name}."', "prefix + name")]},
        [*TREES, "test_state_dict", "test_load", *NETWORKS],
    ),
    "children first": (
        {
            "walk": [
                (
                    """    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield prefix + name, parameter
""",
                    "",
                ),
                (
                    """            yield from _all_parameters(child, f"{prefix}{name}.")
""",
                    """            yield from _all_parameters(child, f"{prefix}{name}.")
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield prefix + name, parameter
""",
                ),
            ]
        },
        ["test_walk", "test_state_dict", "test_load"],
    ),
    "None is walked to": (
        {
            "walk": [
                (
                    "        if parameter is not None:\n            yield prefix + name, parameter",
                    "        yield prefix + name, parameter",
                )
            ]
        },
        ["test_walk", "test_state_dict"],
    ),
    "a shared Parameter comes twice": (
        {"walk": [("if id(parameter) not in seen:", "if True:")]},
        ["test_walk_shared"],
    ),
    "equal numbers are taken for the same Parameter": (
        {"walk": [("id(parameter)", "tuple(parameter.flatten().tolist())")]},
        [*TREES, "test_load_refuses"],
    ),
    "the state dict leaves out the second name": (
        {"state": [("_all_parameters(module, prefix)", "module.named_parameters()")]},
        ["test_state_dict"],
    ),
    "the state dict holds the Parameters themselves": (
        {"state": [("parameter.detach() for", "parameter for")]},
        ["test_state_dict"],
    ),
    "the state dict holds copies": (
        {"state": [("parameter.detach() for", "parameter.detach().clone() for")]},
        ["test_state_dict", "test_load", *NETWORKS],
    ),
    "loading makes new Parameters": (
        {
            "state": [
                (
                    "            tensor.copy_(state[name])",
                    """
            place, owner = name.split("."), module
            for part in place[:-1]:
                owner = getattr(owner, part)
            setattr(owner, place[-1], Parameter(state[name]))
""",
                )
            ]
        },
        ["test_load", "test_network_trains"],
    ),
    "loading ignores what is unexpected": (
        {"state": [("    wrong += [name for name in state if name not in own]\n", "")]},
        ["test_load_refuses"],
    ),
    "loading ignores what is missing": (
        {
            "state": [
                ("    wrong = [name for name in own if name not in state]\n", "    wrong = []\n"),
                (
                    "            tensor.copy_(state[name])",
                    "            if name in state:\n                tensor.copy_(state[name])",
                ),
            ]
        },
        ["test_load_refuses"],
    ),
    "loading names only the first that is wrong": (
        {"state": [("', '.join(wrong)", "wrong[0]")]},
        ["test_load_refuses"],
    ),
    "a load that is refused has already begun": (
        {
            "state": [
                (
                    "    if wrong:\n",
                    """    with minitorch.no_grad():
        for name, tensor in own.items():
            if name in state and tensor.shape == state[name].shape:
                tensor.copy_(state[name])
    if wrong:
""",
                )
            ]
        },
        ["test_load_refuses"],
    ),
    "shapes are left to broadcasting": (
        {
            "state": [
                (
                    "    wrong += [name for name in own if name in state and "
                    "own[name].shape != state[name].shape]\n",
                    "",
                )
            ]
        },
        ["test_load_refuses"],
    ),
    "weights the other way round": (
        {
            "network": [
                ("randn(outputs, inputs)", "randn(inputs, outputs)"),
                ("self.weight.T", "self.weight"),
            ]
        },
        NETWORKS,
    ),
    "layers in a list": (
        {
            "network": [
                ("self.hidden = Linear(inputs, width)", "self.layers = [Linear(inputs, width)]"),
                ("self.out = Linear(width, outputs)", "self.layers += [Linear(width, outputs)]"),
                (
                    "self.out(minitorch.tanh(self.hidden(x)))",
                    "self.layers[1](minitorch.tanh(self.layers[0](x)))",
                ),
            ]
        },
        NETWORKS,
    ),
    "tanh forgotten": (
        {"network": [("minitorch.tanh(self.hidden(x))", "self.hidden(x)")]},
        NETWORKS,
    ),
    "the bias is a plain tensor": (
        {"network": [("Parameter(minitorch.zeros(outputs))", "minitorch.zeros(outputs)")]},
        NETWORKS,
    ),
    "the layer computes with copies of its numbers": (
        {
            "network": [
                ("x @ self.weight.T + self.bias", "x @ self.weight.detach().T + self.bias.detach()")
            ]
        },
        ["test_network_trains"],
    ),
    "a Module borrowed from the library": (
        {"module": "from minitorch.nn import Module"},
        ["test_registers", "test_replaces", "test_refuses", "test_finds", *USES_DRAWERS],
    ),
}

EQUIVALENT = {}
