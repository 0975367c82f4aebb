"""Saving and loading a module, on minitorch and on torch alike.

The one difference is at the end: a load that raises leaves a minitorch module as it was, and a
torch module half loaded.
"""

import copy
import pickle
import warnings
from collections import OrderedDict

import pytest
from exact import raises
from hypothesis import given, settings
from hypothesis import strategies as st


def two_layers(lib):
    return lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 1))


def with_buffers(lib, persistent=True):
    m = lib.nn.Module()
    m.p = lib.nn.Parameter(lib.ones(1))
    m.register_buffer("b", lib.ones(1), persistent=persistent)
    return m


def error_text(module, *lines):
    return "Error(s) in loading state_dict for {}:\n\t{}".format(
        type(module).__name__, "\n\t".join(lines)
    )


def values(module):
    return {name: t.tolist() for name, t in module.state_dict().items()}


# ---- saving ------------------------------------------------------------------------------------


def test_the_dictionary(lib):
    m = two_layers(lib)
    m.register_buffer("b", lib.ones(1))
    m.register_buffer("skipped", lib.ones(1), persistent=False)
    m.register_buffer("none", None)
    sd = m.state_dict()
    assert type(sd) is OrderedDict
    assert list(sd) == ["b", "0.weight", "0.bias", "1.weight", "1.bias"]
    assert sd._metadata == {"": {"version": 1}, "0": {"version": 1}, "1": {"version": 1}}
    assert list(m.state_dict(prefix="net.")) == [f"net.{name}" for name in sd]
    assert list(m.state_dict(prefix="net.")._metadata) == ["net", "net.0", "net.1"]


def test_the_values_are_references(lib):
    m = lib.nn.Linear(1, 1)
    sd, frozen = m.state_dict(), copy.deepcopy(m.state_dict())
    assert type(sd["weight"]) is lib.Tensor and not sd["weight"].requires_grad
    before = m.weight.item()
    with lib.no_grad():
        m.weight.add_(1)
    assert sd["weight"].item() == m.weight.item() and frozen["weight"].item() == before
    sd["weight"].zero_()
    assert m.weight.item() == 0
    assert m.state_dict(keep_vars=True)["weight"] is m.weight


def test_a_deepcopy_keeps_the_metadata(lib):
    sd = two_layers(lib).state_dict()
    assert copy.deepcopy(sd)._metadata == sd._metadata
    assert pickle.loads(pickle.dumps(sd))._metadata == sd._metadata


def test_a_destination_is_filled(lib):
    mine = {"x": 1}
    m = lib.nn.Linear(1, 1)
    assert m.state_dict(destination=mine, prefix="a.") is mine
    assert list(mine) == ["x", "a.weight", "a.bias"]


def test_positional_arguments_are_deprecated(lib):
    mine = OrderedDict()
    m = lib.nn.Linear(1, 1)
    with pytest.warns(FutureWarning) as caught:
        sd = m.state_dict(mine, "a.", True)
    assert [str(w.message) for w in caught] == [
        "Positional args are being deprecated, use kwargs instead. Refer to "
        "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict"
        " for details."
    ]
    assert sd is mine and sd["a.weight"] is m.weight


# ---- loading -----------------------------------------------------------------------------------


def test_a_load_copies_into_the_parameters(lib):
    a, b = two_layers(lib), two_layers(lib)
    weight = b[0].weight
    b[0].requires_grad_(False).eval()
    result = b.load_state_dict(a.state_dict())
    assert values(a) == values(b) and b[0].weight is weight
    assert not weight.requires_grad and not b[0].training
    assert weight.data_ptr() != a[0].weight.data_ptr()
    assert repr(result) == str(result) == "<All keys matched successfully>"
    assert result.missing_keys == [] and result.unexpected_keys == []


def test_any_mapping_will_do(lib):
    m = lib.nn.Linear(1, 1, bias=False)
    m.load_state_dict({"weight": lib.full((1, 1), 3.0)})
    assert m.weight.item() == 3
    m.load_state_dict(OrderedDict(weight=lib.full((1, 1), 4)))  # integers are converted
    assert m.weight.item() == 4 and m.weight.dtype is lib.float32
    for wrong in ([], None, "weight"):
        with raises(TypeError, f"Expected state_dict to be dict-like, got {type(wrong)}."):
            m.load_state_dict(wrong)


