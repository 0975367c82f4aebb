"""Hooks of modules: around forward, around backward, on registration; on minitorch and on torch."""

import copy
import gc
import pickle
import warnings
import weakref
from collections import namedtuple

import pytest
from exact import raises


def recorder(log, name):
    return lambda *args: log.append(name)


def add_one(module, args, output):
    """A hook that pickle can find again."""
    return output + 1


@pytest.fixture
def hooks_of_all(lib):
    """Registers hooks on all modules, and takes them out again."""
    handles = []

    def register(name, hook, **flags):
        function = getattr(lib.nn.modules.module, f"register_module_{name}")
        handles.append(function(hook, **flags))
        return handles[-1]

    yield register
    for handle in handles:
        handle.remove()


# ---- forward -----------------------------------------------------------------------------------


def test_forward_alone_runs_no_hook(lib):
    log = []
    m = lib.nn.Identity()
    m.register_forward_hook(recorder(log, "after"))
    m.register_forward_pre_hook(recorder(log, "before"))
    m.forward(1)
    assert log == []
    m(1)
    assert log == ["before", "after"]


def test_arguments_and_replacements(lib):
    class Add(lib.nn.Module):
        def forward(self, x, y):
            return x + y

    m = Add()
    seen = []
    m.register_forward_pre_hook(lambda module, args: (args[0] * 10, args[1]))
    m.register_forward_pre_hook(lambda module, args: seen.append((module, args)))
    m.register_forward_hook(lambda module, args, output: seen.append((args, output)))
    m.register_forward_hook(lambda module, args, output: [output])
    assert m(1, 2) == [12]
    assert seen == [(m, (10, 2)), ((10, 2), 12)]


def test_a_single_value_from_a_pre_hook_becomes_the_argument(lib):
    m = lib.nn.Identity()
    m.register_forward_pre_hook(lambda module, args: "new")
    assert m("old") == "new"


def test_keyword_arguments(lib):
    class Add(lib.nn.Module):
        def forward(self, x, *, y=0):
            return x + y

    m = Add()
    seen = []
    m.register_forward_hook(lambda module, args, output: seen.append(args))
    m.register_forward_hook(
        lambda module, args, kwargs, output: seen.append(kwargs), with_kwargs=True
    )
    m.register_forward_pre_hook(lambda module, args: seen.append(args))
    handle = m.register_forward_pre_hook(
        lambda module, args, kwargs: ((args[0] + 1,), {"y": 5}), with_kwargs=True
    )
    assert m(1, y=2) == 7 and seen == [(1,), (2,), {"y": 5}]
    handle.remove()
    m.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    with raises(
        RuntimeError,
        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got 3.",
    ):
        m(1)


def test_order_and_prepend(lib, hooks_of_all):
    log = []
    m = lib.nn.Identity()
    m.register_forward_pre_hook(recorder(log, "pre"))
    m.register_forward_pre_hook(recorder(log, "pre first"), prepend=True)
    m.register_forward_hook(recorder(log, "post"))
    m.register_forward_hook(recorder(log, "post first"), prepend=True)
    hooks_of_all("forward_pre_hook", recorder(log, "pre of all"))
    hooks_of_all("forward_hook", recorder(log, "post of all"))
    m(1)
    assert log == ["pre of all", "pre first", "pre", "post of all", "post first", "post"]


def test_removing(lib):
    log = []
    m = lib.nn.Identity()
    handle = m.register_forward_hook(recorder(log, "x"), with_kwargs=True, always_call=True)
    handle.remove()
    handle.remove()
    assert not (m._forward_hooks or m._forward_hooks_with_kwargs or m._forward_hooks_always_called)
    with m.register_forward_pre_hook(recorder(log, "y")):
        m(1)
    m(1)
    assert log == ["y"]


def test_a_hook_may_remove_itself(lib):
    log = []
    m = lib.nn.Identity()

    def once(module, args, output):
        log.append("once")
        handle.remove()

    handle = m.register_forward_hook(once)
    m.register_forward_hook(recorder(log, "always"))
    m(1)
    m(1)
    assert log == ["once", "always", "always"]


def test_a_handle_keeps_no_module_alive(lib):
    m = lib.nn.Identity()
    handle = m.register_forward_hook(add_one)
    gone = weakref.ref(m)
    del m
    gc.collect()
    assert gone() is None
    handle.remove()


class Failing:
    """Made into a module of either library: raises where it is told to."""

    def forward(self, x):
        raise ZeroDivisionError("forward")


def failing(lib):
    return type("Fails", (Failing, lib.nn.Module), {})()


