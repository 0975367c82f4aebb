"""What learners ask about modules and training, each question as a test: here and on torch.

docs/questions.md leads from each of them to the cell of a chapter that shows the answer. Questions
about tensors and gradients are in test_questions_autograd.py. These have their answer elsewhere:

- How does self.x = Parameter(...) register anything? test_module.py, test_assignment_goes_by_type
  and test_a_name_is_in_one_place_only
- cannot assign module before Module.__init__() call: test_module.py,
  test_before_init_nothing_can_be_registered
- Why model(x) and not model.forward(x)? test_module_hooks.py, test_forward_alone_runs_no_hook
- Why is model.parameters() empty when my layers are in a list? test_module.py,
  test_tensors_in_lists_are_not_registered
- If I append a plain tensor to ParameterList, is it trained? test_containers.py,
  test_tensors_in_a_parameter_list_become_parameters
- Does loading a checkpoint keep weights tied? test_module_state_dict.py,
  test_tied_weights_stay_tied_unless_assigned
- I changed a buffer's persistence and old checkpoints stopped loading: test_module_state_dict.py,
  test_changing_persistence_changes_the_names
- If I assign to a buffer later, is it still a buffer? test_module.py,
  test_what_may_follow_a_buffer
- Do I still need Variable? test_questions_autograd.py, test_variable_is_tensor; what volatile does
  today: test_autograd_tools.py, test_volatile
- Why does nn.Linear use kaiming_uniform_(a=sqrt(5))? test_init.py,
  test_linear_starts_within_the_inverse_root_of_its_inputs
"""

import copy
import warnings

import pytest
from exact import raises


def ones(lib, module):
    """`module` with all parameters 1."""
    for parameter in module.parameters():
        lib.nn.init.ones_(parameter)
    return module


def owner_of(lib, **values):
    """A module with these attributes."""
    module = lib.nn.Module()
    for name, value in values.items():
        setattr(module, name, value)
    return module


# ---- Parameter ---------------------------------------------------------------------------------


def test_what_is_a_parameter_for_a_tensor_that_requires_grad_is_not_registered(lib):
    m = owner_of(lib, p=lib.nn.Parameter(lib.ones(1)), t=lib.ones(1, requires_grad=True))
    assert [name for name, _ in m.named_parameters()] == ["p"] == list(m.state_dict())
    assert "t" in vars(m) and "p" not in vars(m)
    m.double()
    assert m.p.dtype is lib.float64 and m.t.dtype is lib.float32


def test_why_did_my_parameter_vanish_after_to(lib):
    cast = lib.nn.Parameter(lib.ones(2)).to(lib.float64)
    assert (type(cast), cast.is_leaf) == (lib.Tensor, False)
    assert list(owner_of(lib, w=cast).parameters()) == []
    stayed = lib.nn.Parameter(lib.ones(2)).to("cpu")  # nothing to move: the laptop hides the bug
    assert list(owner_of(lib, w=stayed).parameters()) == [stayed]
    assert len(list(owner_of(lib, w=lib.nn.Parameter(lib.ones(2))).double().parameters())) == 1


