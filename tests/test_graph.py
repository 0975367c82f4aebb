"""The graph itself: how deep, how long it lives, what it keeps, and what reaches the leaves.

Each test is a trap that a small autograd falls into (shared/design.md, "An operation").
"""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import minitorch

# ---- depth -------------------------------------------------------------------------------------


def depth():
    """How many Python frames there are now."""
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


@pytest.fixture
def shallow():
    """Allow so few frames more that a recursion over the graph cannot pass."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth() + 60)
    yield
    sys.setrecursionlimit(before)


@pytest.fixture
def no_collector():
    """Without the garbage collector only what is in no cycle is freed."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("way", ["backward", "grad", "create_graph", "never"])
def test_a_chain_of_100_000_operations(lib, shallow, way):
    x = lib.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    if way == "backward":
        y.backward()
        assert x.grad.tolist() == [1]
    elif way != "never":
        (g,) = lib.autograd.grad(y, x, create_graph=way == "create_graph")
        assert g.tolist() == [1]
    del y


def test_a_deep_chain_of_views_and_writes(shallow):
    x = minitorch.ones(2, requires_grad=True)
    y = x * 1
    for _ in range(300):
        y.mul_(1)
        y = y.view(2)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


# ---- life --------------------------------------------------------------------------------------


def written_through_a_view(x):
    y = x * 2
    y[0].mul_(3)
    return y


def watched(x):
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g)
    return y.exp()


GRAPHS = {
    "exp": lambda x: x.exp(),
    "in place": lambda x: (x * 2).mul_(x),
    "saved, in place": lambda x: (x * 2).exp_(),
    "view": lambda x: (x * 2)[0].t().exp(),
    "written through a view": written_through_a_view,
    "several results": lambda x: sum(part.exp() for part in (x * 2).unbind(0)),
    "joined": lambda x: minitorch.cat([x * 2, x.exp()]),
    "softmax": lambda x: minitorch.nn.functional.log_softmax(x * 2, -1),
    "product": lambda x: (x * 2) @ x.mT,
    "indexed": lambda x: (x * 2)[:, [0, 0]],
    "watched": watched,
}


def arrays_and_nodes(root):
    """Weak references to the nodes below a node, and to the arrays that they saved."""
    found, stack = {}, [root]
    while stack:
        node = stack.pop()
        if node is not None and id(node) not in found and not isinstance(node, minitorch.Tensor):
            found[id(node)] = weakref.ref(node)
            for value in saved_arrays(node):
                found[id(value)] = weakref.ref(value)
            stack.extend(node.edges)
    return list(found.values())


def saved_arrays(node):
    return [value for value, *_ in node.saved or () if isinstance(value, np.ndarray)]


def alive(references, but=()):
    return [r() for r in references if r() is not None and not any(r() is x for x in but)]


@pytest.mark.parametrize("after", ["backward", "grad", "nothing"])
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_freed_without_the_collector(no_collector, name, after):
    x = minitorch.rand(2, 2, 2, requires_grad=True)
    y = GRAPHS[name](x)
    references = arrays_and_nodes(y.grad_fn)
    result = weakref.ref(y)
    assert len(references) > 1
    if after == "backward":
        y.sum().backward()
    elif after == "grad":
        (g,) = minitorch.autograd.grad(y.sum(), x, create_graph=True)
        references += arrays_and_nodes(g.grad_fn) if g.grad_fn else []
        del g
    del y
    assert result() is None
    assert alive(references, but=[x._array]) == []


def test_backward_frees_saved_values_while_the_result_lives(no_collector):
    x = minitorch.rand(3, requires_grad=True)
    h = x.exp()
    array = weakref.ref(h._array)
    y = (h * h).sum()
    del h
    assert array() is not None
    y.backward()
    assert array() is None


def test_a_step_of_training_leaves_no_more_than_it_found(no_collector):
    layer = minitorch.nn.Linear(4, 4)
    x, y = minitorch.rand(8, 4), minitorch.randint(4, (8,))
    counts = []
    for _ in range(5):
        layer.zero_grad()
        minitorch.nn.functional.cross_entropy(layer(x), y).backward()
        counts.append(len(gc.get_objects()))
    assert counts[4] <= counts[1]


# ---- what is saved -----------------------------------------------------------------------------


def saved_bytes(root):
    """The bytes of the arrays that a graph keeps, each memory once."""
    seen, stack, memory = set(), [root], {}
    while stack:
        node = stack.pop()
        if node is None or isinstance(node, minitorch.Tensor) or id(node) in seen:
            continue
        seen.add(id(node))
        for value in saved_arrays(node):
            memory[value.__array_interface__["data"][0]] = value.nbytes
        stack.extend(node.edges)
    return sum(memory.values())


