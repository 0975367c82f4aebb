"""What the modules do, on minitorch and on torch: each behaviour is written once.

Numbers against torch for every module are in test_module_db.py; here is what they mean, what is
refused and in which words, and what is warned of.
"""

import copy
import math
import warnings

import numpy as np
import pytest
from exact import raises


def tracked(lib, **keywords):
    return lib.nn.BatchNorm1d(1, **keywords)


def column(lib, *numbers):
    return lib.tensor([[number] for number in numbers])


def close(tensor, numbers, tolerance=1e-5):
    assert tensor.reshape(-1).tolist() == pytest.approx(numbers, abs=tolerance)


# ---- BatchNorm: what is used, what is stored ---------------------------------------------------


def test_batch_norm_uses_the_biased_variance_and_stores_the_unbiased(lib):
    bn = tracked(lib)
    close(bn(column(lib, 0.0, 2.0)), [-1, 1])  # biased variance 1
    close(bn.running_mean, [0.1])
    close(bn.running_var, [0.9 * 1 + 0.1 * 2])  # unbiased variance 2


def test_batch_norm_evaluates_with_what_it_stored(lib):
    bn = tracked(lib)
    bn(column(lib, 0.0, 2.0))
    bn.eval()
    close(bn(column(lib, 5.0)), [(5 - 0.1) / math.sqrt(1.1 + 1e-5)])
    close(bn.running_mean, [0.1])
    assert bn.num_batches_tracked.item() == 1


def test_batch_norm_counts_batches_in_training_only(lib):
    bn = tracked(lib)
    x = column(lib, 0.0, 2.0)
    for _ in range(3):
        bn(x)
    bn.eval()(x)
    assert bn.num_batches_tracked.item() == 3
    assert bn.num_batches_tracked.dtype == lib.int64 and bn.num_batches_tracked.shape == ()
    bn.reset_running_stats()
    assert [b.tolist() for b in bn.buffers()] == [[0.0], [1.0], 0]


def test_momentum_none_is_the_plain_average(lib):
    bn = tracked(lib, momentum=None)
    for a, b in ((0.0, 2.0), (2.0, 6.0), (4.0, 4.0)):
        bn(column(lib, a, b))
    close(bn.running_mean, [(1 + 4 + 4) / 3])
    close(bn.running_var, [(2 + 8 + 0) / 3])


def test_momentum_zero_never_moves(lib):
    bn = tracked(lib, momentum=0.0)
    bn(column(lib, 0.0, 2.0))
    assert bn.running_mean.tolist() == [0.0] and bn.num_batches_tracked.item() == 1


def test_without_tracking_the_batch_counts_in_evaluation_too(lib):
    bn = tracked(lib, track_running_stats=False)
    assert bn.running_mean is None and bn.running_var is None and bn.num_batches_tracked is None
    assert list(bn._buffers) == ["running_mean", "running_var", "num_batches_tracked"]
    assert list(bn.state_dict()) == ["weight", "bias"]
    close(bn.eval()(column(lib, 10.0, 30.0)), [-1, 1])


def test_buffers_taken_away_mean_the_batch_in_evaluation(lib):
    bn = tracked(lib)
    bn.running_mean = bn.running_var = None
    close(bn.eval()(column(lib, 10.0, 30.0)), [-1, 1])


@pytest.mark.parametrize("gone", ["running_mean", "running_var"])
def test_one_buffer_without_the_other_is_a_mistake(lib, gone):
    for bn, x in ((lib.nn.BatchNorm1d(2), lib.ones(3, 2)),
                  (lib.nn.InstanceNorm1d(2, track_running_stats=True), lib.ones(3, 2, 4))):
        setattr(bn, gone, None)
        with raises(ValueError,
                    "running_mean and running_var must either both be None or neither be None"):
            bn(x)


def test_tracking_switched_off_later_stops_the_buffers(lib):
    bn = tracked(lib)
    bn.track_running_stats = False
    close(bn(column(lib, 10.0, 30.0)), [-1, 1])
    assert bn.running_mean.tolist() == [0.0] and bn.num_batches_tracked.item() == 0


def test_an_empty_batch_leaves_the_statistics(lib):
    bn = lib.nn.BatchNorm2d(3)
    assert bn(lib.zeros(0, 3, 2, 2)).shape == (0, 3, 2, 2)
    assert bn.running_mean.tolist() == [0.0] * 3 and bn.num_batches_tracked.item() == 1


def test_an_empty_batch_teaches_nothing(lib):
    bn = lib.nn.BatchNorm1d(3)
    bn(lib.zeros(0, 3)).sum().backward()
    assert bn.weight.grad.tolist() == bn.bias.grad.tolist() == [0.0] * 3


def test_frozen_batch_norm_goes_on_counting_until_eval(lib):
    bn = tracked(lib).requires_grad_(False)
    x = column(lib, 0.0, 2.0)
    bn(x)
    assert bn.running_mean.item() == pytest.approx(0.1) and bn.num_batches_tracked.item() == 1
    bn.eval()
    bn(x)
    assert bn.num_batches_tracked.item() == 1
    lib.nn.Sequential(bn).train()  # the parent's train() flips it back
    bn(x)
    assert bn.num_batches_tracked.item() == 2


def test_no_grad_does_not_stop_the_statistics(lib):
    bn = tracked(lib)
    with lib.no_grad():
        out = bn(column(lib, 0.0, 2.0))
    assert not out.requires_grad and bn.running_mean.item() == pytest.approx(0.1)
    assert bn.eval()(column(lib, 1.0)).requires_grad  # and eval does not stop recording


def test_few_batches_leave_the_statistics_far_from_the_data(lib):
    bn = tracked(lib)
    x = 5 + column(lib, -1.2, -0.4, 0.4, 1.2)
    outputs = []
    for step in range(1, 101):
        bn.train()(x)
        if step in (1, 100):
            outputs.append(bn.eval()(x).mean().item())
    assert outputs == [pytest.approx(4.5 / math.sqrt(0.9 + 0.1 * 3.2 / 3), abs=1e-3),
                       pytest.approx(0, abs=1e-3)]  # fmt: skip


def test_batch_norm_needs_two_values_in_training(lib):
    size = "torch.Size([1, 3])"
    message = f"Expected more than 1 value per channel when training, got input size {size}"
    bn = lib.nn.BatchNorm1d(3)
    with raises(ValueError, message):
        bn(lib.ones(1, 3))
    assert bn.num_batches_tracked.item() == 1  # the batch was counted before it was refused
    assert bn.eval()(lib.ones(1, 3)).shape == (1, 3)
    assert bn.train()(lib.ones(1, 3, 2)).shape == (1, 3, 2)


@pytest.mark.parametrize(
    "name, shape, message",
    [
        ("BatchNorm1d", (3,), "expected 2D or 3D input (got 1D input)"),
        ("BatchNorm1d", (1, 3, 2, 2), "expected 2D or 3D input (got 4D input)"),
        ("BatchNorm2d", (2, 3, 4), "expected 4D input (got 3D input)"),
        ("InstanceNorm1d", (3,), "expected 2D or 3D input (got 1D input)"),
        ("InstanceNorm2d", (3, 4), "expected 3D or 4D input (got 2D input)"),
    ],
)
def test_norms_check_dimensions(lib, name, shape, message):
    with raises(ValueError, message):
        getattr(lib.nn, name)(3)(lib.ones(*shape))


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
def test_statistics_are_no_parameters(lib, name):
    text = (
        f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'."
        " This input cannot have requires_grad True."
    )
    m = lib.nn.BatchNorm1d(3)
    getattr(m, name).requires_grad_()
    for training in (True, False):
        with raises(RuntimeError, text):
            m.train(training)(lib.ones(2, 3))
        with raises(RuntimeError, text):
            lib.nn.functional.instance_norm(
                lib.ones(1, 3, 2), m.running_mean, m.running_var, use_input_stats=training
            )
    with lib.no_grad():  # where nothing is learned
        assert m(lib.ones(2, 3)).shape == (2, 3)


def test_batch_norm_checks_channels(lib):
    with raises(RuntimeError, "running_mean should contain 4 elements not 3"):
        lib.nn.BatchNorm1d(3)(lib.ones(2, 4))


