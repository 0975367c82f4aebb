"""backward and grad: their arguments, what they leave in `.grad`, what they free, torch's words.

Each case holds on minitorch and on torch.
"""

import doctest
import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from exact import raises

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)
NO_HISTORY = "element {0} of tensors does not require grad and does not have a grad_fn"
NOT_SCALAR = "grad can be implicitly created only for scalar outputs"
UNUSED = (
    "The differentiated Tensor at index {0} appears to not have been used in the graph. Set "
    "allow_unused=True if this is the desired behavior."
)
CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter "
    "and its gradient which can cause a memory leak. We recommend using autograd.grad when "
    "creating the graph to avoid this. If you have to use this function, make sure to reset the "
    ".grad fields of your parameters to None after use to break the cycle and avoid the leak."
)
makes_cycles = pytest.mark.filterwarnings("ignore:Using backward")


def leaf(lib, *values):
    return lib.tensor([float(v) for v in values or (1, 2, 3)], requires_grad=True)


# ---- the gradient to start from ----------------------------------------------------------------


def test_one_element_needs_none(lib):
    x = leaf(lib, 3)
    (x * x).backward()
    assert x.grad.tolist() == [6]
    leaf_itself = lib.tensor(2.0, requires_grad=True)
    leaf_itself.backward()
    assert leaf_itself.grad.item() == 1


def test_more_elements_need_one(lib):
    x = leaf(lib)
    with raises(RuntimeError, NOT_SCALAR):
        (x * x).backward()
    with raises(RuntimeError, NOT_SCALAR):
        lib.autograd.grad(x * x, x)
    (x * x).backward(lib.tensor([1.0, 10.0, 100.0]))
    assert x.grad.tolist() == [2, 40, 600]


def test_the_gradient_takes_the_dtype_of_the_output(lib):
    x = leaf(lib)
    (x * 2).backward(lib.tensor([1, 2, 3]))
    (x * 2).backward(lib.ones(3, dtype=lib.float64))
    assert x.grad.dtype is lib.float32 and x.grad.tolist() == [4, 6, 8]


def test_wrong_gradients(lib):
    x = leaf(lib)
    text = (
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a "
        "shape of torch.Size([3])."
    )
    with raises(RuntimeError, text):
        x.exp().backward(lib.ones(2))
    with raises(TypeError, "gradients can be either Tensors or None, but got float"):
        x.exp().backward([1.0])
    with raises(TypeError, "'int' object is not iterable"):
        x.exp().backward(3)
    with raises(RuntimeError, "got 2 tensors and 1 gradients"):
        lib.autograd.backward([x.sum(), x.sum()], [lib.ones(())])
    with raises(AssertionError, "Expected output to be a torch.Tensor"):
        lib.autograd.backward([3])


def test_several_outputs(lib):
    x = leaf(lib)
    lib.autograd.backward([x.sum(), x * x], [None, lib.ones(3)])
    assert x.grad.tolist() == [3, 5, 7]
    grads = lib.autograd.grad((x, x.sum(), x), (x, x), (lib.ones(3), None, lib.ones(3)))
    assert [g.tolist() for g in grads] == [[3, 3, 3]] * 2
    lib.autograd.backward([])


def test_old_name_of_the_gradients(lib):
    x = leaf(lib)
    with pytest.warns(
        FutureWarning, match="`grad_variables` is deprecated. Use `grad_tensors` instead."
    ):
        lib.autograd.backward(x * 2, grad_variables=lib.ones(3))
    assert x.grad.tolist() == [2, 2, 2]


# ---- what is not there -------------------------------------------------------------------------


def test_no_history(lib):
    for nothing in (
        lib.ones(1),
        lib.ones(3),
        leaf(lib).detach().sum(),
        lib.tensor(leaf(lib)[0].item()),
    ):
        with raises(RuntimeError, NO_HISTORY.format(0)):
            nothing.backward()
    with lib.no_grad():
        y = leaf(lib).sum()
    with raises(RuntimeError, NO_HISTORY.format(1)):
        lib.autograd.backward([leaf(lib).sum(), y])


def test_an_input_that_was_not_used(lib):
    x, y, z = leaf(lib), leaf(lib, 1, 1), lib.ones(3)
    with raises(RuntimeError, UNUSED.format(1)):
        lib.autograd.grad(x.sum(), (x, y))
    assert lib.autograd.grad(x.sum(), y, allow_unused=True) == (None,)
    (g,) = lib.autograd.grad(x.sum(), y, materialize_grads=True)
    assert g.tolist() == [0, 0]
    text = (
        "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
        "allow_unused=False."
    )
    with raises(ValueError, text):
        lib.autograd.grad(x.sum(), y, materialize_grads=True, allow_unused=False)
    with raises(RuntimeError, "One of the differentiated Tensors does not require grad"):
        lib.autograd.grad(x.sum(), z)
    with raises(RuntimeError, "`inputs` argument to `grad()` cannot be empty."):
        lib.autograd.grad(x.sum(), [])
    with raises(RuntimeError, "all inputs have to be Tensors or GradientEdges, but got int"):
        lib.autograd.grad(x.sum(), [3])
    with pytest.warns(FutureWarning, match="only_inputs argument is deprecated"):
        lib.autograd.grad(x.sum(), x, only_inputs=False)


