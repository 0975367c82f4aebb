"""Which arguments layers take, and in which words they refuse others: on minitorch and on torch."""

import numpy as np
import pytest
from exact import raises


def numbers(lib, *shape):
    """A tensor of small numbers around 0, no two neighbours alike."""
    count = int(np.prod(shape))
    return lib.arange(float(count)).mul(7).remainder(11).reshape(shape) / 7 - 0.5


# ---- numbers -----------------------------------------------------------------------------------

FACTORS = {
    "leaky_relu": lambda F, x, number: F.leaky_relu(x, number),
    "elu": lambda F, x, number: F.elu(x, number),
    "softplus": lambda F, x, number: F.softplus(x, number),
    "hardtanh": lambda F, x, number: F.hardtanh(x, -number, number),
    "smooth_l1_loss": lambda F, x, number: F.smooth_l1_loss(x, x * 3, beta=number),
    "huber_loss": lambda F, x, number: F.huber_loss(x, x * 3, delta=number),
    "batch_norm": lambda F, x, number: F.batch_norm(
        x, x[0] * 0, x[0] * 0 + 1, training=True, momentum=number),
}  # fmt: skip
TWO = {
    "np.float64": lambda lib: np.float64(2), "np.float32": lambda lib: np.float32(2),
    "np.int64": lambda lib: np.int64(2), "a tensor": lambda lib: lib.tensor(2.0),
}  # fmt: skip


@pytest.mark.parametrize("kind", TWO)
@pytest.mark.parametrize("name", FACTORS)
def test_a_factor_may_be_any_number_and_leaves_the_dtype(lib, name, kind):
    call, x = FACTORS[name], numbers(lib, 3, 4)
    y = call(lib.nn.functional, x, TWO[kind](lib))
    assert y.dtype == lib.float32
    assert lib.equal(y, call(lib.nn.functional, x, 2.0))


@pytest.mark.parametrize(
    "name, start",
    {
        "leaky_relu": "leaky_relu(): argument 'negative_slope' (position 2) must be Number",
        "elu": "elu(): argument 'alpha' (position 2) must be Number",
        "softplus": "softplus(): argument 'beta' (position 2) must be Number",
        "smooth_l1_loss": "smooth_l1_loss(): argument 'beta' (position 4) must be float",
        "huber_loss": "huber_loss(): argument 'delta' (position 4) must be float",
        "batch_norm": "batch_norm(): argument 'momentum' (position 7) must be float",
    }.items(),
)
def test_a_factor_is_a_number(lib, name, start):
    x = numbers(lib, 3, 4)
    wanting = lib.tensor(2.0, requires_grad=True)
    for wrong, kind in (("a", "str"), ([2.0], "list"), (np.array(2.0), "numpy.ndarray"),
                        (lib.tensor([2.0]), "Tensor"), (wanting, "Tensor")):  # fmt: skip
        with raises(TypeError, f"{start}, not {kind}"):
            FACTORS[name](lib.nn.functional, x, wrong)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics_move_by_a_momentum_in_a_tensor(lib, name):
    x, mean, var = numbers(lib, 2, 4, 6), lib.zeros(4), lib.ones(4)
    getattr(lib.nn.functional, name)(x, mean, var, None, None, True, lib.tensor(1.0))
    assert lib.allclose(mean, x.mean((0, 2)), atol=1e-6)


# ---- dtypes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_the_huber_loss_has_the_dtype_of_its_input(lib, reduction):
    F, x = lib.nn.functional, numbers(lib, 3, 4)
    for a in (lib.float16, lib.float32, lib.float64):
        for b in (lib.float16, lib.float32, lib.float64, lib.int64):
            assert F.huber_loss(x.to(a), (x * 3).to(b), reduction=reduction).dtype == a
    text = "result type Double can't be cast to the desired output type Long"
    with raises(RuntimeError, text):
        F.huber_loss(x.long(), x.double(), reduction=reduction)


def test_the_cross_entropy_of_logits_has_the_dtype_of_its_target(lib):
    F, x, floats = lib.nn.functional, numbers(lib, 3, 4), (lib.float16, lib.float32, lib.float64)
    for a in floats:
        for b in floats:
            logits = x.clone().to(a).requires_grad_()
            loss = F.binary_cross_entropy_with_logits(logits, x.sigmoid().to(b))
            loss.backward()
            assert (loss.dtype, logits.grad.dtype) == (b, a)


