"""Hooks on tensors, on nodes, on saved values, and the graph as it can be seen. Each case holds on
minitorch and on torch."""

import functools

import pytest
from exact import raises
from test_autograd import FREED, leaf


def told(grads):
    return [None if g is None else g.tolist() for g in grads]


# ---- hooks on tensors --------------------------------------------------------------------------


def test_a_hook_sees_and_replaces(lib):
    x = leaf(lib)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    assert seen == [[1, 1, 1], [20, 20, 20]] and x.grad.tolist() == [20, 20, 20]


def test_taking_a_hook_out(lib):
    x = leaf(lib)
    handle = x.register_hook(lambda g: g * 5)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 3):
        x.sum().backward()
    x.sum().backward()
    assert x.grad.tolist() == [4, 4, 4]


def test_hooks_of_what_is_caught(lib):
    x = leaf(lib)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.grad_fn.register_prehook(lambda grads: (grads[0] * 10,))
    z = (y * 3).sum()
    (gy,) = lib.autograd.grad(z, y, retain_graph=True)
    assert gy.tolist() == [30, 30, 30]
    gx, gy = lib.autograd.grad(z, (x, y))
    assert gx.tolist() == [600, 600, 600] and gy.tolist() == [3, 3, 3]


def test_the_order_at_a_result(lib):
    x = leaf(lib)
    y = x * 2
    log = []
    y.grad_fn.register_hook(lambda gi, go: log.append(("after", told(gi))))
    y.grad_fn.register_prehook(lambda go: log.append(("before", y.grad.tolist())))
    y.register_hook(lambda g: log.append("first"))
    y.retain_grad()
    y.register_hook(lambda g: log.append(("second", y.grad)))
    y.sum().backward()
    assert log == ["first", ("second", None), ("before", [1, 1, 1]), ("after", [[2, 2, 2], None])]


def test_a_hook_sees_gradients_as_the_inputs_are(lib):
    x, w, b = lib.ones(3, 2, dtype=lib.float64), lib.ones(2), lib.ones(1)
    for t in (x, w, b):
        t.requires_grad_()
    y = x * w + b
    seen = []
    for node in (y.grad_fn, y.grad_fn.next_functions[0][0]):
        node.register_hook(lambda gi, go: seen.append([(tuple(g.shape), g.dtype) for g in gi]))
    y.sum().backward()
    assert seen == [  # the broadcast undone, the cast too
        [((3, 2), lib.float64), ((1,), lib.float32)],
        [((3, 2), lib.float64), ((2,), lib.float32)],
    ]


def test_a_hook_replaces_a_gradient_by_one_like_it(lib):
    x, b = lib.ones(3, 2), lib.ones(2, requires_grad=True)
    y = x + b
    y.grad_fn.register_hook(lambda gi, go: (None, gi[1] * 10))
    y.sum().backward()
    assert b.grad.tolist() == [30, 30]


def test_the_order_at_a_leaf(lib):
    x = leaf(lib)
    y = x * 2
    log = []
    node = y.grad_fn.next_functions[0][0]
    x.register_hook(lambda g: log.append("tensor"))
    x.register_post_accumulate_grad_hook(
        lambda p: log.append(("accumulated", p is x, p.grad.tolist()))
    )
    node.register_prehook(lambda go: log.append(("before", x.grad)))
    node.register_hook(lambda gi, go: log.append(("after", gi, go[0].tolist())))
    y.sum().backward()
    assert log == ["tensor", ("before", None), ("accumulated", True, [2, 2, 2]),
                   ("after", (), [2, 2, 2])]  # fmt: skip


def test_accumulated_hooks_are_for_accumulation(lib):
    x = leaf(lib)
    log = []
    x.register_post_accumulate_grad_hook(lambda p: log.append(p.grad.tolist()))
    lib.autograd.grad((x * 2).sum(), x)
    (x * 3).sum().backward(inputs=[x])
    assert log == [[3, 3, 3]]


def test_hooks_stay_with_the_value_that_they_were_put_on(lib):
    y = leaf(lib) * 2
    seen = []
    y.register_hook(lambda g: seen.append(("before", g.tolist())))
    y.retain_grad()
    y.mul_(3)
    y.register_hook(lambda g: seen.append(("after", g.tolist())))
    (y * 5).sum().backward()
    assert seen == [("after", [5, 5, 5]), ("before", [15, 15, 15])]
    assert y.grad.tolist() == [5, 5, 5]  # .grad stays with the tensor


