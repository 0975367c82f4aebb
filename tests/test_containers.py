"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict; on minitorch and on torch."""

import copy
from collections import OrderedDict

import pytest
from exact import raises


def relu(lib):
    return lib.nn.ReLU()


def kinds(container):
    return [type(module).__name__ for module in container]


def mixed(lib, kind="Sequential"):
    modules = [lib.nn.ReLU(), lib.nn.Identity(), lib.nn.Flatten()]
    return lib.nn.Sequential(*modules) if kind == "Sequential" else lib.nn.ModuleList(modules)


BOTH = pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])


# ---- what Sequential and ModuleList share ------------------------------------------------------


@BOTH
def test_indexing(lib, kind):
    m = mixed(lib, kind)
    assert len(m) == 3 and kinds(m) == ["ReLU", "Identity", "Flatten"]
    assert m[0] is list(m)[0] and m[-1] is list(m)[2]
    assert type(m[1:]) is type(m) and kinds(m[1:]) == ["Identity", "Flatten"]
    assert kinds(m[::2]) == ["ReLU", "Flatten"] and len(m[5:]) == 0
    for i in (3, -4):
        with raises(IndexError, f"index {i} is out of range"):
            m[i]
    with raises(TypeError, "'str' object cannot be interpreted as an integer"):
        m["0"]


@BOTH
def test_setting(lib, kind):
    m = mixed(lib, kind)
    m[-1] = lib.nn.ReLU()
    assert kinds(m) == ["ReLU", "Identity", "ReLU"]
    with raises(
        TypeError,
        "cannot assign 'int' as child module '0' (torch.nn.Module or None expected)",
    ):
        m[0] = 3
    with raises(IndexError, "index 3 is out of range"):
        m[3] = lib.nn.ReLU()


@BOTH
def test_deleting_numbers_anew(lib, kind):
    m = mixed(lib, kind)
    del m[0]
    assert kinds(m) == ["Identity", "Flatten"] and list(m._modules) == ["0", "1"]
    m = mixed(lib, kind)
    del m[::2]
    assert kinds(m) == ["Identity"] and list(m._modules) == ["0"]
    m = mixed(lib, kind)
    assert type(m.pop(-1)) is lib.nn.Flatten and len(m) == 2
    assert kinds(m.pop(slice(0, 2))) == ["ReLU", "Identity"] and len(m) == 0


@BOTH
def test_append_extend_insert(lib, kind):
    m = mixed(lib, kind)
    assert m.append(lib.nn.Linear(1, 1)) is m
    assert m.extend([lib.nn.ReLU()]) is m
    m.insert(1, lib.nn.Sequential())
    assert kinds(m) == ["ReLU", "Sequential", "Identity", "Flatten", "Linear", "ReLU"]
    assert list(m._modules) == ["0", "1", "2", "3", "4", "5"]
    m.insert(6, lib.nn.Identity())
    assert kinds(m)[-1] == "Identity"
    assert [name for name, _ in m.named_parameters()] == ["4.weight", "4.bias"]
    with raises(TypeError, "int is not a Module subclass"):
        m.append(3)


@BOTH
def test_elements_are_registered(lib, kind):
    m = lib.nn.Module()
    m.layers = mixed(lib, kind)
    m.layers.append(lib.nn.Linear(2, 2))
    m.eval().double()
    assert not any(module.training for module in m.modules())
    assert m.layers[3].weight.dtype is lib.float64
    assert list(m.state_dict()) == ["layers.3.weight", "layers.3.bias"]
    assert "0" not in dir(m.layers)
    assert kinds(copy.deepcopy(m.layers)) == kinds(m.layers)


# ---- Sequential --------------------------------------------------------------------------------


def test_sequential_calls_one_after_the_other(lib):
    m = lib.nn.Sequential(lib.nn.ReLU(), lib.nn.Flatten(0))
    assert m(lib.tensor([[-1.0, 2.0]])).tolist() == [0.0, 2.0]
    assert lib.nn.Sequential()(3) == 3


def test_sequential_with_names(lib):
    named = OrderedDict([("first", lib.nn.ReLU()), ("second", lib.nn.Identity())])
    m = lib.nn.Sequential(named)
    assert list(m._modules) == ["first", "second"] and m.first is m[0]
    assert list(m[1:]._modules) == ["second"]
    m[0] = lib.nn.Flatten()
    assert kinds(m) == ["Flatten", "Identity"]
    m.append(lib.nn.ReLU())
    assert list(m._modules) == ["first", "second", "2"]
    del m[0]
    assert list(m._modules) == ["0", "1"]