@pytest.mark.filterwarnings("ignore:Mismatch dtype")  # torch's, once: its fused kernel is not used
def test_rms_norm_has_the_dtype_of_its_input(lib):
    x, weight = numbers(lib, 3, 4), lib.ones(4)
    half, single, double = lib.float16, lib.float32, lib.float64
    for a, b in ((half, single), (single, half), (double, single)):
        assert lib.nn.functional.rms_norm(x.to(a), (4,), weight.to(b)).dtype == a


def test_rms_norm_of_halves_computes_in_float32(lib):
    small = lib.tensor([1e-3, 2e-3]).half()
    out = lib.nn.functional.rms_norm(small, (2,)).float()
    assert lib.allclose(out, lib.tensor([0.6177, 1.2354]), atol=1e-3)
    large = lib.tensor([300.0, 400.0]).half()  # their squares are none of float16's numbers
    out = lib.nn.functional.rms_norm(large, (2,)).float()
    assert lib.allclose(out, lib.tensor([0.8486, 1.1312]), atol=1e-3)


# ---- statistics and parameters -----------------------------------------------------------------


OF_CHANNELS = ("running_mean", "running_var", "weight", "bias")


@pytest.mark.parametrize("place, name", list(enumerate(OF_CHANNELS)))
def test_instance_norm_wants_a_number_for_each_channel(lib, place, name):
    F, x = lib.nn.functional, numbers(lib, 2, 4, 6)
    given = [lib.ones(4)] * 4
    for count in (0, 1, 3, 8):
        given[place] = lib.ones(count)
        with raises(RuntimeError, f"{name} should contain 8 elements not {2 * count}"):
            F.instance_norm(x, *given)
    given[place] = lib.ones(1, 4)
    text = "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
    with raises(RuntimeError, text + "tensor"):
        F.instance_norm(x, *given)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics_come_in_pairs(lib, name):
    function, x = getattr(lib.nn.functional, name), numbers(lib, 2, 4, 6)
    for mean, var in ((lib.zeros(4), None), (None, lib.ones(4))):
        text = "running_mean and running_var must either both be None or neither be None"
        with raises(ValueError, text):
            function(x, mean, var, None, None, True)


def test_running_statistics_have_one_dimension(lib):
    x, wide = numbers(lib, 2, 4, 6), lib.ones(1, 4)
    for training in (True, False):
        with raises(RuntimeError, "TensorAccessor expected 1 dims but tensor has 2"):
            lib.nn.functional.batch_norm(x, wide, lib.ones(4), training=training)


# ---- random numbers ----------------------------------------------------------------------------


def test_gumbel_softmax_draws_in_the_order_of_its_elements(lib):
    x = numbers(lib, 3, 4)
    lib.manual_seed(0)
    plain = lib.nn.functional.gumbel_softmax(x)
    lib.manual_seed(0)
    assert lib.allclose(lib.nn.functional.gumbel_softmax(x.t().contiguous().t()), plain)


# ---- sizes -------------------------------------------------------------------------------------

# Each with one size missing, by place: the name it has there, and what it wants.
PLANES = {
    "max_pool2d kernel_size": lambda F, x, size: F.max_pool2d(x, size),
    "max_pool2d stride": lambda F, x, size: F.max_pool2d(x, 2, size),
    "max_pool2d padding": lambda F, x, size: F.max_pool2d(x, 4, 2, size),
    "max_pool2d dilation": lambda F, x, size: F.max_pool2d(x, 2, 2, 0, size),
    "avg_pool2d kernel_size": lambda F, x, size: F.avg_pool2d(x, size),
    "avg_pool2d stride": lambda F, x, size: F.avg_pool2d(x, 2, size),
    "avg_pool2d padding": lambda F, x, size: F.avg_pool2d(x, 4, 2, size),
    "conv2d stride": lambda F, x, size: F.conv2d(x, x[:, :, :3, :3], None, size),
    "conv2d padding": lambda F, x, size: F.conv2d(x, x[:, :, :3, :3], None, 1, size),
    "conv2d dilation": lambda F, x, size: F.conv2d(x, x[:, :, :2, :2], None, 1, 0, size),
    "conv_transpose2d stride": lambda F, x, size: F.conv_transpose2d(x, x.mT, None, size),
    "conv_transpose2d padding": lambda F, x, size: F.conv_transpose2d(x, x, None, 3, size),
    "conv_transpose2d output_padding":
        lambda F, x, size: F.conv_transpose2d(x, x, None, 3, 1, size),
    "conv_transpose2d dilation":
        lambda F, x, size: F.conv_transpose2d(x, x, None, 1, 0, 0, 1, size),
    "unfold kernel_size": lambda F, x, size: F.unfold(x, size),
    "unfold dilation": lambda F, x, size: F.unfold(x, 2, size),
    "unfold padding": lambda F, x, size: F.unfold(x, 2, 1, size),
    "unfold stride": lambda F, x, size: F.unfold(x, 2, 1, 0, size),
    "adaptive_avg_pool2d output_size": lambda F, x, size: F.adaptive_avg_pool2d(x, size),
}  # fmt: skip
PLACES = {"kernel_size": 2, "output_size": 2, "stride": 3, "padding": 4, "dilation": 5}
CONV_PLACES = {"stride": 4, "padding": 5, "output_padding": 6, "dilation": 8}
UNFOLD_PLACES = {"kernel_size": 2, "dilation": 3, "padding": 4, "stride": 5}