def test_missing_and_unexpected_names(lib):
    m = two_layers(lib)
    sd = m.state_dict()
    sd["module.weight"] = sd.pop("0.weight")
    sd["x"] = sd["1.bias"]
    sd["0.x"] = sd["1.bias"]
    sd["1.y.z"] = sd["1.bias"]
    with raises(
        RuntimeError,
        error_text(
            m,
            'Missing key(s) in state_dict: "0.weight". ',
            'Unexpected key(s) in state_dict: "module.weight", "x", "0.x", "1.y.z". ',
        ),
    ):
        m.load_state_dict(sd)
    result = m.load_state_dict(sd, strict=False)
    assert result.missing_keys == ["0.weight"]
    assert result.unexpected_keys == ["module.weight", "x", "0.x", "1.y.z"]
    assert repr(m.load_state_dict({"1.bias": lib.ones(1), "x": 3}, strict=False)) == (
        "_IncompatibleKeys(missing_keys=['0.weight', '0.bias', '1.weight'], unexpected_keys=['x'])"
    )
    missing, unexpected = m.load_state_dict(sd, strict=False)
    assert missing == ["0.weight"] and len(unexpected) == 4


def test_what_does_not_fit_is_reported_together(lib):
    m = two_layers(lib)
    sd = m.state_dict()
    del sd["0.weight"]
    sd["0.bias"], sd["1.weight"], sd["1.bias"] = lib.ones(3), [1.0, 2.0], lib.ones(1, 1)
    lines = [
        "size mismatch for 0.bias: copying a param with shape torch.Size([3]) from checkpoint, "
        "the shape in current model is torch.Size([2]).",
        'While copying the parameter named "1.weight", expected torch.Tensor or Tensor-like object '
        "from checkpoint but received <class 'list'>",
        "size mismatch for 1.bias: copying a param with shape torch.Size([1, 1]) from checkpoint, "
        "the shape in current model is torch.Size([1]).",
    ]
    missing = 'Missing key(s) in state_dict: "0.weight". '
    with raises(RuntimeError, error_text(m, missing, *lines)):
        m.load_state_dict(sd)
    with raises(RuntimeError, error_text(m, *lines)):
        m.load_state_dict(sd, strict=False)


def test_a_copy_that_fails_is_reported(lib):
    m = lib.nn.Module()
    m.register_buffer("b", lib.ones(1).expand(3))
    with pytest.raises(RuntimeError) as caught:
        m.load_state_dict({"b": lib.zeros(3)})
    start = (
        'Error(s) in loading state_dict for Module:\n\tWhile copying the parameter named "b", '
        "whose dimensions in the model are torch.Size([3]) and whose dimensions in the checkpoint "
        "are torch.Size([3]), an exception occurred : ('"
    )
    assert str(caught.value).startswith(start) and m.b.tolist() == [1.0] * 3


def test_one_number_fits_a_scalar(lib):
    m = lib.nn.Module()
    m.register_buffer("n", lib.tensor(1))
    m.load_state_dict({"n": lib.tensor([5])})
    assert m.n.item() == 5 and m.n.shape == ()


def test_changing_persistence_changes_the_names(lib):
    saved, unsaved = with_buffers(lib), with_buffers(lib, persistent=False)
    with raises(RuntimeError, error_text(unsaved, 'Unexpected key(s) in state_dict: "b". ')):
        unsaved.load_state_dict(saved.state_dict())
    with raises(RuntimeError, error_text(saved, 'Missing key(s) in state_dict: "b". ')):
        saved.load_state_dict(unsaved.state_dict())


def test_tied_weights_stay_tied_unless_assigned(lib):
    def tied():
        m = two_layers(lib)
        m[1].weight = m[0].weight
        m[1].bias = None
        return m

    m, sd = tied(), copy.deepcopy(tied().state_dict())
    m.load_state_dict(sd)
    assert m[1].weight is m[0].weight
    m.load_state_dict(sd, assign=True)
    assert m[1].weight is not m[0].weight
    assert [name for name, _ in m.named_parameters()] == ["0.weight", "0.bias", "1.weight"]