@pytest.mark.parametrize(
    "x, weight, bias, message",
    [
        ("float64", "float32", "float32",
         "mixed dtype (CPU): all inputs must share same datatype."),
        ("float32", "float64", "float64",
         "mixed dtype (CPU): expect parameter to have scalar type of Float"),
        ("float64", "float64", "float32", "expected scalar type Double but found Float"),
    ],
)  # fmt: skip
def test_norms_do_not_mix_dtypes(lib, x, weight, bias, message):
    x = lib.ones(2, 2, dtype=getattr(lib, x))
    weight, bias = (lib.ones(2, dtype=getattr(lib, kind)) for kind in (weight, bias))
    functional = lib.nn.functional
    for norm in (
        lambda: functional.batch_norm(x, weight, bias),
        lambda: functional.layer_norm(x, (2,), weight, bias),
        lambda: functional.group_norm(x, 1, weight, bias),
        lambda: functional.instance_norm(x[None], None, None, weight, bias),
    ):
        with raises(RuntimeError, message):
            norm()


def test_eps_is_a_number(lib):
    F, x = lib.nn.functional, lib.arange(6.0).view(1, 2, 3)
    norms = {  # with the place of `eps` among their arguments
        "batch_norm": (8, lambda eps: F.batch_norm(x, None, None, training=True, eps=eps)),
        "instance_norm": (8, lambda eps: F.instance_norm(x, eps=eps)),
        "layer_norm": (5, lambda eps: F.layer_norm(x, (3,), eps=eps)),
        "group_norm": (5, lambda eps: F.group_norm(x, 1, eps=eps)),
        "rms_norm": (4, lambda eps: F.rms_norm(x, (3,), eps=eps)),
    }
    for name, (place, norm) in norms.items():
        assert lib.equal(norm(lib.tensor(0.5)), norm(0.5))
        for eps in (lib.tensor([0.5]), lib.tensor(0.5, requires_grad=True)):
            with raises(
                TypeError, f"{name}(): argument 'eps' (position {place}) must be float, not Tensor"
            ):
                norm(eps)
    for name in ("layer_norm", "group_norm"):
        with raises(
            TypeError, f"{name}(): argument 'eps' (position 5) must be float, not NoneType"
        ):
            norms[name][1](None)


def test_norms_in_half_precision_take_float_parameters(lib):
    x = lib.ones(2, 2, dtype=lib.float16)
    for training in (True, False):
        assert lib.nn.BatchNorm1d(2).train(training)(x).dtype == lib.float16


def test_batch_norm_without_bias_or_affine(lib):
    assert list(lib.nn.BatchNorm1d(2, bias=False)._parameters.items())[1] == ("bias", None)
    bn = lib.nn.BatchNorm1d(2, affine=False)
    assert list(bn.parameters()) == [] and list(bn._parameters) == ["weight", "bias"]


def test_batch_norm_moves_all_but_the_count(lib):
    bn = lib.nn.BatchNorm1d(2).double()
    kinds = {name: t.dtype for name, t in bn.state_dict().items()}
    assert kinds.pop("num_batches_tracked") == lib.int64 and set(kinds.values()) == {lib.float64}


def test_a_copy_has_statistics_of_its_own(lib):
    bn = tracked(lib)
    other = copy.deepcopy(bn)
    other(column(lib, 0.0, 2.0))
    assert bn.running_mean.item() == 0 and other.running_mean.item() != 0


# ---- BatchNorm: what was saved before ----------------------------------------------------------


def test_a_state_dict_of_version_one_has_no_count(lib):
    bn = tracked(lib)
    bn(column(lib, 0.0, 2.0))
    state = bn.state_dict()
    assert state._metadata[""] == {"version": 2}
    del state["num_batches_tracked"]
    with raises(
        RuntimeError,
        "Error(s) in loading state_dict for BatchNorm1d:\n\t"
        'Missing key(s) in state_dict: "num_batches_tracked". ',
    ):
        tracked(lib).load_state_dict(state)
    for old in (dict(state), state):
        if hasattr(old, "_metadata"):
            old._metadata[""]["version"] = 1
        new = tracked(lib)
        new(column(lib, 0.0, 2.0)), new(column(lib, 0.0, 2.0))
        assert new.load_state_dict(old) == ([], [])
        assert new.num_batches_tracked.item() == 2  # it keeps its own
        assert new.running_mean.item() == bn.running_mean.item()


def test_old_instance_norm_statistics_are_refused_in_words(lib):
    old = {"0.running_mean": lib.zeros(2), "0.running_var": lib.ones(2)}
    with raises(
        RuntimeError,
        "Error(s) in loading state_dict for Sequential:\n\tUnexpected running stats buffer(s) "
        '"0.running_mean" and "0.running_var" for InstanceNorm1d with track_running_stats=False. '
        "If state_dict is a checkpoint saved before 0.4.0, this may be expected because "
        "InstanceNorm1d does not track running stats by default since 0.4.0. Please remove these "
        "keys from state_dict. If the running stats are actually needed, instead set "
        "track_running_stats=True in InstanceNorm1d to enable them. See the documentation of "
        "InstanceNorm1d for details.",
    ):
        lib.nn.Sequential(lib.nn.InstanceNorm1d(2)).load_state_dict(old)


# ---- the other norms ---------------------------------------------------------------------------


def test_instance_norm_treats_each_sample_alone(lib):
    x = lib.tensor([[[0.0, 2.0]], [[10.0, 30.0]]])
    norm = lib.nn.InstanceNorm1d(1)
    close(norm(x), [-1, 1, -1, 1])
    close(norm(x[1]), [-1, 1])  # without a batch
    close(norm.eval()(x), [-1, 1, -1, 1])
    assert norm.state_dict() == {}


def test_instance_norm_with_statistics(lib):
    norm = lib.nn.InstanceNorm1d(1, affine=True, track_running_stats=True)
    norm(lib.tensor([[[0.0, 2.0]], [[10.0, 30.0]]]))
    close(norm.running_mean, [0.1 * (1 + 20) / 2])
    close(norm.running_var, [0.9 + 0.1 * (2 + 200) / 2])
    assert norm.num_batches_tracked.item() == 0
    close(norm.eval()(lib.tensor([[[1.05, 12.0]]])), [0, 10.95 / math.sqrt(11)], 1e-4)


@pytest.mark.parametrize("given", [(True, True), (True, False), (False, True)])
def test_instance_norm_of_an_empty_batch(lib, given):
    mean, var = (lib.ones(3) if there else None for there in given)
    out = lib.nn.functional.instance_norm(lib.ones(0, 3, 4), mean, var)
    assert out.shape == (0, 3, 4)
    for statistic in filter(lambda t: t is not None, (mean, var)):
        assert statistic.isnan().all()  # the mean over no sample


def test_instance_norm_and_the_number_of_channels(lib):
    message = "expected input's size at dim=1 to match num_features (3), but got: 2."
    with raises(ValueError, message):
        lib.nn.InstanceNorm1d(3, affine=True)(lib.ones(1, 2, 4))
    with pytest.warns(UserWarning) as caught:
        lib.nn.InstanceNorm1d(3)(lib.ones(2, 4))
    assert str(caught[0].message) == (
        "input's size at dim=0 does not match num_features. You can silence this warning by not "
        "passing in num_features, which is not used because affine=False"
    )
    with raises(
        ValueError,
        "Expected more than 1 spatial element when training, got input size torch.Size([2, 3, 1])",
    ):
        lib.nn.InstanceNorm1d(3)(lib.ones(2, 3, 1))


def test_layer_norm_is_over_the_last_dimensions(lib):
    x = lib.tensor([[0.0, 2.0], [5.0, 7.0]])
    close(lib.nn.LayerNorm(2)(x), [-1, 1, -1, 1])
    close(lib.nn.LayerNorm((2, 2)).weight, [1] * 4)
    assert lib.nn.LayerNorm([2, 2]).normalized_shape == (2, 2)
    assert list(lib.nn.LayerNorm(2, bias=False).state_dict()) == ["weight"]
    assert list(lib.nn.LayerNorm(2, elementwise_affine=False).state_dict()) == []
    with raises(
        RuntimeError,
        "Given normalized_shape=[3], expected input with shape [*, 3], but got input of size[2, 2]",
    ):
        lib.nn.LayerNorm(3)(x)