@pytest.mark.parametrize(
    "argument, kind",
    [
        (lambda lib: lib.nn.ReLU, "torch.nn.modules.activation.ReLU"),
        (lambda lib: {"a": lib.nn.ReLU()}, "dict"),
        (lambda lib: [lib.nn.ReLU()], "list"),
    ],
)
def test_sequential_takes_modules_only(lib, argument, kind):
    with raises(TypeError, f"{kind} is not a Module subclass"):
        lib.nn.Sequential(argument(lib))


def test_sequential_arithmetic(lib):
    a, b = lib.nn.Sequential(lib.nn.ReLU()), lib.nn.Sequential(lib.nn.Flatten())
    both = a + b
    assert kinds(both) == ["ReLU", "Flatten"] and both[0] is a[0] and len(a) == 1
    a += b
    assert kinds(a) == ["ReLU", "Flatten"]
    twice = a * 2
    assert kinds(twice) == ["ReLU", "Flatten"] * 2 and twice[2] is twice[0]
    assert kinds(2 * b) == ["Flatten"] * 2
    b *= 3
    assert len(b) == 3 and list(b._modules) == ["0", "1", "2"]


def test_sequential_arithmetic_errors(lib):
    m = lib.nn.Sequential(lib.nn.ReLU())
    kind = "<class 'torch.nn.modules.container.Sequential'>"
    text = "add operator supports only objects of Sequential class, but <class 'list'> is given."
    with raises(ValueError, text):
        m + []
    with raises(ValueError, text):
        m += []
    with raises(TypeError, f"unsupported operand type(s) for *: {kind} and <class 'float'>"):
        m * 2.0
    with raises(ValueError, f"Non-positive multiplication factor 0 for {kind}"):
        m *= 0


def test_sequential_insert(lib):
    m = mixed(lib)
    assert m.insert(-1, lib.nn.Linear(1, 1)) is m
    assert kinds(m) == ["ReLU", "Identity", "Linear", "Flatten"]
    with raises(IndexError, "Index out of range: 5"):
        m.insert(5, lib.nn.ReLU())
    with raises(
        AssertionError, "module should be of type: <class 'torch.nn.modules.module.Module'>"
    ):
        m.insert(0, 3)
    named = lib.nn.Sequential(OrderedDict(a=lib.nn.ReLU(), b=lib.nn.ReLU()))
    with raises(KeyError, "1"):
        named.insert(0, lib.nn.ReLU())
    assert list(named._modules) == ["a", "b"]


def test_a_cut_sequential_shares_its_modules(lib):
    m = lib.nn.Sequential(lib.nn.Linear(1, 1), lib.nn.Linear(1, 1))
    assert m[:1][0] is m[0]


# ---- ModuleList --------------------------------------------------------------------------------


def test_module_list(lib):
    m = lib.nn.ModuleList(lib.nn.Linear(1, 1) for _ in range(2))
    m += [lib.nn.ReLU()]
    longer = m + [lib.nn.Identity()]
    assert kinds(longer) == ["Linear", "Linear", "ReLU", "Identity"] and len(m) == 3
    assert type(longer) is lib.nn.ModuleList and len(lib.nn.ModuleList()) == 0
    with raises(TypeError, "ModuleList.extend should be called with an iterable, but got ReLU"):
        lib.nn.ModuleList(lib.nn.ReLU())
    with raises(
        NotImplementedError, 'Module [ModuleList] is missing the required "forward" function'
    ):
        m(1)


def test_module_list_repr(lib):
    inner = lib.nn.ModuleList([lib.nn.Linear(2, 2), lib.nn.Linear(2, 2), lib.nn.ReLU()])
    assert repr(inner) == (
        "ModuleList(\n"
        "  (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)\n"
        "  (2): ReLU()\n"
        ")"
    )
    assert repr(lib.nn.ModuleList([lib.nn.ModuleList([lib.nn.ReLU()])] * 2)) == (
        "ModuleList(\n  (0-1): 2 x ModuleList(\n    (0): ReLU()\n  )\n)"
    )
    assert repr(lib.nn.ModuleList()) == "ModuleList()"


def test_pop_needs_a_key(lib):
    for kind in ("ModuleList", "Sequential"):
        text = f"{kind}.pop() missing 1 required positional argument: 'key'"
        with raises(TypeError, text):
            getattr(lib.nn, kind)().pop()