def test_assign_takes_the_tensors_themselves(lib):
    m = with_buffers(lib)
    m.p.requires_grad_(False)
    old = m.p
    new, b = lib.zeros(1, dtype=lib.float64), lib.zeros(1, dtype=lib.float64)
    m.load_state_dict({"p": new, "b": b}, assign=True)
    assert m.p is not old and type(m.p) is lib.nn.Parameter and not m.p.requires_grad
    assert m.p.data_ptr() == new.data_ptr() and m.p.dtype is lib.float64 and m.b is b
    p = lib.nn.Parameter(lib.ones(1))
    m.load_state_dict({"p": p, "b": b}, assign=True)
    assert m.p is p and not p.requires_grad


def test_a_graph_notices_a_load(lib):
    m = lib.nn.Linear(1, 1)
    loss = (m(lib.ones(1)) * m.weight).sum()
    m.load_state_dict(copy.deepcopy(m.state_dict()))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


# ---- any tree of modules -----------------------------------------------------------------------

KINDS = ("parameter", "buffer", "cache")
TENSORS = st.tuples(st.sampled_from(KINDS), st.lists(st.integers(0, 3), max_size=3))
NAMES = st.text("ab", min_size=1, max_size=3)
TREES = st.dictionaries(
    NAMES, st.recursive(TENSORS, lambda inner: st.dictionaries(NAMES, inner)), max_size=5
)


def planted(lib, tree):
    """A module with the tensors of a tree {name: (kind, shape) or tree}, all random."""
    m = lib.nn.Module()
    for name, node in tree.items():
        if isinstance(node, dict):
            m.add_module(name, planted(lib, node))
        elif node[0] == "parameter":
            m.register_parameter(name, lib.nn.Parameter(lib.randn(node[1])))
        else:
            m.register_buffer(name, lib.randn(node[1]), persistent=node[0] == "buffer")
    return m


def expected_names(tree, prefix=""):
    """The names that are saved: of each module first its parameters, its buffers, its children."""
    tensors = {name: node[0] for name, node in tree.items() if not isinstance(node, dict)}
    for kind in ("parameter", "buffer"):
        yield from (prefix + name for name in tensors if tensors[name] == kind)
    for name, node in tree.items():
        if isinstance(node, dict):
            yield from expected_names(node, f"{prefix}{name}.")


@settings(max_examples=50, deadline=None)
@given(TREES)
def test_round_trip(tree):
    import minitorch

    a, b = planted(minitorch, tree), planted(minitorch, tree)
    sd = a.state_dict()
    assert list(sd) == list(expected_names(tree))
    caches = [buffer.tolist() for buffer in b.buffers()]
    assert repr(b.load_state_dict(pickle.loads(pickle.dumps(sd)))) == (
        "<All keys matched successfully>"
    )
    assert values(b) == values(a)
    for (name, buffer), before in zip(b.named_buffers(), caches):
        assert name in sd or buffer.tolist() == before


# ---- what a class may say about its own part ---------------------------------------------------


def renamed(lib):
    """Version 2 of a module: what version 1 called `old` is `new`."""

    class Renamed(lib.nn.Module):
        _version = 2

        def __init__(self):
            super().__init__()
            self.new = lib.nn.Parameter(lib.ones(1))

        def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
            if local_metadata.get("version", 1) < 2:
                state_dict[prefix + "new"] = state_dict.pop(prefix + "old")
            super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    return Renamed()


def test_versions(lib):
    m = lib.nn.Sequential(renamed(lib))
    assert m.state_dict()._metadata == {"": {"version": 1}, "0": {"version": 2}}
    old = OrderedDict({"0.old": lib.full((1,), 7.0)})
    assert repr(m.load_state_dict(old)) == "<All keys matched successfully>"
    assert m[0].new.item() == 7 and list(old) == ["0.old"]
    m.load_state_dict(m.state_dict())


def test_saving_may_be_overridden(lib):
    class Doubled(lib.nn.Linear):
        def _save_to_state_dict(self, destination, prefix, keep_vars):
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "twice"] = self.weight.detach() * 2

    m = lib.nn.Sequential(Doubled(1, 1))
    assert list(m.state_dict()) == ["0.weight", "0.bias", "0.twice"]


def counter(lib, with_setter=True):
    class Counter(lib.nn.Module):
        steps = 0

        def get_extra_state(self):
            return {"steps": self.steps}

        if with_setter:

            def set_extra_state(self, state):
                self.steps = state["steps"]

    return Counter()


