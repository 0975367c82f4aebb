"""Hostile use of modules: what torch says, minitorch says, and nothing is left half done.

Each act is done to a new module of both libraries, and must end alike: in the same error with the
same text, or in the same module. What raised must have changed nothing, which torch itself does not
always manage: that half is asked of minitorch only. Behaviours of torch that a learner meets are
spelt out in test_module.py and test_module_state_dict.py; here is what nobody should do.
"""

import copy
import pickle

import numpy as np
import pytest

import minitorch


def build(lib):
    """One of everything: parameters, buffers of both kinds, children, a tie, plain attributes."""

    class Model(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.p = lib.nn.Parameter(lib.arange(2.0))
            self.register_parameter("none", None)
            self.register_buffer("b", lib.arange(3.0))
            self.register_buffer("hidden", lib.ones(1), persistent=False)
            self.register_buffer("count", lib.tensor(3))
            self.child = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.ReLU())
            self.child[0].weight = lib.nn.Parameter(lib.ones(2, 2))
            self.tied = lib.nn.Linear(2, 2)
            self.tied.weight = self.child[0].weight
            for bias in (self.child[0].bias, self.tied.bias):
                lib.nn.init.zeros_(bias)
            self.x, self.t = 3, lib.ones(1)

        def forward(self, x):
            return self.child(x)

    return Model()


def anatomy(module):
    """All that can be seen of a module, without the identity of anything."""
    seen = []
    for path, m in module.named_modules():
        training = m.__dict__.get("training") is True
        seen.append((path, type(m).__name__, sorted(m.__dict__), training))
        for name, tensor in {**m._parameters, **m._buffers}.items():
            if tensor is not None:
                tensor = (tensor.tolist(), str(tensor.dtype), tensor.requires_grad)
            seen.append((name, name in m._parameters, tensor))
        seen += [sorted(m._non_persistent_buffers_set), list(m._modules)]
    return seen


def identities(module):
    return [
        (path, name, id(value))
        for path, m in module.named_modules()
        for registry in (m._parameters, m._buffers, m._modules, m.__dict__)
        for name, value in registry.items()
    ]


def outcome(lib, act, module):
    """("raised", type, text), or what has become of the module."""
    try:
        result = act(lib, module)
    except Exception as error:
        return "raised", type(error), str(error)
    return "done", anatomy(module), repr(result) if isinstance(result, str) else type(result)


def good(lib):
    """A state dict that fits, all zeros."""
    return {name: t * 0 for name, t in build(lib).state_dict().items()}


# ---- the acts ----------------------------------------------------------------------------------

NAMES = ["a.b", ".", "", "p", "b", "child", "x", "forward", "training", "_parameters", "new",
         "é ü", "0"]  # fmt: skip
ODD_NAMES = [None, 3, 2.5, b"p", ("p",)]
VALUES = {
    "parameter": lambda lib: lib.nn.Parameter(lib.ones(1)),
    "buffer": lambda lib: lib.nn.Buffer(lib.ones(1)),
    "tensor": lambda lib: lib.ones(1),
    "module": lambda lib: lib.nn.ReLU(),
    "class": lambda lib: lib.nn.ReLU,
    "none": lambda lib: None,
    "list": lambda lib: [1.0],
    "array": lambda lib: np.ones(1),
    "text": lambda lib: "text",
}
REGISTER = ["register_parameter", "register_buffer", "add_module", "register_module"]
METHODS_OF_PATH = ["get_submodule", "get_parameter", "get_buffer"]
PATHS = ["", ".", "child.", ".child", "child..0", "child.0", "child.0.weight", "child.2", "p.x",
         "x", "t", "forward", "nowhere.0", None, 3]  # fmt: skip


