"""Module: registration, attributes, paths, iteration, modes, moving, repr, copies.

Each behaviour is written once and holds for minitorch and for torch, error texts included. Saving
is in test_module_state_dict.py, hooks are in test_module_hooks.py.
"""

import copy
import pickle

import pytest
from exact import raises


def names(pairs):
    return [name for name, _ in pairs]


def two_layers(lib):
    return lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.ReLU(), lib.nn.Linear(3, 1))


# ---- assignment: by type into one place --------------------------------------------------------


def test_assignment_goes_by_type(lib):
    m = lib.nn.Module()
    m.p = lib.nn.Parameter(lib.ones(1))
    m.b = lib.nn.Buffer(lib.ones(1))
    m.child = lib.nn.Identity()
    m.t = lib.ones(1, requires_grad=True)
    m.number = 3
    assert list(m._parameters) == ["p"] and list(m._buffers) == ["b"]
    assert list(m._modules) == ["child"]
    assert "t" in m.__dict__ and "number" in m.__dict__
    assert not {"p", "b", "child"} & m.__dict__.keys()
    assert m.p is m._parameters["p"] and m.child is m._modules["child"]


def test_a_name_is_in_one_place_only(lib):
    m = lib.nn.Module()
    values = {
        "t": lib.ones(1),
        "p": lib.nn.Parameter(lib.ones(1)),
        "b": lib.nn.Buffer(lib.ones(1), persistent=False),
    }
    m.x = values["t"]
    m.x = values["p"]
    assert "x" not in m.__dict__ and m.x is values["p"]
    del m.x
    m.x = values["b"]
    assert m._non_persistent_buffers_set == {"x"}
    m.x = values["p"]
    assert m._buffers == {} and m._non_persistent_buffers_set == set()
    del m.x
    m.x = lib.nn.Identity()
    m.x = values["p"]
    assert m._modules == {} and list(m._parameters) == ["x"]
    del m.x
    m.x = values["b"]
    m.x = lib.nn.Identity()
    assert m._buffers == {} and list(m._modules) == ["x"]


