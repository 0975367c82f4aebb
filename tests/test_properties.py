"""What must hold for any shapes, views, indices and compositions, found out by hypothesis.

NumPy is the reference where it has the same rules as torch; gradients are held against finite
differences or against counting.
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minitorch

# The same examples in every run: a failure can be repeated by running the test again.
many = settings(max_examples=150, deadline=None, derandomize=True, database=None)

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def values(shape, seed=0):
    """An array of different numbers between -2 and 2."""
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def leaf(array):
    return minitorch.from_numpy(array.copy()).requires_grad_()


# ---- broadcasting ------------------------------------------------------------------------------

BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "maximum": np.maximum, "lt": np.less, "pow": lambda x, y: np.power(np.abs(x), y),
}  # fmt: skip


def ours(name, x, y):
    return x.abs() ** y if name == "pow" else getattr(minitorch, name)(x, y)


@many
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4, min_side=0),
       st.sampled_from(sorted(BINARY)))  # fmt: skip
def test_broadcasting_is_that_of_numpy(shapes, name):
    arrays = [values(shape, i) for i, shape in enumerate(shapes.input_shapes)]
    out = ours(name, *map(minitorch.from_numpy, arrays))
    assert out.shape == shapes.result_shape
    np.testing.assert_allclose(out.numpy(), BINARY[name](*arrays), 1e-12)


@many
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4, min_side=0))
def test_the_gradient_of_a_broadcast_is_its_sum(shapes):
    arrays = [values(shape, i) for i, shape in enumerate(shapes.input_shapes)]
    x, y = map(leaf, arrays)
    weight = values(shapes.result_shape, 2)
    (x * y).backward(minitorch.from_numpy(weight))
    for one, other, array in ((x, arrays[1], arrays[0]), (y, arrays[0], arrays[1])):
        full = weight * np.broadcast_to(other, weight.shape)
        lead = full.ndim - array.ndim
        full = full.sum(tuple(range(lead)))
        ones = tuple(i for i, n in enumerate(array.shape) if n == 1)
        np.testing.assert_allclose(one.grad.numpy(), full.sum(ones, keepdims=True), 1e-10, 1e-12)


@many
@given(SHAPES, SHAPES)
def test_shapes_that_do_not_broadcast_are_refused(a, b):
    try:
        np.broadcast_shapes(a, b)
        assume(False)
    except ValueError:
        pass
    with pytest.raises(RuntimeError, match=r"The size of tensor a \(\d+\) must match the size of "
                       r"tensor b \(\d+\) at non-singleton dimension \d+"):  # fmt: skip
        minitorch.zeros(a) + minitorch.zeros(b)


# ---- indexing ----------------------------------------------------------------------------------


@st.composite
def slices(draw, size):
    """A slice with a positive step: torch has no others."""
    bound = st.none() | st.integers(-size - 1, size + 1)
    return slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3)))


@st.composite
def basic(draw, shape):
    """Integers, slices, None and `...`: a view."""
    index = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        whole = st.integers(-size, size - 1) if size else slices(0)
        index += [draw(whole | slices(size))]
        index += [None] * draw(st.integers(0, 1))
    if draw(st.booleans()):
        index.append(...)
    return tuple(index)


@st.composite
def gathering(draw, shape):
    """Slices, and an array of indices or a mask for one dimension: a copy."""
    place = draw(st.integers(0, len(shape) - 1))
    index = [draw(slices(size)) for size in shape[:place]]
    size = shape[place]
    if draw(st.booleans()):
        taken = draw(hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=3),
                                elements=st.integers(-size, size - 1)))  # fmt: skip
    else:
        taken = draw(hnp.arrays(np.bool_, (size,)))
    return (*index, taken)


@st.composite
def indexed(draw):
    """A shape and an index into it."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    return shape, draw(basic(shape) | gathering(shape))


def as_tensors(index):
    return tuple(minitorch.from_numpy(i) if isinstance(i, np.ndarray) else i for i in index)


def taken(array, index):
    """What NumPy finds at an index, as an array even if it is one number."""
    return array[index] if any(i is ... for i in index) else array[(*index, ...)]


@many
@given(indexed())
def test_indexing_is_that_of_numpy(case):
    shape, index = case
    array = values(shape)
    expected = taken(array, index)
    out = minitorch.from_numpy(array)[as_tensors(index)]
    np.testing.assert_array_equal(out.numpy(), expected)
    if expected.size:
        assert np.may_share_memory(out.numpy(), array) == np.may_share_memory(expected, array)


