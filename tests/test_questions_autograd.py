"""What learners ask about tensors and gradients, each question as a test: here and on torch.

docs/questions.md leads from each of them to the cell of a chapter that shows the answer.
"""

import pytest
from exact import raises

SECOND_TIME = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


# ---- zero_grad ---------------------------------------------------------------------------------


def test_backward_adds_to_grad_until_it_is_cleared(lib):
    w = lib.ones(2, requires_grad=True)
    (w * w).sum().backward()
    (w * w).sum().backward()
    assert w.grad.tolist() == [4, 4]
    w.grad = None
    (w * w).sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_zero_grad_of_an_optimizer_clears_to_none_or_zero(lib):
    w = lib.ones(2, requires_grad=True)
    optimizer = lib.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0, 0]
    optimizer.zero_grad()
    assert w.grad is None


# ---- which tensors train -----------------------------------------------------------------------


def test_rebinding_inside_no_grad_makes_a_tensor_that_does_not_train(lib):
    w = lib.ones(2, requires_grad=True)
    w.sum().backward()
    with lib.no_grad():
        w = w - 0.1 * w.grad
    assert (w.requires_grad, w.grad) == (False, None)


def test_writing_in_place_inside_no_grad_keeps_the_leaf(lib):
    w = lib.ones(2, requires_grad=True)
    w.sum().backward()
    before = id(w)
    with lib.no_grad():
        w -= 0.1 * w.grad
    assert (id(w), w.requires_grad, w.is_leaf) == (before, True, True)
    assert w.grad.tolist() == [1, 1]


def test_rebinding_an_attribute_that_is_a_parameter_is_an_error(lib):
    module = lib.nn.Linear(2, 1)
    with (
        lib.no_grad(),
        raises(TypeError, "cannot assign 'torch.FloatTensor' as parameter 'weight' "
               "(torch.nn.Parameter or None expected)"),
    ):  # fmt: skip
        module.weight = module.weight - 1


def test_a_leaf_that_requires_grad_cannot_be_written_to_while_recording(lib):
    w = lib.ones(2, requires_grad=True)
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place "
                "operation."):  # fmt: skip
        w += 1


def test_scaling_makes_a_non_leaf_which_gets_no_grad_and_is_refused_by_optimizers(lib):
    w = lib.randn(3, 3, requires_grad=True) / 3
    assert not w.is_leaf
    with raises(ValueError, "can't optimize a non-leaf Tensor"):
        lib.optim.SGD([w], lr=0.1)
    w.sum().backward()
    with pytest.warns(UserWarning, match="is not a leaf Tensor is being accessed"):
        assert w.grad is None


def test_scaling_first_and_asking_for_gradients_then_trains(lib):
    w = (lib.randn(3, 3) / 3).requires_grad_()
    assert w.is_leaf
    w.sum().backward()
    assert w.grad.tolist() == [[1, 1, 1]] * 3
    assert (lib.nn.Parameter(lib.randn(3) / 3)).is_leaf


# ---- where backward starts ---------------------------------------------------------------------


@pytest.mark.parametrize("why", ["never asked for", "no_grad", "detached", "frozen", "item"])
def test_no_path_to_anything_that_requires_grad(lib, why):
    w = lib.ones(1, requires_grad=True)
    if why == "never asked for":
        loss = lib.ones(1).sum()
    elif why == "no_grad":
        with lib.no_grad():
            loss = (w * 2).sum()
    elif why == "detached":
        loss = (w * 2).detach().sum()
    elif why == "frozen":
        loss = (w.requires_grad_(False) * 2).sum()
    else:
        loss = lib.tensor((w * 2).sum().item())
    with raises(RuntimeError, "element 0 of tensors does not require grad and does not have a "
                "grad_fn"):  # fmt: skip
        loss.backward()


def test_a_vector_needs_a_gradient_to_start_from(lib):
    w = lib.ones(2, requires_grad=True)
    with raises(RuntimeError, "grad can be implicitly created only for scalar outputs"):
        (w * 2).backward()
    (w * 2).backward(lib.ones(2))
    assert w.grad.tolist() == [2, 2]
    (w[:1] * 2).backward()  # one element is enough of a scalar
    assert w.grad.tolist() == [4, 2]


# ---- the second time ---------------------------------------------------------------------------


def test_a_graph_that_saved_values_runs_backward_once(lib):
    x = lib.ones(2, requires_grad=True)
    y = (x**2).sum()
    y.backward()
    with raises(RuntimeError, SECOND_TIME):
        y.backward()


def test_a_graph_that_saved_nothing_runs_again(lib):
    x = lib.ones(2, requires_grad=True)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2, 2]


def test_retain_graph_keeps_the_values(lib):
    x = lib.ones(2, requires_grad=True)
    y = (x**2).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 4]
    with raises(RuntimeError, SECOND_TIME):
        y.backward()


def test_something_kept_from_the_last_step_chains_the_next_one_to_a_freed_graph(lib):
    w = lib.ones(1, requires_grad=True)
    h = lib.ones(1)
    h = h * w
    (h * w).sum().backward()
    with raises(RuntimeError, SECOND_TIME):
        (h * w).sum().backward()
    h = h.detach()
    (h * w).sum().backward()


def test_retain_graph_does_not_help_once_the_weights_were_stepped(lib):
    w = lib.ones(1, requires_grad=True)
    optimizer = lib.optim.SGD([w], lr=0.1)
    h = lib.ones(1)
    for step in range(2):
        h = h * w * w
        loss = (h * w).sum()
        if step == 1:
            with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
                loss.backward(retain_graph=True)
        else:
            loss.backward(retain_graph=True)
            optimizer.step()


def test_detach_shares_the_numbers_and_forgets_the_history(lib):
    w = lib.ones(2, requires_grad=True)
    h = w * 2
    d = h.detach()
    assert d.tolist() == h.tolist()
    assert (d.requires_grad, d.grad_fn, d.data_ptr()) == (False, None, h.data_ptr())


# ---- in place ----------------------------------------------------------------------------------


def test_writing_to_what_was_saved_breaks_the_graph(lib):
    x = lib.ones(2, requires_grad=True)
    y = x.exp()
    y.add_(1)
    with raises(RuntimeError, "one of the variables needed for gradient computation has been "
                "modified by an inplace operation: [torch.FloatTensor [2]], which is output 0 of "
                "Exp, is at version 1; expected version 0 instead. Hint: enable anomaly detection "
                "to find the operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."):  # fmt: skip
        y.sum().backward()


def test_writing_to_what_was_not_saved_does_not(lib):
    x = lib.ones(2, requires_grad=True)
    y = x * 2
    y.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


# ---- memory ------------------------------------------------------------------------------------


def test_adding_up_losses_chains_every_iteration(lib):
    w = lib.ones(1, requires_grad=True)
    total = 0
    for _ in range(3):
        total = total + (w * 2).sum()
    assert total.grad_fn.name() == "AddBackward0"
    node, depth = total.grad_fn, 0
    while node is not None and node.name() == "AddBackward0":
        node, depth = node.next_functions[0][0], depth + 1
    assert depth == 3


def test_item_adds_up_numbers_instead(lib):
    w = lib.ones(1, requires_grad=True)
    total = 0.0
    for _ in range(3):
        total += (w * 2).sum().item()
    assert total == 6 and type(total) is float


# ---- Variable ----------------------------------------------------------------------------------


def test_variable_is_tensor(lib):
    Variable = lib.autograd.Variable
    assert type(Variable(lib.ones(1))) is lib.Tensor
    assert isinstance(lib.ones(1), Variable)
    assert Variable(lib.ones(1), requires_grad=True).requires_grad
