"""Writing in place, views and versions: what is allowed, what it does to the graph, and torch's
words where it is not. Each case holds on minitorch and on torch."""

import numpy as np
import pytest
from exact import raises

LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
VIEW_OF_LEAF = f"a view of {LEAF}"
AMBIGUOUS = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the {0} block (if you don't "
    "want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
SEVERAL = (
    " This view is the output of a function that returns multiple views. Such functions do not "
    "allow the output views to be modified inplace. You should replace the inplace operation by an "
    "out-of-place one."
)
CUSTOM = (
    " This view was created inside a custom Function (or because an input was returned as-is) and "
    "the autograd logic to handle view+inplace would override the custom backward associated with "
    "the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix "
    "this by cloning the output of the custom Function."
)
INFERENCE = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone "
    "to get a normal tensor before doing inplace update.See "
    "https://github.com/pytorch/rfcs/pull/17 for more details."
)
ONE_PLACE = (
    "unsupported operation: more than one element of the written-to tensor refers to a single "
    "memory location. Please clone() the tensor before performing the operation."
)
OVERLAP = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
    "single memory location. Please clone() the tensor before performing the operation."
)


def stale(shape, maker, version, expected, kind="Float"):
    made = f", which is output 0 of {maker}," if maker else ""
    return (
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [torch.{kind}Tensor {shape}]{made} is at version {version}; expected version "
        f"{expected} instead. Hint: enable anomaly detection to find the operation that failed to "
        "compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def leaf(lib, *values):
    return lib.tensor([float(v) for v in values or (1, 2, 3)], requires_grad=True)


def name(t):
    return t.grad_fn.name()


# ---- which writes break a graph ----------------------------------------------------------------


def test_a_result_that_its_gradient_needs(lib):
    y = leaf(lib).exp()
    y.add_(1)
    with raises(RuntimeError, stale([3], "Exp", 1, 0)):
        y.sum().backward()


def test_a_result_that_its_gradient_does_not_need(lib):
    x = leaf(lib)
    y = x * 2
    y.add_(1).mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [6, 6, 6]


def test_an_input_that_another_gradient_needs(lib):
    x = leaf(lib)
    w = x * 1
    y = w * w
    w.add_(1)
    with raises(RuntimeError, stale([3], "Add", 1, 0)):
        y.sum().backward()


def test_a_leaf_and_a_plain_tensor_have_no_maker(lib):
    x, plain = leaf(lib), lib.ones(3)
    y, z = x * x, x * plain
    with lib.no_grad():
        x.add_(1)
    plain.add_(1)
    with raises(RuntimeError, stale([3], None, 1, 0)):
        y.sum().backward()
    with raises(RuntimeError, stale([3], None, 1, 0)):
        z.sum().backward()


def test_a_write_without_recording_keeps_the_maker(lib):
    w = leaf(lib) * 1
    y = w * w
    with lib.no_grad():
        w.add_(1)
    with raises(RuntimeError, stale([3], "Mul", 1, 0)):
        y.sum().backward()


def test_one_of_several_results_written_without_recording(lib):
    mean = lib.var_mean(leaf(lib))[1]
    y = mean * mean
    with lib.no_grad():
        mean.add_(1)
    with raises(RuntimeError, stale([], "VarMean", 1, 0)):
        y.backward()


def test_a_write_to_a_part_breaks_what_needs_the_whole(lib):
    w = leaf(lib) * 1
    y = w * w
    w[0].mul_(2)
    with raises(RuntimeError, stale([3], "torch::autograd::CopySlices", 1, 0)):
        y.sum().backward()


def test_a_write_to_the_whole_breaks_what_needs_a_part(lib):
    w = leaf(lib) * 1
    v = w[:2]
    y = v * v
    w.add_(1)
    with raises(RuntimeError, stale([2], "AsStrided", 1, 0)):
        y.sum().backward()


def test_the_hidden_state_written_by_an_optimizer_step(lib):
    w = leaf(lib, 2)
    y = w * w
    y.sum().backward(retain_graph=True)
    with lib.no_grad():
        w -= 0.1 * w.grad
        w -= 0.1 * w.grad
    with raises(RuntimeError, stale([1], None, 2, 0)):
        y.sum().backward()


def test_values_that_are_written_over_are_kept_where_they_are_needed(lib):
    x, y = leaf(lib), leaf(lib, 4, 5, 6)
    z = x * 1
    z.mul_(y)
    z.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([4, 5, 6], [1, 2, 3])


def test_a_tensor_times_itself_in_place(lib):
    w = leaf(lib) * 1
    w.mul_(w)
    with raises(RuntimeError, stale([3], "Mul", 1, 0)):
        w.sum().backward()


# ---- leaves ------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda x: x.add_(1), lambda x: x.fill_(1), lambda x: x.zero_(), lambda x: x.copy_(x.detach()),
    lambda x: x.__setitem__(slice(None), 1), lambda x: x.__setitem__(..., 1),
    lambda x: x.__setitem__(x > 1, 1), lambda x: x.t_(), lambda x: x.tanh_(),
])  # fmt: skip
def test_a_leaf_must_not_be_written_to(lib, write):
    with raises(RuntimeError, LEAF):
        write(leaf(lib))


