"""nn.utils: gradient clipping, parameters as a vector, and batch norm folded into a layer."""

import warnings

import pytest
from exact import raises

import minitorch

INF, NAN = float("inf"), float("nan")


def with_grads(lib, *grads):
    """Parameters with these gradients; None for none."""
    made = []
    for grad in grads:
        grad = None if grad is None else lib.tensor(grad)
        made.append(lib.nn.Parameter(lib.zeros(1 if grad is None else grad.shape)))
        made[-1].grad = grad
    return made


def close(lib, got, wanted):
    return lib.allclose(got, lib.tensor(wanted, dtype=got.dtype), equal_nan=True)


# ---- clipping ----------------------------------------------------------------------------------


def test_clip_grad_norm_uses_one_factor_for_all(lib):
    a, b, c = with_grads(lib, [3.0, 0.0], None, [[4.0]])
    total = lib.nn.utils.clip_grad_norm_([a, b, c], 1.0)
    assert total == 5 and b.grad is None
    assert close(lib, a.grad, [0.6, 0.0]) and close(lib, c.grad, [[0.8]])


def test_small_gradients_are_not_made_larger(lib):
    (p,) = with_grads(lib, [0.3, 0.4])
    lib.nn.utils.clip_grad_norm_(p, 1.0)
    assert close(lib, p.grad, [0.3, 0.4])


@pytest.mark.parametrize(
    "order, norm", [(1, 7), (2, 5), (3, 4.49794), (0, 2), (INF, 4), ("inf", 4), (-1, 12 / 7)]
)
def test_the_order_of_the_norm(lib, order, norm):
    tensors = [lib.tensor([3.0]), lib.tensor([[-4.0]])]
    assert close(lib, lib.nn.utils.get_total_norm(tensors, order), norm)


def test_the_norm_of_one_tensor_of_none_and_of_mixed_dtypes(lib):
    norm = lib.nn.utils.get_total_norm
    assert norm(lib.tensor([3.0, 4.0])) == 5
    assert norm([]) == 0 and norm(iter([])) == 0
    mixed = norm([lib.tensor([3.0]), lib.tensor([4.0]).double()])
    assert mixed.dtype is lib.float64 and mixed == 5


def test_clipping_is_not_recorded_and_keeps_the_object(lib):
    (p,) = with_grads(lib, [3.0, 4.0])
    p.grad.requires_grad_()
    grad = p.grad
    total = lib.nn.utils.clip_grad_norm_([p], 1)
    assert p.grad is grad and grad.grad_fn is None and not total.requires_grad


def test_a_norm_that_was_computed_before(lib):
    a, b = with_grads(lib, [3.0], [8.0])
    assert lib.nn.utils.clip_grads_with_norm_([a], 1.0, lib.tensor(5.0)) is None
    assert close(lib, a.grad, [0.6]) and b.grad.tolist() == [8]
    assert lib.nn.utils.clip_grads_with_norm_([], 1.0, lib.tensor(5.0)) is None


@pytest.mark.parametrize("bad", [INF, NAN])
def test_norms_that_are_not_finite(lib, bad):
    (p,) = with_grads(lib, [bad, 1.0])
    with raises(RuntimeError, "The total norm of order 2.0 for gradients from `parameters` is "
                "non-finite, so it cannot be clipped. To disable this error and scale the "
                "gradients by the non-finite norm anyway, set "
                "`error_if_nonfinite=False`"):  # fmt: skip
        lib.nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert close(lib, p.grad, [bad, 1.0])
    lib.nn.utils.clip_grad_norm_([p], 1.0)
    assert close(lib, p.grad, [NAN, 0.0 if bad == INF else NAN])