def test_kept_gradients_of_views_and_bases(lib):
    y = leaf(lib) * 1
    v = y[:2]
    y.retain_grad()
    v.retain_grad()
    v.mul_(5)
    (y * 2).sum().backward()
    assert y.grad.tolist() == [2, 2, 2] and v.retains_grad and v.grad is None


def test_retain_grad(lib):
    x = leaf(lib)
    x.retain_grad()
    y = x * 2
    assert not (x.retains_grad or y.retains_grad)
    y.retain_grad()
    y.retain_grad()
    s = y.sum()
    s.backward(retain_graph=True)
    first = y.grad
    s.backward()
    assert y.retains_grad and y.grad.tolist() == [2, 2, 2] and first.tolist() == [1, 1, 1]


def test_hooks_while_a_graph_is_made(lib):
    x = leaf(lib)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)  # 2x * x
    (gg,) = lib.autograd.grad(g.sum(), x)
    assert g.tolist() == [2, 8, 18] and gg.tolist() == [4, 8, 12]


def test_hooks_where_they_cannot_be(lib):
    plain, y = lib.ones(2), leaf(lib) * 2
    with raises(RuntimeError, "cannot register a hook on a tensor that doesn't require gradient"):
        plain.register_hook(print)
    with raises(RuntimeError, "cannot register a hook on a tensor that doesn't require gradient"):
        plain.register_post_accumulate_grad_hook(print)
    with raises(
        RuntimeError, "post accumulate grad hooks cannot be registered on non-leaf tensors"
    ):
        y.register_post_accumulate_grad_hook(print)
    with raises(RuntimeError, "can't retain_grad on Tensor that has requires_grad=False"):
        plain.retain_grad()


def wrong(g):
    return g.double()


def test_hooks_that_return_something_else(lib):
    x = leaf(lib)
    changed = "has changed the type of value (was torch.FloatTensor got torch.DoubleTensor)"
    for hook, kind, text in (
        (wrong, RuntimeError, f"hook 'wrong' {changed}"),
        (functools.partial(wrong), RuntimeError, f"hook '<unknown>' {changed}"),
        (lambda g: g[:2], RuntimeError, "hook '<lambda>' has changed the size of value"),
        (lambda g: 3, TypeError, "expected Variable, but hook returned 'int'"),
    ):
        with x.register_hook(hook), raises(kind, text):
            x.sum().backward()
    with x.register_post_accumulate_grad_hook(lambda p: 3):
        with raises(TypeError, "expected Variable, but hook returned 'int'"):
            x.sum().backward()
    with x.register_post_accumulate_grad_hook(lambda p: p.grad.mul_(2)):
        with raises(RuntimeError, "Tensor post accumulate grad hooks should return None."):
            x.sum().backward()


def test_one_of_several_results(lib):
    x = leaf(lib)
    a, b, c = x.unbind()
    log = []
    b.register_hook(lambda g: log.append(("b", g)))
    a.register_hook(lambda g: log.append(("a", g.item())))
    c.retain_grad()
    node = a.grad_fn
    node.register_prehook(lambda go: log.append(told(go)))
    node.register_hook(lambda gi, go: log.append(gi[0].tolist()))
    assert node is b.grad_fn and [t.output_nr for t in (a, b, c)] == [0, 1, 2]
    (a * c).backward()
    assert log == [("b", None), ("a", 3), [3, None, 1], [3, 0, 1]] and c.grad.item() == 1
    b.register_hook(lambda g: lib.ones(()))
    with raises(RuntimeError, "can't replace a None gradient with a non-None value"):
        (x.unbind()[0] + a).backward()


# ---- hooks on nodes ----------------------------------------------------------------------------


def test_node_hooks_replace(lib):
    x = leaf(lib)
    y = x * 2
    y.grad_fn.register_prehook(lambda go: (go[0] * 10,))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] + go[0], None))
    y.sum().backward()
    assert x.grad.tolist() == [30, 30, 30]
    x.grad = None
    y = x * 2
    y.grad_fn.register_hook(lambda gi, go: (None, None))
    y.sum().backward()
    assert x.grad is None