A = 4 * 10 * 10  # bytes of the (10, 10) float32 matrices below
V = 4 * 10
EXPONENTIALS = "log_softmax keeps its exponentials too: backward needs no more"
SAVED = [
    ("a sum", lambda F, x, y: x + y, 0),
    ("a product", lambda F, x, y: x * y, 2 * A),
    ("a product with what needs no gradient", lambda F, x, y: x * y.detach(), A),
    ("the same twice", lambda F, x, y: x * x, A),
    ("a product with a number", lambda F, x, y: x * 2.0, 0),
    ("exp saves its result", lambda F, x, y: x.exp(), A),
    ("exp of exp", lambda F, x, y: x.exp().exp(), 2 * A),
    ("sigmoid saves its result", lambda F, x, y: x.sigmoid(), A),
    ("relu saves its result", lambda F, x, y: x.relu(), A),
    ("log saves its input", lambda F, x, y: x.log(), A),
    ("what one saves the other saves too", lambda F, x, y: x.exp().log(), A),
    ("a square", lambda F, x, y: x**2, A),
    ("a reduction", lambda F, x, y: x.sum(0), 0),
    ("a view", lambda F, x, y: x[0].view(2, 5), 0),
    ("a matrix product", lambda F, x, y: x @ y, 2 * A),
    ("a matrix product for one side", lambda F, x, y: x @ y.detach(), A),
    ("linear", lambda F, x, y: F.linear(x, y, y[0]), 2 * A),
    ("softmax saves its result", lambda F, x, y: F.softmax(x, 1), A),
    (EXPONENTIALS, lambda F, x, y: F.log_softmax(x, 1), 2 * A + V),
    ("cat", lambda F, x, y: F.relu(x).exp() + y, 2 * A),
]


@pytest.mark.parametrize("f, expected", [case[1:] for case in SAVED],
                         ids=[case[0] for case in SAVED])  # fmt: skip
def test_a_graph_keeps_what_its_formulas_name(f, expected):
    x, y = (minitorch.rand(10, 10, requires_grad=True) for _ in range(2))
    assert saved_bytes(f(minitorch.nn.functional, x, y).grad_fn) == expected


def kept_by_torch(torch, f, *inputs):
    """The bytes that torch keeps for backward, each memory once."""
    memory = {}

    def pack(t):
        memory[t.data_ptr()] = t.numel() * t.element_size()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = f(torch.nn.functional, *inputs)
    assert out.grad_fn is not None  # alive until here, so that no address is used twice
    return sum(memory.values())


@pytest.mark.torch
@pytest.mark.parametrize(
    "f", [pytest.param(f, id=name) for name, f, _ in SAVED if name != EXPONENTIALS])  # fmt: skip
def test_a_graph_keeps_no_more_than_that_of_torch(f):
    import torch

    x, y = (minitorch.rand(10, 10, requires_grad=True) for _ in range(2))
    theirs = [torch.from_numpy(t._array.copy()).requires_grad_() for t in (x, y)]
    ours = saved_bytes(f(minitorch.nn.functional, x, y).grad_fn)
    assert ours <= kept_by_torch(torch, f, *theirs)


def test_nothing_is_kept_where_nothing_is_recorded():
    x = minitorch.rand(3, requires_grad=True)
    with minitorch.no_grad():
        y = x.exp()
    assert (y.grad_fn, y.requires_grad) == (None, False)


# ---- order -------------------------------------------------------------------------------------


def below(root):
    """All nodes of a graph."""
    found, stack = {}, [root]
    while stack:
        node = stack.pop()
        if node is not None and not isinstance(node, minitorch.Tensor) and id(node) not in found:
            found[id(node)] = node
            stack.extend(node.edges)
    return list(found.values())


def view_brought_up_to_date(x):
    y = x * 2
    view = y[0]
    y.mul_(3)
    return view.exp() + y.sum()


@pytest.mark.parametrize("f", [*GRAPHS.values(), view_brought_up_to_date],
                         ids=[*GRAPHS, "view brought up to date"])  # fmt: skip
def test_a_node_is_younger_than_all_that_it_came_from(f):
    x = minitorch.rand(2, 2, 2, requires_grad=True)
    for node in below(f(x).grad_fn):
        for edge in node.edges:
            if edge is not None and not isinstance(edge, minitorch.Tensor):
                assert edge.number < node.number


def test_a_node_runs_when_all_of_its_gradient_is_there(lib):
    x = lib.ones(2, requires_grad=True)
    h = x * 2
    late = h.exp()
    y = h * 3 + (late.log() * 5 + late.detach())
    seen = []
    h.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    assert seen == [[8, 8]]


# ---- the leaves --------------------------------------------------------------------------------


def test_leaves_do_not_share_their_gradients(lib):
    x, y = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    (x + y).sum().backward()
    x.grad.add_(1)
    assert y.grad.tolist() == [1, 1]