def test_cannot_assign_a_tensor_as_parameter_in_forward(lib):
    class Normalized(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = lib.nn.Parameter(lib.ones(2))

        def forward(self):
            self.w = self.w.softmax(0)

    m = Normalized()
    with raises(TypeError, "cannot assign 'torch.FloatTensor' as parameter 'w' "
                "(torch.nn.Parameter or None expected)"):  # fmt: skip
        m()
    with lib.no_grad():
        m.w.copy_(m.w.softmax(0))
    assert m.w.tolist() == [0.5, 0.5] and m.w.requires_grad


# ---- Module registration -----------------------------------------------------------------------


def test_optimizer_got_an_empty_parameter_list(lib):
    nn = lib.nn

    class Misspelt(nn.Module):
        def _init_(self):
            self.layer = nn.Linear(1, 1)

    class NotAnAttribute(nn.Module):
        def __init__(self):
            super().__init__()
            self_layer = nn.Linear(1, 1)  # noqa: F841

    class InAList(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(1, 1)]

    class InForward(nn.Module):
        def forward(self, x):
            return nn.Linear(1, 1)(x)

    class Cast(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(lib.ones(1)).double()

    for kind in (Misspelt, NotAnAttribute, InAList, InForward, Cast):
        with raises(ValueError, "optimizer got an empty parameter list"):
            lib.optim.SGD(kind().parameters(), lr=0.1)
    used_up = nn.Linear(1, 1).parameters()
    list(used_up)
    with raises(ValueError, "optimizer got an empty parameter list"):
        lib.optim.SGD(used_up, lr=0.1)


# ---- containers --------------------------------------------------------------------------------


def test_training_runs_but_some_layers_never_change(lib):
    class Model(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = [ones(lib, lib.nn.Linear(2, 2))]
            self.out = ones(lib, lib.nn.Linear(2, 1))

        def forward(self, x):
            return self.out(self.hidden[0](x))

    m, losses = Model(), []
    optimizer = lib.optim.SGD(m.parameters(), lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        loss = m(lib.ones(1, 2)).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert m.hidden[0].weight.tolist() == [[1, 1], [1, 1]]  # not stepped
    assert m.hidden[0].weight.grad is not None  # and never cleared
    assert m.out.weight.tolist() != [[1, 1]]


# ---- buffers -----------------------------------------------------------------------------------


def test_what_is_the_difference_between_register_buffer_and_register_parameter(lib):
    m = lib.nn.Module()
    m.register_parameter("p", lib.nn.Parameter(lib.ones(1)))
    m.register_buffer("b", lib.ones(1))
    assert [name for name, _ in m.named_parameters()] == ["p"]
    assert [name for name, _ in m.named_buffers()] == ["b"]
    assert list(m.state_dict()) == ["p", "b"]
    m.double()
    assert m.p.dtype is m.b.dtype is lib.float64


def test_why_not_just_assign_a_mask_as_attribute(lib):
    m = owner_of(lib, plain=lib.ones(2))
    m.register_buffer("mask", lib.ones(2))
    m.double()
    assert (m.plain.dtype, m.mask.dtype) == (lib.float32, lib.float64)
    assert list(m.state_dict()) == ["mask"]
    assert [name for name, _ in m.named_buffers()] == ["mask"]
    assert m.mask.dot(lib.ones(2, dtype=lib.float64)) == 2
    with pytest.raises(RuntimeError):
        m.plain.dot(lib.ones(2, dtype=lib.float64))


def test_attribute_already_exists_when_i_register_a_buffer(lib):
    m = owner_of(lib, x=lib.ones(1))
    with raises(KeyError, "attribute 'x' already exists"):
        m.register_buffer("x", lib.ones(1))
    del m.x
    m.register_buffer("x", lib.ones(1))
    m.x = lib.zeros(1)
    assert m._buffers["x"].tolist() == [0]


def test_what_is_persistent_false_for(lib):
    m = lib.nn.Module()
    m.register_buffer("cache", lib.ones(1), persistent=False)
    assert list(m.state_dict()) == [] and m.double().cache.dtype is lib.float64


@pytest.mark.parametrize("detached", [False, True])
def test_my_running_average_buffer_causes_backward_a_second_time(lib, detached):
    class Averaging(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = lib.nn.Linear(2, 2)
            self.register_buffer("average", lib.zeros(2))

        def forward(self, x):
            h = self.layer(x).square()
            value = h.detach() if detached else h
            self.average = 0.9 * self.average + 0.1 * value.mean(0)
            return (h - self.average).sum()

    m = Averaging()
    m(lib.ones(3, 2)).backward()
    assert m.average.requires_grad is not detached
    if detached:
        m(lib.ones(3, 2)).backward()
    else:
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            m(lib.ones(3, 2)).backward()


def test_does_a_hand_written_ema_copy_batch_norm_statistics(lib):
    model = lib.nn.BatchNorm1d(2)
    average = copy.deepcopy(model)
    model(lib.tensor([[1.0, 2.0], [3.0, 4.0]]))
    with lib.no_grad():
        for mine, theirs in zip(average.parameters(), model.parameters()):
            mine.lerp_(theirs, 0.1)
    assert average.running_mean.tolist() == [0, 0] and model.running_mean.tolist() != [0, 0]
    for mine, theirs in zip(average.buffers(), model.buffers()):
        mine.copy_(theirs)
    assert average.running_mean.tolist() == model.running_mean.tolist()


@pytest.mark.parametrize("use_buffers, mean", [(False, [2, 2]), (True, [1, 1])])
def test_does_an_averaged_model_copy_batch_norm_statistics(lib, use_buffers, mean):
    model = lib.nn.BatchNorm1d(2)
    average = lib.optim.swa_utils.AveragedModel(model, use_buffers=use_buffers)
    average.update_parameters(model)
    model.running_mean.fill_(2)
    average.update_parameters(model)
    assert average.module.running_mean.tolist() == mean  # copied, or the mean of 0 and 2


# ---- saving, loading, strict -------------------------------------------------------------------


def test_my_best_model_equals_the_last_model(lib):
    m = ones(lib, lib.nn.Linear(2, 1))
    best, shallow, deep = m.state_dict(), m.state_dict().copy(), copy.deepcopy(m.state_dict())
    with lib.no_grad():
        m.weight.add_(1)
    assert best["weight"].tolist() == shallow["weight"].tolist() == [[2, 2]]
    assert deep["weight"].tolist() == [[1, 1]]
    best["weight"].zero_()
    assert m.weight.tolist() == [[0, 0]]


def test_missing_weight_and_unexpected_module_weight(lib):
    m = ones(lib, lib.nn.Linear(2, 1))
    wrapped = owner_of(lib, module=lib.nn.Linear(2, 1)).state_dict()  # as DataParallel wraps
    with raises(RuntimeError, "Error(s) in loading state_dict for Linear:\n\tMissing key(s) in "
                'state_dict: "weight", "bias". \n\tUnexpected key(s) in state_dict: '
                '"module.weight", "module.bias". '):  # fmt: skip
        m.load_state_dict(wrapped)
    m.load_state_dict({name.removeprefix("module."): t for name, t in wrapped.items()})
    assert m.weight.tolist() == wrapped["module.weight"].tolist()


def test_does_a_checkpoint_remember_frozen_flags_and_the_mode(lib):
    trained, m = lib.nn.Linear(2, 1), lib.nn.Linear(2, 1).requires_grad_(False).eval()
    m.load_state_dict(trained.state_dict())
    assert not m.weight.requires_grad and not m.training
    m.load_state_dict(trained.state_dict(), assign=True)
    assert not m.weight.requires_grad and not m.training


def test_does_loading_invalidate_my_optimizer(lib):
    m = ones(lib, lib.nn.Linear(2, 1))
    weight, optimizer = m.weight, lib.optim.SGD(m.parameters(), lr=1.0)
    m.load_state_dict(lib.nn.Linear(2, 1).state_dict())
    assert m.weight is weight
    before = m.weight.tolist()
    m(lib.ones(2)).sum().backward()
    optimizer.step()
    assert m.weight.tolist() != before
    m.load_state_dict(m.state_dict(), assign=True)
    assert m.weight is not weight


# ---- hooks -------------------------------------------------------------------------------------


def test_in_a_full_backward_hook_why_is_the_gradient_of_the_parameter_none(lib):
    m, seen = ones(lib, lib.nn.Linear(1, 1, bias=False)), []
    m.register_full_backward_hook(lambda *_: seen.append(m.weight.grad))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        m(lib.ones(1)).backward()
    assert seen == [None] and m.weight.grad.tolist() == [[1]]
    assert "Full backward hook is firing when gradients are computed" in str(caught[0].message)


def test_where_the_gradient_of_a_parameter_is_ready(lib):
    m, seen = ones(lib, lib.nn.Linear(1, 1, bias=False)), []
    m.weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    m(lib.ones(1)).backward()
    assert seen == [[[1]]]


# ---- freezing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("set_to_none", [False, True])
def test_frozen_parameters_still_change_how(lib, set_to_none):
    w = lib.nn.Parameter(lib.ones(1))
    optimizer = lib.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1)
    w.sum().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none)
    w.requires_grad_(False)
    before = w.item()
    optimizer.step()
    moved = w.item() - before
    assert moved == 0 if set_to_none else moved == pytest.approx(-0.1079, abs=1e-6)


def test_a_flag_that_is_set_after_backward_comes_too_late(lib):
    w = lib.nn.Parameter(lib.ones(1))
    optimizer = lib.optim.SGD([w], lr=0.5)
    w.sum().backward()
    w.requires_grad_(False)
    optimizer.step()
    assert w.tolist() == [0.5]


# ---- init --------------------------------------------------------------------------------------


def test_how_do_i_initialise_a_parameter_in_place_without_the_leaf_error(lib):
    p = lib.nn.Parameter(lib.zeros(3))
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place "
                "operation."):  # fmt: skip
        p.normal_()
    lib.nn.init.normal_(p)
    with lib.no_grad():
        p.normal_()
    assert p.is_leaf and p.requires_grad


def test_why_not_initialise_all_weights_to_one_constant(lib):
    lib.manual_seed(0)
    m = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.Tanh(), lib.nn.Linear(3, 1))
    for p in m.parameters():
        lib.nn.init.constant_(p, 0.5)
    optimizer = lib.optim.SGD(m.parameters(), lr=0.1)
    x, y = lib.randn(8, 2), lib.randn(8, 1)
    for _ in range(20):
        optimizer.zero_grad()
        lib.nn.functional.mse_loss(m(x), y).backward()
        optimizer.step()
    first, *others = m[0].weight.tolist()
    assert first != [0.5, 0.5]
    assert all(other == pytest.approx(first, abs=1e-6) for other in others)


# ---- optimizer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["replaced", "added", "copied"])
def test_i_replaced_a_layer_after_building_the_optimizer(lib, how):
    m = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 1))
    optimizer = lib.optim.SGD(m.parameters(), lr=0.1)
    new = ones(lib, lib.nn.Linear(2, 1))
    if how == "copied":
        m[1].load_state_dict(new.state_dict())
    else:
        m[1] = new
    if how == "added":
        optimizer.add_param_group({"params": new.parameters()})
    m(lib.ones(2)).sum().backward()
    optimizer.step()
    assert (m[1].bias.tolist() == [1]) is (how == "replaced")