def told(name):
    """How torch begins a refusal of this argument."""
    op, argument = name.split()
    places = UNFOLD_PLACES if op == "unfold" else CONV_PLACES if "conv" in op else PLACES
    op = "im2col" if op == "unfold" else op
    return f"{op}(): argument '{argument}' (position {places[argument]}) must be tuple of ints, "


@pytest.mark.parametrize("name", PLANES)
def test_a_size_may_be_an_int_of_numpy_or_in_a_tensor(lib, name):
    F, x, call = lib.nn.functional, numbers(lib, 3, 3, 6, 6), PLANES[name]
    plain, mixed = call(F, x, 2), (np.int32(2), lib.tensor(2))
    assert lib.equal(call(F, x, mixed), plain) and lib.equal(call(F, x, list(mixed)), plain)
    if "adaptive" not in name:  # it asks for the length of what is no int
        assert lib.equal(call(F, x, np.int64(2)), plain)
    if "adaptive" not in name and "unfold" not in name:
        assert lib.equal(call(F, x, lib.tensor(2)), plain)
        assert lib.equal(call(F, x, (2,)), plain)


@pytest.mark.parametrize("name", [name for name in PLANES if "conv2d" not in name])
def test_a_size_is_an_int(lib, name):
    F, x, call = lib.nn.functional, numbers(lib, 3, 3, 6, 6), PLANES[name]
    found = "but found element of type {} at pos 0"
    one = found if "unfold" in name else "not {}"
    wrong = [((2.0, 2), found.format("float")), ((True, False), found.format("bool")),
             (("a", "b"), found.format("str"))]  # fmt: skip
    if "adaptive" not in name:
        wrong += [(2.0, one.format("float")), (np.bool_(True), one.format("numpy.bool"))]
        wrong += [(True, one.format("bool"))]
    if "adaptive" not in name and "unfold" not in name:
        wrong += [("2", "not str"), (lib.tensor([2, 2]), "not Tensor"), (range(2, 4), "not range"),
                  (np.array([2, 2]), "not numpy.ndarray"), ({2}, "not set")]  # fmt: skip
    for value, said in wrong:
        with raises(TypeError, told(name) + said):
            call(F, x, value)
    text = told(name).partition(" (")[0] + " failed to unpack the object at pos 2 with error "
    with raises(TypeError, text + '"type must be tuple of ints,but got float"'):
        call(F, x, (2, 2.0))


LENGTHS = {
    "max_pool2d kernel_size": "max_pool2d: kernel_size must either be a single int, or a tuple of "
                              "two ints",
    "max_pool2d stride": "max_pool2d: stride must either be omitted, a single int, or a tuple of "
                         "two ints",
    "max_pool2d dilation": "max_pool2d: dilation must be either a single int, or a tuple of two "
                           "ints",
    "avg_pool2d padding": "avg_pool2d: padding must either be a single int, or a tuple of two ints",
    "unfold stride": "It is expected stride equals to 2, but got size 3",
    "conv2d stride": "expected stride to be a single integer value or a list of 2 values to match "
                     "the convolution dimensions, but got stride=[1, 2, 3]",
    "adaptive_avg_pool2d output_size": "adaptive_avg_pool2d: output_size must be 2",
}  # fmt: skip


@pytest.mark.parametrize("name", LENGTHS)
def test_a_plane_has_two_sizes(lib, name):
    with raises(RuntimeError, LENGTHS[name]):
        PLANES[name](lib.nn.functional, numbers(lib, 3, 3, 6, 6), (1, 2, 3))