def test_group_norm_needs_even_groups(lib):
    with raises(ValueError, "num_channels (5) must be divisible by num_groups (2)"):
        lib.nn.GroupNorm(2, 5)
    close(lib.nn.GroupNorm(2, 4)(lib.tensor([[0.0, 2.0, 10.0, 30.0]])), [-1, 1, -1, 1])


def test_rms_norm_keeps_the_mean(lib):
    close(lib.nn.RMSNorm(2)(lib.tensor([1.0, 7.0])), [0.2, 1.4])
    close(lib.nn.RMSNorm(2, eps=75.0)(lib.tensor([1.0, 7.0])), [0.1, 0.7])
    assert list(lib.nn.RMSNorm(2).state_dict()) == ["weight"]


# ---- Embedding ---------------------------------------------------------------------------------


def test_the_padding_row_is_zero_and_stays_so(lib):
    for index in (2, -1):
        table = lib.nn.Embedding(3, 2, padding_idx=index)
        assert table.padding_idx == 2
        assert table.weight[2].tolist() == [0.0, 0.0]
        table(lib.tensor([0, 2, 2])).sum().backward()
        assert table.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
        table.reset_parameters()
        assert table.weight[2].tolist() == [0.0, 0.0] and table.weight[0].tolist() != [0.0, 0.0]


def test_the_same_seed_gives_the_same_table_but_for_the_padding_row(lib):
    lib.manual_seed(0)
    plain = lib.nn.Embedding(3, 2).weight.tolist()
    lib.manual_seed(0)
    padded = lib.nn.Embedding(3, 2, padding_idx=0).weight.tolist()
    assert padded[0] == [0.0, 0.0] and padded[1:] == plain[1:]


def test_a_pretrained_table_is_used_as_it_is(lib):
    rows = lib.tensor([[1.0, 2.0], [3.0, 4.0]])
    table = lib.nn.Embedding.from_pretrained(rows)
    assert not table.weight.requires_grad and table.weight.data_ptr() == rows.data_ptr()
    table = lib.nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=0)
    assert table.weight.requires_grad and table.weight[0].tolist() == [1.0, 2.0]
    with raises(AssertionError, "Embeddings parameter is expected to be 2-dimensional"):
        lib.nn.Embedding.from_pretrained(lib.ones(3))


@pytest.mark.parametrize("index", [3, -4])
def test_the_padding_row_must_exist(lib, index):
    with raises(AssertionError, "Padding_idx must be within num_embeddings"):
        lib.nn.Embedding(3, 2, padding_idx=index)


def test_a_table_of_another_shape_is_refused(lib):
    message = "Shape of weight does not match num_embeddings and embedding_dim"
    with raises(AssertionError, message):
        lib.nn.Embedding(3, 2, _weight=lib.ones(2, 3))


def test_max_norm_shortens_the_rows_used_in_place(lib):
    table = lib.nn.Embedding.from_pretrained(lib.tensor([[3.0, 4.0], [6.0, 8.0]]), max_norm=1.0)
    close(table(lib.tensor([1])), [0.6, 0.8])
    close(table.weight, [3, 4, 0.6, 0.8])


def test_scale_grad_by_freq_divides_by_the_uses(lib):
    table = lib.nn.Embedding(3, 1, scale_grad_by_freq=True)
    table(lib.tensor([0, 0, 1])).sum().backward()
    assert table.weight.grad.tolist() == [[1.0], [1.0], [0.0]]


# ---- convolution -------------------------------------------------------------------------------


def test_initial_numbers_of_convolutions(lib):
    lib.manual_seed(0)
    conv = lib.nn.Conv2d(2, 3, 2, groups=1)
    close(conv.weight[0, 0], [-0.002647, 0.189661, -0.290990, -0.260194])
    close(conv.bias, [-0.0570, 0.0374, 0.3201], 1e-4)
    assert conv.weight.abs().max() <= 1 / math.sqrt(2 * 2 * 2)
    lib.manual_seed(0)
    wide = lib.nn.ConvTranspose2d(2, 3, 2)  # fan_in counts the second dimension: 3 * 2 * 2
    close(wide.weight[0, 0], [-0.002161, 0.154858, -0.237593, -0.212447])


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_a_padding_mode_is_padding_first(lib, mode):
    lib.manual_seed(0)
    conv = lib.nn.Conv2d(1, 2, (3, 2), padding=(1, 2), padding_mode=mode)
    x = lib.randn(1, 1, 4, 5)
    padded = lib.nn.functional.pad(x, (2, 2, 1, 1), mode=mode)
    wanted = lib.nn.functional.conv2d(padded, conv.weight, conv.bias)
    assert lib.equal(conv(x), wanted)


def test_same_padding_keeps_the_size_in_every_mode(lib):
    for mode in ("zeros", "circular"):
        conv = lib.nn.Conv1d(1, 1, 4, padding="same", dilation=2, padding_mode=mode)
        assert conv(lib.ones(1, 1, 9)).shape == (1, 1, 9)
    assert lib.nn.Conv1d(1, 1, 4, padding="valid")(lib.ones(1, 9)).shape == (1, 6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"groups": 0}, "groups must be a positive integer"),
        ({"groups": 3}, "in_channels must be divisible by groups"),
        ({"groups": 2}, "out_channels must be divisible by groups"),
        ({"padding": "same", "stride": 2},
         "padding='same' is not supported for strided convolutions"),
        ({"padding": "full"}, "Invalid padding string 'full', should be one of "),
        ({"padding_mode": "mirror"}, "padding_mode must be one of "),
    ],
)  # fmt: skip
def test_convolutions_check_their_arguments(lib, arguments, message):
    with pytest.raises(ValueError) as caught:
        lib.nn.Conv2d(4, 5, 3, **arguments)
    text = str(caught.value)
    # A set is in the message, in no fixed order.
    assert text.split("{")[0] == message or text == message
    if "{" in text:
        assert "'zeros'" in text or "'same'" in text


def test_a_transposed_convolution_pads_with_zeros_only(lib):
    for name in ("ConvTranspose1d", "ConvTranspose2d"):
        message = f'Only "zeros" padding mode is supported for {name}'
        with raises(ValueError, message):
            getattr(lib.nn, name)(1, 1, 3, padding_mode="reflect")


def test_a_transposed_convolution_may_be_asked_for_a_size(lib):
    down = lib.nn.Conv2d(1, 1, 3, stride=2, padding=1)
    up = lib.nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    x = lib.ones(1, 1, 12, 11)
    h = down(x)
    assert up(h).shape == (1, 1, 11, 11)
    assert up(h, output_size=x.size()).shape == x.shape
    assert up(h, output_size=[12, 12]).shape == (1, 1, 12, 12)
    with raises(
        ValueError,
        "requested an output size of [13, 12], but valid sizes range from [11, 11] to [12, 12] "
        "(for an input of torch.Size([6, 6]))",
    ):
        up(h, output_size=[13, 12])
    with raises(
        ValueError,
        "ConvTranspose2D: for 4D input, output_size must have 2 or 4 elements (got 1)",
    ):
        up(h, output_size=[12])


def test_a_subclass_may_compute_the_weight_of_a_convolution(lib):
    class Standardised(lib.nn.Conv1d):
        def forward(self, x):
            return self._conv_forward(x, self.weight - self.weight.mean(), self.bias)

    conv = Standardised(1, 1, 3, bias=False, padding=1, padding_mode="circular")
    close(conv(lib.ones(1, 1, 5)), [0.0] * 5)


# ---- pooling, padding, pixels ------------------------------------------------------------------


def test_pooling_strides_by_the_kernel_unless_told(lib):
    x = lib.tensor([[1.0, 3.0, 2.0, 0.0, 5.0]])
    assert lib.nn.MaxPool1d(2)(x).tolist() == [[3.0, 2.0]]
    assert lib.nn.MaxPool1d(2, stride=1)(x).tolist() == [[3.0, 3.0, 2.0, 5.0]]
    assert lib.nn.MaxPool1d(2, ceil_mode=True)(x).tolist() == [[3.0, 2.0, 5.0]]
    values, places = lib.nn.MaxPool1d(2, return_indices=True)(x)
    assert places.tolist() == [[1, 2]] and values.tolist() == [[3.0, 2.0]]
    assert lib.nn.AvgPool1d(2, padding=1)(x).tolist() == [[0.5, 2.5, 2.5]]
    counted = lib.nn.AvgPool1d(2, padding=1, count_include_pad=False)(x)
    assert counted.tolist() == [[1.0, 2.5, 2.5]]
    assert lib.nn.AvgPool2d(2, divisor_override=3)(lib.ones(1, 2, 2)).item() == pytest.approx(4 / 3)
    assert lib.nn.AdaptiveAvgPool1d(3)(x).tolist() == [[2.0, pytest.approx(5 / 3), 2.5]]
    assert lib.nn.AdaptiveAvgPool2d((None, 1))(lib.ones(1, 4, 6)).shape == (1, 4, 1)