@pytest.mark.parametrize("write", [
    lambda x: x[0].add_(1), lambda x: x.__setitem__(0, 1), lambda x: x.__setitem__(None, 1),
    lambda x: x.view(3, 1).zero_(),
])  # fmt: skip
def test_nor_a_view_of_one(lib, write):
    with raises(RuntimeError, VIEW_OF_LEAF):
        write(leaf(lib))


def test_without_recording_a_leaf_may_be_written_to(lib):
    x = leaf(lib)
    with lib.no_grad():
        x[0] = 5
        x += 1
    assert x.tolist() == [6, 3, 4] and x.requires_grad and x.is_leaf and x._version == 2


def test_rebinding_makes_a_new_tensor(lib):
    w = leaf(lib)
    (w * w).sum().backward()
    with lib.no_grad():
        same = w
        same -= 0.5 * w.grad
        w = w - 0.5 * w.grad
    assert same.requires_grad and not w.requires_grad and w.grad is None


def test_a_leaf_moved_into_the_graph(lib):
    x = leaf(lib)
    y = x * 2
    x.requires_grad_(False)
    x.mul_(leaf(lib))
    with raises(RuntimeError, "leaf variable has been moved into the graph interior"):
        y.sum().backward()


# ---- writing through views ---------------------------------------------------------------------


def test_a_write_through_a_view_is_in_the_base(lib):
    x = leaf(lib)
    w = x * 1
    v = w[:2]
    v.mul_(10)
    assert (name(w), name(v)) == ("torch::autograd::CopySlices", "AsStridedBackward0")
    assert repr(w) == "tensor([10., 20.,  3.], grad_fn=<CopySlices>)"
    assert w._version == v._version == 1 and v._base is w
    w.sum().backward()
    assert x.grad.tolist() == [10, 10, 1]


def test_a_write_to_the_base_is_in_the_views(lib):
    x = leaf(lib)
    w = x * 1
    v, u = w[:2], w.view(3, 1)
    w.mul_(10)
    v.mul_(2)
    assert v.tolist() == [20, 40] and name(u) == "AsStridedBackward0"
    u.sum().backward()
    assert x.grad.tolist() == [20, 20, 10]


def test_views_of_views(lib):
    x = leaf(lib, *range(6))
    w = x * 1
    v = w.view(2, 3).t()[1:]
    v[0].mul_(5)
    (w * w).sum().backward()
    assert w.tolist() == [0, 5, 2, 3, 20, 5] and v._base is w
    assert x.grad.tolist() == [0, 50, 4, 6, 200, 10]


def test_the_second_derivative_through_a_write(lib):
    x = leaf(lib)
    w = x * x
    w[:2].mul_(x[:2])
    w[2:] = x[:1] ** 3
    (g,) = lib.autograd.grad(w.sum(), x, create_graph=True)
    assert g.tolist() == [6, 12, 0]
    (gg,) = lib.autograd.grad(g.sum(), x)
    assert gg.tolist() == [12, 12, 0]