def test_what_may_follow_a_parameter(lib):
    m = lib.nn.Module()
    m.w = lib.nn.Parameter(lib.ones(1))
    for value, kind in (
        (lib.ones(1), "torch.FloatTensor"),
        (lib.ones(1, dtype=lib.int64), "torch.LongTensor"),
        (3, "int"),
        (lib.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
    ):
        with raises(
            TypeError,
            f"cannot assign '{kind}' as parameter 'w' (torch.nn.Parameter or None expected)",
        ):
            m.w = value
    m.w = None
    assert m.w is None and m._parameters == {"w": None}
    assert list(m.parameters()) == [] and list(m.state_dict()) == []
    m.w = lib.nn.Parameter(lib.zeros(2))
    assert m.w.shape == (2,)


def test_what_may_follow_a_module(lib):
    m = lib.nn.Module()
    m.child = lib.nn.Identity()
    with raises(
        TypeError,
        "cannot assign 'torch.FloatTensor' as child module 'child' "
        "(torch.nn.Module or None expected)",
    ):
        m.child = lib.ones(1)
    m.child = None
    assert m.child is None and list(m.children()) == []
    m.child = lib.nn.ReLU()
    assert repr(m.child) == "ReLU()"


def test_what_may_follow_a_buffer(lib):
    m = lib.nn.Module()
    m.register_buffer("b", lib.zeros(1), persistent=False)
    with raises(
        TypeError,
        "cannot assign 'list' as buffer 'b' (torch.nn.Buffer, torch.Tensor or None expected)",
    ):
        m.b = [1, 2]
    m.b = lib.ones(2)
    assert names(m.named_buffers()) == ["b"] and list(m.state_dict()) == []
    m.b = lib.nn.Buffer(lib.ones(3))
    assert list(m.state_dict()) == ["b"]
    m.b = None
    assert m.b is None and list(m.buffers()) == [] and list(m.state_dict()) == []
    m.b = lib.ones(1)
    assert list(m.state_dict()) == ["b"]
    m.b = lib.nn.Parameter(lib.ones(1))
    assert names(m.named_parameters()) == ["b"] and names(m.named_buffers()) == []


def test_before_init_nothing_can_be_registered(lib):
    class Early(lib.nn.Module):
        def __init__(self, value):
            self.x = value

    for value, what in (
        (lib.nn.Parameter(lib.ones(1)), "parameters"),
        (lib.nn.Buffer(lib.ones(1)), "buffer"),
        (lib.nn.Identity(), "module"),
    ):
        with raises(AttributeError, f"cannot assign {what} before Module.__init__() call"):
            Early(value)
    plain = Early(lib.ones(1))
    with raises(AttributeError, "'Early' object has no attribute '_parameters'"):
        list(plain.parameters())
    with raises(AttributeError, "'Early' object has no attribute '_modules'"):
        list(plain.children())
    with raises(AttributeError, "'Early' object has no attribute '_backward_hooks'"):
        plain(1)
    with raises(AttributeError, "cannot assign parameter before Module.__init__() call"):
        plain.register_parameter("w", None)
    with raises(AttributeError, "cannot assign buffer before Module.__init__() call"):
        plain.register_buffer("w", None)
    with raises(AttributeError, "'Early' object has no attribute '_modules'"):
        plain.add_module("w", None)


def test_a_misspelt_init_gives_an_empty_module(lib):
    class Typo(lib.nn.Module):
        def _init_(self):
            super().__init__()
            self.layer = lib.nn.Linear(1, 1)

    assert list(Typo().parameters()) == []


def test_tensors_in_lists_are_not_registered(lib):
    m = lib.nn.Module()
    m.layers = [lib.nn.Linear(1, 1)]
    m.table = {"w": lib.nn.Parameter(lib.ones(1))}
    m.eval().double()
    assert list(m.parameters()) == [] and list(m.state_dict()) == []
    assert m.layers[0].training and m.layers[0].weight.dtype is lib.float32


def test_getting_and_deleting(lib):
    m = lib.nn.Module()
    with raises(AttributeError, "'Module' object has no attribute 'missing'"):
        m.missing  # noqa: B018
    m.p = lib.nn.Parameter(lib.ones(1))
    m.register_buffer("b", lib.ones(1), persistent=False)
    m.child, m.plain = lib.nn.Identity(), 1
    for name in ("p", "b", "child", "plain"):
        delattr(m, name)
        assert not hasattr(m, name)
    assert not (m._parameters or m._buffers or m._modules or m._non_persistent_buffers_set)
    with pytest.raises(AttributeError):
        del m.plain


def test_dir_lists_what_is_owned(lib):
    m = lib.nn.Sequential(lib.nn.Identity())
    m.p, m.plain = lib.nn.Parameter(lib.ones(1)), 1
    m.register_buffer("b", None)
    listed = dir(m)
    assert {"p", "b", "plain", "training", "state_dict"} <= set(listed)
    assert "0" not in listed and listed == sorted(listed)


def test_a_property_that_fails_is_reported_as_missing(lib):
    class Odd(lib.nn.Module):
        @property
        def broken(self):
            return self.nothing

    with pytest.raises(AttributeError):
        Odd().broken  # noqa: B018


def test_constructor_arguments(lib):
    with raises(TypeError, "Module.__init__() takes 1 positional argument but 3 were given"):
        lib.nn.Module(1, 2)
    with raises(TypeError, "Module.__init__() got an unexpected keyword argument 'a'"):
        lib.nn.Module(a=1)

    class Other:
        def __init__(self, x):
            self.x = x

    class Both(lib.nn.Module, Other):
        call_super_init = True

    assert Both(5).x == 5


def test_methods_are_those_of_module(lib):
    m = lib.nn.Identity()
    for name in ("state_dict", "double", "register_forward_hook", "parameters"):
        assert repr(getattr(m, name)) == f"<bound method Module.{name} of Identity()>"
    with raises(TypeError, "Module.load_state_dict() missing 1 required positional argument: "
                "'state_dict'"):  # fmt: skip
        m.load_state_dict()
    assert pickle.loads(pickle.dumps(lib.nn.Module.eval)) is lib.nn.Module.eval
    assert pickle.loads(pickle.dumps(lib.nn.Module.double)) is lib.nn.Module.double


# ---- registration by name ----------------------------------------------------------------------


def test_register_parameter(lib):
    m = lib.nn.Module()
    m.register_parameter("w", lib.nn.Parameter(lib.ones(1)))
    m.register_parameter("none", None)
    assert list(m._parameters) == ["w", "none"]
    with raises(
        TypeError,
        "cannot assign 'torch.FloatTensor' object to parameter 'v' "
        "(torch.nn.Parameter or None required)",
    ):
        m.register_parameter("v", lib.ones(1))
    assert not hasattr(m, "v")


def test_a_computed_parameter_is_refused(lib):
    m = lib.nn.Module()
    text = (
        "Cannot assign non-leaf Tensor to parameter 'w'. Model parameters must be created "
        "explicitly. To express 'w' as a function of another Tensor, compute the value in the "
        "forward() method."
    )
    p = lib.nn.Parameter(lib.ones(2))
    q = lib.nn.Parameter(lib.zeros(2))
    with lib.no_grad():
        q.requires_grad_(False)
    q.add_(p)
    with raises(ValueError, text):
        m.w = q
    assert not hasattr(m, "w")


def registrars(lib):
    m = lib.nn.Module()
    return [
        ("parameter", m.register_parameter, ""),
        ("buffer", m.register_buffer, ""),
        ("module", m.add_module, ", got: a.b"),
        ("module", m.register_module, ", got: a.b"),
    ]


def test_bad_names(lib):
    for kind, register, got in registrars(lib):
        with raises(KeyError, f'{kind} name can\'t contain "."{got}'):
            register("a.b", None)
        with raises(KeyError, f'{kind} name can\'t be empty string ""'):
            register("", None)
        with raises(TypeError, f"{kind} name should be a string. Got int"):
            register(1, None)
        with raises(KeyError, "attribute 'training' already exists"):
            register("training", None)
        with raises(KeyError, "attribute 'state_dict' already exists"):
            register("state_dict", None)


def test_a_name_taken_by_another_kind(lib):
    m = lib.nn.Module()
    m.x = lib.ones(1)
    with raises(KeyError, "attribute 'x' already exists"):
        m.register_buffer("x", lib.ones(1))
    m.register_buffer("b", lib.ones(1))
    with raises(KeyError, "attribute 'b' already exists"):
        m.register_parameter("b", None)
    with raises(KeyError, "attribute 'b' already exists"):
        m.add_module("b", None)
    m.register_buffer("b", lib.zeros(2))
    assert m.b.shape == (2,)


def test_register_buffer(lib):
    m = lib.nn.Module()
    m.register_buffer("b", lib.ones(1))
    m.register_buffer("c", lib.ones(1), persistent=False)
    m.register_buffer("n", None)
    assert names(m.named_buffers()) == ["b", "c"] and list(m.state_dict()) == ["b"]
    with raises(
        TypeError, "cannot assign 'int' object to buffer 'd' (torch Tensor or None required)"
    ):
        m.register_buffer("d", 3)
    m.register_buffer("c", lib.ones(1))
    assert list(m.state_dict()) == ["b", "c"]


def test_add_module(lib):
    m = lib.nn.Module()
    m.add_module("a", lib.nn.Identity())
    m.add_module("none", None)
    assert names(m.named_children()) == ["a"] and list(m._modules) == ["a", "none"]
    for value, text in (
        (lib.nn.ReLU, "torch.nn.modules.activation.ReLU"),
        ({}, "dict"),
        (lib.ones(1), "torch.FloatTensor"),
    ):
        with raises(TypeError, f"{text} is not a Module subclass"):
            m.add_module("b", value)


def test_a_refused_assignment_changes_nothing():
    import minitorch

    m = minitorch.nn.Module()
    m.x = 3
    computed = minitorch.nn.Parameter(minitorch.zeros(1), requires_grad=False)
    computed.add_(minitorch.ones(1, requires_grad=True))
    with pytest.raises(ValueError):
        m.x = computed  # torch: x is gone
    m.register_buffer("b", minitorch.ones(1), persistent=False)
    with pytest.raises(ValueError):
        m.b = computed
    with pytest.raises(KeyError):
        setattr(m, "a.b", minitorch.nn.Parameter(minitorch.ones(1)))
    assert m.x == 3 and m.b.item() == 1 and m._non_persistent_buffers_set == {"b"}
    assert m._parameters == {}


# ---- by path -----------------------------------------------------------------------------------


def nested(lib):
    m = lib.nn.Module()
    m.a = lib.nn.Module()
    m.a.linear = lib.nn.Linear(2, 1)
    m.a.register_buffer("b", lib.ones(1))
    m.a.plain = 3
    return m


def test_get_submodule(lib):
    m = nested(lib)
    assert m.get_submodule("") is m and m.get_submodule("a.linear") is m.a.linear
    for path, text in (
        ("a.missing", "Module has no attribute `missing`"),
        ("a.linear.x.y", "Linear has no attribute `x`"),
        ("a.plain", "`plain` is not an nn.Module"),
        ("a.linear.weight", "`weight` is not an nn.Module"),
        ("a..linear", "Module has no attribute ``"),
    ):
        with raises(AttributeError, text):
            m.get_submodule(path)


def test_set_submodule(lib):
    m = nested(lib)
    new = lib.nn.Linear(5, 5)
    m.set_submodule("a.linear", new, strict=True)
    assert m.a.linear is new
    m.set_submodule("a.extra", lib.nn.Identity())
    assert "extra" in m.a._modules
    for kind, args, text in (
        (ValueError, ("", new), "Cannot set the submodule without a target name!"),
        (ValueError, ("a.x", 3), "`module` is not an nn.Module, found <class 'int'>"),
        (AttributeError, ("a.x", new, True), "Module has no attribute `x`"),
        (AttributeError, ("a.plain", new), "`plain` is not an nn.Module"),
        (AttributeError, ("b.x", new), "Module has no attribute `b`"),
    ):
        with raises(kind, text):
            m.set_submodule(*args)


def test_get_parameter_and_buffer(lib):
    m = nested(lib)
    assert m.get_parameter("a.linear.weight") is m.a.linear.weight
    assert m.get_buffer("a.b") is m.a.b
    for get, path, text in (
        (m.get_parameter, "a.b", "`b` is not an nn.Parameter"),
        (m.get_parameter, "a.x", "Module has no attribute `x`"),
        (m.get_parameter, "a.plain.x", "`plain` is not an nn.Module"),
        (m.get_buffer, "a.plain", "`plain` is not a buffer"),
        (m.get_buffer, "x", "Module has no attribute `x`"),
    ):
        with raises(AttributeError, text):
            get(path)


# ---- iteration ---------------------------------------------------------------------------------


def test_order_is_registration_order(lib):
    m = two_layers(lib)
    expected = ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert names(m.named_parameters()) == expected == list(m.state_dict())
    assert [p is q for p, (_, q) in zip(m.parameters(), m.named_parameters())] == [True] * 4
    assert names(m.named_modules()) == ["", "0", "1", "2"]
    assert names(m.named_children()) == ["0", "1", "2"]
    assert names(m.named_parameters(prefix="net")) == [f"net.{name}" for name in expected]
    assert names(m.named_modules(prefix="net")) == ["net", "net.0", "net.1", "net.2"]


def test_own_parameters_come_before_those_of_children(lib):
    m = lib.nn.Module()
    m.child = lib.nn.Linear(1, 1)
    m.own = lib.nn.Parameter(lib.ones(1))
    assert names(m.named_parameters()) == ["own", "child.weight", "child.bias"]
    assert names(m.named_parameters(recurse=False)) == ["own"]
    assert len(list(m.parameters(recurse=False))) == 1


def test_what_is_shared_is_counted_once(lib):
    m = lib.nn.Module()
    m.e = lib.nn.Linear(2, 2, bias=False)
    m.d = lib.nn.Linear(2, 2, bias=False)
    m.d.weight = m.e.weight
    m.again = m.e
    assert names(m.named_parameters()) == ["e.weight"]
    assert names(m.named_parameters(remove_duplicate=False)) == [
        "e.weight",
        "d.weight",
        "again.weight",
    ]
    assert list(m.state_dict()) == ["e.weight", "d.weight", "again.weight"]
    assert names(m.named_modules()) == ["", "e", "d"]
    assert names(m.named_modules(remove_duplicate=False)) == ["", "e", "d", "again"]
    assert len(list(m.modules())) == 3 and len(list(m.children())) == 2


def test_shared_buffers(lib):
    m = lib.nn.Module()
    b = lib.ones(1)
    m.register_buffer("one", b)
    m.register_buffer("two", b, persistent=False)
    assert names(m.named_buffers()) == ["one"] and len(list(m.buffers())) == 1
    assert names(m.named_buffers(remove_duplicate=False)) == ["one", "two"]


def test_a_cycle_ends_where_duplicates_are_removed(lib):
    m = lib.nn.Module()
    m.child = lib.nn.Module()
    m.child.parent = m
    assert names(m.named_modules()) == ["", "child"]
    assert list(m.parameters()) == []
    with pytest.raises(RecursionError):
        m.state_dict()
    with pytest.raises(RecursionError):
        m.eval()
    with pytest.raises(RecursionError):
        m.double()


# ---- calling -----------------------------------------------------------------------------------


def test_forward_is_what_a_subclass_defines(lib):
    class Add(lib.nn.Module):
        def forward(self, x, *, y=1):
            return x + y

    assert Add()(2, y=3) == 5 and Add()(2) == 3
    for kind in (lib.nn.Module, type("Empty", (lib.nn.Module,), {})):
        text = f'Module [{kind.__name__}] is missing the required "forward" function'
        with raises(NotImplementedError, text):
            kind()(1)


def test_the_articles_layer(lib):
    class Layer(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = lib.nn.Parameter(lib.randn(10, 5))
            self.bias = lib.nn.Parameter(lib.zeros(5))

        def forward(self, x):
            return lib.matmul(x, self.weight) + self.bias

    layer = Layer()
    assert [str(p.size()) for p in layer.parameters()] == [
        "torch.Size([10, 5])",
        "torch.Size([5])",
    ]
    layer(lib.ones(2, 10)).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0] * 5] * 10 and layer.bias.grad.tolist() == [2.0] * 5