def test_why_exclude_bias_and_norms_from_weight_decay(lib):
    m = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.LayerNorm(2))
    named = dict(m.named_parameters())
    decayed = {name for name, p in named.items() if p.ndim >= 2}
    assert decayed == {"0.weight"}
    optimizer = lib.optim.SGD(
        [
            {"params": [p for p in named.values() if p.ndim >= 2]},
            {"params": [p for p in named.values() if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=0.1, weight_decay=0.5,
    )  # fmt: skip
    before = {name: p.tolist() for name, p in named.items()}
    for p in named.values():
        p.grad = lib.zeros_like(p)
    optimizer.step()
    assert {name for name, p in named.items() if p.tolist() != before[name]} == decayed


@pytest.mark.parametrize("order, moved", [("clip, step", 1), ("step, clip", 100)])
def test_where_does_clip_grad_norm_go(lib, order, moved):
    p = lib.nn.Parameter(lib.zeros(1))
    optimizer = lib.optim.SGD([p], lr=1.0)
    (100 * p).sum().backward()
    for action in order.split(", "):
        if action == "clip":
            assert lib.nn.utils.clip_grad_norm_([p], 1.0) == 100  # the norm from before
        else:
            optimizer.step()
    assert p.item() == pytest.approx(-moved)


def test_clipping_before_backward_clips_what_is_old(lib):
    p = lib.nn.Parameter(lib.zeros(1))
    assert lib.nn.utils.clip_grad_norm_([p], 1.0) == 0
    (100 * p).sum().backward()
    assert p.grad.tolist() == [100]


# ---- debugging ---------------------------------------------------------------------------------


def unregistered(lib, model):
    """Where a module or a parameter is in a list or a dictionary, out of sight of its module."""
    kinds = (lib.nn.Module, lib.nn.Parameter)
    found = []
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            held = value.values() if isinstance(value, dict) else value
            if isinstance(value, (list, tuple, dict)) and not name.startswith("_"):
                if any(isinstance(item, kinds) for item in held):
                    found.append(f"{path}.{name}".lstrip("."))
    return found


def test_how_can_i_detect_unregistered_layers(lib):
    layers = [lib.nn.Linear(1, 1)]
    table = {"w": lib.nn.Parameter(lib.ones(1))}
    child = owner_of(lib, table=table, sizes=[1, 2])
    assert unregistered(lib, owner_of(lib, layers=layers, child=child)) == [
        "layers", "child.table",
    ]  # fmt: skip
    good = owner_of(lib, layers=lib.nn.ModuleList(layers), table=lib.nn.ParameterDict(table))
    assert unregistered(lib, good) == []
