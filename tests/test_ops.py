"""Every operation of the op table (ops_table.py), in the ways that go for all of them.

Values, dtypes and errors are held against what torch gave (golden/ops.npz), gradients against
finite differences along random directions, to second order. No torch is needed.
"""

import importlib.util
from pathlib import Path

import numpy as np
import ops_table
import pytest
from ops_table import GOLDEN, VARIANTS, call, find, key, names, outcome, plain, run

import minitorch

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # they are compared with the values
TABLE = ops_table.table()
WANTED = ops_table.read()
TOLERANCE = {"torch.float32": (1.3e-6, 1e-5), "torch.float64": (1e-7, 1e-7)}
STEP = 1e-6  # of a finite difference, in float64

# Calls whose gradient is meant to be something else than the derivative.
NOT_DERIVED = {
    "embedding(d, E, scale_grad_by_freq=True)": "scaled, as its name says",
    "embedding(d, E, padding_idx=1)": "the row of the padding gets none",
    "gumbel_softmax(a, hard=True)": "straight through: the derivative of the soft result",
    "normal(a, p)": "torch says zero: a drawn number has no history",
    "normal(0.0, p)": "torch says zero",
    "normal(a, 2.0)": "torch says zero",
    "to(a, lib.float32, copy=True)": "too coarse to take differences of",
    "float(a)": "too coarse",
    "half(a)": "too coarse",
}
OTHER_METHOD = {"where"}  # takes its arguments in another order: see the line `.where`
OTHER_IN_PLACE = {"normal", "bernoulli", "detach"}  # `name_` is another operation than `name`
WHOLE = {"isin", "equal", "allclose"}  # the elementwise family's only ones that look at all numbers
# Tensor methods that compute nothing, or belong to autograd: other files test them.
NOT_OPERATIONS = set("""as_subclass backward data_ptr detach_ dim element_size get_device
    has_names is_complex is_contiguous is_floating_point is_inference is_pinned is_shared
    is_signed is_set_to cuda ndimension nelement numel register_hook
    register_post_accumulate_grad_hook requires_grad_ retain_grad share_memory_ size stride
    storage_offset untyped_storage""".split())  # fmt: skip


def ids(op):
    return f"{op.family}-{op.name}"


def each(condition=lambda op: True):
    """One test for each operation of the table that fulfils the condition."""
    return pytest.mark.parametrize("op", [op for op in TABLE if condition(op)], ids=ids)


def forms(op):
    """Which forms of the operation torch has."""
    return WANTED.get(f"{op.family}/{op.name}", {})


def wants(op, text):
    """Which results of a call have gradients."""
    return WANTED.get(key(op, text, "grad"), {}).get("wants", [])


def has_gradient(op):
    return bool(differentiable(op))


def refused(op, text):
    """The error that torch raises for the gradient of a call."""
    return WANTED.get(key(op, text, "grad"), {}).get("error")


def differentiable(op):
    return [text for text in op.calls if any(wants(op, text)) and not refused(op, text)
            and f"{op.name}({text})" not in NOT_DERIVED]  # fmt: skip