def test_paddings(lib):
    x = lib.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    assert lib.nn.ZeroPad1d((1, 0))(x)[0].tolist() == [[0, 1, 2, 3], [0, 4, 5, 6]]
    assert lib.nn.ZeroPad2d((0, -1, 1, -1))(x)[0].tolist() == [[0, 0], [1, 2]]
    assert lib.nn.ConstantPad1d(1, 7)(x)[0].tolist() == [[7, 1, 2, 3, 7], [7, 4, 5, 6, 7]]
    assert lib.nn.ConstantPad2d(1, 7.5)(x).shape == (1, 4, 5)
    assert lib.nn.ReflectionPad1d((2, 0))(x)[0].tolist() == [[3, 2, 1, 2, 3], [6, 5, 4, 5, 6]]
    assert lib.nn.ReflectionPad2d((0, 0, 1, 0))(x)[0].tolist() == [[4, 5, 6], [1, 2, 3], [4, 5, 6]]


def test_pixels_go_and_come_back(lib):
    x = lib.arange(2.0 * 8 * 3 * 4).reshape(2, 8, 3, 4)
    there = lib.nn.PixelShuffle(2)(x)
    assert there.shape == (2, 2, 6, 8)
    assert lib.equal(lib.nn.PixelUnshuffle(2)(there), x)


def test_upsample(lib):
    x = lib.tensor([[[1.0, 2.0]]])
    assert lib.nn.Upsample(scale_factor=2)(x).tolist() == [[[1.0, 1.0, 2.0, 2.0]]]
    linear = lib.nn.Upsample(size=3, mode="linear", align_corners=True)
    assert linear(x).tolist() == [[[1.0, 1.5, 2.0]]]
    with raises(ValueError, "either size or scale_factor should be defined"):
        lib.nn.Upsample()(x)


# ---- dropout -----------------------------------------------------------------------------------


def test_dropout_in_training_and_in_evaluation(lib):
    lib.manual_seed(0)
    for d, name in enumerate(("Dropout", "Dropout1d", "Dropout2d")):
        drop, y = getattr(lib.nn, name)(0.25), lib.ones(50, 20, *(1,) * d)
        out = drop(y)
        kept = out != 0
        assert 600 < kept.sum().item() < 900
        close(out[kept], [4 / 3] * int(kept.sum()))
        assert not lib.equal(drop(y), out)
        assert lib.equal(drop.eval()(y), y)


def test_dropout_draws_in_the_order_of_memory(lib):
    dropped = []
    for x, back in [(lib.ones(4, 3), (0, 1)), (lib.ones(4, 3).t(), (1, 0))]:
        lib.manual_seed(0)
        dropped.append(lib.nn.Dropout(0.5)(x).permute(back).tolist())
    assert dropped[0] == dropped[1]


def test_channel_dropout_drops_whole_channels(lib):
    lib.manual_seed(0)
    out = lib.nn.Dropout2d(0.5)(lib.ones(4, 8, 3, 3)).reshape(32, 9)
    assert {tuple(row) for row in out.tolist()} == {(0.0,) * 9, (2.0,) * 9}


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_dropout_takes_a_probability(lib, p):
    with raises(ValueError, f"dropout probability has to be between 0 and 1, but got {p}"):
        lib.nn.Dropout(p)


def test_dropout_in_place(lib):
    x = lib.ones(3)
    assert lib.nn.Dropout(1.0, inplace=True)(x) is x and x.tolist() == [0.0] * 3


# ---- activations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", "ReLU ReLU6 LeakyReLU ELU SELU SiLU Mish Hardtanh Hardsigmoid Hardswish".split()
)
def test_in_place_activations_write_into_their_input(lib, name):
    x = lib.tensor([-4.0, -1.0, 0.5, 7.0])
    wanted = getattr(lib.nn, name)()(x)
    assert x.tolist() == [-4.0, -1.0, 0.5, 7.0]
    out = getattr(lib.nn, name)(inplace=True)(x)
    assert out is x and lib.equal(x, wanted)


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh"])
def test_an_activation_of_what_is_no_tensor(lib, name):
    for value, kind in (([1.0], "list"), (1.0, "float"), (np.ones(1), "numpy.ndarray")):
        with raises(TypeError, f"{name.lower()}(): argument 'input' (position 1) must be Tensor, "
                    f"not {kind}"):  # fmt: skip
            getattr(lib.nn, name)()(value)


def test_hardtanh_checks_and_renames(lib):
    with raises(AssertionError, "max_val (1) must be greater than min_val (1)"):
        lib.nn.Hardtanh(1, 1)
    with pytest.warns(FutureWarning) as caught:
        m = lib.nn.Hardtanh(min_value=-2.0, max_value=3.0)
    assert (m.min_val, m.max_val) == (-2.0, 3.0)
    assert [str(w.message) for w in caught] == [
        f"keyword argument `{end}_value` is deprecated and renamed to `{end}_val`"
        for end in ("min", "max")
    ]
    assert isinstance(lib.nn.ReLU6(), lib.nn.Hardtanh)


def test_prelu_learns_its_slope(lib):
    m = lib.nn.PReLU(2, init=0.5)
    m(lib.tensor([[-2.0, 4.0], [-4.0, -6.0]])).sum().backward()
    assert m.weight.tolist() == [0.5, 0.5] and m.weight.grad.tolist() == [-6.0, -6.0]


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax", "Softmin"])
def test_softmax_without_a_dimension_guesses_and_says_so(lib, name):
    m, x = getattr(lib.nn, name)(), lib.tensor([[0.0, 1.0], [2.0, 5.0]])
    with pytest.warns(UserWarning, match="Implicit dimension choice for .* has been deprecated"):
        out = m(x)
    assert lib.equal(out, getattr(lib.nn, name)(dim=1)(x))


# ---- words -------------------------------------------------------------------------------------

REPRS = """
    ReLU() ReLU(inplace=True) ReLU6() ReLU6(inplace=True) LeakyReLU(negative_slope=0.01)
    LeakyReLU(negative_slope=0.2, inplace=True) ELU(alpha=1.0) ELU(alpha=0.5, inplace=True) SELU()
    GELU(approximate='none') GELU(approximate='tanh') SiLU(inplace=True) Mish() Hardsigmoid()
    Hardtanh(min_val=-1.0, max_val=1.0) Hardtanh(min_val=0, max_val=2, inplace=True) Hardswish()
    Softplus(beta=1.0, threshold=20.0) Softsign() LogSigmoid() Sigmoid() Tanh() GLU(dim=-1)
    Softmax(dim=None) LogSoftmax(dim=1) Softmin(dim=0) Dropout(p=0.5, inplace=False)
    Dropout2d(p=0.2, inplace=True) MSELoss() HuberLoss() Sequential()
"""