def test_batched_gradients_are_refused():
    import minitorch

    x = leaf(minitorch)
    with pytest.raises(NotImplementedError, match="call grad\\(\\) once for each row"):
        minitorch.autograd.grad(x * 2, x, minitorch.ones(2, 3), is_grads_batched=True)


# ---- a second time -----------------------------------------------------------------------------


def test_a_second_backward(lib):
    x = leaf(lib)
    y = (x * x).sum()
    y.backward()
    with raises(RuntimeError, FREED):
        y.backward()
    with raises(RuntimeError, FREED):
        lib.autograd.grad(y, x)
    y = (x * 2).sum()  # the factor is a saved value, too
    y.backward()
    with raises(RuntimeError, FREED):
        y.backward()


def test_a_graph_without_saved_values_can_be_walked_again(lib):
    x = leaf(lib)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_keeping_the_graph(lib):
    x = leaf(lib)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    lib.autograd.grad(y, x, create_graph=True)  # keeps it, too
    y.backward()
    assert x.grad.tolist() == [4, 8, 12]


# ---- .grad -------------------------------------------------------------------------------------


def test_gradients_are_added_in_place(lib):
    x = leaf(lib)
    (x * x).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    assert x.grad is first and first.tolist() == [4, 8, 12]
    x.grad = None
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4, 6] and first.tolist() == [4, 8, 12]


def test_a_leaf_used_several_times(lib):
    w = leaf(lib, 2)
    (w * w * w + w).backward()
    assert w.grad.tolist() == [13]


def test_the_gradient_is_nobody_elses_memory(lib):
    x, y, g = leaf(lib), leaf(lib), lib.ones(3)
    (x + y).backward(g, retain_graph=True)
    x.grad.add_(5)
    assert y.grad.tolist() == g.tolist() == [1, 1, 1]
    x.grad = None
    x.sum().backward()
    x.grad[0] = 7
    assert x.grad.tolist() == [7, 1, 1]


def test_the_gradient_lies_in_memory_like_its_leaf(lib):
    turned = lib.arange(6.0).view(2, 3).t().requires_grad_()
    (turned * lib.arange(6.0).view(3, 2)).sum().backward()
    assert turned.grad.stride() == turned.stride() == (1, 3)
    assert turned.grad.tolist() == [[0, 1], [2, 3], [4, 5]]
    plain = lib.ones(2, 3, requires_grad=True)
    (plain.t() * lib.arange(6.0).view(3, 2)).sum().backward()
    assert plain.grad.stride() == (3, 1) and plain.grad.tolist() == [[0, 2, 4], [1, 3, 5]]
    gaps = lib.ones(4, 3)[::2].requires_grad_()
    gaps.sum().backward()
    assert gaps.grad.stride() == (3, 1)


def test_dtypes_meet(lib):
    x = leaf(lib)
    (x.double() * x.half()).sum().backward()
    assert x.grad.dtype is lib.float32 and x.grad.tolist() == [2, 4, 6]


def test_grad_touches_no_leaf(lib):
    x, w = leaf(lib), leaf(lib)
    (g,) = lib.autograd.grad((x * w).sum(), x)
    assert g.tolist() == [1, 2, 3] and x.grad is None and w.grad is None and not g.requires_grad


def test_inputs_of_backward(lib):
    x, w = leaf(lib), leaf(lib)
    (x * w).sum().backward(inputs=x)
    assert x.grad.tolist() == [1, 2, 3] and w.grad is None
    y = x * 2
    (y * y).sum().backward(inputs=[y, w])
    assert y.grad.tolist() == [4, 8, 12] and y.retains_grad and w.grad is None
    with raises(RuntimeError, "`inputs` argument to `backward()` cannot be empty."):
        x.sum().backward(inputs=[])
    with raises(RuntimeError, "can't retain_grad on Tensor that has requires_grad=False"):
        x.sum().backward(inputs=[lib.ones(3)])


def test_assigning_a_gradient(lib):
    x = leaf(lib)
    x.grad = lib.ones(3)
    x.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    del x.grad
    assert x.grad is None
    with raises(
        TypeError, "assigned grad expected to be a Tensor or None but got grad of type int"
    ):
        x.grad = 3
    with raises(RuntimeError, "can't assign Variable as its own grad"):
        x.grad = x
    text = (
        "attempting to assign a gradient of size '[2]' to a tensor of size '[3]'. Please ensure "
        "that the gradient and the tensor are the same size"
    )
    with raises(RuntimeError, text):
        x.grad = lib.ones(2)
    text = (
        "attempting to assign a gradient with dtype 'long int' to a tensor with grad_dtype "
        "'Float'. The gradient must match the tensor's grad_dtype (defaults to the tensor's "
        "dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to "
        "allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its "
        "gradient may break downstream systems that assume they match."
    )
    with raises(RuntimeError, text):
        x.grad = lib.tensor([1, 2, 3])