def as_list(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


# ---- values and words --------------------------------------------------------------------------


def assert_same(found, expected, what):
    """Two outcomes, as plain data: the same kind of result, dtypes, shapes and numbers."""
    assert found.keys() == expected.keys(), f"{what}: {found}\nexpected {expected}"
    for name, value in expected.items():
        if name == "numbers":
            rtol, atol = TOLERANCE.get(expected["dtype"], (0, 0))
            assert found["dtype"] == expected["dtype"], what
            assert found["numbers"].shape == value.shape, what
            np.testing.assert_allclose(found["numbers"], value, rtol, atol, err_msg=what)
        elif name in ("tuple", "list"):
            assert len(found[name]) == len(value), what
            for part, other in zip(found[name], value):
                assert_same(part, other, what)
        else:
            assert found[name] == value, f"{what}\n  found    {found[name]}\n  expected {value}"


@each()
def test_values_are_those_of_torch(op):
    for text in op.calls:
        assert key(op, text, "float32") in WANTED, "not recorded: run tests/golden/record_ops.py"
        for variant in VARIANTS:
            expected = WANTED.get(key(op, text, variant))
            if expected is not None:
                assert_same(outcome(minitorch, op, text, variant), expected,
                            f"{op.name}({text}) {variant}")  # fmt: skip


@each(lambda op: op.wrong)
def test_wrong_input_is_refused_in_the_words_of_torch(op):
    for text in op.wrong:
        assert_same(outcome(minitorch, op, text), WANTED[key(op, text, "wrong")],
                    f"{op.name}({text})")  # fmt: skip


def silent(op, text):
    """The outcome of a call, without its warnings."""
    found = outcome(minitorch, op, text)
    found.pop("warned", None)
    return found


# ---- forms -------------------------------------------------------------------------------------


@each(lambda op: op.family != "functional" and not op.name.startswith("__"))
def test_methods_exist_where_torch_has_them(op):
    assert callable(getattr(minitorch.Tensor, op.name, None)) == forms(op)["method"]
    assert callable(getattr(minitorch.Tensor, f"{op.name}_", None)) == forms(op)["inplace"]


@each(lambda op: forms(op).get("method") and op.name in minitorch.methods.functions
      and op.name not in OTHER_METHOD)  # fmt: skip
def test_method_is_the_function(op):
    for text in op.calls:
        made = call(minitorch, op, text)
        if isinstance(made.args[0], minitorch.Tensor):
            minitorch.manual_seed(0)
            found = getattr(made.args[0], op.name)(*made.args[1:], **made.keywords)
            assert_same(plain(minitorch, found, mark=op.mark), silent(op, text),
                        f"{op.name}({text})")  # fmt: skip


def in_place(op, made):
    """The in-place form of a call, on a clone of its first argument: (the clone, the result)."""
    copy = made.args[0].clone()
    minitorch.manual_seed(0)
    if forms(op)["keyword"]:
        return copy, find(minitorch, op)(copy, *made.args[1:], **made.keywords, inplace=True)
    return copy, getattr(copy, f"{op.name}_")(*made.args[1:], **made.keywords)


@each(lambda op: (forms(op).get("inplace") or forms(op).get("keyword"))
      and op.name not in OTHER_IN_PLACE)  # fmt: skip
def test_in_place_form_does_the_same_in_place(op):
    done = 0
    for text in op.calls:
        made = call(minitorch, op, text, "float64", wants=True)
        first = made.args[0]
        if not isinstance(first, minitorch.Tensor) or "inplace" in made.keywords:
            continue
        out = run(minitorch, op, made)
        if isinstance(out, tuple) or not (fits(out, first) or op.family == "shapes"):
            with pytest.raises((RuntimeError, TypeError)):
                in_place(op, made)
            continue
        copy, found = in_place(op, made)
        assert found is copy
        assert copy._version > 0 or np.array_equal(copy._array, first._array)
        np.testing.assert_array_equal(found._array, out._array.astype(found._array.dtype))
        assert found.requires_grad == out.requires_grad or out._array.dtype.kind != "f"
        if text in differentiable(op):
            leaves = [t for t in made.tensors.values() if t.requires_grad]
            g = minitorch.ones_like(out)
            pairs = [minitorch.autograd.grad(x, leaves, g, retain_graph=True, allow_unused=True)
                     for x in (out, found)]  # fmt: skip
            for one, other in zip(*pairs):
                np.testing.assert_allclose(numbers(one), numbers(other), 1e-12)
        done += 1
    assert done


def fits(out, first):
    """Whether a result can be written to the tensor it was computed from."""
    return out.shape == first.shape and minitorch.can_cast(out.dtype, first.dtype)


def numbers(g):
    return 0.0 if g is None else g._array


# ---- shapes and layouts ------------------------------------------------------------------------


def scattered(array):
    """A copy of an array whose neighbours lie apart in memory."""
    wide = np.zeros((*array.shape, 2), array.dtype)
    wide[..., 0] = array
    return wide[..., 0]


@each(lambda op: any(names(op, text) for text in op.calls))
def test_layout_in_memory_does_not_matter(op):
    for text in op.calls:
        found = run(minitorch, op, call(minitorch, op, text, layout=scattered))
        assert_same(plain(minitorch, found, mark=op.mark), silent(op, text),
                    f"{op.name}({text})")  # fmt: skip


def shaped_to_broadcast(op, text):
    """Inputs of shapes (2, 1), (1, 3) and so on for a call, and the same expanded."""
    shapes = [(2, 1), (1, 3), (3,)]
    small = {}
    for name, shape in zip(names(op, text), shapes):
        flat = ops_table.numbers(name, op.inputs[name]).ravel()
        small[name] = flat[: np.prod(shape)].reshape(shape)
    return small, {name: np.broadcast_to(array, (2, 3)) for name, array in small.items()}


def plain_pairs(op):
    """The calls of an elementwise operation with nothing but two or more inputs."""
    return [text for text in op.calls if "," in text
            and set(text.replace(" ", "").split(",")) <= set(op.inputs)
            and len(set(names(op, text))) > 1]  # fmt: skip


@each(lambda op: op.family == "elementwise" and plain_pairs(op) and op.name not in WHOLE)
def test_broadcasting_is_expanding(op):
    for text in plain_pairs(op):
        small, large = shaped_to_broadcast(op, text)
        results = [run(minitorch, op, call(minitorch, op, text, "float64", arrays=arrays))
                   for arrays in (small, large)]  # fmt: skip
        np.testing.assert_array_equal(results[0]._array, results[1]._array, f"{op.name}({text})")


# ---- gradients ---------------------------------------------------------------------------------


class Along:
    """A call in float64 as a function of its real inputs, weighted to one number."""

    def __init__(self, op, text):
        self.op, self.text, self.wants = op, text, wants(op, text)
        self.random = np.random.default_rng(0)
        self.start = {name: ops_table.numbers(name, op.inputs[name]) for name in names(op, text)
                      if op.inputs[name].real}  # fmt: skip
        self.weights = [self.random.standard_normal(out._array.shape)
                        for out in self.results(self.start)[1]]  # fmt: skip

    def direction(self):
        return {name: self.random.standard_normal(x.shape) for name, x in self.start.items()}

    def moved(self, direction, step):
        return {name: x + step * direction[name] for name, x in self.start.items()}

    def results(self, arrays):
        made = call(minitorch, self.op, self.text, "float64", wants=True, arrays=arrays)
        found = as_list(run(minitorch, self.op, made))
        return made, [out for out, wanted in zip(found, self.wants) if wanted]

    def value(self, arrays):
        found = self.results(arrays)[1]
        return sum(np.sum(out._array * weight) for out, weight in zip(found, self.weights))

    def gradients(self, arrays, graph=False):
        """The leaves and the gradients of the number."""
        made, found = self.results(arrays)
        leaves = {name: made.tensors[name] for name in self.start}
        grads = minitorch.autograd.grad(
            found, tuple(leaves.values()), [minitorch.tensor(w) for w in self.weights],
            create_graph=graph, allow_unused=True)  # fmt: skip
        return leaves, dict(zip(leaves, grads))

    def slope(self, arrays, direction):
        """The derivative along a direction, by the gradient."""
        grads = self.gradients(arrays)[1]
        return sum(np.sum(numbers(g) * direction[name]) for name, g in grads.items())


def assert_slope(found, function, direction, what):
    """A derivative against the finite difference of `function(arrays)`."""
    along, where = direction
    expected = (function(along.moved(where, STEP)) - function(along.moved(where, -STEP))) / (
        2 * STEP)  # fmt: skip
    np.testing.assert_allclose(found, expected, 1e-6, 1e-6, err_msg=what)


@each(has_gradient)
def test_gradient_is_the_derivative(op):
    for text in differentiable(op):
        along = Along(op, text)
        where = along.direction()
        assert_slope(along.slope(along.start, where), along.value, (along, where),
                     f"{op.name}({text})")  # fmt: skip


@each(has_gradient)
def test_second_derivative_is_the_derivative_of_the_gradient(op):
    for text in differentiable(op):
        along = Along(op, text)
        first, second = along.direction(), along.direction()
        leaves, grads = along.gradients(along.start, graph=True)
        slope = sum((g * minitorch.tensor(first[name])).sum() for name, g in grads.items()
                    if g is not None)  # fmt: skip
        found = [None] * len(leaves)
        if getattr(slope, "requires_grad", False):
            found = minitorch.autograd.grad(slope, tuple(leaves.values()), allow_unused=True)
        found = sum(np.sum(numbers(g) * second[name]) for name, g in zip(leaves, found))
        assert_slope(found, lambda arrays, along=along, first=first: along.slope(arrays, first),
                     (along, second), f"{op.name}({text})")  # fmt: skip


@each(lambda op: any(wants(op, text) for text in op.calls))
def test_results_require_grad_where_those_of_torch_do(op):
    for text in op.calls:
        if wants(op, text):
            found = run(minitorch, op, call(minitorch, op, text, "float64", wants=True))
            flags = [bool(getattr(x, "requires_grad", False)) for x in as_list(found)]
            assert flags == wants(op, text), f"{op.name}({text})"


@each(lambda op: any(refused(op, text) for text in op.calls))
def test_gradient_that_torch_refuses(op):
    for text in op.calls:
        if refused(op, text):
            with pytest.raises((RuntimeError, NotImplementedError)) as caught:
                Along(op, text).gradients(Along(op, text).start)
            assert ops_table.told(caught.value) == refused(op, text), f"{op.name}({text})"


@each(has_gradient)
def test_gradient_has_the_dtype_and_shape_of_its_input(op):
    for text in differentiable(op):
        for variant in ("float32", "float64", "float16"):
            if key(op, text, variant) not in WANTED:
                continue
            made = call(minitorch, op, text, variant, wants=True)
            leaves = [t for t in made.tensors.values() if t.requires_grad]
            outs = [x for x in as_list(run(minitorch, op, made)) if x.requires_grad]
            seeds = [minitorch.ones_like(x) for x in outs]
            for leaf, g in zip(leaves, minitorch.autograd.grad(outs, leaves, seeds,
                                                               allow_unused=True)):  # fmt: skip
                if g is not None:
                    assert (g.dtype, g.shape) == (leaf.dtype, leaf.shape), f"{op.name}({text})"


# ---- on meta -----------------------------------------------------------------------------------

# What depends on the numbers, and so is refused; test_meta.py compares the words with torch's.
NEED_NUMBERS = {"allclose", "argwhere", "bincount", "cpu", "equal", "item", "masked_select",
                "nonzero", "numpy", "tolist", "unique"}  # fmt: skip
CALLS_NEED_NUMBERS = {
    "narrow(W, 1, lib.tensor(1), 2)", "one_hot(d)", "one_hot(y2)", "to(a, 'cpu')",
    "type(a, 'torch.LongTensor')", "__getitem__(A, at[lib.tensor(0):lib.tensor(1)])",
    "__getitem__(a, lib.tensor([1, 0], dtype=lib.uint8))", "__getitem__(s, lib.tensor(True))",
    "__getitem__(A, lib.tensor(1))", "__getitem__(A, at[:, lib.tensor(1)])",
}  # fmt: skip


def with_shapes(op):
    """The calls of an operation that meta can answer."""
    if op.name in NEED_NUMBERS:
        return []
    return [text for text in op.calls if "error" not in WANTED[key(op, text, "float32")]
            and f"{op.name}({text})" not in CALLS_NEED_NUMBERS
            and not (op.name == "repeat_interleave" and "k[0" in text)
            and not (op.name == "__getitem__" and of_mask(op, text))]  # fmt: skip


def of_mask(op, text):
    return not {"t", "o"}.isdisjoint(names(op, text))


def with_gradients(op):
    """Those whose gradients it can tell; that of values put by a mask is taken by the mask."""
    return [text for text in with_shapes(op) if text in differentiable(op)
            and not (op.name == "index_put" and of_mask(op, text))]  # fmt: skip


def on_meta(op, text, wants=False):
    with minitorch.device("meta"):
        made = call(minitorch, op, text, wants=wants, device="meta")
        return made, run(minitorch, op, made)


def assert_described(found, expected, what):
    """A result on meta against one in numbers, as plain data."""
    if "numbers" in expected:
        assert found.device.type == "meta", what
        assert str(found.dtype) == expected["dtype"], what
        assert tuple(found.shape) == expected["numbers"].shape, what
    elif "tuple" in expected or "list" in expected:
        for part, other in zip(found, expected.get("tuple") or expected["list"], strict=True):
            assert_described(part, other, what)


@each(with_shapes)
def test_meta_has_the_shape_and_dtype(op):
    for text in with_shapes(op):
        assert_described(on_meta(op, text)[1], WANTED[key(op, text, "float32")],
                         f"{op.name}({text})")  # fmt: skip


@each(with_gradients)
def test_meta_gradient_has_the_shape_and_dtype(op):
    for text in with_gradients(op):
        made, result = on_meta(op, text, wants=True)
        leaves = [t for t in made.tensors.values() if t.requires_grad]
        outs = [x for x in as_list(result) if x.requires_grad]
        grads = minitorch.autograd.grad(outs, leaves, [minitorch.ones_like(x) for x in outs],
                                        allow_unused=True)  # fmt: skip
        for leaf, g in zip(leaves, grads):
            described = g is None or (g.shape, g.dtype, g.device) == (
                leaf.shape, leaf.dtype, leaf.device)  # fmt: skip
            assert described, f"{op.name}({text})"


# ---- the table itself --------------------------------------------------------------------------


def test_every_operation_has_a_line():
    have = {op.name.rstrip("_") for op in TABLE}
    torch_level = set(minitorch.methods.functions)
    methods = {name for name in dir(minitorch.Tensor)
               if name[0] != "_" and callable(getattr(minitorch.Tensor, name))}  # fmt: skip
    functional = {name for name, f in vars(minitorch.nn.functional).items()
                  if callable(f) and not name.startswith("_") and not isinstance(f, type)
                  and f not in minitorch.methods.functions.values()}  # fmt: skip
    missing = (torch_level | methods | functional) - NOT_OPERATIONS
    assert sorted(name for name in missing if name.rstrip("_") not in have) == []


def test_no_two_lines_are_the_same():
    seen = [(op.family, op.name, op.mark) for op in TABLE]
    assert len(seen) == len(set(seen))


@pytest.mark.torch
def test_golden_file_is_what_torch_says():
    import torch

    path = Path(GOLDEN).parent / "record_ops.py"
    spec = importlib.util.spec_from_file_location("record_ops", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    live = module.record(torch)
    assert live.keys() == WANTED.keys()
    for name, expected in WANTED.items():
        assert_same(live[name], expected, name)