@pytest.mark.parametrize("text", [f"{text})".strip() for text in REPRS.split(")")[:-1]])
def test_reprs_that_are_calls(lib, text):
    assert repr(eval(text, dict(vars(lib.nn)))) == text


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda nn: nn.Hardsigmoid(inplace=True), "Hardsigmoid()"),
        (lambda nn: nn.Hardswish(inplace=True), "Hardswish()"),
        (lambda nn: nn.PReLU(3), "PReLU(num_parameters=3)"),
        (
            lambda nn: nn.Embedding(9, 2, 0, 1.5, 1.0, True, True),
            "Embedding(9, 2, padding_idx=0, max_norm=1.5, norm_type=1.0, scale_grad_by_freq=True, "
            "sparse=True)",
        ),
        (
            lambda nn: nn.Conv1d(2, 4, 3, 2, 1, 2, 2, False, "reflect"),
            "Conv1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), groups=2, "
            "bias=False, padding_mode=reflect)",
        ),
        (
            lambda nn: nn.Conv2d(1, 2, (3, 1), padding="same"),
            "Conv2d(1, 2, kernel_size=(3, 1), stride=(1, 1), padding=same)",
        ),
        (
            lambda nn: nn.ConvTranspose2d(1, 2, 3, stride=2, output_padding=1),
            "ConvTranspose2d(1, 2, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1))",
        ),
        (
            lambda nn: nn.MaxPool2d(2),
            "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        ),
        (lambda nn: nn.AvgPool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
        (lambda nn: nn.AvgPool2d((2, 1), 2), "AvgPool2d(kernel_size=(2, 1), stride=2, padding=0)"),
        (lambda nn: nn.AdaptiveAvgPool2d((None, 3)), "AdaptiveAvgPool2d(output_size=(None, 3))"),
        (
            lambda nn: nn.BatchNorm2d(3, momentum=None),
            "BatchNorm2d(3, eps=1e-05, momentum=None, affine=True, bias=True, "
            "track_running_stats=True)",
        ),
        (lambda nn: nn.RMSNorm(3), "RMSNorm((3,), eps=None, elementwise_affine=True)"),
        (lambda nn: nn.ZeroPad2d((1, 0, 2, 0)), "ZeroPad2d((1, 0, 2, 0))"),
        (lambda nn: nn.ConstantPad1d(2, 3.5), "ConstantPad1d(padding=(2, 2), value=3.5)"),
        (lambda nn: nn.ReflectionPad2d(1), "ReflectionPad2d((1, 1, 1, 1))"),
        (lambda nn: nn.PixelShuffle(3), "PixelShuffle(upscale_factor=3)"),
        (lambda nn: nn.PixelUnshuffle(3), "PixelUnshuffle(downscale_factor=3)"),
        (lambda nn: nn.Upsample((2, 3)), "Upsample(size=(2, 3), mode='nearest')"),
        (
            lambda nn: nn.Upsample(scale_factor=2, mode="bilinear"),
            "Upsample(scale_factor=2.0, mode='bilinear')",
        ),
        (lambda nn: nn.TripletMarginLoss(), "TripletMarginLoss()"),
        (lambda nn: nn.CosineSimilarity(), "CosineSimilarity()"),
    ],
)
def test_reprs(lib, make, text):
    assert repr(make(lib.nn)) == text


@pytest.mark.parametrize(
    "name, path",
    [
        ("Embedding", "sparse"), ("Conv1d", "conv"), ("MaxPool2d", "pooling"),
        ("BatchNorm2d", "batchnorm"), ("LayerNorm", "normalization"),
        ("InstanceNorm1d", "instancenorm"), ("Dropout", "dropout"), ("PReLU", "activation"),
        ("ZeroPad2d", "padding"), ("PixelShuffle", "pixelshuffle"), ("Upsample", "upsampling"),
        ("MSELoss", "loss"), ("CosineSimilarity", "distance"), ("MultiheadAttention", "activation"),
        ("TransformerEncoder", "transformer"),
    ],
)  # fmt: skip
def test_errors_name_the_place_where_torch_has_a_class(lib, name, path):
    with raises(TypeError, f"torch.nn.modules.{path}.{name} is not a Module subclass"):
        lib.nn.Module().add_module("made", getattr(lib.nn, name))  # the class, not a module


@pytest.mark.parametrize("layer", [
    "ReLU()", "SELU()", "SiLU()", "Mish()", "Hardswish()", "Hardsigmoid()", "Softmax(0)",
    "LogSoftmax(0)", "Softmin(0)", "MaxPool1d(1)", "MaxPool2d(1)", "Conv1d(1, 1, 1)",
    "Conv2d(1, 1, 1)", "ConvTranspose1d(1, 1, 1)", "ConvTranspose2d(1, 1, 1)", "Linear(1, 1)",
])  # fmt: skip
def test_a_wrong_call_names_the_layer(lib, layer):
    m = eval(layer, dict(vars(lib.nn)))
    name = type(m).__name__
    with raises(TypeError, f"{name}.forward() missing 1 required positional argument: 'input'"):
        m()
    child = type("Mine", (type(m),), {})
    assert child.forward is type(m).forward
    if hasattr(m, "weight"):
        m = lib.nn.utils.parametrizations.weight_norm(m)
        assert m.forward.__qualname__ == f"{name}.forward"


@pytest.mark.parametrize("name", ["ReLU", "Mish", "Softmax", "LogSoftmax"])
def test_a_wrong_construction_names_the_layer(lib, name):
    with raises(TypeError, f"{name}.__init__() got an unexpected keyword argument 'nope'"):
        getattr(lib.nn, name)(nope=1)


# ---- what does not fit -------------------------------------------------------------------------


def test_a_convolution_of_another_dtype(lib):
    x = lib.zeros(1, 1, 3, dtype=lib.float64)
    for dtype, said in (("float64", "double"), ("int64", "long int"), ("uint8", "unsigned char")):
        with raises(RuntimeError, f"Input type ({said}) and bias type (float) should be the same"):
            lib.nn.Conv1d(7, 1, 1)(x.to(getattr(lib, dtype)))  # the shape is looked at later
    with raises(RuntimeError, "expected scalar type Double but found Float"):
        lib.nn.Conv1d(1, 1, 1, bias=False)(x)