def test_linear(lib):
    m = lib.nn.Linear(3, 2)
    with lib.no_grad():
        m.weight.copy_(lib.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]))
        m.bias.copy_(lib.tensor([10.0, 20.0]))
    assert m(lib.tensor([1.0, 1.0, 1.0])).tolist() == [16.0, 21.0]
    assert lib.nn.Linear(3, 2, bias=False).bias is None
    double = lib.nn.Linear(3, 2, dtype=lib.float64)
    assert double(lib.ones(5, 4, 3, dtype=lib.float64)).shape == (5, 4, 2)


def test_the_articles_transposed_weight_fails(lib):
    m = lib.nn.Linear(5, 2)
    m.weight = lib.nn.Parameter(lib.zeros(5, 2))
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (4x5 and 2x5)"):
        m(lib.ones(4, 5))


def test_reshaping_layers(lib):
    x = lib.zeros(2, 3, 4)
    assert lib.nn.Flatten()(x).shape == (2, 12)
    assert lib.nn.Flatten(0, 1)(x).shape == (6, 4)
    assert lib.nn.Identity(1, a=2)(x) is x
    assert repr(lib.nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"


def test_unflatten(lib):
    assert lib.nn.Unflatten(2, (2, 2))(lib.zeros(2, 3, 4)).shape == (2, 3, 2, 2)
    assert repr(lib.nn.Unflatten(1, [2, 2])) == "Unflatten(dim=1, unflattened_size=[2, 2])"
    with raises(TypeError, "unflattened_size must be a tuple of ints, but found type int"):
        lib.nn.Unflatten(1, 4)
    with raises(
        TypeError,
        "unflattened_size must be tuple of ints, but found element of type float at pos 1",
    ):
        lib.nn.Unflatten(1, (2, 2.0))


def test_relu_and_cross_entropy(lib):
    x = lib.tensor([-1.0, 2.0])
    assert lib.nn.ReLU()(x).tolist() == [0.0, 2.0] and x.tolist() == [-1.0, 2.0]
    assert lib.nn.ReLU(inplace=True)(x) is x and x.tolist() == [0.0, 2.0]
    assert repr(lib.nn.ReLU(True)) == "ReLU(inplace=True)"
    loss = lib.nn.CrossEntropyLoss(weight=lib.tensor([1.0, 3.0]))
    assert list(loss.state_dict()) == ["weight"] and list(loss.parameters()) == []
    x, y = lib.tensor([[2.0, 0.0], [0.0, 1.0]]), lib.tensor([0, 1])
    wanted = lib.nn.functional.cross_entropy(x, y, weight=lib.tensor([1.0, 3.0]))
    assert loss(x, y).item() == wanted.item()
    assert repr(loss) == "CrossEntropyLoss()" and lib.nn.CrossEntropyLoss().weight is None


@pytest.mark.parametrize(
    "flags, reduction",
    [
        ({"size_average": True}, "mean"),
        ({"size_average": False}, "sum"),
        ({"reduce": False}, "none"),
        ({"size_average": False, "reduce": True}, "sum"),
    ],
)
def test_the_old_arguments_of_a_loss(lib, flags, reduction):
    text = f"size_average and reduce args will be deprecated, please use reduction='{reduction}'"
    with pytest.warns(UserWarning, match=f"^{text} instead.$"):
        assert lib.nn.CrossEntropyLoss(**flags).reduction == reduction


# ---- modes -------------------------------------------------------------------------------------


def test_train_and_eval_reach_everything(lib):
    m = lib.nn.Sequential(two_layers(lib), lib.nn.Identity())
    assert m.eval() is m and not any(module.training for module in m.modules())
    assert m.train() is m and all(module.training for module in m.modules())
    with raises(ValueError, "training mode is expected to be boolean"):
        m.train(1)


def test_eval_does_not_stop_recording(lib):
    assert lib.nn.Linear(1, 1).eval()(lib.ones(1)).requires_grad


def test_requires_grad_freezes_parameters(lib):
    m = two_layers(lib)
    assert m.requires_grad_(False) is m
    assert not any(p.requires_grad for p in m.parameters())
    m[2].requires_grad_()
    m(lib.ones(1, 2)).sum().backward()
    assert m[0].weight.grad is None and m[2].weight.grad is not None


def test_zero_grad(lib):
    m = two_layers(lib)
    m(lib.ones(1, 2)).sum().backward()
    grad = m[2].bias.grad
    m.zero_grad(set_to_none=False)
    assert m[2].bias.grad is grad and grad.tolist() == [0.0]
    m.zero_grad()
    assert all(p.grad is None for p in m.parameters())


def test_zero_grad_cuts_the_history_of_a_gradient(lib):
    m = lib.nn.Linear(1, 1, bias=False)
    (grad,) = lib.autograd.grad((m(lib.ones(1)) ** 2).sum(), [m.weight], create_graph=True)
    m.weight.grad = grad * 1
    assert m.weight.grad.grad_fn is not None
    m.zero_grad(set_to_none=False)
    assert m.weight.grad.grad_fn is None and not m.weight.grad.requires_grad


def test_apply(lib):
    seen = []
    m = lib.nn.Sequential(lib.nn.Sequential(lib.nn.ReLU()), lib.nn.Identity())
    assert m.apply(lambda module: seen.append(type(module).__name__)) is m
    assert seen == ["ReLU", "Sequential", "Identity", "Sequential"]


# ---- moving ------------------------------------------------------------------------------------


def moved_module(lib):
    m = lib.nn.Module()
    m.child = lib.nn.Linear(2, 1)
    m.register_buffer("saved", lib.ones(1))
    m.register_buffer("kept", lib.ones(1), persistent=False)
    m.register_buffer("count", lib.tensor(3))
    m.plain = lib.ones(1)
    return m


def dtypes(lib, m):
    tensors = (m.child.weight, m.saved, m.kept, m.count, m.plain)
    return [str(t.dtype).removeprefix("torch.") for t in tensors]


def test_casts_reach_parameters_and_buffers_only(lib):
    m = moved_module(lib)
    assert m.double() is m
    assert dtypes(lib, m) == ["float64", "float64", "float64", "int64", "float32"]
    assert dtypes(lib, m.half()) == ["float16", "float16", "float16", "int64", "float32"]
    assert dtypes(lib, m.float()) == ["float32"] * 3 + ["int64", "float32"]
    assert dtypes(lib, m.to(lib.float64)) == ["float64"] * 3 + ["int64", "float32"]
    assert dtypes(lib, m.to(lib.ones(1))) == ["float32"] * 3 + ["int64", "float32"]
    assert dtypes(lib, m.to("cpu", lib.float16)) == ["float16"] * 3 + ["int64", "float32"]
    assert dtypes(lib, m.to(dtype=lib.float64)) == ["float64"] * 3 + ["int64", "float32"]
    assert dtypes(lib, m.cpu().to(device="cpu")) == ["float64"] * 3 + ["int64", "float32"]
    assert dtypes(lib, m.type(lib.float32)) == ["float32"] * 5
    assert dtypes(lib, m.type("torch.DoubleTensor")) == ["float64"] * 4 + ["float32"]


def test_a_parameter_keeps_its_identity_and_its_gradient(lib):
    m = lib.nn.Linear(2, 1)
    weight = m.weight
    m(lib.ones(2)).sum().backward()
    grad = weight.grad
    m.double()
    assert m.weight is weight and type(weight) is lib.nn.Parameter and weight.is_leaf
    assert weight.grad is grad and grad.dtype is lib.float64 and grad.tolist() == [[1.0, 1.0]]
    m.zero_grad()
    m(lib.ones(2, dtype=lib.float64)).sum().backward()
    assert weight.grad.dtype is lib.float64


def test_a_frozen_parameter_stays_frozen(lib):
    m = lib.nn.Linear(2, 1).requires_grad_(False).double()
    assert not m.weight.requires_grad


def test_shared_parameters_stay_shared(lib):
    m = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 2))
    m[1].weight = m[0].weight
    m.double()
    assert m[1].weight is m[0].weight