def test_a_used_up_generator_is_warned_of(lib):
    parameters = lib.nn.Linear(1, 1).parameters()
    list(parameters)
    with pytest.warns(UserWarning) as caught:
        assert lib.nn.utils.clip_grad_norm_(parameters, 1.0) == 0
    assert str(caught[0].message) == (
        "`parameters` is an empty generator, no gradient clipping will occur."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lib.nn.utils.clip_grad_norm_([], 1.0)
        lib.nn.utils.clip_grad_norm_(lib.nn.Linear(1, 1).parameters(), 1.0)


def test_clip_grad_value(lib):
    a, b, c = with_grads(lib, [-5.0, 0.5, 5.0], None, [NAN])
    assert lib.nn.utils.clip_grad_value_([a, b, c], 1) is None
    assert a.grad.tolist() == [-1, 0.5, 1] and b.grad is None and close(lib, c.grad, [NAN])
    lib.nn.utils.clip_grad_value_(a, 0.25)
    assert a.grad.tolist() == [-0.25, 0.25, 0.25]


def test_limits_must_be_numbers(lib):
    (p,) = with_grads(lib, [1.0])
    for clip in (lib.nn.utils.clip_grad_norm_, lib.nn.utils.clip_grad_value_):
        with raises(ValueError, "could not convert string to float: 'x'"):
            clip([p], "x")


# ---- vectors -----------------------------------------------------------------------------------


def test_parameters_to_a_vector_and_back(lib):
    layer = lib.nn.Linear(2, 3)
    vector = lib.nn.utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (9,)
    assert vector.tolist() == layer.weight.flatten().tolist() + layer.bias.tolist()
    weight = layer.weight
    lib.nn.utils.vector_to_parameters(lib.arange(9.0), layer.parameters())
    assert layer.weight is weight and weight.requires_grad and weight.is_leaf
    assert weight.tolist() == [[0, 1], [2, 3], [4, 5]] and layer.bias.tolist() == [6, 7, 8]


def test_gradients_flow_back_through_the_vector(lib):
    layer = lib.nn.Linear(2, 3)
    vector = lib.nn.utils.parameters_to_vector(layer.parameters())
    (vector * lib.arange(9.0)).sum().backward()
    assert layer.bias.grad.tolist() == [6, 7, 8]


def test_the_parameters_share_the_memory_of_the_vector(lib):
    p, vector = lib.nn.Parameter(lib.zeros(2)), lib.ones(3)
    lib.nn.utils.vector_to_parameters(vector, [p])
    vector[0] = 5
    assert p.tolist() == [5, 1]


def test_vectors_that_do_not_fit(lib):
    p, q = lib.nn.Parameter(lib.zeros(1)), lib.nn.Parameter(lib.zeros(2))
    with raises(ValueError, "torch.cat(): expected a non-empty list of Tensors"):
        lib.nn.utils.parameters_to_vector([])
    with raises(TypeError, "expected torch.Tensor, but got: list"):
        lib.nn.utils.vector_to_parameters([1.0], [p])
    with raises(RuntimeError, "shape '[2]' is invalid for input of size 1"):
        lib.nn.utils.vector_to_parameters(lib.ones(2), [p, q])
    assert p.tolist() == [0 if lib is minitorch else 1]  # torch has begun already


# ---- fusing ------------------------------------------------------------------------------------

LAYERS = {
    "Conv1d": (lambda nn: nn.Conv1d(2, 3, 2), "BatchNorm1d", (4, 2, 5)),
    "Conv2d": (lambda nn: nn.Conv2d(2, 3, 2, bias=False), "BatchNorm2d", (4, 2, 5, 5)),
    "ConvTranspose1d": (lambda nn: nn.ConvTranspose1d(2, 3, 2), "BatchNorm1d", (4, 2, 5)),
    "Linear": (lambda nn: nn.Linear(2, 3), "BatchNorm1d", (4, 2)),
}


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_the_fused_layer_does_what_both_did(lib, name, affine):
    lib.manual_seed(0)
    make, norm, shape = LAYERS[name]
    layer, bn = make(lib.nn), getattr(lib.nn, norm)(3, affine=affine or name == "Linear")
    for _ in range(3):
        bn(layer(3 * lib.randn(shape)))
    if bn.affine:
        lib.nn.init.normal_(bn.weight), lib.nn.init.normal_(bn.bias)
    layer.eval(), bn.eval()
    old, x = layer.weight, lib.randn(shape)
    if name == "Linear":
        fused = lib.nn.utils.fuse_linear_bn_eval(layer, bn)
    else:
        fused = lib.nn.utils.fuse_conv_bn_eval(layer, bn, name.startswith("ConvT"))
    assert type(fused) is type(layer) and fused is not layer and layer.weight is old
    assert isinstance(fused.weight, lib.nn.Parameter) and fused.bias.requires_grad == (
        layer.bias is not None
    )
    assert lib.allclose(fused(x), bn(layer(x)), atol=1e-6)


def test_what_cannot_be_fused(lib):
    conv, bn = lib.nn.Conv1d(2, 3, 2), lib.nn.BatchNorm1d(3)
    linear, utils = lib.nn.Linear(2, 4), lib.nn.utils
    for fuse, layer in (utils.fuse_conv_bn_eval, conv), (utils.fuse_linear_bn_eval, linear):
        with raises(AssertionError, "Fusion only for eval!"):
            fuse(layer, bn)
    conv.eval(), bn.eval(), linear.eval()
    with raises(AssertionError, "To fuse, linear.out_features == bn.num_features or "
                "bn.num_features == 1, got linear.out_features=4 and "
                "bn.num_features=3"):  # fmt: skip
        utils.fuse_linear_bn_eval(linear, bn)
    untracked = lib.nn.BatchNorm1d(3, track_running_stats=False).eval()
    with raises(AssertionError, "bn.running_mean and bn.running_var must not be None"):
        utils.fuse_conv_bn_eval(conv, untracked)