@pytest.mark.parametrize(
    "name, shape, kind, words",
    [
        ("AvgPool2d", (4, 4), IndexError,
         "Dimension out of range (expected to be in range of [-2, 1], but got -3)"),
        ("AvgPool2d", (1, 1, 1, 4, 4), RuntimeError,
         "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
         "got:[1, 1, 1, 4, 4]"),
        ("AvgPool1d", (4,), RuntimeError,
         "Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self' (while "
         "checking arguments for avg_pool1d)"),
        ("AdaptiveAvgPool1d", (4,), RuntimeError,
         "Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self' (while "
         "checking arguments for adaptive_avg_pool1d)"),
        ("AdaptiveAvgPool2d", (2, 2), RuntimeError,
         "adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [2, 2]"),
        ("AdaptiveAvgPool2d", (2, 2, 0, 2), RuntimeError,
         "adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch dimensions, "
         "but input has sizes [2, 2, 0, 2] with dimension 2 being empty"),
        ("AdaptiveAvgPool1d", (2, 2, 0), RuntimeError,
         "adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch dimensions, "
         "but input has sizes [2, 2, 1, 0] with dimension 3 being empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_pooled(lib, name, shape, kind, words):
    with raises(kind, words):
        getattr(lib.nn, name)(2)(lib.ones(shape))


# ---- losses and distances ----------------------------------------------------------------------


def test_losses_reduce(lib):
    x, y = lib.tensor([1.0, 4.0]), lib.tensor([0.0, 1.0])
    assert lib.nn.MSELoss()(x, y).item() == 5
    assert lib.nn.MSELoss(reduction="sum")(x, y).item() == 10
    assert lib.nn.MSELoss(reduction="none")(x, y).tolist() == [1.0, 9.0]
    with raises(ValueError, "middle is not a valid value for reduction"):
        lib.nn.MSELoss(reduction="middle")(x, y)


@pytest.mark.parametrize(
    "arguments, reduction",
    [
        ({"size_average": False}, "sum"), ({"reduce": False}, "none"), ({"reduce": True}, "mean"),
        ({"size_average": True, "reduce": False}, "none"),
    ],
)  # fmt: skip
def test_the_older_arguments_still_choose_the_reduction(lib, arguments, reduction):
    with pytest.warns(UserWarning) as caught:
        loss = lib.nn.L1Loss(**arguments)
    assert loss.reduction == reduction
    assert str(caught[0].message) == (
        "size_average and reduce args will be deprecated, please use "
        f"reduction='{reduction}' instead."
    )


@pytest.mark.parametrize("name", ["NLLLoss", "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss"])
def test_class_weights_are_buffers(lib, name):
    loss = getattr(lib.nn, name)(weight=lib.tensor([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"] and list(loss.parameters()) == []
    assert loss.double().weight.dtype == lib.float64
    assert list(getattr(lib.nn, name)().state_dict()) == []


def test_losses_check_their_constants(lib):
    with raises(TypeError, "delta must be a float or int, got: <class 'str'>"):
        lib.nn.HuberLoss(delta="1")
    message = "TripletMarginLoss: expected margin to be greater than 0, got 0 instead"
    with raises(ValueError, message):
        lib.nn.TripletMarginLoss(margin=0)


def test_a_loss_of_other_shapes_warns(lib):
    with pytest.warns(UserWarning, match="Using a target size .* that is different"):
        lib.nn.MSELoss()(lib.ones(2, 1), lib.ones(2))


def test_distances(lib):
    a, b = lib.tensor([[3.0, 4.0]]), lib.tensor([[4.0, 3.0]])
    close(lib.nn.CosineSimilarity()(a, b), [0.96])
    close(lib.nn.PairwiseDistance(p=1)(a, b), [2.0])
    assert lib.nn.PairwiseDistance(keepdim=True)(a, b).shape == (1, 1)


# ---- attention ---------------------------------------------------------------------------------


def attention(lib, *arguments, **keywords):
    lib.manual_seed(0)
    return lib.nn.MultiheadAttention(*arguments, **keywords)


def sequence(lib, *shape):
    lib.manual_seed(1)
    return lib.randn(*shape)


def test_initial_numbers_of_attention(lib):
    m = attention(lib, 4, 2, add_bias_kv=True)
    assert list(m.state_dict()) == [
        "in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias"
    ]  # fmt: skip
    assert m.in_proj_bias.abs().sum() == 0 and m.out_proj.bias.abs().sum() == 0
    assert m.in_proj_weight.abs().max() <= math.sqrt(6 / (12 + 4))
    apart = attention(lib, 4, 2, kdim=3)
    assert apart.in_proj_weight is None and apart.q_proj_weight.shape == (4, 4)
    assert apart.k_proj_weight.shape == (4, 3) and apart.v_proj_weight.shape == (4, 4)
    assert list(apart._parameters) == [
        "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_weight", "in_proj_bias"
    ]  # fmt: skip


def test_a_padding_mask_hides_keys(lib):
    m, x = attention(lib, 4, 2), sequence(lib, 3, 2, 4)
    mask = lib.tensor([[False, False, True], [False, True, True]])
    out, weights = m(x, x, x, key_padding_mask=mask)
    assert out.shape == (3, 2, 4) and weights.shape == (2, 3, 3)
    assert weights[0, :, 2].tolist() == [0.0] * 3 and weights[1, :, 1:].sum().item() == 0
    close(weights.sum(-1), [1.0] * 6)
    changed = x.clone()
    changed[2, 0] = 9.0  # a key that is hidden: the other queries do not see it
    assert lib.allclose(m(changed, changed, changed, key_padding_mask=mask)[0][:2], out[:2])


def test_a_causal_mask_hides_the_future(lib):
    m, x = attention(lib, 4, 2, batch_first=True), sequence(lib, 2, 3, 4)
    mask = lib.ones(3, 3).triu(1) > 0
    out, weights = m(x, x, x, attn_mask=mask)
    assert weights.triu(1).abs().sum().item() == 0
    numbers = lib.zeros(3, 3).masked_fill(mask, -math.inf)
    assert lib.allclose(m(x, x, x, attn_mask=numbers)[0], out)
    fast, none = m(x, x, x, attn_mask=mask, need_weights=False, is_causal=True)
    assert none is None and lib.allclose(fast, out, atol=1e-6)


def test_a_mask_for_every_head(lib):
    m, x = attention(lib, 4, 2), sequence(lib, 3, 1, 4)
    mask = lib.zeros(2, 3, 3)
    mask[1, :, 0] = -math.inf  # of the second head only
    _, weights = m(x, x, x, attn_mask=mask, average_attn_weights=False)
    assert weights.shape == (1, 2, 3, 3)
    assert weights[0, 1, :, 0].tolist() == [0.0] * 3 and (weights[0, 0] > 0).all()
    _, mean = m(x, x, x, attn_mask=mask)
    assert lib.allclose(mean, weights.mean(1))


def test_attention_in_other_shapes(lib):
    m = attention(lib, 4, 2, batch_first=True, kdim=3, vdim=5)
    q, k, v = sequence(lib, 2, 6, 4), sequence(lib, 2, 3, 3), sequence(lib, 2, 3, 5)
    out, weights = m(q, k, v)
    assert out.shape == (2, 6, 4) and weights.shape == (2, 6, 3)
    alone, weights_alone = m(q[0], k[0], v[0])  # without a batch
    assert lib.allclose(alone, out[0], atol=1e-6) and weights_alone.shape == (6, 3)
    assert lib.allclose(m(q, k, v, need_weights=False)[0], out, atol=1e-6)
    more = attention(lib, 4, 2, add_bias_kv=True, add_zero_attn=True)
    x = sequence(lib, 3, 2, 4)
    assert more(x, x, x)[1].shape == (2, 3, 5)


def test_attention_dropout_is_of_the_weights_in_training(lib):
    m, x = attention(lib, 4, 2, dropout=0.5), sequence(lib, 3, 2, 4)
    assert not lib.equal(m(x, x, x)[0], m(x, x, x)[0])
    m.eval()
    assert lib.equal(m(x, x, x)[0], m(x, x, x)[0])


def test_attention_checks_its_arguments(lib):
    with raises(
        ValueError,
        "embed_dim and num_heads must be greater than 0, got embed_dim=4 and num_heads=0 instead",
    ):
        lib.nn.MultiheadAttention(4, 0)
    with raises(AssertionError, "embed_dim must be divisible by num_heads"):
        lib.nn.MultiheadAttention(4, 3)


X, BAD = (3, 2, 4), (3, 2, 5)


@pytest.mark.parametrize(
    "shapes, masks, kind, message",
    [
        ((BAD,) * 3, {}, AssertionError, "was expecting embedding dimension of 4, but got 5"),
        ((X, X, (2, 2, 4)), {}, AssertionError,
         "key shape torch.Size([3, 2, 4]) does not match value shape torch.Size([2, 2, 4])"),
        (((1, 3, 2, 4),) * 3, {}, AssertionError,
         "query should be unbatched 2D or batched 3D tensor but received 4-D query tensor"),
        ((X, (3, 4), X), {}, AssertionError,
         "For batched (3-D) `query`, expected `key` and `value` to be 3-D but found 2-D and 3-D "
         "tensors respectively"),
        (((3, 4), X, X), {}, AssertionError,
         "For unbatched (2-D) `query`, expected `key` and `value` to be 2-D but found 3-D and 3-D "
         "tensors respectively"),
        ((X,) * 3, {"key_padding_mask": (3,)}, AssertionError,
         "For batched (3-D) `query`, expected `key_padding_mask` to be `None` or 2-D but found 1-D "
         "tensor instead"),
        ((X,) * 3, {"key_padding_mask": (2, 4)}, AssertionError,
         "Expected key_padded_mask.shape[1] to be 3, but got 4"),
        ((X,) * 3, {"key_padding_mask": (1, 3)}, AssertionError,
         "Expected key_padded_mask.shape[0] to be 2, but got 1"),
        ((X,) * 3, {"attn_mask": (3,)}, AssertionError,
         "For batched (3-D) `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found 1-D "
         "tensor instead"),
        ((X,) * 3, {"attn_mask": (3, 4)}, RuntimeError,
         "The shape of the 2D attn_mask is torch.Size([3, 4]), but should be (3, 3)."),
        ((X,) * 3, {"attn_mask": (2, 3, 3)}, RuntimeError,
         "The shape of the 3D attn_mask is torch.Size([2, 3, 3]), but should be (4, 3, 3)."),
        (((3, 4),) * 3, {"attn_mask": (1, 3, 3)}, AssertionError,
         "Expected `attn_mask` shape to be (2, 3, 3) but got torch.Size([1, 3, 3])"),
        (((3, 4),) * 3, {"key_padding_mask": (1, 3)}, AssertionError,
         "For unbatched (2-D) `query`, expected `key_padding_mask` to be `None` or 1-D but found "
         "2-D tensor instead"),
    ],
)  # fmt: skip
def test_attention_checks_shapes(lib, shapes, masks, kind, message):
    masks = {name: lib.zeros(*shape) for name, shape in masks.items()}
    with raises(kind, message):
        attention(lib, 4, 2)(*(lib.ones(*shape) for shape in shapes), **masks)


def scaled(lib, q, k, v, mask=None, **keywords):
    """scaled_dot_product_attention of tensors of these shapes; numbers of the query are counted."""
    query = lib.arange(float(math.prod(q))).view(q).sin()
    key, value = (lib.arange(float(math.prod(shape))).view(shape).cos() for shape in (k, v))
    return lib.nn.functional.scaled_dot_product_attention(query, key, value, mask, **keywords)


def test_attention_repeats_keys_and_values_for_the_heads_of_the_query(lib):
    out = scaled(lib, (1, 4, 3, 4), (1, 2, 3, 4), (1, 1, 3, 4), enable_gqa=True)
    wide = lib.arange(24.0).view(1, 2, 3, 4).cos().repeat_interleave(2, 1)
    query = lib.arange(48.0).view(1, 4, 3, 4).sin()
    value = lib.arange(12.0).view(1, 1, 3, 4).cos()
    assert lib.allclose(out, (query @ wide.mT / 2).softmax(-1) @ value, atol=1e-6)
    for heads in ((3, 3), (2, 3), (8, 8)):
        with raises(RuntimeError, "Number of heads in key and value must divide the number of "
                    "heads in "):  # fmt: skip
            scaled(lib, (4, 3, 4), *((n, 3, 4) for n in heads), enable_gqa=True)


def test_attention_over_nothing_is_zero(lib):
    assert scaled(lib, (2, 0, 4), (2, 3, 4), (2, 3, 4)).shape == (2, 0, 4)
    query = lib.ones(2, 3, 4, requires_grad=True)
    none = lib.ones(2, 0, 4, requires_grad=True)
    out = lib.nn.functional.scaled_dot_product_attention(query, none, none)
    assert out.tolist() == lib.zeros(2, 3, 4).tolist()
    out.sum().backward()
    assert query.grad.tolist() == out.tolist() and none.grad.shape == (2, 0, 4)


Q = (2, 3, 4)


@pytest.mark.parametrize(
    "shapes, mask, message",
    [
        ((Q, Q, Q), (2, 2), "The size of tensor a (3) must match the size of tensor b (2) at "
         "non-singleton dimension 2"),
        ((Q, Q, Q), (5, 2, 3, 3),
         "output with shape [2, 3, 3] doesn't match the broadcast shape [5, 2, 3, 3]"),
        ((Q, Q, (2, 2, 4)), None, "Expected size for first two dimensions of batch2 tensor to be: "
         "[2, 3] but got: [2, 2]."),
        ((Q, (2, 3, 5), Q), None, "Expected size for first two dimensions of batch2 tensor to be: "
         "[2, 4] but got: [2, 5]."),
        (((2, 4), (2, 5), (2, 4)), None,
         "mat1 and mat2 shapes cannot be multiplied (2x4 and 5x2)"),
        (((2, 4), (2, 4), (1, 4)), None,
         "mat1 and mat2 shapes cannot be multiplied (2x2 and 1x4)"),
    ],
)  # fmt: skip
def test_scaled_attention_checks_shapes(lib, shapes, mask, message):
    with raises(RuntimeError, message):
        scaled(lib, *shapes, mask if mask is None else lib.zeros(mask))


def test_attention_checks_masks(lib):
    m, x = attention(lib, 4, 2), lib.ones(3, 2, 4)
    for name in ("key_padding_mask", "attn_mask"):
        with raises(AssertionError, f"only bool and floating types of {name} are supported"):
            m(x, x, x, **{name: lib.zeros(2, 3, dtype=lib.int64)})
    with pytest.warns(UserWarning) as caught:
        m(x, x, x, key_padding_mask=lib.zeros(2, 3) > 0, attn_mask=lib.zeros(3, 3))
    assert str(caught[0].message) == (
        "Support for mismatched key_padding_mask and attn_mask is deprecated. Use same type for "
        "both instead."
    )
    with raises(
        RuntimeError,
        "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
        "method `generate_square_subsequent_mask` to create this mask.",
    ):
        m(x, x, x, is_causal=True)
    with raises(RuntimeError, "Input dtypes must be the same, got: input double, batch1: float, "
                "batch2: float"):  # fmt: skip
        m(x, x, x, attn_mask=lib.zeros(3, 3, dtype=lib.float64))


# ---- transformer -------------------------------------------------------------------------------


def encoder_layer(lib, **keywords):
    lib.manual_seed(0)
    return lib.nn.TransformerEncoderLayer(
        4, 2, dim_feedforward=8, **{"dropout": 0.0, "batch_first": True, **keywords}
    )


def test_the_layers_of_an_encoder_start_alike_and_are_different(lib):
    layer = encoder_layer(lib)
    encoder = lib.nn.TransformerEncoder(layer, 2)
    a, b = (part.linear1.weight for part in encoder.layers)
    assert lib.equal(a, b) and a is not b and a is not layer.linear1.weight
    assert len(list(encoder.parameters())) == 2 * len(list(layer.parameters()))


def test_an_encoder_is_its_layers_in_a_row(lib):
    encoder = lib.nn.TransformerEncoder(encoder_layer(lib), 2, lib.nn.LayerNorm(4))
    x = sequence(lib, 2, 3, 4)
    h = encoder.norm(encoder.layers[1](encoder.layers[0](x)))
    assert lib.equal(encoder(x), h)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_an_encoder_layer_is_its_formula(lib, norm_first, activation):
    m, x = encoder_layer(lib, norm_first=norm_first, activation=activation), sequence(lib, 2, 3, 4)
    function = getattr(lib.nn.functional, activation)

    def feed_forward(x):
        return m.linear2(function(m.linear1(x)))

    def attend(x):
        return m.self_attn(x, x, x, need_weights=False)[0]

    if norm_first:
        y = x + attend(m.norm1(x))
        y = y + feed_forward(m.norm2(y))
    else:
        y = m.norm1(x + attend(x))
        y = m.norm2(y + feed_forward(y))
    assert lib.allclose(m(x), y, atol=1e-6)


def test_an_activation_is_a_name_a_function_or_a_module(lib):
    with raises(RuntimeError, "activation should be relu/gelu, not tanh"):
        encoder_layer(lib, activation="tanh")
    layer = encoder_layer(lib, activation=lib.nn.SiLU())
    assert list(dict(layer.named_children()))[-1] == "activation"
    assert encoder_layer(lib, activation=lib.tanh).activation is lib.tanh


@pytest.mark.parametrize(
    "keywords, reason",
    [
        ({"norm_first": True}, "encoder_layer.norm_first was True"),
        ({"batch_first": False}, "encoder_layer.self_attn.batch_first was not True"
                                 "(use batch_first for better inference performance)"),
        ({"bias": False}, "encoder_layer.self_attn was passed bias=False"),
    ],
)  # fmt: skip
def test_an_encoder_says_why_it_takes_the_longer_way(lib, keywords, reason):
    layer = encoder_layer(lib, **keywords)
    with pytest.warns(UserWarning) as caught:
        lib.nn.TransformerEncoder(layer, 1)
    assert str(caught[0].message) == (
        f"enable_nested_tensor is True, but self.use_nested_tensor is False because {reason}"
    )
    lib.nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)  # not a word


def test_masks_of_an_encoder(lib):
    encoder = lib.nn.TransformerEncoder(encoder_layer(lib), 2)
    x = sequence(lib, 1, 3, 4)
    causal = lib.ones(3, 3).triu(1) > 0
    changed = x.clone()
    changed[0, 2] = 1.0
    before, after = encoder(x, mask=causal), encoder(changed, mask=causal, is_causal=False)
    assert lib.allclose(before[:, :2], after[:, :2], atol=1e-6)
    assert not lib.allclose(before[:, 2], after[:, 2], atol=1e-6)
    padding = lib.tensor([[False, False, True]])
    before, after = (encoder(y, src_key_padding_mask=padding) for y in (x, changed))
    assert lib.allclose(before[:, :2], after[:, :2], atol=1e-6)


def test_evaluation_without_gradients_leaves_zeros_at_the_padding(lib):
    encoder = lib.nn.TransformerEncoder(encoder_layer(lib), 2)
    x, padding = sequence(lib, 2, 3, 4), lib.tensor([[False, False, True], [False] * 3])
    wanted = encoder(x, src_key_padding_mask=padding)
    assert (wanted[0, 2] != 0).all()
    encoder.eval()
    with lib.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch: nested tensors are a prototype
        out = encoder(x, src_key_padding_mask=padding)
    assert out[0, 2].tolist() == [0.0] * 4
    assert lib.allclose(out[0, :2], wanted[0, :2], atol=1e-5)
    assert lib.allclose(out[1], wanted[1], atol=1e-5)
    assert (encoder(x, src_key_padding_mask=padding)[0, 2] != 0).all()  # with gradients
    gap = lib.tensor([[False, True, False], [False] * 3])
    with lib.no_grad():
        assert (encoder(x, src_key_padding_mask=gap)[0, 1] != 0).all()


# ---- functions that refuse ---------------------------------------------------------------------


def test_functions_without_a_kernel_for_integers(lib):
    F, x = lib.nn.functional, lib.ones(1, 2, 3, dtype=lib.int64)
    for call, kernel in (
        (lambda: F.layer_norm(x, (3,)), "LayerNormKernelImpl"),
        (lambda: F.rms_norm(x, (3,)), "rms_norm"),
        (lambda: F.group_norm(x, 1), "GroupNormKernelImpl"),
        (lambda: F.batch_norm(x, None, None, training=True), "batch_norm"),
        (lambda: F.instance_norm(x), "batch_norm"),
    ):
        with raises(NotImplementedError, f"\"{kernel}\" not implemented for 'Long'"):
            call()
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        F.dropout(x, 0.5)
    assert F.dropout(x, 0.0).tolist() == x.tolist()


def test_what_attention_takes(lib):
    attend, x = lib.nn.functional.scaled_dot_product_attention, lib.ones(1, 3, 4)
    text = ("Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            "3 key.dim: 1 and value.dim: 3 instead.")  # fmt: skip
    with raises(RuntimeError, text):
        attend(x, x[0, 0], x)
    with raises(RuntimeError, "expected scalar type Float but found Int"):
        attend(x.int(), x.int(), x.int())
    for dtype, name in ((lib.int64, "long int"), (lib.float64, "double")):
        text = ("Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                f"attn_mask.dtype: {name} and  query.dtype: float instead.")  # fmt: skip
        with raises(RuntimeError, text):
            attend(x, x, x, lib.zeros(3, 3, dtype=dtype))
    x = x.double()
    assert attend(x, x, x, lib.zeros(3, 3)).dtype is lib.float64


def test_pad_is_a_sequence_of_ints(lib):
    pad, x = lib.nn.functional.pad, lib.ones(3)
    for wrong in (1, lib.tensor([1, 1])):
        with raises(TypeError, "pad(): argument 'pad' (position 2) must be tuple of ints, not "
                    f"{type(wrong).__name__}"):  # fmt: skip
            pad(x, wrong)
    assert pad(x, [lib.tensor(1), 0]).tolist() == [0, 1, 1, 1]


def test_what_is_no_tensor(lib):
    nn, F, x, array = lib.nn, lib.nn.functional, lib.ones(2, 2), np.ones((1, 2, 3), np.float32)
    for call, op, argument, place in (
        (lambda: nn.Linear(3, 2)(array), "linear", "input", 1),
        (lambda: F.linear(lib.ones(3), array), "linear", "weight", 2),
        (lambda: nn.Embedding(3, 2)(array), "embedding", "indices", 2),
        (lambda: nn.LayerNorm(3)(array), "layer_norm", "input", 1),
        (lambda: nn.Dropout(0.5)(array), "dropout", "input", 1),
        (lambda: nn.MaxPool1d(2)(array), "max_pool1d", "input", 1),
        (lambda: F.one_hot(array), "one_hot", "input", 1),
        (lambda: F.pad(array, (1, 1)), "pad", "input", 1),
        (lambda: F.scaled_dot_product_attention(array, array, array),
         "scaled_dot_product_attention", "query", 1),
        (lambda: lib.reshape(array, (6,)), "reshape", "input", 1),
        (lambda: lib.linalg.inv(array), "linalg_inv", "A", 1),
        (lambda: lib.linalg.norm(array), "linalg_norm", "input", 1),
    ):  # fmt: skip
        with raises(TypeError, f"{op}(): argument '{argument}' (position {place}) must be Tensor, "
                    "not numpy.ndarray"):  # fmt: skip
            call()
    for call, op, argument, place in (
        (lambda: lib.mm(x, None), "mm", "mat2", 2), (lambda: lib.dot(None, x), "dot", "input", 1),
        (lambda: x.mv(None), "mv", "vec", 1), (lambda: lib.bmm(x, None), "bmm", "mat2", 2),
    ):  # fmt: skip
        with raises(TypeError, f"{op}(): argument '{argument}' (position {place}) must be Tensor, "
                    "not NoneType"):  # fmt: skip
            call()
    with pytest.raises(TypeError, match=r"^conv2d\(\).*numpy.ndarray"):
        nn.Conv2d(1, 1, 1)(array)


def test_windows_that_do_not_fit(lib):
    F, x = lib.nn.functional, lib.ones(1, 1, 2, 1)
    text = "Given input size: (1x2x1). Calculated output size: (1x-1x-1). Output size is too small"
    for pool in (F.max_pool2d, F.avg_pool2d):
        with raises(RuntimeError, text):
            pool(x, 5, 2)
        for kernel, stride, name, got in (
            (0, 1, "kernel size", "kH: 0 kW: 0"),
            ((1, -1), 1, "kernel size", "kH: 1 kW: -1"),
            (1, -1, "stride", "dH: -1 dW: -1"),
        ):
            with raises(RuntimeError, f"{name} should be greater than zero, but got {got}"):
                pool(x, kernel, stride)
    for take in (F.avg_pool2d, F.unfold):
        with pytest.raises(IndexError, match="Dimension out of range"):
            take(lib.ones(4, 4), 2)
        with pytest.raises(RuntimeError, match="Expected 3D or 4D"):
            take(lib.ones(1, 1, 4, 4, 4), 2)


def test_sizes_to_interpolate_to(lib):
    resize, x = lib.nn.functional.interpolate, lib.ones(1, 1, 2, 3)
    text = "Input and output sizes should be greater than 0, but got input "
    for how in ({"size": 0}, {"scale_factor": 0.1, "mode": "bilinear"}, {"scale_factor": 0}):
        with raises(RuntimeError, f"{text}(H: 2, W: 3) output (H: 0, W: 0)"):
            resize(x, **how)
    with raises(RuntimeError, f"{text}(W: 3) and output (W: 0)"):
        resize(x[0], size=0)
    with raises(ValueError, "recompute_scale_factor is not meaningful with an explicit size."):
        resize(x, size=2, recompute_scale_factor=True)
    for how, other, what, form in (
        ({"size": (2,)}, "output", "output size of (2,)", "output size in (o1, o2, ...,oK)"),
        ({"scale_factor": [2.0]}, "scale_factor", "scale_factor of shape [2.0]",
         "scale_factor in (s1, s2, ...,sK)"),
    ):  # fmt: skip
        with raises(ValueError, f"Input and {other} must have the same number of spatial "
                    f"dimensions, but got input with spatial dimensions of [2, 3] and {what}. "
                    "Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
                    f"{form} format."):  # fmt: skip
            resize(x, **how)


def test_linear_needs_dimensions(lib):
    for x, w in ((lib.ones(()), lib.ones(2, 2)), (lib.ones(2), lib.ones(()))):
        with raises(RuntimeError, "both arguments to linear need to be at least 1D, but they are "
                    f"{x.ndim}D and {w.ndim}D"):  # fmt: skip
            lib.nn.functional.linear(x, w)


@pytest.mark.parametrize("x", [(3, 2), (2,), (2, 3, 2)])
def test_linear_wants_a_matrix(lib, x):
    linear, x = lib.nn.functional.linear, lib.ones(x)
    with raises(RuntimeError, "t() expects a tensor with <= 2 dimensions, but self is 3D"):
        linear(x, lib.ones(2, 2, 2), lib.ones(2))
    with raises(RuntimeError, "mat2 must be a matrix, got 1-D tensor"):
        linear(x, lib.ones(2), lib.ones(1))  # a vector of weights is taken, but has no bias
    assert linear(x, lib.ones(2)).tolist() == (x.sum(-1)).tolist()


def test_a_bias_does_not_widen_the_result_of_linear(lib):
    with raises(RuntimeError, "output with shape [] doesn't match the broadcast shape [2, 2]"):
        lib.nn.functional.linear(lib.ones(2), lib.ones(2), lib.ones(2, 2))