def test_the_gradient_of_a_tensor_that_is_no_leaf(lib):
    y = leaf(lib) * 2
    text = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed.*30531"
    with pytest.warns(UserWarning, match=text):
        assert y.grad is None


# ---- derivatives of derivatives ----------------------------------------------------------------


def test_any_order(lib):
    x = lib.tensor(2.0, requires_grad=True)
    y, values = x**5, []
    for _ in range(5):
        (y,) = lib.autograd.grad(y, x, create_graph=True)
        values.append(y.item())
    assert values == [80, 160, 240, 240, 120]


def test_the_gradient_of_grad_outputs(lib):
    x, v = leaf(lib), leaf(lib, 1, 1, 1)
    (g,) = lib.autograd.grad(x * x, x, v, create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), v)
    assert g.tolist() == h.tolist() == [2, 4, 6]


@makes_cycles
def test_backward_that_can_be_differentiated(lib):
    x = leaf(lib)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.grad_fn.name() == "torch::autograd::CopyBackwards"
    first = x.grad
    (x * x).sum().backward(create_graph=True)
    assert x.grad is not first and x.grad.grad_fn.name() == "AddBackward0"
    x.grad.sum().backward(inputs=[x])
    assert x.grad.tolist() == [5 + 8, 16 + 14, 33 + 20]
    x.grad = None


def test_the_warning_about_cycles_comes_once():
    """In a process of its own: other tests may have used it up."""
    code = (
        "import sys, warnings, {0} as lib\n"
        "x = lib.ones(1, requires_grad=True)\n"
        "with warnings.catch_warnings(record=True) as told:\n"
        "    warnings.simplefilter('always')\n"
        "    for _ in range(2):\n"
        "        (x * x).backward(create_graph=True)\n"
        "print(len(told), told[0].category.__name__, told[0].message)\n"
        "x.grad = None\n"
    )
    run = subprocess.run([sys.executable, "-c", code.format("minitorch")], capture_output=True,
                         text=True, check=True)  # fmt: skip
    assert run.stdout.strip() == f"1 UserWarning {CYCLE}"


# ---- depth and memory --------------------------------------------------------------------------


def test_a_deep_graph():
    import minitorch

    x = minitorch.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1]


def test_a_graph_is_freed_with_its_last_tensor():
    import minitorch

    x = leaf(minitorch)
    gc.disable()
    try:
        y = (x * x).exp()
        alive = weakref.ref(y.grad_fn), weakref.ref(y.grad_fn.next_functions[0][0])
        y.sum().backward()
        del y
        assert [ref() for ref in alive] == [None, None]
    finally:
        gc.enable()


def test_adding_up_losses_keeps_every_graph(lib):
    x = leaf(lib)
    total = 0
    for _ in range(3):
        total = total + (x * x).sum()
    assert [n and n.name() for n, _ in total.grad_fn.next_functions] == [
        "AddBackward0",
        "SumBackward0",
    ]


# ---- what minitorch says beyond torch ----------------------------------------------------------


def fails(lib, kind):
    """Do one of the seven things that leave a learner helpless."""
    x, plain = leaf(lib), lib.ones(3)
    if kind == "in place":
        (y := x.exp()).add_(1)
        y.sum().backward()
    elif kind == "second backward":
        (y := (x * x).sum()).backward()
        y.backward()
    elif kind == "leaf":
        x.add_(1)
    elif kind == "no grad_fn":
        plain.sum().backward()
    elif kind == "non-scalar":
        (x * 2).backward()
    elif kind == "shapes":
        x + lib.ones(2)
    elif kind == "matrix shapes":
        lib.ones(2, 3) @ lib.ones(2, 3)
    elif kind == "dtype":
        lib.ones(2, 2) @ lib.ones(2, 2, dtype=lib.float64)


SEVEN = {
    "in place": (None, "after it was used"),
    "second backward": (FREED, "x.detach()"),
    "leaf": ("a leaf Variable that requires grad is being used in an in-place operation.",
             "no_grad()"),
    "no grad_fn": (NO_HISTORY.format(0), "frozen"),
    "non-scalar": (NOT_SCALAR, ".sum() or .mean()"),
    "shapes": ("The size of tensor a (3) must match the size of tensor b (2) at non-singleton "
               "dimension 0", "The shapes are [3] and [2]"),
    "matrix shapes": ("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
                      "they are 3 and 2"),
    "dtype": ("expected m1 and m2 to have the same dtype, but got: float != double", ".to("),
}  # fmt: skip


@pytest.mark.parametrize("kind", SEVEN)
def test_seven_errors(lib, kind):
    """torch's text unchanged; minitorch adds a sentence as a note (PEP 678)."""
    text, help = SEVEN[kind]
    with pytest.raises(RuntimeError) as caught:
        fails(lib, kind)
    assert text is None or caught.value.args[0] == text
    if lib.__name__ == "minitorch":
        (note,) = caught.value.__notes__
        assert help in note


# ---- the page about gradients ------------------------------------------------------------------


def test_the_examples_of_the_page_about_gradients():
    page = Path(__file__).parents[1] / "docs" / "gradients.md"
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert found.attempted > 20 and found.failed == 0