@many
@given(indexed())
def test_the_gradient_of_indexing_counts_how_often_an_element_was_taken(case):
    shape, index = case
    x = leaf(values(shape))
    out = x[as_tensors(index)]
    weight = values(out.shape, 1)
    out.backward(minitorch.from_numpy(weight))
    expected = np.zeros(shape)
    np.add.at(expected, index, weight)
    np.testing.assert_allclose(x.grad.numpy(), expected, 1e-12)


@many
@given(indexed())
def test_assigning_to_an_index_is_that_of_numpy(case):
    shape, index = case
    array = values(shape)
    x = leaf(array)
    y = x * 1
    places = np.arange(array.size).reshape(shape)[index]
    assume(places.ndim and 0 < len(np.unique(places)) == places.size)  # else the order decides
    new = leaf(values(places.shape, 1)[..., :1])
    y[as_tensors(index)] = new
    array[index] = new.detach().numpy()
    np.testing.assert_array_equal(y.detach().numpy(), array)
    weight = values(shape, 2)
    y.backward(minitorch.from_numpy(weight))
    mine = weight[index].sum(-1, keepdims=True)
    np.testing.assert_allclose(new.grad.numpy(), mine, 1e-12)
    weight[index] = 0
    np.testing.assert_array_equal(x.grad.numpy(), weight)


# ---- views -------------------------------------------------------------------------------------


@st.composite
def view_steps(draw, shape):
    """A few steps, each taking a view of the one before: (how it is said, tensor -> tensor)."""
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        step = draw(one_view(shape))
        steps.append(step)
        shape = step[1](minitorch.zeros(shape)).shape
    return steps


@st.composite
def one_view(draw, shape):
    dims = st.integers(0, max(len(shape) - 1, 0))
    kind = draw(st.sampled_from(["index", "unsqueeze", "squeeze", "permute", "transpose", "flatten",
                                 "view", "diagonal", "narrow", "select"]))  # fmt: skip
    if kind == "index":
        index = draw(basic(tuple(shape)))
        return f"[{index}]", lambda x: x[index]
    if kind == "permute":
        order = draw(st.permutations(range(len(shape))))
        return f"permute({order})", lambda x: x.permute(order)
    if not shape or kind == "unsqueeze":
        return "unsqueeze(0)", lambda x: x.unsqueeze(0)
    a, b = draw(dims), draw(dims)
    if kind == "squeeze":
        return f"squeeze({a})", lambda x: x.squeeze(a)
    if kind == "diagonal" and a != b:
        return f"diagonal(0, {a}, {b})", lambda x: x.diagonal(0, a, b)
    if kind == "narrow" and shape[a]:
        start = draw(st.integers(0, shape[a] - 1))
        length = draw(st.integers(0, shape[a] - start))
        return f"narrow({a}, {start}, {length})", lambda x: x.narrow(a, start, length)
    if kind == "select" and shape[a]:
        return f"select({a}, -1)", lambda x: x.select(a, -1)
    if kind in ("view", "flatten"):
        return f"{kind} of contiguous ones", lambda x: x.view(-1) if x.is_contiguous() else x[:]
    return f"transpose({a}, {b})", lambda x: x.transpose(a, b)