def test_always_call_runs_after_an_error(lib, hooks_of_all):
    log = []
    m = failing(lib)
    m.register_forward_hook(recorder(log, "never"))
    m.register_forward_hook(
        lambda module, args, output: log.append((args, output)), always_call=True
    )
    m.register_forward_hook(
        lambda module, args, kwargs, output: log.append(kwargs), with_kwargs=True, always_call=True
    )
    hooks_of_all("forward_hook", recorder(log, "of all"), always_call=True)
    with raises(ZeroDivisionError, "forward"):
        m(1)
    assert log == ["of all", ((1,), None), {}]


def test_always_call_runs_once(lib):
    log = []

    def fails(*args):
        raise ZeroDivisionError("hook")

    m = lib.nn.Identity()
    m.register_forward_hook(recorder(log, "before"), always_call=True)
    m.register_forward_hook(fails)
    m.register_forward_hook(recorder(log, "after"), always_call=True)
    with raises(ZeroDivisionError, "hook"):
        m(1)
    assert log == ["before", "after"]


def test_a_second_error_in_always_call_is_a_warning(lib, hooks_of_all):
    def fails(*args):
        raise KeyError("second")

    m = failing(lib)
    m.register_forward_hook(fails, always_call=True)
    hooks_of_all("forward_hook", fails, always_call=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with raises(ZeroDivisionError, "forward"):
            m(1)
    text = (
        "module forward hook with ``always_call=True`` raised an exception that was silenced as "
        "another error was raised in forward: 'second'"
    )
    assert [str(w.message) for w in caught] == [f"global {text}", text]


def test_hooks_are_copied_and_pickled(lib):
    m = lib.nn.Identity()
    handle = m.register_forward_hook(add_one)
    assert copy.deepcopy(m)(1) == 2
    again, its_handle = pickle.loads(pickle.dumps((m, handle)))
    assert again(1) == 2
    its_handle.remove()
    assert again(1) == 1 and m(1) == 2


def test_a_hook_that_came_by_pickle_is_not_overwritten():
    import minitorch

    m = minitorch.nn.Identity()
    handle = m.register_forward_hook(add_one)
    m._forward_hooks[handle.id + 1] = add_one  # as numbered by the process that pickled it
    m.register_forward_hook(add_one)  # torch: takes the place of the one before
    assert m(0) == 3


# ---- registration ------------------------------------------------------------------------------


def test_hooks_on_registration(lib, hooks_of_all):
    log = []
    for kind in ("parameter", "buffer", "module"):
        hooks_of_all(f"{kind}_registration_hook", lambda *args: log.append(args[1]))
    m = lib.nn.Module()
    m.p = lib.nn.Parameter(lib.ones(1))
    m.b = lib.nn.Buffer(lib.ones(1))
    m.b = lib.zeros(1)
    m.child = lib.nn.Identity()
    m.child = None
    m.add_module("second", None)
    m.register_parameter("none", None)
    m.p = None
    assert log == ["p", "b", "b", "child", "child", "second"]


def test_a_registration_hook_may_replace(lib, hooks_of_all):
    replacement = lib.nn.Parameter(lib.zeros(3))
    hooks_of_all("parameter_registration_hook", lambda module, name, value: replacement)
    hooks_of_all("buffer_registration_hook", lambda module, name, value: value + 1)
    hooks_of_all("module_registration_hook", lambda module, name, value: lib.nn.Flatten())
    m = lib.nn.Module()
    m.p = lib.nn.Parameter(lib.ones(1))
    m.register_buffer("b", lib.ones(1))
    m.child = lib.nn.Identity()
    assert m.p is replacement and m.b.item() == 2 and type(m.child) is lib.nn.Flatten


# ---- backward ----------------------------------------------------------------------------------


def lists(grads):
    return tuple(None if g is None else g.tolist() for g in grads)


def double(lib):
    """A module with one parameter, 2, by which it multiplies."""
    m = lib.nn.Linear(1, 1, bias=False)
    with lib.no_grad():
        m.weight.fill_(2)
    return m


def test_full_backward_hook_sees_both_gradients(lib):
    log = []
    m = double(lib)
    m.register_full_backward_hook(
        lambda module, gi, go: log.append((module is m, lists(gi), lists(go)))
    )
    x = lib.ones(3, 1, requires_grad=True)
    (m(x) * 5).sum().backward()
    assert log == [(True, ([[10.0]] * 3,), ([[5.0]] * 3,))]
    assert x.grad.tolist() == [[10.0]] * 3 and m.weight.grad.tolist() == [[15.0]]


def test_full_backward_hook_may_replace_the_gradient_of_the_input(lib):
    m = double(lib)
    m.register_full_backward_hook(lambda module, gi, go: (gi[0] * 100,))
    m.register_full_backward_hook(lambda module, gi, go: (gi[0] + 1,))
    x = lib.ones(1, requires_grad=True)
    m(x).backward()
    assert x.grad.tolist() == [201.0] and m.weight.grad.tolist() == [[1.0]]


def test_backward_pre_hook_may_replace_the_gradient_of_the_output(lib, hooks_of_all):
    log = []
    m = double(lib)
    m.register_full_backward_hook(lambda module, gi, go: log.append((lists(gi), lists(go))))
    m.register_full_backward_pre_hook(lambda module, go: (go[0] * 3,))
    m.register_full_backward_pre_hook(lambda module, go: log.append(lists(go)), prepend=True)
    hooks_of_all("full_backward_pre_hook", lambda module, go: (go[0] + 1,))
    x = lib.ones(1, requires_grad=True)
    m(x).backward()
    assert log == [([2.0],), (([12.0],), ([6.0],))] and m.weight.grad.tolist() == [[6.0]]


def test_order_of_backward_hooks(lib, hooks_of_all):
    log = []
    m = double(lib)
    m.register_full_backward_hook(recorder(log, "own"))
    m.register_full_backward_hook(recorder(log, "own first"), prepend=True)
    hooks_of_all("full_backward_hook", recorder(log, "of all"))
    m(lib.ones(1, requires_grad=True)).backward()
    assert log == ["of all", "own first", "own"]


def test_hooks_fire_from_the_last_module_to_the_first(lib):
    log = []
    m = lib.nn.Sequential(double(lib), lib.nn.ReLU(), double(lib))
    for name, child in m.named_modules():
        child.register_full_backward_pre_hook(recorder(log, f"{name} before"))
        child.register_full_backward_hook(recorder(log, name))
    m(lib.ones(1, requires_grad=True)).backward()
    assert log == [" before", "2 before", "2", "1 before", "1", "0 before", "0", ""]


NO_INPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since "
    "no inputs require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module"
    ".html#torch.nn.Module.register_full_backward_hook for more details."
)