def test_a_plain_buffer_filled_by_parts(lib):
    x = leaf(lib)
    buffer = lib.zeros(2, 3)
    row = buffer[1]
    buffer[0] = x * 2
    buffer[1].copy_(x * x)
    assert buffer.requires_grad and name(row) == "AsStridedBackward0"
    row.sum().backward()
    assert x.grad.tolist() == [2, 4, 6]


def test_overwritten_values_get_no_gradient(lib):
    x = leaf(lib)
    for write in (lambda y: y.fill_(2), lambda y: y.zero_(), lambda y: y.copy_(lib.ones(3))):
        x.grad = None
        write(y := x * 1)
        y.sum().backward()
        assert x.grad.tolist() == [0, 0, 0]
    x.grad = None
    y = x * 1
    y[lib.tensor([0, 2])] = lib.ones(2)
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 0]


def test_names_of_assignments(lib):
    y = leaf(lib) * 1
    names = []
    for index in (slice(None), lib.tensor([0]), 1):
        y[index] = 5
        names.append(name(y))
    y.copy_(lib.ones(3))
    assert names == ["FillBackward3", "IndexPutBackward0", "torch::autograd::CopySlices"]
    assert name(y) == "torch::autograd::CopyBackwards"
    assert [name(y.fill_(1)), name(y.zero_())] == ["FillBackward2", "ZeroBackward0"]


def test_an_expanded_view(lib):
    x = lib.zeros(1)
    with raises(RuntimeError, ONE_PLACE):
        x.expand(3).add_(1)
    assert x.expand(3).fill_(2).tolist() == [2, 2, 2] and x.item() == 2
    x.expand(3)[0].add_(1)
    assert x.item() == 3


def test_gradients_of_an_expanded_view_taken_again(lib):
    x = leaf(lib, 1, 2)
    y = x * 1
    v = y.expand(3, 2)
    y.mul_(2)
    (v * lib.tensor([[1.0], [2.0], [3.0]])).sum().backward()
    assert x.grad.tolist() == [12, 12]


def test_memory_that_overlaps(lib):
    x = lib.arange(4.0)
    with raises(RuntimeError, OVERLAP):
        x[:3].add_(x[1:])
    with raises(RuntimeError, OVERLAP):
        x[1:] = x[:3]
    with raises(RuntimeError, OVERLAP):
        x.view(2, 2).add_(x.view(2, 2).t())
    x[:2].add_(x[2:])
    x.add_(x)
    assert x.tolist() == [4, 8, 4, 6]


def test_an_expanded_tensor_has_one_place_for_several_elements(lib):
    x = lib.ones(3).expand(2, 3)

    def assign(index, value):
        return lambda: x.__setitem__(index, value)

    for write in (
        lambda: x.add_(1), lambda: x.fill_(lib.tensor(2.0)), lambda: x.copy_(lib.ones(3)),
        x.normal_, x.uniform_, x.bernoulli_, lambda: x.random_(5), x.exponential_,
        lambda: lib.add(lib.ones(3), 1, out=x), assign(slice(None), 2), assign((..., 0), 2),
        assign(slice(None), lib.ones(3)),
    ):  # fmt: skip
        with raises(RuntimeError, ONE_PLACE):
            write()
        assert x.fill_(1).tolist() == [[1, 1, 1]] * 2 and x.zero_().stride() == (0, 1)
    x[0].add_(1)
    x[1, 0] = 5
    assert x.tolist() == [[5, 1, 1]] * 2
    assert lib.zeros(3).expand(1, 3).add_(1).tolist() == [[1, 1, 1]]