@st.composite
def viewed(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    return shape, draw(view_steps(shape))


def follow(x, steps):
    for _, step in steps:
        x = step(x)
    return x


@many
@given(viewed())
def test_writing_through_a_view_is_writing_to_the_base(case):
    shape, steps = case
    places = follow(minitorch.arange(int(np.prod(shape))).view(shape), steps).numpy()
    array, weight = values(shape), values(shape, 1)
    x = leaf(array)
    base = x * 1
    view = follow(base, steps)
    assert view._base is base or view is base
    view.mul_(3)
    inside = np.isin(np.arange(array.size), places).reshape(shape)
    np.testing.assert_array_equal(base.detach().numpy(), np.where(inside, 3 * array, array))
    np.testing.assert_array_equal(view.detach().numpy(), 3 * array.ravel()[places])
    base.backward(minitorch.from_numpy(weight))
    np.testing.assert_allclose(x.grad.numpy(), np.where(inside, 3 * weight, weight), 1e-12)


@many
@given(viewed())
def test_writing_to_the_base_is_seen_through_the_view(case):
    shape, steps = case
    places = follow(minitorch.arange(int(np.prod(shape))).view(shape), steps).numpy()
    array = values(shape)
    x = leaf(array)
    base = x * 1
    view = follow(base, steps)
    base.mul_(base.detach().clone())
    np.testing.assert_array_equal(view.detach().numpy(), (array * array).ravel()[places])
    assert view._version == base._version
    if places.size:
        weight = values(places.shape, 1)
        view.backward(minitorch.from_numpy(weight))
        expected = np.zeros(array.size)
        np.add.at(expected, places, weight)
        np.testing.assert_allclose(x.grad.numpy().ravel(), expected * array.ravel(), 1e-12)


@many
@given(viewed())
def test_the_gradient_of_a_view_goes_where_it_was_taken(case):
    shape, steps = case
    places = follow(minitorch.arange(int(np.prod(shape))).view(shape), steps).numpy()
    x = leaf(values(shape))
    view = follow(x, steps)
    weight = values(view.shape, 1)
    (view * 2).backward(minitorch.from_numpy(weight))
    expected = np.zeros(x.numel())
    np.add.at(expected, places, 2 * weight)
    np.testing.assert_allclose(x.grad.numpy().ravel(), expected, 1e-12)


# ---- compositions ------------------------------------------------------------------------------
#
# A program works on a list of 2x3 tensors: each step appends one made of two earlier ones. All
# steps are smooth and keep their results small.

STEPS = {
    "sin": lambda x, y: x.sin(),
    "tanh": lambda x, y: x.tanh(),
    "sigmoid": lambda x, y: x.sigmoid(),
    "bump": lambda x, y: (-x * x).exp(),
    "root": lambda x, y: (1 + x * x).sqrt(),
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y / 2,
    "mul": lambda x, y: x * y.tanh(),
    "div": lambda x, y: x / (1 + y**2),
    "mean": lambda x, y: x - y.mean(1, keepdim=True),
    "sum": lambda x, y: x * y.sum(0).tanh(),
    "softmax": lambda x, y: (x + y).log_softmax(1).exp(),
    "product": lambda x, y: (x @ y.t() / 6) @ x.tanh(),
    "cat": lambda x, y: minitorch.cat([x[:, 1:], y[:, :1]], 1),
    "stack": lambda x, y: minitorch.stack([x, y]).sum(0) / 2,
    "rows": lambda x, y: x[[1, 0]] + y[1],
    "view": lambda x, y: x.reshape(3, 2).t().flip(1) * y,
    "in place": lambda x, y: (x * 1).mul_(y.sin()),
    "written": lambda x, y: written(x, y),
    "where": lambda x, y: minitorch.where(minitorch.tensor([True, False, True]), x, y),
    "expand": lambda x, y: x[:1].expand(2, 3) + y,
}


def written(x, y):
    z = x * 1
    z[0] = y[1]
    z[:, 1] *= 2
    return z.tanh()


PROGRAMS = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 9)),
                    min_size=1, max_size=8)  # fmt: skip


def computed(program, x):
    """The weighted sum of what a program makes of `x`."""
    made = [x]
    for name, i, j in program:
        made.append(STEPS[name](made[i % len(made)], made[j % len(made)]))
    return (made[-1] * minitorch.from_numpy(values((2, 3), 7))).sum()


def difference(f, x, direction, h=1e-5):
    """The derivative of f along a direction, by a central difference."""
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h)


@many
@given(PROGRAMS)
def test_the_gradient_of_a_composition_is_its_derivative(program):
    array, direction = values((2, 3)), values((2, 3), 3)
    x = leaf(array)
    computed(program, x).backward()
    expected = difference(lambda a: computed(program, leaf(a)).item(), array, direction)
    grad = 0.0 if x.grad is None else x.grad.numpy()
    np.testing.assert_allclose(np.sum(grad * direction), expected, 1e-6, 1e-7)


def slope(program, array, direction, graph=False):
    """The derivative along a direction by the gradient; with `graph`, as a tensor and its leaf."""
    x = leaf(array)
    (g,) = minitorch.autograd.grad(computed(program, x), x, create_graph=graph)
    found = (g * minitorch.from_numpy(direction)).sum()
    return (found, x) if graph else found.item()


@many
@given(PROGRAMS)
def test_the_second_derivative_of_a_composition(program):
    array, first, second = values((2, 3)), values((2, 3), 3), values((2, 3), 4)
    found, x = slope(program, array, first, graph=True)
    h = 0.0
    if found.requires_grad:
        (h,) = minitorch.autograd.grad(found, x, allow_unused=True)
        h = 0.0 if h is None else h.numpy()
    expected = difference(lambda a: slope(program, a, first), array, second)
    np.testing.assert_allclose(np.sum(h * second), expected, 1e-5, 1e-6)


@many
@given(PROGRAMS)
def test_the_same_program_gives_the_same_numbers_without_recording(program):
    x = leaf(values((2, 3)))
    with minitorch.no_grad():
        silent = computed(program, x)
    assert not silent.requires_grad
    assert silent.item() == computed(program, x).item()