def acts():
    for name in NAMES:
        yield f"get {name}", lambda lib, m, n=name: getattr(m, n)
        if name != "_parameters":  # whoever takes the machinery away has none left
            yield f"del m.{name}", lambda lib, m, n=name: delattr(m, n)
            for kind, value in VALUES.items():
                yield f"m.{name} = {kind}", lambda lib, m, n=name, v=value: setattr(m, n, v(lib))
        for method in REGISTER:
            for kind, value in VALUES.items():
                yield f"{method}({name}, {kind})", (
                    lambda lib, m, f=method, n=name, v=value: getattr(m, f)(n, v(lib))
                )
    for name in ODD_NAMES:
        for method in REGISTER:
            yield f"{method}({name!r})", lambda lib, m, f=method, n=name: getattr(m, f)(n, None)
    for path in PATHS:
        for method in METHODS_OF_PATH:
            yield f"{method}({path!r})", lambda lib, m, f=method, p=path: getattr(m, f)(p)
        for strict in (False, True):
            yield f"set_submodule({path!r}, strict={strict})", (
                lambda lib, m, p=path, s=strict: m.set_submodule(p, lib.nn.ReLU(), s)
            )
    for kind, value in VALUES.items():
        yield f"set_submodule(child.0, {kind})", (
            lambda lib, m, v=value: m.set_submodule("child.0", v(lib))
        )
    for mode in (1, 0, None, "yes"):
        yield f"train({mode!r})", lambda lib, m, mode=mode: m.train(mode)
    for to in ("int64", "bool"):
        yield f"to({to})", lambda lib, m, to=to: m.to(getattr(lib, to))
    yield "forward of nothing", lambda lib, m: m()
    yield "forward undefined", lambda lib, m: lib.nn.Module()(1)
    yield "argument of Module", lambda lib, m: lib.nn.Module(1)
    yield "keyword of Module", lambda lib, m: lib.nn.Module(a=1)


def loads():
    """Of each: what is loaded, given a dictionary that fits."""
    for what in (None, 3, "text", [1], {1, 2}):
        yield f"{what!r}", lambda lib, sd, what=what: what
    for key in ("", ".", "child", "child.", ".p", "child..0.weight", "child.0", "child.0.weight.x",
                "p.x", "hidden", "none", "x", "child.5.weight", 3, None, b"p", ("p",)):  # fmt: skip
        yield f"unexpected {key!r}", lambda lib, sd, key=key: {**sd, key: lib.ones(1)}
        yield f"only {key!r}", lambda lib, sd, key=key: {key: lib.ones(1)}
    for name in ("p", "count", "child.0.weight"):
        yield f"without {name}", lambda lib, sd, n=name: {k: v for k, v in sd.items() if k != n}
        for kind, value in VALUES.items():
            yield f"{name}: {kind}", lambda lib, sd, n=name, v=value: {**sd, n: v(lib)}
        for shape in ((), (1,), (0,), (3,), (2, 1), (1, 2), (4,), (2, 2, 1)):
            yield f"{name}: {shape}", lambda lib, sd, n=name, s=shape: {**sd, n: lib.ones(s)}
        for dtype in ("float64", "float16", "int64", "uint8", "bool"):
            yield f"{name}: {dtype}", (
                lambda lib, sd, n=name, d=dtype: {**sd, n: sd[n].to(getattr(lib, d))}
            )
    yield "nothing", lambda lib, sd: {}
    yield "nested", lambda lib, sd: {"child": {"0": sd}}
    yield "all doubled", lambda lib, sd: {k: lib.stack([v, v]) for k, v in sd.items()}


def load(lib, m, make, **options):
    return m.load_state_dict(make(lib, good(lib)), **options)


ACTS = dict(acts())
OPTIONS = {
    "": {},
    " loosely": {"strict": False},
    " assigned": {"assign": True},
}
for label, options in OPTIONS.items():
    for what, make in loads():
        ACTS[f"load {what}{label}"] = lambda lib, m, make=make, options=options: load(
            lib, m, make, **options
        )

# Python's own words there, for what is no text, come from other functions.
OTHER_WORDS = {f"{f}({p})" for f in METHODS_OF_PATH for p in (None, 3)} | {
    f"set_submodule({p}, strict={s})" for p in (None, 3) for s in (True, False)
}


@pytest.mark.torch
@pytest.mark.parametrize("name", ACTS)
def test_it_ends_as_in_torch(name):
    import torch

    got = outcome(minitorch, ACTS[name], build(minitorch))
    wanted = outcome(torch, ACTS[name], build(torch))
    assert got[:2] == wanted[:2]
    if name not in OTHER_WORDS:
        assert got[2] == wanted[2] or got[0] == "done"


@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_raises_changes_nothing(name):
    module = build(minitorch)
    before = anatomy(module), identities(module)
    if outcome(minitorch, ACTS[name], module)[0] == "raised":
        assert (anatomy(module), identities(module)) == before


# ---- before Module.__init__ --------------------------------------------------------------------


def unborn(lib):
    """A module whose class has forgotten super().__init__()."""

    class Early(lib.nn.Module):
        def __init__(self):
            self.x = 3

    return Early()