def test_numbers_to_copy_and_fill(lib):
    assert lib.ones(2).copy_(5).tolist() == lib.ones(2).copy_(np.float64(5)).tolist() == [5, 5]
    assert lib.ones(2, dtype=lib.int64).copy_(3.7).tolist() == [3, 3]
    assert lib.ones(2, dtype=lib.uint8).fill_(-1).tolist() == [255, 255]
    for kind, value, name in (("uint8", 300, "uint8_t"), ("int8", 300, "int8_t"),
                              ("int64", float("nan"), "int64_t"), ("float32", 1e300, "float"),
                              ("float16", 1e6, "c10::Half")):  # fmt: skip
        with raises(RuntimeError, f"value cannot be converted to type {name} without overflow"):
            lib.ones(2, dtype=getattr(lib, kind)).fill_(value)


# ---- views that must not be written to ---------------------------------------------------------


def test_a_view_made_without_recording(lib):
    for base in (lib.ones(3), leaf(lib), leaf(lib) * 1):
        with lib.no_grad():
            v = base[:2]
        assert v.is_leaf and v._base is base and v.requires_grad is base.requires_grad
        text = (
            "A view was created in no_grad mode and is being modified inplace with grad mode "
            "enabled." + AMBIGUOUS.format("no_grad")
        )
        with raises(RuntimeError, text):
            v.mul_(leaf(lib, 1, 2))


def test_its_history_is_lost_when_the_base_is_written_to(lib):
    x = lib.ones(3)
    with lib.no_grad():
        v = x[:2]
    x.mul_(leaf(lib))
    text = ("A view was created in no_grad mode and its base or another view of its base has been "
            "modified inplace with grad mode enabled." + AMBIGUOUS.format("no_grad"))  # fmt: skip
    assert v.requires_grad and repr(v) == "tensor([1., 2.], grad_fn=<Invalid>)"
    with raises(RuntimeError, text):
        v.grad_fn  # noqa: B018
    with raises(RuntimeError, text):
        v * 2
    assert (v > 1).tolist() == [False, True]


def test_a_view_of_it(lib):
    x = leaf(lib) * 1
    with lib.no_grad():
        v = x[:2]
    u = v[:1]
    assert name(u) == "SliceBackward0"
    text = ("Output 0 of Slice is a view of a view which was created in no_grad mode and is being "
            "modified inplace with grad mode enabled." + AMBIGUOUS.format("no_grad"))  # fmt: skip
    with raises(RuntimeError, text):
        u.add_(1)


def test_one_of_several_views(lib):
    for split, maker in ((lambda x: x.unbind(), "Unbind"), (lambda x: x.split(1), "Split"),
                         (lambda x: x.chunk(3), "Split")):  # fmt: skip
        x = leaf(lib) * 1
        second = split(x)[1]
        with raises(
            RuntimeError, f"Output 1 of {maker} is a view and is being modified inplace.{SEVERAL}"
        ):
            second.add_(1)
        x.add_(1)
        text = (f"Output 1 of {maker} is a view and its base or another view of its base has been "
                f"modified inplace.{SEVERAL}")  # fmt: skip
        with raises(RuntimeError, text):
            second.grad_fn  # noqa: B018
    plain = lib.ones(3).unbind()[0]
    plain.add_(1)
    with raises(RuntimeError, "A view was created in no_grad mode and is being modified inplace "
                              f"with grad mode enabled.{SEVERAL}"):  # fmt: skip
        plain.mul_(leaf(lib, 2)[0])


def test_a_view_made_by_a_function_of_the_users(lib):
    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    x = leaf(lib)
    y = Same.apply(x)
    assert y is not x and y._base is x
    with raises(RuntimeError, f"Output 0 of Same is a view and is being modified inplace.{CUSTOM}"):
        y.add_(1)


# ---- versions, detach, data --------------------------------------------------------------------


def test_who_shares_a_version(lib):
    x = lib.zeros(3)
    x.detach().add_(1)
    x[0] = 5
    assert x._version == 2
    x.data.add_(1)
    assert x._version == 2 and x.tolist() == [6, 2, 2]
    assert not x.detach()._is_view() and x[:1]._is_view()


def test_data_is_written_unnoticed_and_detach_is_not(lib):
    x = leaf(lib)
    y, z = x * x, x * x
    x.data.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [4, 6, 8]
    x.detach().add_(1)
    with raises(RuntimeError, stale([3], None, 1, 0)):
        z.sum().backward()