def test_to_refuses_integers(lib):
    with raises(
        TypeError,
        "nn.Module.to only accepts floating point or complex dtypes, but got desired "
        "dtype=torch.int64",
    ):
        lib.nn.Linear(1, 1).to(lib.int64)


@pytest.mark.parametrize("wrong", [3, 1.5, [], "device", "tensor"])
def test_type_wants_a_dtype_or_its_name(lib, wrong):
    wrong = {"device": lib.device("cpu"), "tensor": lib.ones(1)}.get(str(wrong), wrong)
    for kind in (lib.nn.Linear(1, 1).type, lib.ones(1).type):
        with raises(TypeError, "dtype must be a type, str, or dtype object"):
            kind(wrong)


TO_FORMS = (
    "to() received an invalid combination of arguments - got ({}), but expected one of:\n"
    " * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, "
    "bool copy = False, *, torch.memory_format memory_format = None)\n"
    " * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)\n"
    " * (Tensor tensor, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)\n"
)


def test_to_takes_three_forms(lib):
    m = lib.nn.Linear(1, 1)
    assert m.to() is m.to(None) is m.to(tensor=lib.ones(1)) is m.to("cpu", None, True) is m
    for args, kwargs, got in (
        (("cpu", "cpu"), {}, "str, str"),
        ((lib.float64, lib.float32), {}, "torch.dtype, torch.dtype"),
        ((lib.float64, "cpu"), {}, "torch.dtype, str"),
        ((lib.ones(1), lib.float32), {}, "Tensor, torch.dtype"),
        (("cpu",), {"device": "cpu"}, "str, device=str"),
        ((m,), {}, "Linear"),
        ((), {"dtype": "float32"}, "dtype=str, "),
        ((), {"bogus": 1}, "bogus=int, "),
    ):
        with raises(TypeError, TO_FORMS.format(got)):
            m.to(*args, **kwargs)
    with raises(RuntimeError, ".to() does not accept copy argument"):
        m.to(lib.float64, copy=True)
    assert m.weight.dtype is lib.float32