# ---- ModuleDict --------------------------------------------------------------------------------


def test_module_dict(lib):
    m = lib.nn.ModuleDict({"b": lib.nn.ReLU(), "a": lib.nn.Linear(1, 1)})
    assert list(m) == list(m.keys()) == ["b", "a"] and len(m) == 2 and "a" in m and "c" not in m
    assert [name for name, _ in m.items()] == ["b", "a"] and kinds(m.values()) == ["ReLU", "Linear"]
    assert list(m.state_dict()) == ["a.weight", "a.bias"] and m["b"] is m.b
    m["b"] = lib.nn.Flatten()
    assert list(m) == ["b", "a"] and type(m["b"]) is lib.nn.Flatten
    assert type(m.pop("b")) is lib.nn.Flatten and list(m) == ["a"]
    del m["a"]
    m.update([("x", lib.nn.ReLU()), ["y", lib.nn.ReLU()]])
    m.update(lib.nn.ModuleDict({"z": lib.nn.ReLU()}))
    assert list(m) == ["x", "y", "z"]
    m.clear()
    assert len(m) == 0 and repr(m) == "ModuleDict()"


def test_module_dict_errors(lib):
    m = lib.nn.ModuleDict()
    for items, kind, text in (
        (
            3,
            TypeError,
            "ModuleDict.update should be called with an iterable of key/value pairs, but got int",
        ),
        ([3], TypeError, "ModuleDict update sequence element #0 should be Iterable; isint"),
        ([("a",)], ValueError, "ModuleDict update sequence element #0 has length 1; 2 is required"),
        ({"a": 3}, TypeError, "int is not a Module subclass"),
        ({"a.b": lib.nn.ReLU()}, KeyError, 'module name can\'t contain ".", got: a.b'),
        ({"keys": lib.nn.ReLU()}, KeyError, "attribute 'keys' already exists"),
        ({1: lib.nn.ReLU()}, TypeError, "module name should be a string. Got int"),
    ):
        with raises(kind, text):
            m.update(items)
    with raises(KeyError, "missing"):
        m["missing"]
    with raises(
        NotImplementedError, 'Module [ModuleDict] is missing the required "forward" function'
    ):
        m(1)


# ---- ParameterList -----------------------------------------------------------------------------


def test_tensors_in_a_parameter_list_become_parameters(lib):
    m = lib.nn.ParameterList([lib.zeros(2)])
    assert m.append(lib.ones(1)) is m
    m += [lib.ones(3)]
    m[0] = lib.ones(4)
    assert all(type(p) is lib.nn.Parameter for p in m) and len(m) == 3
    assert [name for name, _ in m.named_parameters()] == ["0", "1", "2"]
    p = lib.nn.Parameter(lib.ones(1))
    assert m.append(p)[3] is p and m[-1] is p and list(m.state_dict()) == ["0", "1", "2", "3"]
    assert type(m[1:3]) is lib.nn.ParameterList and m[1:3][0] is m[1]
    assert "0" not in dir(m)


def test_a_parameter_list_holds_other_values_unregistered(lib):
    m = lib.nn.ParameterList([3, lib.ones(1)])
    m.append("text")
    assert list(m)[::2] == [3, "text"] and [n for n, _ in m.named_parameters()] == ["1"]


def test_parameter_list_errors(lib):
    m = lib.nn.ParameterList([lib.ones(1)])
    for values, name in ((3, "int"), (lib.ones(2), "Tensor")):
        with raises(
            TypeError, f"ParameterList.extend should be called with an iterable, but got {name}"
        ):
            m.extend(values)
    with raises(IndexError, "index 1 is out of range"):
        m[1]
    with raises(RuntimeError, "ParameterList should not be called."):
        m(1)


def test_parameter_list_repr(lib):
    m = lib.nn.ParameterList([lib.ones(2), 3, lib.ones(1, 2, dtype=lib.float64), lib.tensor(1.0)])
    assert repr(m) == (
        "ParameterList(\n"
        "    (0): Parameter containing: [torch.float32 of size 2]\n"
        "    (1): Object of type: int\n"
        "    (2): Parameter containing: [torch.float64 of size 1x2]\n"
        "    (3): Parameter containing: [torch.float32 of size ]\n"
        ")"
    )
    assert repr(lib.nn.ParameterList()) == "ParameterList()"


# ---- ParameterDict -----------------------------------------------------------------------------