def test_without_a_gradient_of_the_input_the_hook_fires_early(lib):
    log = []
    m = double(lib)
    m.register_full_backward_hook(
        lambda module, gi, go: log.append((gi, lists(go), module.weight.grad))
    )
    out = m(lib.ones(1))
    with pytest.warns(UserWarning) as caught:
        out.backward()
    assert [(str(w.message), w.filename) for w in caught] == [(NO_INPUT, __file__)]
    assert log == [((None,), ([1.0],), None)]
    m.register_full_backward_hook(lambda module, gi, go: (go[0],))
    out = m(lib.ones(1))
    with (
        pytest.warns(UserWarning),
        raises(
            RuntimeError,
            "Backward hook for Modules where no input requires gradient should always return None "
            "or None for all gradients.",
        ),
    ):
        out.backward()


def test_no_gradient_no_hook(lib):
    log = []
    m = lib.nn.ReLU()
    m.register_full_backward_hook(recorder(log, "x"))
    assert not m(lib.ones(1)).requires_grad
    with lib.no_grad():
        m(lib.ones(1, requires_grad=True))
    assert log == []


def test_several_inputs_and_outputs(lib):
    class Two(lib.nn.Module):
        def forward(self, x, n, y, z):
            return x * n, "text", y * z

    log = []
    m = Two()
    m.register_full_backward_hook(lambda module, gi, go: log.append((lists(gi), lists(go))))
    x, y = (lib.ones(1, requires_grad=True) for _ in range(2))
    first, text, last = m(x, 3, y, lib.full((1,), 7.0))
    assert text == "text"
    (first + last * 2).backward(retain_graph=True)
    first.sum().backward()
    assert log == [
        (([3.0], None, [14.0], [0.0]), ([1.0], None, [2.0])),
        (([3.0], None, [0.0], [0.0]), ([1.0], None, None)),
    ]
    assert (x.grad.tolist(), y.grad.tolist()) == ([6.0], [14.0])


def test_a_namedtuple_of_outputs_stays_one(lib):
    Pair = namedtuple("Pair", "a b")

    class Two(lib.nn.Module):
        def forward(self, x):
            return Pair(x * 2, x * 3)

    m = Two()
    m.register_full_backward_hook(recorder([], "x"))
    out = m(lib.ones(1, requires_grad=True))
    assert type(out) is Pair and out.b.item() == 3


def test_a_watched_graph_is_freed_without_the_collector():
    import minitorch

    m = minitorch.nn.Linear(1, 1)
    m.register_full_backward_hook(recorder([], "x"))
    m.register_full_backward_pre_hook(recorder([], "x"))
    gc.collect()
    gc.disable()
    try:
        out = m(minitorch.ones(1, requires_grad=True))
        node = weakref.ref(out.grad_fn)
        out.backward()
        del out
        assert node() is None
    finally:
        gc.enable()