def test_apply_takes_one_module_only(lib):
    m = lib.nn.Sequential(lib.nn.Linear(1, 1))
    m.p = lib.nn.Parameter(lib.ones(1))
    m._apply(lambda t: t.double(), recurse=False)
    assert m.p.dtype is lib.float64 and m[0].weight.dtype is lib.float32


# ---- repr --------------------------------------------------------------------------------------


def test_repr_of_nested_modules(lib):
    assert repr(lib.nn.Module()) == "Module()"
    assert repr(lib.nn.Sequential(two_layers(lib), lib.nn.Identity())) == (
        "Sequential(\n"
        "  (0): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (1): ReLU()\n"
        "    (2): Linear(in_features=3, out_features=1, bias=True)\n"
        "  )\n"
        "  (1): Identity()\n"
        ")"
    )


@pytest.mark.parametrize(
    "extra, child, text",
    [
        ("a=1", False, "Shown(a=1)"),
        ("a=1\nb=2", False, "Shown(\n  a=1\n  b=2\n)"),
        ("a=1", True, "Shown(\n  a=1\n  (child): Identity()\n)"),
        ("a=1\n\nb", True, "Shown(\n  a=1\n  \n  b\n  (child): Identity()\n)"),
    ],
)
def test_extra_repr(lib, extra, child, text):
    class Shown(lib.nn.Module):
        def extra_repr(self):
            return extra

    m = Shown()
    if child:
        m.child = lib.nn.Identity()
    assert repr(m) == text