EARLY = {
    **{f"{name}()": lambda lib, m, n=name: list(getattr(m, n)()) for name in (
        "parameters", "named_parameters", "buffers", "named_buffers", "children",
        "named_children")},
    **{f"{name}() alone": lambda lib, m, n=name: getattr(m, n)() for name in (
        "state_dict", "train", "eval", "double", "cpu", "zero_grad", "requires_grad_")},
    **{f"{name}(hook)": lambda lib, m, n=name: getattr(m, n)(print) for name in (
        "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
        "register_full_backward_pre_hook", "register_backward_hook",
        "register_state_dict_post_hook", "register_state_dict_pre_hook",
        "register_load_state_dict_pre_hook", "register_load_state_dict_post_hook", "apply")},
    **{f"m.y = {kind}": lambda lib, m, v=value: setattr(m, "y", v(lib))
       for kind, value in VALUES.items()},
    **{f"{method}": lambda lib, m, f=method: getattr(m, f)("y", None) for method in REGISTER},
    "load": lambda lib, m: m.load_state_dict({}),
    "load something": lambda lib, m: m.load_state_dict({"x": 3}),
    "call": lambda lib, m: m(1),
    "get": lambda lib, m: m.y,
    "training": lambda lib, m: m.training,
    "delete": lambda lib, m: delattr(m, "x"),
    "delete another": lambda lib, m: delattr(m, "y"),
    "get_submodule": lambda lib, m: m.get_submodule("y"),
    "get_parameter": lambda lib, m: m.get_parameter("y"),
    "set_submodule": lambda lib, m: m.set_submodule("y", lib.nn.ReLU()),
    "modules": lambda lib, m: list(m.modules()),
    "repr": lambda lib, m: repr(m),
    "dir": lambda lib, m: dir(m),
    "to": lambda lib, m: m.to(lib.float64),
    "in a Sequential": lambda lib, m: lib.nn.Sequential(m).double(),
}  # fmt: skip


def brief(lib, act, module):
    try:
        act(lib, module)
    except Exception as error:
        return type(error), str(error)
    return "done", sorted(module.__dict__)


@pytest.mark.torch
@pytest.mark.parametrize("name", EARLY)
def test_before_init_it_ends_as_in_torch(name):
    import torch

    got = brief(minitorch, EARLY[name], unborn(minitorch))
    assert got == brief(torch, EARLY[name], unborn(torch))


@pytest.mark.parametrize("name", EARLY)
def test_an_act_before_init_that_raises_changes_nothing(name):
    module = unborn(minitorch)
    if brief(minitorch, EARLY[name], module)[0] != "done":
        assert vars(module) == {"x": 3}


def test_init_may_come_late_or_twice(lib):
    m = unborn(lib)
    lib.nn.Module.__init__(m)
    m.p = lib.nn.Parameter(lib.ones(1))
    assert m.x == 3 and len(list(m.parameters())) == 1
    lib.nn.Module.__init__(m)
    assert list(m.parameters()) == []


# ---- cycles ------------------------------------------------------------------------------------


def ring(lib):
    """A module that contains itself, two levels down."""
    m = build(lib)
    m.child.append(lib.nn.Sequential(lib.nn.Linear(1, 1)))
    m.child[2].append(m)
    return m


CYCLES = {
    "state_dict": lambda lib, m: m.state_dict(),
    "load": lambda lib, m: m.load_state_dict({"p": lib.zeros(2)}),
    "load loosely": lambda lib, m: m.load_state_dict({"p": lib.zeros(2)}, strict=False),
    "assign": lambda lib, m: m.load_state_dict({"p": lib.zeros(2)}, assign=True),
    "eval": lambda lib, m: m.eval(),
    "double": lambda lib, m: m.double(),
    "to": lambda lib, m: m.to(lib.float16),
    "apply": lambda lib, m: m.apply(lambda child: setattr(child, "seen", True)),
    "repr": lambda lib, m: repr(m),
    "with duplicates": lambda lib, m: list(m.named_parameters(remove_duplicate=False)),
}


@pytest.mark.parametrize("name", CYCLES)
def test_what_walks_a_cycle_raises(lib, name):
    module = ring(lib)
    before = anatomy(module), identities(module)
    with pytest.raises(RecursionError):
        CYCLES[name](lib, module)
    if lib is minitorch:
        assert (anatomy(module), identities(module)) == before


def test_what_counts_each_module_once_ends(lib):
    m = ring(lib)
    m.requires_grad_(False)
    m.zero_grad()
    assert len(list(m.modules())) == 7
    twin, unpickled_keys = copy.deepcopy(m), sorted(m.__dict__)
    assert twin.child[2][1] is twin and sorted(twin.__dict__) == unpickled_keys


def test_a_cycle_can_be_pickled():
    m = minitorch.nn.Sequential(minitorch.nn.Sequential())
    m[0].append(m)
    twin = pickle.loads(pickle.dumps(m))
    assert twin[0][0] is twin