def test_a_line_has_one_size(lib):
    F, x = lib.nn.functional, numbers(lib, 3, 6)
    forms = "an int, list of ints or tuple of ints of size 1"
    with raises(RuntimeError, f"max_pool1d() kernel_size must be {forms} but got size 2"):
        F.max_pool1d(x, (2, 2))
    forms = "None, an int, list of ints, or tuple of ints of size 1"
    with raises(RuntimeError, f"max_pool1d() stride must be {forms} but got size 2"):
        F.max_pool1d(x, 2, (2, 2))
    text = "max_pool1d() argument 'padding' should contain one int (got 2)"
    with raises(RuntimeError, text):
        F.max_pool1d(x, 2, 2, (1, 1), return_indices=True)
    with raises(RuntimeError, "avg_pool1d() argument 'kernel_size' should contain one int (got 2)"):
        F.avg_pool1d(x, (2, 2))


def test_an_argument_given_by_keyword_has_no_position(lib):
    F, x = lib.nn.functional, numbers(lib, 3, 3, 6, 6)
    with raises(TypeError, "avg_pool2d(): argument 'stride' must be tuple of ints, not float"):
        F.avg_pool2d(x, 2, stride=2.0)
    with raises(TypeError, "avg_pool2d(): argument 'stride' must be tuple of ints, not tuple"):
        F.avg_pool2d(x, 2, stride=(2.0, 2))
    with raises(TypeError, "avg_pool2d(): argument 'divisor_override' must be int, not float"):
        F.avg_pool2d(x, 2, divisor_override=2.0)
    with raises(TypeError, "conv_transpose2d(): argument 'bias' must be Tensor, not list"):
        F.conv_transpose2d(x, x, bias=[1.0])
    with raises(TypeError, "pixel_shuffle(): argument 'upscale_factor' (position 2) must be int, "
                           "not float"):  # fmt: skip
        F.pixel_shuffle(x, 2.0)


def test_a_convolution_lists_its_two_forms(lib):
    x = numbers(lib, 3, 3, 6, 6)
    form = ("Tensor input, Tensor weight, Tensor bias = None, tuple of ints stride = 1, {}, tuple "
            "of ints dilation = 1, int groups = 1")  # fmt: skip
    forms = [form.format("tuple of ints padding = 0"), form.format('str padding = "valid"')]
    text = "conv2d() received an invalid combination of arguments - got (Tensor, Tensor, {}), but "
    text += f"expected one of:\n * ({forms[0]})\n * ({forms[1]})\n"
    with raises(TypeError, text.format("stride=float")):
        lib.nn.functional.conv2d(x, x, stride=2.0)
    with raises(TypeError, text.format("list")):
        lib.nn.functional.conv2d(x, x, [0.0])
    with raises(TypeError, text.format("groups=bool")):
        lib.nn.functional.conv2d(x, x, groups=True)


def test_output_padding_is_not_negative(lib):
    x = numbers(lib, 3, 3, 6, 6)
    with raises(RuntimeError, "negative output_padding is not supported"):
        lib.nn.functional.conv_transpose2d(x, x, output_padding=-1)


def test_padding_other_than_zeros_is_worked_out_once(lib):
    layer = lib.nn.Conv1d(2, 2, 3, padding=1, padding_mode="circular")
    layer.padding = (2,)
    assert layer(numbers(lib, 1, 2, 6)).shape == (1, 2, 6)
    assert list(layer._reversed_padding_repeated_twice) == [1, 1]


# ---- linear ------------------------------------------------------------------------------------


@pytest.mark.parametrize("learned", [False, True])
def test_what_linear_refuses(lib, learned):
    F, x = lib.nn.functional, lib.ones(2, 3, 4)
    with raises(RuntimeError, "t() expects a tensor with <= 2 dimensions, but self is 3D"):
        F.linear(x, lib.ones(2, 5, 4, requires_grad=learned))
    vector, weight = (lib.ones(n, requires_grad=learned) for n in (4, (5, 4)))
    for bias in (lib.ones(3), lib.ones(5)):
        with raises(RuntimeError, "mat2 must be a matrix, got 1-D tensor"):
            F.linear(x, vector, bias)
    for bias in (1, [1.0], np.ones(5, np.float32)):
        kind = {"ndarray": "numpy.ndarray"}.get(type(bias).__name__, type(bias).__name__)
        text = f"linear(): argument 'bias' (position 3) must be Tensor, not {kind}"
        with raises(TypeError, text):
            F.linear(x, weight, bias)
    text = "The size of tensor a (3) must match the size of tensor b (6) at non-singleton "
    with raises(RuntimeError, text + "dimension 1"):
        F.linear(x, weight, lib.ones(6, 5))  # as many as rows, but not of their shape