def test_node_hooks_that_return_something_else(lib):
    x = leaf(lib)
    for hook, kind, text in (
        (lambda gi, go: gi[0], TypeError, "expected tuple, but hook returned 'Tensor'"),
        (lambda gi, go: gi[:1], RuntimeError,
         "hook '<lambda>' has returned an incorrect number of values (got 1, but expected 2)"),
        (lambda gi, go: (gi[0], gi[0]), RuntimeError,
         "can't replace a None gradient with a non-None value"),
        (lambda gi, go: (gi[0][:2], None), RuntimeError,
         "hook '<lambda>' has changed the size of value"),
    ):  # fmt: skip
        y = x * 2
        y.grad_fn.register_hook(hook)
        with raises(kind, text):
            y.sum().backward()
    y = x * 2
    y.grad_fn.register_prehook(lambda go: go[0])
    with raises(TypeError, "expected tuple, but hook returned 'Tensor'"):
        y.sum().backward()


def test_the_graph_can_be_read(lib):
    x, y = leaf(lib), leaf(lib)
    z = (x * y + 1).sum()
    ((add, _),) = z.grad_fn.next_functions
    (mul, _), (nothing, _) = add.next_functions
    (a, i), (b, j) = mul.next_functions
    assert [n.name() for n in (z.grad_fn, add, mul)] == [
        "SumBackward0",
        "AddBackward0",
        "MulBackward0",
    ]
    assert nothing is None and (i, j) == (0, 0)
    assert a.variable is x and b.variable is y and a.next_functions == ()
    assert a.name() == "torch::autograd::AccumulateGrad" and repr(a).startswith(
        "<AccumulateGrad object"
    )
    assert a is (x * 2).grad_fn.next_functions[0][0] and isinstance(a, lib.autograd.graph.Node)
    assert isinstance(mul, lib.autograd.graph.Node) and repr(mul).startswith(
        "<MulBackward0 object at 0x"
    )
    assert mul.metadata == {} and mul.metadata is mul.metadata
    assert x.grad_fn is None and z.grad_fn is z.grad_fn
    w = x * 1
    w[0].exp_()
    assert [n and n.name() for n, _ in w.grad_fn.next_functions] == ["MulBackward0"]


def test_saved_values_can_be_read(lib):
    x = leaf(lib)
    y = x * x
    assert y.grad_fn._saved_self is x
    z = (x * 2).exp()
    saved = z.grad_fn._saved_result
    assert saved.tolist() == z.tolist() and saved.grad_fn is z.grad_fn
    node = (x * 2).grad_fn
    assert node._saved_self is None and node._saved_other.item() == 2
    assert {"_saved_self", "_saved_other"} <= set(dir(node)) and "_saved_result" not in dir(node)
    z.sum().backward()
    with raises(RuntimeError, FREED):
        z.grad_fn._saved_result  # noqa: B018
    with pytest.raises(AttributeError):
        node._saved_result  # noqa: B018


def test_a_node_can_be_called(lib):
    x = leaf(lib)
    a, b = (x * 2).grad_fn(lib.ones(3))
    assert a.tolist() == [2, 2, 2] and b is None
    assert x.exp().grad_fn(lib.ones(3)).tolist() == x.exp().tolist()


def test_gradient_edges(lib):
    graph = lib.autograd.graph
    x = leaf(lib)
    y = x * 2
    z = (y * y).sum()
    edges = [graph.get_gradient_edge(t) for t in (x, y)]
    assert edges[1] == graph.GradientEdge(y.grad_fn, 0) and edges[0].node.variable is x
    grads = lib.autograd.grad(graph.get_gradient_edge(z), edges)
    assert [g.tolist() for g in grads] == [[8, 16, 24], [4, 8, 12]]
    parts = x.unbind()
    assert graph.get_gradient_edge(parts[2]).output_nr == 2
    (g,) = lib.autograd.grad(graph.GradientEdge(parts[0].grad_fn, 1), x, lib.tensor(5.0))
    assert g.tolist() == [0, 5, 0]
    text = (
        "It is not possible to get the gradient edge for a Tensor that does not require gradients"
    )
    with raises(RuntimeError, text):
        graph.get_gradient_edge(lib.ones(1))