def test_a_gradient_is_not_the_one_that_was_given(lib):
    x, given = lib.ones(2, requires_grad=True), lib.ones(2)
    x.backward(given)
    (x + 0).backward(given)
    assert x.grad.tolist() == [2, 2]
    x.grad.add_(1)
    assert given.tolist() == [1, 1]


@pytest.mark.parametrize(
    "f",
    [lambda x: x.sum(), lambda x: x.expand(4, 2, 2).sum(), lambda x: x.mean(),
     lambda x: x.t().sum(0).sum(), lambda x: x[:, :1].sum(), lambda x: x],
    ids=["sum", "expand", "mean", "t", "slice", "itself"],
)  # fmt: skip
def test_a_gradient_can_be_written_to(lib, f):
    x = lib.ones(2, 2, requires_grad=True)
    out = f(x)
    out.backward(lib.ones(1).expand(out.shape) if out.dim() else None)
    before = x.grad.clone()
    x.grad += 1
    assert (x.grad - before).tolist() == [[1, 1]] * 2
    assert x.grad.is_contiguous() and x.grad.stride() == (2, 1)


def test_two_backwards_add_into_one_tensor(lib):
    x = lib.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    kept = x.grad
    (x * 3).sum().backward()
    assert x.grad is kept and kept.tolist() == [5, 5]


# ---- numbers in NumPy --------------------------------------------------------------------------

ZERO_D = {
    "sum": lambda x, s: x.sum(),
    "mean": lambda x, s: x.mean(),
    "a number times itself": lambda x, s: s * s,
    "minus": lambda x, s: -s,
    "exp": lambda x, s: s.exp(),
    "power": lambda x, s: s**2,
    "chosen": lambda x, s: x[0, 1],
    "compared": lambda x, s: s > 0,
    "inner product": lambda x, s: x[0] @ x[0],
    "max": lambda x, s: x.max(),
    "argmax": lambda x, s: x.argmax(),
    "where": lambda x, s: minitorch.where(s > 0, s, 0.0),
    "in place": lambda x, s: s.clone().add_(1),
    "detached": lambda x, s: s.detach(),
}


@pytest.mark.parametrize("f", ZERO_D.values(), ids=ZERO_D)
def test_a_result_without_dimensions_is_an_array(f):
    x, s = minitorch.rand(2, 2), minitorch.tensor(2.0)
    for wants in (False, True):
        out = f(x.requires_grad_(wants), s.requires_grad_(wants))
        assert type(out._array) is np.ndarray and out._array.shape == ()
        if out.requires_grad:
            out.backward()
            for leaf in (x, s):
                assert leaf.grad is None or type(leaf.grad._array) is np.ndarray


@pytest.mark.parametrize("f", [lambda x, n: x * n, lambda x, n: x + n, lambda x, n: x / n,
                               lambda x, n: x - n, lambda x, n: x**n],
                         ids=["mul", "add", "div", "sub", "pow"])  # fmt: skip
def test_a_numpy_float64_does_not_make_float64_of_float32(lib, f):
    x = lib.ones(2, requires_grad=True)
    out = f(x, np.float64(2))
    assert out.dtype is lib.float32
    out.sum().backward()
    assert x.grad.dtype is lib.float32


@pytest.mark.parametrize("f", ZERO_D.values(), ids=ZERO_D)
def test_float32_stays_float32_through_numbers_without_dimensions(f):
    x = minitorch.rand(2, 2, requires_grad=True)
    s = x.sum()
    out = f(x, s)
    if out.requires_grad:
        assert out.dtype is minitorch.float32
        (g,) = minitorch.autograd.grad(out, x, create_graph=True)
        assert g.dtype is minitorch.float32
        out.backward()
        assert x.grad.dtype is minitorch.float32


# ---- threads -----------------------------------------------------------------------------------


def in_a_thread(function):
    """What a function returns in a thread of its own."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_a_thread_records_whatever_another_does(lib):
    x = lib.ones(1, requires_grad=True)
    with lib.no_grad():
        assert in_a_thread(lib.is_grad_enabled)
        assert in_a_thread(lambda: (x * 2).requires_grad)
        assert not lib.is_grad_enabled()
    with lib.inference_mode():
        assert not in_a_thread(lib.is_inference_mode_enabled)


def test_a_mode_set_in_a_thread_ends_with_it(lib):
    in_a_thread(lambda: lib.set_grad_enabled(False))
    assert lib.is_grad_enabled()


def test_threads_go_backward_at_the_same_time(lib):
    def train():
        x = lib.ones(3, requires_grad=True)
        for _ in range(50):
            x.grad = None
            (x.exp() * 2).log().sum().backward()
        return x.grad.tolist()

    results = []
    threads = [threading.Thread(target=lambda: results.append(train())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(results, np.ones((4, 3)), 1e-6)