def test_repr_of_a_missing_child_and_of_blank_lines(lib):
    class Tall(lib.nn.Module):
        def extra_repr(self):
            return "one\n\ntwo"

    m = lib.nn.Module()
    m.add_module("left", None)
    m.tall = Tall()
    assert repr(m) == "Module(\n  (left): None\n  (tall): Tall(\n    one\n\n    two\n  )\n)"


# ---- copies ------------------------------------------------------------------------------------


def test_deepcopy_is_independent_and_keeps_ties(lib):
    m = two_layers(lib)
    m.register_buffer("b", lib.ones(1), persistent=False)
    m.tied = m[0]
    m.eval()
    other = copy.deepcopy(m)
    assert other.tied is other[0] and other[0] is not m[0] and not other.training
    assert list(other.state_dict()) == list(m.state_dict())
    with lib.no_grad():
        other[0].weight.zero_()
    assert m[0].weight.abs().sum().item() > 0
    assert other._non_persistent_buffers_set == {"b"}


def test_pickle(lib):
    m = two_layers(lib).eval()
    other = pickle.loads(pickle.dumps(m))
    assert repr(other) == repr(m) and not other.training
    x = lib.ones(1, 2)
    assert other(x).tolist() == m(x).tolist()


def test_setstate_fills_in_what_older_versions_had_not(lib):
    m = lib.nn.Linear(1, 1)
    state = dict(m.__dict__)
    for newer in ("_forward_hooks_with_kwargs", "_state_dict_pre_hooks", "_backward_pre_hooks"):
        del state[newer]
    old = lib.nn.Linear.__new__(lib.nn.Linear)
    old.__setstate__(state)
    assert old(lib.ones(1)).tolist() == m(lib.ones(1)).tolist()
    assert list(old.state_dict()) == ["weight", "bias"]