# ---- several gradients at once -----------------------------------------------------------------


def test_a_hook_on_several_tensors(lib):
    hook_on = lib.autograd.graph.register_multi_grad_hook
    x, log = leaf(lib), []
    y, z = x * 2, x * 3
    handle = hook_on((y, z), lambda grads: log.append(told(grads)))
    y.sum().backward(retain_graph=True)
    (y * 2 + z).sum().backward(retain_graph=True)
    handle.remove()
    y.sum().backward()
    assert log == [[[1, 1, 1], None], [[2, 2, 2], [1, 1, 1]]]
    firsts = []
    y, z = x * 2, x * 3
    hook_on((y, z), lambda grad: firsts.append(grad.tolist()), mode="any")
    (y + z).sum().backward()
    assert firsts == [[1, 1, 1]]
    with raises(ValueError, "Expects mode to be one of ('all', 'any') but got x"):
        hook_on((y, z), print, mode="x")


# ---- hooks on saved values ---------------------------------------------------------------------


def test_saved_tensors_hooks(lib):
    x, log = leaf(lib), []

    def pack(t):
        log.append(("pack", t.tolist(), t.requires_grad, lib.is_grad_enabled()))
        return t * 10

    def unpack(t):
        log.append(("unpack", t.tolist()))
        return t

    with lib.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x * x
        z = (x * 2).exp()
    e = [round(v, 3) for v in z.tolist()]
    assert log[:2] == [("pack", [1, 2, 3], True, False)] * 2
    assert [round(v, 3) for v in log[2][1]] == e and len(log) == 3
    y.sum().backward()
    assert log[3:] == [("unpack", [10, 20, 30])] * 2 and x.grad.tolist() == [20, 40, 60]
    x.grad = None
    z.sum().backward()
    assert [round(v, 2) for v in x.grad.tolist()] == [round(v * 20, 2) for v in z.tolist()]


def test_saved_tensors_hooks_and_second_derivatives(lib):
    x = leaf(lib)
    with lib.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda v: lib.tensor(v)):
        y = x**3 + (x * 1) * x
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    (gg,) = lib.autograd.grad(g.sum(), x)
    assert g.tolist() == [5, 16, 33] and gg.tolist() == [8, 14, 20]


def test_packed_values_are_not_checked_for_writes(lib):
    x = leaf(lib)
    with lib.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = x * 1
        z = y * y
        y.add_(1)
        w = x * 1
        w.mul_(x)
    (z.sum() + w.sum()).backward()
    assert x.grad.tolist() == [4, 8, 12]


def test_the_innermost_hooks_count(lib):
    hooks, log = lib.autograd.graph.saved_tensors_hooks, []
    x = leaf(lib)
    with hooks(lambda t: log.append("outer") or t, lambda t: t):
        with hooks(lambda t: log.append("inner") or t, lambda t: t):
            x.exp()
        x.exp()
    x.exp()
    assert log == ["inner", "outer"]


def test_hooks_that_misbehave(lib):
    graph, x = lib.autograd.graph, leaf(lib)
    with graph.saved_tensors_hooks(lambda t: t.add_(1), lambda t: t):
        text = (
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to pack hook cannot be modified by in-place operations as this can lead to unexpected "
            "side-effects. Please open an issue if you need to perform in-place operations on the "
            "input to a pack hook."
        )
        with raises(RuntimeError, text):
            (x * 1) ** 2
    with graph.saved_tensors_hooks(lambda t: t, lambda t: 3):
        y = x**2
    text = "Output of saved tensor unpack_hook expected to be a Tensor but got result of type int"
    with raises(TypeError, text):
        y.sum().backward()
    with graph.disable_saved_tensors_hooks("not now"), raises(RuntimeError, "not now"):
        with graph.saved_tensors_hooks(lambda t: t, lambda t: t):
            pass


def test_save_on_cpu(lib):
    x = leaf(lib)
    with lib.autograd.graph.save_on_cpu():
        y = x * x
    y.sum().backward()
    assert x.grad.tolist() == [2, 4, 6]