@pytest.mark.parametrize("learned", [False, True])
def test_linear_adds_a_bias_for_each_place(lib, learned):
    F, x = lib.nn.functional, numbers(lib, 2, 3, 4)
    weight, bias = numbers(lib, 5, 4).requires_grad_(learned), numbers(lib, 3, 5)
    assert lib.allclose(F.linear(x, weight, bias), x @ weight.T + bias)
    with raises(RuntimeError, "output with shape [5] doesn't match the broadcast shape [3, 5]"):
        F.linear(x[0, 0], weight, bias)


# ---- flags, numbers and dimensions by name -----------------------------------------------------


def losses_of(lib):
    a = numbers(lib, 3, 4)
    return lib.nn.functional, a, a * 2 + 1, lib.tensor([1, 0, 3])


REFUSED = {  # call of (functional, image, scores, others, classes, wrong); op, argument, wanted
    "max_pool2d ceil_mode bool 6": lambda F, x, a, b, y, v: F.max_pool2d(x, 2, ceil_mode=v),
    "max_pool1d ceil_mode bool 6": lambda F, x, a, b, y, v: F.max_pool1d(a, 2, ceil_mode=v),
    "avg_pool2d ceil_mode bool 0": lambda F, x, a, b, y, v: F.avg_pool2d(x, 2, ceil_mode=v),
    "avg_pool2d count_include_pad bool 6":
        lambda F, x, a, b, y, v: F.avg_pool2d(x, 2, 2, 0, False, v),
    "batch_norm training bool 6":
        lambda F, x, a, b, y, v: F.batch_norm(a, a[0], b[0], training=v),
    "instance_norm use_input_stats bool 6":
        lambda F, x, a, b, y, v: F.instance_norm(x, use_input_stats=v),
    "dropout train bool 3": lambda F, x, a, b, y, v: F.dropout(x, 0.5, v),
    "feature_dropout train bool 3": lambda F, x, a, b, y, v: F.dropout2d(x, 0.5, v),
    "embedding scale_grad_by_freq bool 4":
        lambda F, x, a, b, y, v: F.embedding(y, b.T, scale_grad_by_freq=v),
    "embedding sparse bool 5": lambda F, x, a, b, y, v: F.embedding(y, b.T, sparse=v),
    "kl_div log_target bool 0":
        lambda F, x, a, b, y, v: F.kl_div(a, b, reduction="sum", log_target=v),
    "triplet_margin_loss swap bool 7":
        lambda F, x, a, b, y, v: F.triplet_margin_loss(a, b, a, swap=v),
    "scaled_dot_product_attention is_causal bool 0":
        lambda F, x, a, b, y, v: F.scaled_dot_product_attention(a, b, b, is_causal=v),
    "scaled_dot_product_attention enable_gqa bool 0":
        lambda F, x, a, b, y, v: F.scaled_dot_product_attention(a, b, b, enable_gqa=v),
    "pairwise_distance keepdim bool 5":
        lambda F, x, a, b, y, v: F.pairwise_distance(a, b, 2.0, 1e-6, v),
    "group_norm num_groups int 2": lambda F, x, a, b, y, v: F.group_norm(x, v),
    "cross_entropy_loss ignore_index int 5":
        lambda F, x, a, b, y, v: F.cross_entropy(a, y, ignore_index=v),
    "nll_loss_nd ignore_index int 5": lambda F, x, a, b, y, v: F.nll_loss(a, y, ignore_index=v),
    "embedding padding_idx int 3": lambda F, x, a, b, y, v: F.embedding(y, b.T, padding_idx=v),
    "one_hot num_classes int 2": lambda F, x, a, b, y, v: F.one_hot(y, v),
    "glu dim int 2": lambda F, x, a, b, y, v: F.glu(a, v),
    "softmax dim int 1": lambda F, x, a, b, y, v: F.softmax(a, v),
    "log_softmax dim int 1": lambda F, x, a, b, y, v: F.log_softmax(a, v),
    "cosine_similarity dim int 0": lambda F, x, a, b, y, v: F.cosine_similarity(a, b, dim=v),
    "cross_entropy_loss label_smoothing float 6":
        lambda F, x, a, b, y, v: F.cross_entropy(a, y, label_smoothing=v),
    "embedding_renorm_ max_norm float 3":
        lambda F, x, a, b, y, v: F.embedding(y, b.T.clone(), max_norm=v),
    "embedding_renorm_ norm_type float 4":
        lambda F, x, a, b, y, v: F.embedding(y, b.T.clone(), max_norm=1.0, norm_type=v),
    "pad value float 4": lambda F, x, a, b, y, v: F.pad(x, (1, 1), value=v),
    "pairwise_distance p float 3": lambda F, x, a, b, y, v: F.pairwise_distance(a, b, v),
    "pairwise_distance eps float 0": lambda F, x, a, b, y, v: F.pairwise_distance(a, b, eps=v),
    "cosine_similarity eps float 0": lambda F, x, a, b, y, v: F.cosine_similarity(a, b, eps=v),
    "cosine_embedding_loss margin float 4":
        lambda F, x, a, b, y, v: F.cosine_embedding_loss(a, b, y, v),
    "triplet_margin_loss p float 5": lambda F, x, a, b, y, v: F.triplet_margin_loss(a, b, a, p=v),
    "triplet_margin_loss eps float 6":
        lambda F, x, a, b, y, v: F.triplet_margin_loss(a, b, a, eps=v),
    "scaled_dot_product_attention scale float 0":
        lambda F, x, a, b, y, v: F.scaled_dot_product_attention(a, b, b, scale=v),
    "scaled_dot_product_attention dropout_p float 5":
        lambda F, x, a, b, y, v: F.scaled_dot_product_attention(a, b, b, None, v),
    "linalg_vector_norm ord Number 2": lambda F, x, a, b, y, v: F.normalize(a, v),
    "pad mode str 3": lambda F, x, a, b, y, v: F.pad(x, (1, 1), v),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_an_argument_must_be(lib, name):
    op, argument, wanted, place = name.split()
    where = f" (position {place})" if int(place) else ""
    wrong = [(np.array([2]), "numpy.ndarray"), (lib.tensor([2.0, 2.0]), "Tensor")]
    if wanted == "bool":
        wrong = [(lib.tensor(True), "Tensor"), ("True", "str"), (1, "int"), (2.0, "float")]
    elif wanted == "int" and argument not in ("num_groups", "padding_idx"):
        wrong += [("1", "str"), (1.0, "float"), (True, "bool"), ([1], "list")]
    elif wanted == "int":
        wrong += [(1.0, "float"), (True, "bool")]
        del wrong[:2]
    elif wanted == "float":
        wrong += [("1", "str"), ([1.0], "list"), (lib.tensor(1.0, requires_grad=True), "Tensor")]
    F, a, b, y = losses_of(lib)
    for value, kind in wrong:
        with raises(
            TypeError, f"{op}(): argument '{argument}'{where} must be {wanted}, not {kind}"
        ):
            REFUSED[name](F, numbers(lib, 2, 4, 6, 6), a, b, y, value)


TAKEN = {
    "pairwise_distance": lambda F, a, b, two: F.pairwise_distance(a, b, two),
    "triplet_margin_loss": lambda F, a, b, two: F.triplet_margin_loss(a, b, a, p=two),
    "normalize": lambda F, a, b, two: F.normalize(a, two),
    "max_norm": lambda F, a, b, two: F.embedding(a.long().abs(), b.clone(), max_norm=two),
    "interpolate size": lambda F, a, b, two: F.interpolate(a[None], size=two),
    "interpolate sizes": lambda F, a, b, two: F.interpolate(a[None, None], size=(two, 5)),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["np.int64", "a tensor"])
@pytest.mark.parametrize("name", TAKEN)
def test_a_number_may_be_of_numpy_or_in_a_tensor(lib, name, kind):
    F, a, b, _ = losses_of(lib)
    two = np.int64(2) if kind == "np.int64" else lib.tensor(2)
    assert lib.equal(TAKEN[name](F, a, b, two), TAKEN[name](F, a, b, 2))


def test_a_scale_factor_may_be_of_numpy(lib):
    F, x = lib.nn.functional, numbers(lib, 1, 2, 6)
    for two in (np.int64(2), np.float32(2)):
        assert lib.equal(F.interpolate(x, scale_factor=two), F.interpolate(x, scale_factor=2))


def test_interpolate_wants_whole_sizes(lib):
    x = numbers(lib, 1, 2, 6, 6)
    text = ("expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, "
            "int], but got size with types [<class 'float'>, <class 'int'>]")  # fmt: skip
    with raises(TypeError, text):
        lib.nn.functional.interpolate(x, (2.0, 2), mode="bilinear")


def test_attention_refuses_a_dropout_beyond_one(lib):
    a = numbers(lib, 3, 4)
    text = "dropout probability has to be between 0 and 1, but got 1.5"
    with raises(RuntimeError, text):
        lib.nn.functional.scaled_dot_product_attention(a, a, a, dropout_p=1.5)


@pytest.mark.parametrize("op", ["layer_norm", "rms_norm"])
def test_a_normalized_shape_is_a_tuple_of_ints(lib, op):
    function, x = getattr(lib.nn.functional, op), numbers(lib, 3, 4)
    start = f"{op}(): argument 'normalized_shape' (position 2) must be tuple of ints, "
    for wrong, kind in ((4, "int"), (True, "bool"), ("4", "str"), (lib.tensor([4]), "Tensor"),
                        (np.array([4]), "numpy.ndarray"), (None, "NoneType")):  # fmt: skip
        with raises(TypeError, f"{start}not {kind}"):
            function(x, wrong)
    with raises(TypeError, f"{start}but found element of type str at pos 0"):
        function(x, ("4",))
    assert lib.equal(function(x, [np.int64(4)]), function(x, (lib.tensor(4),)))


# ---- no tensors --------------------------------------------------------------------------------

NO_TENSOR = {
    "relu_ input 1": lambda F, a, b, y, v: F.relu(v, True),
    "elu_ input 1": lambda F, a, b, y, v: F.elu(v, 1.0, True),
    "hardtanh_ input 1": lambda F, a, b, y, v: F.hardtanh(v, inplace=True),
    "silu_ input 1": lambda F, a, b, y, v: F.silu(v, True),
    "cross_entropy_loss weight 3": lambda F, a, b, y, v: F.cross_entropy(a, y, v),
    "nll_loss_nd weight 3": lambda F, a, b, y, v: F.nll_loss(a, y, v),
    "binary_cross_entropy_with_logits weight 3":
        lambda F, a, b, y, v: F.binary_cross_entropy_with_logits(a, b, v),
    "binary_cross_entropy_with_logits pos_weight 4":
        lambda F, a, b, y, v: F.binary_cross_entropy_with_logits(a, b, pos_weight=v),
    "batch_norm weight 2": lambda F, a, b, y, v: F.batch_norm(a, a[0], a[0], v),
    "batch_norm bias 3": lambda F, a, b, y, v: F.batch_norm(a, a[0], a[0], None, v),
    "batch_norm running_mean 4": lambda F, a, b, y, v: F.batch_norm(a, v, a[0]),
    "batch_norm running_var 5": lambda F, a, b, y, v: F.batch_norm(a, a[0], v),
    "instance_norm weight 2": lambda F, a, b, y, v: F.instance_norm(a[None], weight=v),
    "layer_norm weight 3": lambda F, a, b, y, v: F.layer_norm(a, (4,), v),
    "layer_norm bias 4": lambda F, a, b, y, v: F.layer_norm(a, (4,), None, v),
    "group_norm weight 3": lambda F, a, b, y, v: F.group_norm(a, 2, v),
    "rms_norm weight 3": lambda F, a, b, y, v: F.rms_norm(a, (4,), v),
    "conv_transpose1d bias 3": lambda F, a, b, y, v: F.conv_transpose1d(a, a[:, :, None], v),
    "scaled_dot_product_attention attn_mask 4":
        lambda F, a, b, y, v: F.scaled_dot_product_attention(a, b, b, v),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_TENSOR)
def test_what_is_no_tensor(lib, name):
    op, argument, place = name.split()
    F, a, b, y = losses_of(lib)
    for wrong, kind in ((1.0, "float"), ([1.0] * 4, "list"), (np.ones(4), "numpy.ndarray")):
        text = f"{op}(): argument '{argument}' (position {place}) must be Tensor, not {kind}"
        with raises(TypeError, text):
            NO_TENSOR[name](F, a, b, y, wrong)


# ---- modules changed by hand -------------------------------------------------------------------


def test_a_transposed_convolution_changed_by_hand(lib):
    layer, x = lib.nn.ConvTranspose2d(1, 1, 2), lib.ones(1, 1, 3, 3)
    layer.padding_mode = "reflect"
    with raises(ValueError, "Only `zeros` padding mode is supported for ConvTranspose2d"):
        layer(x)
    layer.padding_mode, layer.padding = "zeros", [0, 0]
    with raises(AssertionError, "self.padding must be a tuple"):
        layer(x)


def test_half_an_extra_key_or_projection(lib):
    x = numbers(lib, 3, 1, 4)
    layer = lib.nn.MultiheadAttention(4, 2, add_bias_kv=True)
    layer.bias_v = None
    with raises(AssertionError, "bias_k is set but bias_v is None"):
        layer(x, x, x)
    layer = lib.nn.MultiheadAttention(4, 2, add_bias_kv=True)
    layer.bias_k = None
    with raises(AssertionError, "bias_v is set but bias_k is None"):
        layer(x, x, x)
    layer = lib.nn.MultiheadAttention(4, 2, kdim=3, vdim=3)
    layer.k_proj_weight = None
    text = "use_separate_proj_weight is True but k_proj_weight is None"
    with raises(AssertionError, text):
        layer(x, x[..., :3], x[..., :3])


# ---- whole numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype, said", [("int64", "Long"), ("bool", "Bool"), ("uint8", "Byte")])
def test_batch_norm_has_no_kernel_for_whole_numbers(lib, dtype, said):
    x = numbers(lib, 2, 4, 6).to(getattr(lib, dtype))
    for layer in (lib.nn.BatchNorm1d(4), lib.nn.BatchNorm1d(4).eval(), lib.nn.InstanceNorm1d(4)):
        with raises(NotImplementedError, f"\"batch_norm\" not implemented for '{said}'"):
            layer(x)


def test_convolutions_have_no_kernel_for_some_whole_numbers(lib):
    F, x = lib.nn.functional, lib.ones(1, 2, 5, 5).bool()
    with raises(NotImplementedError, "\"slow_conv2d_cpu\" not implemented for 'Bool'"):
        F.conv2d(x, x[:, :, :3, :3])
    for image, said in ((x, "Bool"), (x.to(lib.uint8), "Byte"), (x.int(), "Int")):
        text = f"\"slow_conv_transpose2d_out_cpu\" not implemented for '{said}'"
        with raises(NotImplementedError, text):
            F.conv_transpose2d(image, lib.ones(2, 2, 3, 3))


# ---- attention ---------------------------------------------------------------------------------


def test_projections_fit_their_inputs(lib):
    x, key, value = numbers(lib, 3, 2, 4), numbers(lib, 5, 2, 3), numbers(lib, 5, 2, 6)
    layer = lib.nn.MultiheadAttention(4, 2, kdim=3, vdim=6)
    with raises(
        AssertionError, "expecting key weights shape of (4, 4), but got torch.Size([4, 3])"
    ):
        layer(x, x, value[:3])
    text = "expecting value weights shape of (4, 3), but got torch.Size([4, 6])"
    with raises(AssertionError, text):
        layer(x, key, key)
    layer.in_proj_bias = lib.nn.Parameter(lib.ones(9))
    with raises(AssertionError, "expecting query bias shape of (4,), but got torch.Size([3])"):
        layer(x, key, value)


# ---- what has no kernel, and what is too small -------------------------------------------------


@pytest.mark.parametrize("dtype, said", [("int32", "Int"), ("uint8", "Byte"), ("bool", "Bool")])
def test_average_pooling_has_no_kernel_for_small_whole_numbers(lib, dtype, said):
    x = lib.ones(1, 2, 4, 4).to(getattr(lib, dtype))
    for layer, image in ((lib.nn.AvgPool2d(2), x), (lib.nn.AvgPool1d(2), x[0])):
        with raises(NotImplementedError, f"\"avg_pool2d\" not implemented for '{said}'"):
            layer(image)


def test_windows_have_no_kernel_for_some_whole_numbers(lib):
    F, x = lib.nn.functional, lib.ones(1, 2, 4, 4)
    with raises(NotImplementedError, "\"im2col_out_cpu\" not implemented for 'Long'"):
        F.unfold(x.long(), 2)
    assert F.unfold(x.bool(), 2).dtype == lib.bool
    with raises(NotImplementedError, "\"max_pool2d\" not implemented for 'Bool'"):
        F.max_pool2d(x.bool(), 2)


@pytest.mark.parametrize("shape", [(2, 0, 6, 6), (2, 4, 6, 0), (0, 6, 6)])
def test_unfold_wants_something_to_unfold(lib, shape):
    text = ("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}")  # fmt: skip
    with raises(RuntimeError, text):
        lib.nn.functional.unfold(lib.ones(shape), 2, padding=1)


def test_an_eps_of_directions_is_not_negative(lib):
    x = numbers(lib, 2, 4)
    with raises(RuntimeError, "eps must be non-negative, got: -0.5"):
        lib.nn.functional.cosine_similarity(x, x, eps=-0.5)


@pytest.mark.parametrize("wrong", ["False", 1, 0.0, ()])
def test_align_corners_is_a_bool(lib, wrong):
    with pytest.raises(TypeError):  # torch lists the forms of its kernel
        lib.nn.functional.interpolate(lib.ones(1, 2, 6), 3, mode="linear", align_corners=wrong)


@pytest.mark.parametrize("training", [1, "yes", 2.0])
def test_batch_norm_takes_any_truth_for_its_mode(lib, training):
    layer = lib.nn.BatchNorm1d(4)
    layer.training = training
    x = numbers(lib, 3, 4)
    assert lib.allclose(layer(x).mean(0), lib.zeros(4), atol=1e-6)