def test_extra_state(lib):
    m = lib.nn.Sequential(counter(lib))
    m[0].steps = 5
    sd = m.state_dict()
    assert sd == {"0._extra_state": {"steps": 5}}
    m[0].steps = 0
    m.load_state_dict(sd)
    assert m[0].steps == 5
    missing = 'Missing key(s) in state_dict: "0._extra_state". '
    with raises(RuntimeError, error_text(m, missing)):
        m.load_state_dict({})
    unexpected = 'Unexpected key(s) in state_dict: "0._extra_state". '
    without = lib.nn.Sequential(counter(lib, with_setter=False))
    with raises(RuntimeError, error_text(without, unexpected)):
        without.load_state_dict(sd)


def test_extra_state_is_not_called_where_it_is_not_defined(lib):
    for name, args in (("get_extra_state", ()), ("set_extra_state", (1,))):
        with raises(
            RuntimeError,
            f"Reached a code path in Module.{name}() that should never be called. Please file an "
            "issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to "
            "report this bug.",
        ):
            getattr(lib.nn.Module(), name)(*args)


# ---- hooks -------------------------------------------------------------------------------------


def test_hooks_on_saving(lib):
    log = []
    m = two_layers(lib)
    m[0].register_state_dict_pre_hook(
        lambda module, prefix, keep_vars: log.append((module is m[0], prefix, keep_vars))
    )

    def drop_bias(module, state_dict, prefix, local_metadata):
        log.append(local_metadata)
        del state_dict[prefix + "bias"]

    handle = m[0].register_state_dict_post_hook(drop_bias)
    assert list(m.state_dict(prefix="a.", keep_vars=True)) == [
        "a.0.weight", "a.1.weight", "a.1.bias",
    ]  # fmt: skip
    assert log == [(True, "a.0.", True), {"version": 1}]
    handle.remove()
    m.register_state_dict_post_hook(lambda *args: {})
    with raises(RuntimeError, "state_dict post-hook must return None"):
        m.state_dict()


def test_the_private_saving_hook_replaces_the_result_of_the_root(lib):
    m = two_layers(lib)
    m._register_state_dict_hook(lambda module, state_dict, prefix, metadata: {"all": 1})
    assert m.state_dict() == {"all": 1}

    def public(*args):
        return None

    m.register_state_dict_post_hook(public)
    with raises(
        RuntimeError,
        "Cannot register the same function as the state dict post hook that was previously "
        "registered via register_state_dict_post_hook",
    ):
        m._register_state_dict_hook(public)


def rename_old(module, state_dict, prefix, *rest):
    state_dict[prefix + "weight"] = state_dict.pop(prefix + "old")


def test_hooks_before_loading(lib):
    m = lib.nn.Sequential(lib.nn.Linear(1, 1, bias=False))
    m[0].register_load_state_dict_pre_hook(rename_old)
    mine = {"0.old": lib.full((1, 1), 3.0)}
    m.load_state_dict(mine)
    assert m[0].weight.item() == 3 and list(mine) == ["0.old"]
    seen = []
    m[0]._register_load_state_dict_pre_hook(lambda *args: seen.append(args))
    m.load_state_dict(mine)
    state_dict, prefix, metadata, strict, missing, unexpected, errors = seen[0]
    assert list(state_dict) == ["0.weight"] and prefix == "0." and metadata == {} and strict is True
    assert missing == unexpected == errors == []
    m[0]._register_load_state_dict_pre_hook(lambda module, *args: seen.append(module), True)
    m.load_state_dict(mine)
    assert seen[-1] is m[0]


def test_hooks_before_loading_follow_a_copy(lib):
    m = lib.nn.Linear(1, 1, bias=False)
    m.register_load_state_dict_pre_hook(rename_old)
    m._register_load_state_dict_pre_hook(rename_nothing)
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        other.load_state_dict({"old": lib.full((1, 1), 3.0)})
        assert other.weight.item() == 3 and m.weight.item() != 3


def rename_nothing(state_dict, prefix, *rest):
    assert isinstance(state_dict, OrderedDict) and prefix == ""


def test_hooks_after_loading(lib):
    log = []
    m = two_layers(lib)
    m.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    m[0].register_load_state_dict_post_hook(
        lambda module, keys: log.append((module is m[0], list(keys.missing_keys)))
    )
    assert repr(m.load_state_dict({})) == "<All keys matched successfully>"
    assert log == [(True, ["0.weight", "0.bias"])]
    m.register_load_state_dict_post_hook(lambda module, keys: keys)
    with raises(
        AssertionError,
        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return "
        "new values, if incompatible_keys need to be modified, it should be done inplace.",
    ):
        m.load_state_dict(m.state_dict())


