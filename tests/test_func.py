"""func.functional_call: a module called with other parameters, and unharmed by it."""

import pytest
from exact import raises

import minitorch


def doubled(lib, module):
    return {name: 2 * p.detach() for name, p in module.named_parameters()}


def state(module):
    """What must be there again afterwards: the same objects in the same places."""
    return [
        (path, place, name, id(value))
        for path, owner in module.named_modules(remove_duplicate=False)
        for place in ("_parameters", "_buffers", "__dict__")
        for name, value in getattr(owner, place).items()
        if not isinstance(value, dict)
    ]


@pytest.fixture
def model(lib):
    lib.manual_seed(0)
    return lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 2))


@pytest.fixture
def tied(lib):
    """`a.weight` and `b.weight` are one parameter, `c` is another name of the module `a`."""

    class Tied(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = lib.nn.Linear(2, 2, bias=False)
            self.b = lib.nn.Linear(2, 2, bias=False)
            self.b.weight = self.a.weight
            lib.nn.init.ones_(self.a.weight)

        def forward(self, x):
            return self.a(x) + 10 * self.b(x)

    return Tied()


# ---- the call ----------------------------------------------------------------------------------


def test_it_computes_with_the_given_tensors_and_restores_the_own(lib):
    layer = lib.nn.Linear(3, 2)
    before, x = state(layer), lib.ones(5, 3)
    out = lib.func.functional_call(layer, doubled(lib, layer), (x,))
    assert lib.allclose(out, 2 * layer(x))
    assert state(layer) == before


def test_arguments(lib):
    class Echo(lib.nn.Module):
        def forward(self, *args, **kwargs):
            return args, kwargs

    call = lib.func.functional_call
    assert call(Echo(), {}) == ((), {})
    assert call(Echo(), {}, 1) == ((1,), {})
    assert call(Echo(), {}, [1, 2]) == (([1, 2],), {})
    assert call(Echo(), {}, (1, 2), {"a": 3}) == ((1, 2), {"a": 3})


def test_gradients_flow_to_what_was_given(lib, model):
    given = {name: p.detach().requires_grad_() for name, p in model.named_parameters()}
    lib.func.functional_call(model, given, lib.randn(5, 3)).sum().backward()
    assert all(p.grad is not None for p in given.values())
    assert all(p.grad is None for p in model.parameters())


def test_what_is_not_given_stays(lib):
    layer = lib.nn.Linear(2, 1)
    x, weight = lib.ones(2), lib.zeros(1, 2)
    out = lib.func.functional_call(layer, {"weight": weight}, x)
    assert out.tolist() == layer.bias.tolist()


def test_hooks_run(lib):
    layer, seen = lib.nn.Identity(), []
    layer.register_forward_hook(lambda *args: seen.append(args))
    lib.func.functional_call(layer, {}, 1)
    assert len(seen) == 1


def test_several_dictionaries(lib, model):
    parameters, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    buffers = {name: b.clone() for name, b in buffers.items()}
    x = lib.randn(5, 3)
    out = lib.func.functional_call(model, (parameters, buffers), x)
    assert model[1].num_batches_tracked == 0 and buffers["1.num_batches_tracked"] == 1
    assert lib.allclose(out, model(x))


def test_what_forward_puts_in_the_places_goes_to_the_dictionary(lib):
    class Counter(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", lib.zeros(()))

        def forward(self, x):
            self.count = self.count + 1
            return x

    counter, given = Counter(), {"count": lib.tensor(5.0)}
    lib.func.functional_call(counter, given, 0)
    assert given["count"] == 6 and counter.count == 0


def test_a_name_that_is_not_there_is_an_attribute_for_the_time_of_the_call(lib):
    class Reader(lib.nn.Module):
        def forward(self):
            return self.extra

    reader = Reader()
    assert lib.func.functional_call(reader, {"extra": lib.tensor(3.0)}) == 3
    assert not hasattr(reader, "extra")


def test_none_stands_for_no_parameter(lib):
    layer = lib.nn.Linear(2, 1)
    out = lib.func.functional_call(layer, {"bias": None}, lib.zeros(2))
    assert out.tolist() == [0] and layer.bias is not None


# ---- tied weights ------------------------------------------------------------------------------


def test_tied_names_stay_tied(lib, tied):
    x, twos = lib.ones(1, 2), lib.full((2, 2), 2.0)
    call = lib.func.functional_call
    assert call(tied, {"a.weight": twos}, x).tolist() == [[44, 44]]
    assert call(tied, {"a.weight": twos}, x, tie_weights=False).tolist() == [[24, 24]]
    assert call(tied, {"a.weight": twos, "b.weight": twos}, x).tolist() == [[44, 44]]
    assert tied(x).tolist() == [[22, 22]] and tied.a.weight is tied.b.weight


def test_different_values_for_tied_names(lib, tied):
    given = {"a.weight": lib.zeros(2, 2), "b.weight": lib.ones(2, 2)}
    with raises(ValueError, "functional_call got multiple values for keys ['a.weight', "
                "'b.weight'], which are tied. Consider using tie_weights=False"):  # fmt: skip
        lib.func.functional_call(tied, given, lib.ones(1, 2))
    out = lib.func.functional_call(tied, given, lib.ones(1, 2), tie_weights=False)
    assert out.tolist() == [[20, 20]]


def test_the_dictionary_does_not_get_the_tied_names(lib, tied):
    given = {"a.weight": lib.zeros(2, 2)}
    lib.func.functional_call(tied, given, lib.ones(1, 2))
    assert list(given) == ["a.weight"]


def test_minitorch_restores_where_two_paths_lead_to_one_place_and_torch_does_not(lib):
    layer = lib.nn.Linear(1, 1, bias=False)
    model = lib.nn.Sequential(layer, layer)
    weight = layer.weight
    lib.func.functional_call(model, {"0.weight": lib.zeros(1, 1)}, lib.ones(1, 1))
    assert (layer.weight is weight) == (lib is minitorch)


# ---- errors, after which everything is as it was -----------------------------------------------


def test_dictionaries_that_are_none(lib, model):
    call = lib.func.functional_call
    with raises(ValueError, "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of "
                "dicts, but got <class 'int'>"):  # fmt: skip
        call(model, 3)
    with raises(ValueError, "Expected all elements of parameter_and_buffer_dicts to be "
                "dictionaries"):  # fmt: skip
        call(model, ({}, 3))
    with raises(ValueError, "['0.bias'] appeared in multiple dictionaries; behavior of functional "
                "call is ambiguous"):  # fmt: skip
        call(model, ({"0.bias": None}, {"0.bias": None}))


def test_strict(lib):
    layer = lib.nn.Linear(2, 1)
    given = {"weight": lib.ones(1, 2), "b": lib.ones(1), "a": lib.ones(1)}
    with raises(RuntimeError, "Error(s) in reparametrizing for Linear:\n\tUnexpected key(s): 'a', "
                "'b'.\n\tMissing key(s): 'bias'."):  # fmt: skip
        lib.func.functional_call(layer, given, lib.ones(2), strict=True)


BROKEN = {
    "0.nowhere.weight": (AttributeError, "Linear has no attribute `nowhere`"),
    "nowhere.weight": (AttributeError, "Sequential has no attribute `nowhere`"),
    "0.weight.x": (TypeError, None),  # the text has the numbers of the weight
    "0.": (KeyError, 'tensor name can\'t be empty string ""'),
    "0.in_features": (TypeError, "attribute `in_features`: 3 is not an instance of torch.Tensor"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_wrong_paths(lib, model, path):
    before, (kind, text) = state(model), BROKEN[path]
    given = {"0.bias": lib.zeros(4), "2.new": lib.zeros(1), path: lib.zeros(1)}
    if text is None:
        text = f"submodule `0.weight`: {model[0].weight} is not an instance of torch.nn.Module"
    with raises(kind, text):
        lib.func.functional_call(model, given, lib.ones(5, 3))
    assert state(model) == before


def test_values_must_be_tensors(lib, model):
    before = state(model)
    with raises(TypeError, "[1] is not an instance of torch.Tensor"):
        lib.func.functional_call(model, {"0.bias": lib.zeros(4), "0.weight": [1]})
    assert state(model) == before


def test_an_error_in_forward(lib, model):
    before = state(model)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        lib.func.functional_call(model, doubled(lib, model), lib.ones(5, 7))
    assert state(model) == before


# ---- with a parametrization --------------------------------------------------------------------


def test_the_original_of_a_parametrization_may_be_given(lib):
    class Double(lib.nn.Module):
        def forward(self, x):
            return 2 * x

    layer = lib.nn.Linear(1, 1, bias=False)
    lib.nn.utils.parametrize.register_parametrization(layer, "weight", Double())
    given = {"parametrizations.weight.original": lib.tensor([[3.0]])}
    assert lib.func.functional_call(layer, given, lib.ones(1, 1)).tolist() == [[6]]