def test_data_of_another_dtype(lib):
    x = lib.ones(2, requires_grad=True)
    with raises(RuntimeError, "data set to a tensor that requires gradients must be floating point "
                "or complex dtype"):  # fmt: skip
        x.data = lib.ones(2, dtype=lib.int64)
    x.data = lib.ones(3, dtype=lib.float64)
    assert x.shape == (3,) and x.dtype is lib.float64 and x.requires_grad


def test_detach_in_place(lib):
    y = leaf(lib) * 2
    assert y.detach_() is y and y.is_leaf and not y.requires_grad
    y.add_(1)
    view = (leaf(lib) * 2)[:1]
    text = (
        "Can't detach views in-place. Use detach() instead. If you are using "
        "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, "
        "gradients are views of DDP buckets, and hence detach_() cannot be called on these "
        "gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
        "torch/optim/optimizer.py as the solution."
    )
    with raises(RuntimeError, text):
        view.detach_()


def test_requires_grad_of_views_and_of_results(lib):
    x = lib.ones(3)
    v = x[:2].requires_grad_()
    assert v.is_leaf and v.requires_grad and not x.requires_grad and v._base is x
    with raises(RuntimeError, VIEW_OF_LEAF):
        v.add_(1)
    x.mul_(leaf(lib))
    assert not v.is_leaf
    y = x * 2
    assert y.requires_grad_() is y
    text = ("you can only change requires_grad flags of leaf variables. If you want to use a "
            "computed variable in a subgraph that doesn't require differentiation use "
            "var_no_grad = var.detach().")  # fmt: skip
    with raises(RuntimeError, text):
        y.requires_grad_(False)
    with raises(RuntimeError, text):
        y.requires_grad = False
    with raises(RuntimeError, "you can only change requires_grad flags of leaf variables."):
        y.requires_grad = True


def test_flags_that_are_no_flags(lib):
    x = lib.ones(2)
    with raises(RuntimeError, "requires_grad must be a bool"):
        x.requires_grad = 1
    with raises(
        TypeError, "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not int"
    ):
        x.requires_grad_(1)


def test_integers_have_no_gradient(lib):
    x = lib.tensor([1, 2])
    with raises(RuntimeError, "only Tensors of floating point dtype can require gradients"):
        x.requires_grad_()
    with raises(
        RuntimeError, "only Tensors of floating point and complex dtype can require gradients"
    ):
        x.requires_grad = True
    for make in (lambda: lib.tensor([1], requires_grad=True),
                 lambda: lib.zeros(2, dtype=lib.int32, requires_grad=True),
                 lambda: lib.nn.Parameter(lib.tensor([1]))):  # fmt: skip
        with raises(
            RuntimeError, "Only Tensors of floating point and complex dtype can require gradients"
        ):
            make()
    y = leaf(lib)
    assert not (y.long().requires_grad or (y > 1).requires_grad or y.argmax().requires_grad)


def test_looking_at_memory_another_way_in_place(lib):
    x = leaf(lib, *range(6))
    y = x.view(2, 3) * 1
    row = y[0]
    row.unsqueeze_(1)
    assert row.shape == (3, 1) and row._version == 1
    row.mul_(10)
    assert y.tolist() == [[0, 10, 20], [3, 4, 5]]
    y.sum().backward()
    assert x.grad.tolist() == [10, 10, 10, 1, 1, 1]
    z = lib.ones(1, 2, 1)
    assert z.squeeze_(0) is z and z.t_().shape == (1, 2) and z.transpose_(0, 1).shape == (2, 1)


# ---- assignment --------------------------------------------------------------------------------