# ---- a load that raises ------------------------------------------------------------------------


def test_torch_leaves_it_half_loaded_and_minitorch_as_it_was(lib):
    m = two_layers(lib)
    before = values(m)
    sd = {name: t * 0 for name, t in m.state_dict().items()}
    sd["1.bias"] = lib.ones(5)
    with pytest.raises(RuntimeError):
        m.load_state_dict(sd)
    assert (values(m) == before) is (lib.__name__ == "minitorch")


@pytest.fixture
def mini():
    import minitorch

    return minitorch


def broken_loads(lib):
    """(module, state dict, strict, assign): each load raises after it has written something."""
    m = two_layers(lib)
    good = {name: t * 0 + 9 for name, t in m.state_dict().items()}
    yield m, {**good, "1.bias": lib.ones(5)}, True, False
    yield two_layers(lib), {**good, "1.bias": lib.ones(5)}, True, True
    yield two_layers(lib), {**good, "1.bias": "text"}, False, False
    yield two_layers(lib), {**good, "extra": lib.ones(1)}, True, False
    yield two_layers(lib), {**good, 3: lib.ones(1)}, True, False
    yield two_layers(lib), {name: good[name] for name in list(good)[:-1]}, True, True

    m = two_layers(lib)
    m[1].register_load_state_dict_post_hook(lambda module, keys: 1 / 0)
    yield m, good, True, False

    m = two_layers(lib)
    m[1].register_load_state_dict_pre_hook(lambda *args: 1 / 0)
    yield m, good, True, True

    class Remembers(type(counter(lib))):
        def set_extra_state(self, state):
            self.steps = state["steps"]
            self.history.append(self.steps)

    m = lib.nn.Sequential(Remembers(), lib.nn.Linear(1, 1))
    m[0].history = [1]
    sd = {"0._extra_state": {"steps": 7}, "1.weight": lib.ones(1, 1)}
    yield m, sd, True, False

    m = lib.nn.Sequential(renamed(lib), lib.nn.Linear(1, 1))
    yield m, {"0.old": lib.zeros(1), "1.weight": lib.zeros(1, 1)}, True, False

    class Grows(lib.nn.Module):
        def _load_from_state_dict(self, state_dict, prefix, *rest):
            for name in state_dict:
                self.register_buffer(name, state_dict[name])
            raise ZeroDivisionError

    m = Grows()
    m.register_buffer("hidden", lib.ones(1), persistent=False)
    yield m, {"a": lib.ones(1), "hidden": lib.zeros(1)}, True, False


def everything(lib, module):
    """All that can be seen of a module and its descendants, with the identity of the tensors."""
    seen = []
    for name, m in module.named_modules():
        tensors = {**m._parameters, **m._buffers}
        seen.append((name, sorted(vars(m)), m._non_persistent_buffers_set.copy()))
        seen.append({k: (id(t), t.tolist(), t.requires_grad) for k, t in tensors.items()})
        seen.append({k: copy.copy(v) for k, v in vars(m).items() if k in ("steps", "history")})
    return seen


@pytest.mark.parametrize("case", range(11))
def test_a_load_that_raises_leaves_everything_as_it_was(mini, case):
    module, state_dict, strict, assign = list(broken_loads(mini))[case]
    before = everything(mini, module)
    with pytest.raises((RuntimeError, ZeroDivisionError, AttributeError)):
        module.load_state_dict(state_dict, strict=strict, assign=assign)
    assert everything(mini, module) == before


def test_there_are_as_many_broken_loads_as_numbers(mini):
    assert len(list(broken_loads(mini))) == 11


def test_the_state_dict_is_not_marked_by_an_assigning_load(mini):
    sd = two_layers(mini).state_dict()
    two_layers(mini).load_state_dict(sd, assign=True)
    m = two_layers(mini)
    weight = m[0].weight
    m.load_state_dict(sd)  # torch: assigns again, since the dictionary remembers
    assert m[0].weight is weight and sd._metadata[""] == {"version": 1}


def test_loading_warns_of_nothing(lib):
    m = two_layers(lib)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        m.load_state_dict(m.state_dict())