def test_parameter_dict(lib):
    m = lib.nn.ParameterDict({"b": lib.ones(1), "a": lib.ones(2)})
    assert list(m) == list(m.keys()) == ["a", "b"]  # a plain dictionary is sorted
    ordered = lib.nn.ParameterDict(OrderedDict(b=lib.ones(1), a=lib.ones(2)))
    assert list(ordered) == ["b", "a"] and list(reversed(ordered)) == ["a", "b"]
    assert type(m["a"]) is lib.nn.Parameter and m["a"] is m.a and len(m) == 2 and "a" in m
    assert [n for n, _ in m.items()] == ["a", "b"] and list(m.values())[0] is m["a"]
    assert list(m.state_dict()) == ["a", "b"]
    m["c"] = lib.ones(3)
    assert m.pop("a").shape == (2,) and list(m) == ["b", "c"]
    del m["b"]
    assert m.popitem()[0] == "c" and len(m) == 0 and list(m.parameters()) == []
    with raises(KeyError, "popitem(): dictionary is empty"):
        m.popitem()


def test_parameter_dict_defaults(lib):
    m = lib.nn.ParameterDict({"a": lib.ones(1)})
    assert m.get("a") is m["a"] and m.get("b") is None and m.get("b", 3) == 3
    assert m.setdefault("a", lib.zeros(5)) is m["a"]
    assert m.setdefault("b", lib.zeros(5)) is m["b"] and type(m["b"]) is lib.nn.Parameter
    assert m.setdefault("c") is None and list(m) == ["a", "b", "c"]
    made = m.fromkeys(["x", "y"], 1)
    assert dict(made.items()) == {"x": 1, "y": 1}
    m.clear()
    assert len(m) == 0


def test_parameter_dict_union_and_copy(lib):
    a = lib.nn.ParameterDict({"x": lib.ones(1), "y": lib.ones(1)})
    b = lib.nn.ParameterDict({"y": lib.zeros(2), "z": lib.zeros(2)})
    both = a | b
    assert list(both) == ["x", "y", "z"] and both["y"] is b["y"] and both["x"] is a["x"]
    copied = a.copy()
    assert copied is not a and copied["x"] is a["x"]
    a |= b
    assert list(a) == ["x", "y", "z"]
    reflected = {"w": lib.ones(3), "x": lib.ones(3)} | b
    assert set(reflected) == {"w", "x", "y", "z"}


def test_parameter_dict_errors(lib):
    m = lib.nn.ParameterDict()
    not_a_string = (
        "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
        "'int'). Open an issue on github if you need non-string keys."
    )
    for items, kind, text in (
        (
            3,
            TypeError,
            "ParametersDict.update should be called with an iterable of key/value pairs, but got "
            "int",
        ),
        ([3], TypeError, "ParameterDict update sequence element #0 should be Iterable; isint"),
        (
            [("a",)],
            ValueError,
            "ParameterDict update sequence element #0 has length 1; 2 is required",
        ),
        ({1: lib.ones(1)}, TypeError, not_a_string),
        ({"a.b": lib.ones(1)}, KeyError, 'parameter name can\'t contain "."'),
        ({"keys": lib.ones(1)}, KeyError, "attribute 'keys' already exists"),
    ):
        with raises(kind, text):
            m.update(items)
    with raises(AttributeError, "'ParameterDict' object has no attribute 'missing'"):
        m["missing"]
    with raises(RuntimeError, "ParameterDict should not be called."):
        m(1)


def test_parameter_dict_repr(lib):
    m = lib.nn.ParameterDict({"a": lib.ones(2, 3), "b": 3})
    assert repr(m) == (
        "ParameterDict(\n"
        "    (a): Parameter containing: [torch.FloatTensor of size 2x3]\n"
        "    (b): Object of type: int\n"
        ")"
    )


def test_nothing_is_left_of_an_element_that_was_refused():
    import minitorch

    m = minitorch.nn.ParameterDict()
    with pytest.raises(TypeError):
        m[1] = minitorch.ones(1)
    with pytest.raises(KeyError):
        m["a.b"] = minitorch.ones(1)
    assert len(m) == 0  # torch lists both keys, and then cannot find them
    w = minitorch.nn.Parameter(minitorch.ones(1), requires_grad=False)
    w.add_(minitorch.ones(1, requires_grad=True))
    layers = minitorch.nn.ParameterList()
    with pytest.raises(ValueError):
        layers.append(w)
    assert len(layers) == 0