def test_an_error_names_the_older_kind_of_backward_hook(lib):
    def mine(module, gi, go):
        return gi * 2

    m = lib.nn.Tanh()
    m.register_backward_hook(mine)
    y = m(lib.ones(1, requires_grad=True) * 1).sum()
    with raises(RuntimeError, "hook 'mine' has returned an incorrect number of values (got 2, but "
                "expected 1)"):  # fmt: skip
        y.backward()


def test_wrong_numbers_of_gradients(lib):
    x = lib.ones(1, requires_grad=True)
    m = double(lib)
    with m.register_full_backward_hook(lambda module, gi, go: (gi[0], gi[0])):
        out = m(x)
    with raises(
        RuntimeError,
        "Backward hook returned an invalid number of grad_input, got 2, but expected 1",
    ):
        out.backward()
    with m.register_full_backward_pre_hook(lambda module, go: ()):
        out = m(x)
    with raises(
        RuntimeError,
        "Backward pre hook returned an invalid number of grad_output, got 0, but expected 1",
    ):
        out.backward()


def test_an_output_that_is_no_tensor_is_a_warning(lib):
    class Dictionary(lib.nn.Module):
        def forward(self, x):
            return {"y": x}

    m = Dictionary()
    m.register_full_backward_hook(recorder([], "x"))
    with pytest.warns(UserWarning) as caught:
        m(lib.ones(1, requires_grad=True))
    assert [str(w.message) for w in caught] == [
        "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
        "but received <class 'dict'>"
    ]


def test_an_input_may_not_be_changed_in_place(lib):
    class InPlace(lib.nn.Module):
        def forward(self, x):
            return x.mul_(2)

    m = InPlace()
    m.register_full_backward_hook(recorder([], "x"))
    x = lib.ones(1, requires_grad=True) * 1
    with raises(
        RuntimeError,
        "Output 0 of BackwardHookFunction is a view and is being modified inplace. This view "
        "was created inside a custom Function (or because an input was returned as-is) and "
        "the autograd logic to handle view+inplace would override the custom backward associated "
        "with the custom Function, leading to incorrect gradients. This behavior is forbidden. You "
        "can fix this by cloning the output of the custom Function.",
    ):
        m(x)


# ---- the older kind ----------------------------------------------------------------------------


def test_the_older_kind_sees_the_last_operation(lib):
    class Square(lib.nn.Module):
        def forward(self, x):
            return x**2

    log = []
    m = Square()
    m.register_backward_hook(lambda module, gi, go: log.append((module is m, lists(gi), lists(go))))
    x = lib.full((1,), 3.0, requires_grad=True) * 1
    m(x).backward()
    assert log == [(True, ([6.0],), ([1.0],))]


OLD = "is deprecated and will be removed in future versions. This hook will be missing some"
ADVICE = "Please use register_full_backward_hook to get the documented behavior."


@pytest.mark.parametrize(
    "forward, text",
    [
        (
            lambda x: (x * 2) ** 2,
            f"when the forward contains multiple autograd Nodes {OLD} grad_input. {ADVICE}",
        ),
        (
            lambda x: (x * 2, x * 3),
            f"when outputs are generated by different autograd Nodes {OLD} grad_output. {ADVICE}",
        ),
        (
            lambda x: {"a": x * 2},
            "on a Module that does not return a single Tensor or a tuple of Tensors "
            f"{OLD} of the grad_output. {ADVICE}",
        ),
    ],
)
def test_the_older_kind_says_what_it_misses(lib, forward, text):
    m = lib.nn.Module()
    m.forward = forward
    m.register_backward_hook(recorder([], "x"))
    with pytest.warns(FutureWarning) as caught:
        m(lib.ones(1, requires_grad=True))
    kind = "non-full backward hooks " if text.startswith("on") else "a non-full backward hook "
    assert [str(w.message) for w in caught] == [f"Using {kind}{text}"]


def test_both_kinds_do_not_mix(lib):
    text = (
        "Cannot use both regular backward hooks and full backward hooks on a single Module. Please "
        "use only one of them."
    )
    m = lib.nn.Identity()
    m.register_full_backward_hook(recorder([], "x")).remove()
    with raises(RuntimeError, text):
        m.register_backward_hook(recorder([], "x"))
    m = lib.nn.Identity()
    m.register_backward_hook(recorder([], "x"))
    with raises(RuntimeError, text):
        m.register_full_backward_hook(recorder([], "x"))