def test_what_cannot_be_assigned(lib):
    x = lib.ones(3)
    with raises(TypeError, "can't assign a str to a torch.FloatTensor"):
        x[0] = "a"
    with raises(TypeError, "can't assign a list to a torch.FloatTensor"):
        x[0] = [1, 2]
    text = (
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton "
        "dimension 0.  Target sizes: [2].  Tensor sizes: [3]"
    )
    with raises(RuntimeError, text):
        x[:2] = lib.ones(3)
    text = (
        "shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape "
        "[3]"
    )
    with raises(RuntimeError, text):
        x[x > 0] = lib.ones(2)
    text = (
        "Index put requires the source and destination dtypes match, got Float for the destination "
        "and Double for the source."
    )
    with raises(RuntimeError, text):
        x[x > 0] = lib.ones(3, dtype=lib.float64)
    text = (
        "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 0"
    )
    with raises(RuntimeError, text):
        x.copy_(lib.ones(2))
    with raises(RuntimeError, "output with shape [3] doesn't match the broadcast shape [2, 3]"):
        x.add_(lib.ones(2, 3))
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        lib.tensor([1]).add_(1.5)
    text = "fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions."
    with raises(RuntimeError, text):
        x.fill_(lib.ones(1))


def test_a_value_of_another_dtype(lib):
    text = (
        "Index put requires the source and destination dtypes match, got Float for the destination "
        "and Long for the source."
    )
    i, mask = lib.tensor([0, 2]), lib.tensor([True, False, True])
    for value in (lib.tensor(5), lib.tensor([5]), lib.tensor([5, 6])):
        x = lib.zeros(3)
        with raises(RuntimeError, text):
            x[i] = value
        if value.numel() == 1:  # one number for the places of one mask is cast
            x[mask] = value
            assert x.tolist() == [5, 0, 5]
            assert lib.zeros(3).index_put((mask,), value).tolist() == [5, 0, 5]
            assert lib.zeros(3).index_put_((mask,), value).tolist() == [5, 0, 5]
        with raises(RuntimeError, text):
            lib.zeros(3).index_put_((mask,), value, accumulate=True)
        with raises(RuntimeError, text):
            lib.zeros(1, 3)[[0], mask] = value
    with raises(RuntimeError, "value cannot be converted to type uint8_t without overflow"):
        lib.zeros(3, dtype=lib.uint8)[mask] = lib.tensor(300)
    x[:2] = lib.tensor(7)  # what needs no tensor is copied, and cast
    assert x.tolist() == [7, 7, 0]


# ---- inference mode ----------------------------------------------------------------------------


def test_inference_tensors(lib):
    with lib.inference_mode():
        x = lib.ones(3)
        x.add_(1)
    assert x.is_inference() and x[:2].is_inference() and x.detach().is_inference()
    assert not x.clone().is_inference() and not (x * 2).is_inference() and not x[:2]._is_view()
    with raises(RuntimeError, "Inference tensors do not track version counter."):
        x._version  # noqa: B018
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 1), lambda: x.copy_(lib.ones(3))):
        with raises(RuntimeError, INFERENCE):
            write()
    with lib.no_grad(), raises(RuntimeError, INFERENCE):
        x.zero_()
    text = "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
    with raises(RuntimeError, text):
        x.requires_grad_()
    assert (x + leaf(lib)).requires_grad
    text = (
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
        "inference mode in computation tracked by autograd. To work around this, you can make a "
        "clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
        "`torch.inference_mode()`."
    )
    with raises(RuntimeError, text):
        x * leaf(lib)


def test_data_is_of_inference_where_the_tensor_is(lib):
    x = lib.ones(2)
    with lib.inference_mode():
        made, seen = lib.ones(2), x.data
        assert made.data.is_inference() and not seen.is_inference()
    assert made.data.is_inference()


def test_normal_tensors_in_inference_mode(lib):
    x = leaf(lib)
    with lib.inference_mode():
        x.add_(1)
        v = x[:2]
        assert not v.is_inference() and v._is_view()
        y = lib.ones(2, requires_grad=True)
        assert y.requires_grad and not (y * 2).requires_grad
    assert x._version == 1 and (y * 2).requires_grad
    text = ("A view was created in inference mode and is being modified inplace in normal mode."
            + AMBIGUOUS.format("inference_mode"))  # fmt: skip
    with raises(RuntimeError, text):
        v.add_(1)
