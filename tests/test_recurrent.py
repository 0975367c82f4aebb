"""Recurrent layers: fused against defined, packed against one by one, and the words of refusals.

Numbers against torch for every module are in test_module_db.py; the combinations it leaves out
(layers, directions, dropout, packed input, projections) are walked here, by the tests marked torch.
"""

import copy
import importlib
import itertools
import pickle
import warnings

import numpy as np
import pytest
from exact import raises

import minitorch
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from minitorch.ops import recurrent

KINDS = ("RNN", "LSTM", "GRU")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
kinds = pytest.mark.parametrize("kind", KINDS)


def states_of(lib, kind, *shape, **keywords):
    """A first state for a layer or a cell of this kind: one tensor, or the pair of an LSTM."""
    h = lib.randn(*shape, **keywords)
    return (h, lib.randn(*shape, **keywords)) if kind == "LSTM" else h


def flat(value):
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def assert_close(got, wanted, tolerance=1e-5):
    for a, b in zip(flat(got), flat(wanted), strict=True):
        assert a.shape == tuple(b.shape)
        np.testing.assert_allclose(
            a.detach().numpy(), b.detach().numpy(), rtol=tolerance, atol=tolerance
        )


# ---- the fused operations ----------------------------------------------------------------------

OPERATIONS = [
    pytest.param(name, sizes, reverse, extra, id=f"{name}-{sizes}-{'reverse' * reverse}-{extra}")
    for name in GATES
    for sizes, reverse in (((3, 3), False), ((3, 2, 1), False), ((3, 2, 1), True))
    for extra in {"rnn": ("tanh", "relu"), "gru": ("",), "lstm": ("", "projected")}[name]
]


def operation(name, sizes, reverse, extra, bias=True):
    """One operation as a function of its inputs, and such inputs: I = 2, H = 3, B = 3."""
    minitorch.manual_seed(0)
    random = lambda *shape: minitorch.randn(*shape, dtype=minitorch.float64).requires_grad_()
    rows, state = 3 * GATES[name], 2 if extra == "projected" else 3
    inputs = [random(sum(sizes), 2), random(rows, 2), random(rows, state)]
    inputs += [random(rows), random(rows)] if bias else [None, None]
    if name == "lstm":
        inputs += [random(2, 3) if extra == "projected" else None, random(3, state), random(3, 3)]
    else:
        inputs.append(random(3, 3))
    keywords = {"sizes": sizes, "reverse": reverse}
    if name == "rnn":
        keywords["relu"] = extra == "relu"
    return getattr(recurrent, name), inputs, keywords


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name, sizes, reverse, extra", OPERATIONS)
def test_fused_and_defined_give_the_same(name, sizes, reverse, extra, bias):
    primitive, inputs, keywords = operation(name, sizes, reverse, extra, bias)
    fused = primitive(*inputs, **keywords)
    defined = primitive.definition(*inputs, **keywords)
    assert_close(fused, defined, 1e-12)
    wanted = [x for x in inputs if x is not None]
    grads = []
    for results in (fused, defined):
        total = sum((result**2).sum() for result in results)
        grads.append(minitorch.autograd.grad(total, wanted))
    assert_close(*grads, 1e-10)


@pytest.mark.parametrize("name, sizes, reverse, extra", OPERATIONS)
def test_gradients_of_first_and_second_order(name, sizes, reverse, extra):
    primitive, inputs, keywords = operation(name, sizes, reverse, extra)
    given = [x for x in inputs if x is not None]

    def function(*tensors):
        rest = iter(tensors)
        return primitive(*[x if x is None else next(rest) for x in inputs], **keywords)

    assert gradcheck(function, given)
    assert gradgradcheck(function, given)


@pytest.mark.parametrize("name", GATES)
def test_only_the_gradients_asked_for(name):
    primitive, inputs, keywords = operation(name, (3, 3), False, "tanh" if name == "rnn" else "")
    leaves = [x for x in inputs if x is not None]
    among = minitorch.autograd.grad(primitive(*inputs, **keywords)[0].sum(), leaves)
    for x, wanted in zip(leaves, among, strict=True):
        given = [y if y is None or y is x else y.detach() for y in inputs]
        (alone,) = minitorch.autograd.grad(primitive(*given, **keywords)[0].sum(), x)
        assert_close(alone, wanted, 1e-12)


# ---- layers: what they are made of -------------------------------------------------------------


@kinds
def test_a_layer_is_a_loop_of_its_cell(lib, kind):
    lib.manual_seed(0)
    layer, cell = getattr(lib.nn, kind)(3, 4), getattr(lib.nn, kind + "Cell")(3, 4)
    cell.load_state_dict({name[:-3]: p for name, p in layer.state_dict().items()})
    x = lib.randn(5, 2, 3)
    output, last = layer(x)
    state = None
    for t in range(5):
        state = cell(x[t], state)
        assert_close(output[t], flat(state)[0])
    for got, wanted in zip(flat(last), flat(state), strict=True):
        assert_close(got[0], wanted)


@kinds
def test_layers_feed_layers(lib, kind):
    lib.manual_seed(0)
    both = getattr(lib.nn, kind)(3, 4, num_layers=2)
    first, second = getattr(lib.nn, kind)(3, 4), getattr(lib.nn, kind)(4, 4)
    state = both.state_dict()
    first.load_state_dict({name: p for name, p in state.items() if "l0" in name})
    second.load_state_dict({name.replace("l1", "l0"): p for name, p in state.items()
                            if "l1" in name})  # fmt: skip
    x = lib.randn(5, 2, 3)
    output, last = both(x)
    middle, last_of_first = first(x)
    wanted, last_of_second = second(middle)
    assert_close(output, wanted)
    for got, one, two in zip(flat(last), flat(last_of_first), flat(last_of_second), strict=True):
        assert_close(got, lib.cat([one, two]))


@kinds
def test_the_reverse_direction_is_the_other_one_on_the_sequence_reversed(lib, kind):
    lib.manual_seed(0)
    both, one = getattr(lib.nn, kind)(3, 4, bidirectional=True), getattr(lib.nn, kind)(3, 4)
    suffix = "_reverse"
    one.load_state_dict({name.removesuffix(suffix): p for name, p in both.state_dict().items()
                         if name.endswith(suffix)})  # fmt: skip
    x = lib.randn(5, 2, 3)
    output, last = both(x)
    wanted, last_of_one = one(x.flip(0))
    assert_close(output[:, :, 4:], wanted.flip(0))
    for got, alone in zip(flat(last), flat(last_of_one), strict=True):
        assert_close(got[1:], alone)


@kinds
def test_batch_first_and_unbatched(lib, kind):
    lib.manual_seed(0)
    layer = getattr(lib.nn, kind)(3, 4, num_layers=2)
    x, hx = lib.randn(5, 2, 3), states_of(lib, kind, 2, 2, 4)
    output, last = layer(x, hx)
    layer.batch_first = True
    swapped, same = layer(x.transpose(0, 1), hx)
    assert_close(swapped, output.transpose(0, 1))
    assert_close(same, last)
    alone = tuple(h[:, 1] for h in hx) if kind == "LSTM" else hx[:, 1]
    single, last_of_single = layer(x[:, 1], alone)
    assert_close(single, output[:, 1])
    for got, whole in zip(flat(last_of_single), flat(last), strict=True):
        assert_close(got, whole[:, 1])


@kinds
def test_a_packed_batch_gives_what_its_sequences_give_one_by_one(lib, kind):
    rnn = lib.nn.utils.rnn
    lib.manual_seed(0)
    layer = getattr(lib.nn, kind)(3, 4, num_layers=2, bidirectional=True)
    x, hx, lengths = lib.randn(6, 3, 3), states_of(lib, kind, 4, 3, 4), [4, 6, 2]
    packed = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    output, last = layer(packed, hx)
    assert isinstance(output, rnn.PackedSequence)
    padded, back = rnn.pad_packed_sequence(output)
    assert back.tolist() == lengths
    for i, length in enumerate(lengths):
        own = tuple(h[:, i : i + 1] for h in flat(hx))
        alone, last_of_alone = layer(x[:length, i : i + 1], own if kind == "LSTM" else own[0])
        assert_close(padded[:length, i : i + 1], alone)
        assert not padded[length:, i].any()
        for got, wanted in zip(flat(last), flat(last_of_alone), strict=True):
            assert_close(got[:, i : i + 1], wanted)


def test_packed_gradients_of_first_and_second_order():
    minitorch.manual_seed(0)
    gru = minitorch.nn.GRU(2, 2, bidirectional=True, dtype=minitorch.float64)

    def function(x, h):
        packed = pack_padded_sequence(x, [2, 3], enforce_sorted=False)
        output, last = gru(packed, h)
        return pad_packed_sequence(output)[0], last

    x, h = (minitorch.randn(*shape, dtype=minitorch.float64).requires_grad_()
            for shape in ((3, 2, 2), (2, 2, 2)))  # fmt: skip
    assert gradcheck(function, (x, h))
    assert gradgradcheck(function, (x, h))


# ---- modules -----------------------------------------------------------------------------------


def test_names_and_their_order(lib):
    lstm = lib.nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
    assert list(lstm.state_dict())[:6] == [
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0",
        "weight_ih_l0_reverse",
    ]  # fmt: skip
    assert lstm.weight_ih_l1.shape == (16, 4) and lstm.weight_hr_l1_reverse.shape == (2, 4)
    assert lstm.all_weights[3][4] is lstm.weight_hr_l1_reverse
    assert [len(weights) for weights in lib.nn.GRU(3, 4, 2, bias=False).all_weights] == [2, 2]
    assert lstm.flatten_parameters() is None


def test_reprs(lib):
    nn = lib.nn
    assert repr(nn.RNN(3, 4)) == "RNN(3, 4)"
    assert repr(nn.RNN(3, 4, 2, "relu", False)) == "RNN(3, 4, num_layers=2, bias=False)"
    lstm = nn.LSTM(3, 4, 2, batch_first=True, dropout=0.5, bidirectional=True, proj_size=1)
    assert repr(lstm) == (
        "LSTM(3, 4, proj_size=1, num_layers=2, batch_first=True, dropout=0.5, bidirectional=True)"
    )
    assert repr(nn.RNNCell(3, 4, False, "relu")) == "RNNCell(3, 4, bias=False, nonlinearity=relu)"
    assert repr(nn.GRUCell(3, 4)) == "GRUCell(3, 4)"


@kinds
def test_they_are_moved_copied_and_pickled(lib, kind):
    layer = getattr(lib.nn, kind)(3, 4).double()
    x = lib.randn(5, 2, 3, dtype=lib.float64)
    wanted = layer(x)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_close(other(x), wanted, 0)
        with lib.no_grad():
            other.weight_hh_l0.zero_()
        assert (other(x)[0] != wanted[0]).any()
    assert_close(layer(x), wanted, 0)


def test_a_weight_replaced_is_the_weight_used(lib):
    gru = lib.nn.GRU(3, 4)
    x = lib.randn(5, 2, 3)
    gru.weight_ih_l0 = lib.nn.Parameter(lib.zeros(12, 3))
    assert_close(gru(x)[0], gru(lib.zeros(5, 2, 3))[0])


def test_dropout_is_between_layers_and_in_training_only(lib):
    lib.manual_seed(0)
    x = lib.randn(5, 2, 3)
    dropped = lib.nn.GRU(3, 4, num_layers=2, dropout=0.5)
    assert (dropped(x)[0] != dropped(x)[0]).any()
    dropped.eval()
    assert_close(dropped(x), dropped(x), 0)
    with pytest.warns(UserWarning) as caught:
        single = lib.nn.GRU(3, 4, dropout=0.5)
    assert [str(w.message) for w in caught] == [
        "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
        "expects num_layers greater than 1, but got dropout=0.5 and num_layers=1"
    ]
    assert_close(single(x), single(x), 0)


@kinds
def test_an_empty_batch_is_fine_an_empty_sequence_is_not(lib, kind):
    layer = getattr(lib.nn, kind)(3, 4)
    output, last = layer(lib.zeros(5, 0, 3))
    assert output.shape == (5, 0, 4) and flat(last)[0].shape == (1, 0, 4)
    output.sum().backward()
    assert not layer.weight_hh_l0.grad.any()
    with raises(RuntimeError, "Expected sequence length to be larger than 0 in RNN"):
        layer(lib.zeros(0, 2, 3))


def test_the_output_may_be_written_to(lib):
    gru = lib.nn.GRU(3, 4)
    output, last = gru(lib.ones(5, 2, 3))
    output.mul_(2).sum().backward()
    doubled = gru.bias_ih_l0.grad.clone()
    gru.zero_grad()
    gru(lib.ones(5, 2, 3))[0].sum().backward()
    assert_close(doubled, 2 * gru.bias_ih_l0.grad)


# ---- refusals ----------------------------------------------------------------------------------

BAD_ARGUMENTS = [
    ("LSTM", (4.0, 6), {}, TypeError, "input_size should be of type int, got: float"),
    ("LSTM", (4, "6"), {}, TypeError, "hidden_size should be of type int, got: str"),
    ("LSTM", (4, 6, 1, 1), {}, TypeError, "bias should be of type bool, got: int"),
    ("GRU", (4, 6), {"batch_first": 1}, TypeError, "batch_first should be of type bool, got: int"),
    ("GRU", (0, 6), {}, ValueError, "input_size must be greater than zero"),
    ("GRU", (4, 0), {}, ValueError, "hidden_size must be greater than zero"),
    ("GRU", (4, 6, 0), {}, ValueError, "num_layers must be greater than zero"),
    ("GRU", (4, 6), {"proj_size": 3}, ValueError,
     "proj_size argument is only supported for LSTM, not RNN or GRU"),
    ("LSTM", (4, 6), {"proj_size": -1}, ValueError,
     "proj_size should be a positive integer or zero to disable projections"),
    ("LSTM", (4, 6), {"proj_size": 6}, ValueError, "proj_size has to be smaller than hidden_size"),
    ("LSTM", (4, 6), {"dropout": 2}, ValueError,
     "dropout should be a number in range [0, 1] representing the probability of an element being "
     "zeroed"),
    ("LSTM", (4, 6), {"nonlinearity": "relu"}, TypeError,
     "RNNBase.__init__() got an unexpected keyword argument 'nonlinearity'"),
    ("RNN", (4, 6, 1, "gelu"), {}, ValueError,
     "Unknown nonlinearity 'gelu'. Select from 'tanh' or 'relu'."),
    ("RNNBase", ("MLP", 4, 6), {}, ValueError, "Unrecognized RNN mode: MLP"),
]  # fmt: skip


@pytest.mark.parametrize("name, args, kwargs, kind, text", BAD_ARGUMENTS)
def test_arguments_are_checked(lib, name, args, kwargs, kind, text):
    with raises(kind, text):
        getattr(lib.nn, name)(*args, **kwargs)


BAD_INPUTS = [
    ("RNN", (4,), None, ValueError, "RNN: Expected input to be 2D or 3D, got 1D tensor instead"),
    ("LSTM", (4,), None, ValueError, "LSTM: Expected input to be 2D or 3D, got 1D instead"),
    ("GRU", (5, 3, 7), None, RuntimeError,
     "input.size(-1) must be equal to input_size. Expected 4, got 7"),
    ("GRU", (5, 3, 4), (1, 2, 6), RuntimeError, "Expected hidden size (1, 3, 6), got [1, 2, 6]"),
    ("RNN", (5, 3, 4), (3, 6), RuntimeError,
     "For batched 3-D input, hx should also be 3-D but got 2-D tensor"),
    ("GRU", (5, 4), (1, 1, 6), RuntimeError,
     "For unbatched 2-D input, hx should also be 2-D but got 3-D tensor"),
    ("LSTM", (5, 3, 4), (2, 3, 6), RuntimeError,
     "Expected hidden[0] size (1, 3, 6), got [2, 3, 6]"),
    ("LSTM", (5, 4), (1, 3, 6), RuntimeError,
     "For unbatched 2-D input, hx and cx should also be 2-D but got (3-D, 3-D) tensors"),
    ("RNNCell", (2, 3, 4), None, ValueError,
     "RNNCell: Expected input to be 1D or 2D, got 3D instead"),
    ("GRUCell", (3, 4), (1, 3, 6), ValueError,
     "GRUCell: Expected hidden to be 1D or 2D, got 3D instead"),
    ("LSTMCell", (3, 4), (1, 3, 6), ValueError,
     "LSTMCell: Expected hx[0] to be 1D or 2D, got 3D instead"),
    ("GRUCell", (3, 5), None, RuntimeError, "input has inconsistent input_size: got 5 expected 4"),
    ("LSTMCell", (3, 4), (2, 6), RuntimeError,
     "Input batch size 3 doesn't match hidden0 batch size 2"),
    ("RNNCell", (3, 4), (3, 5), RuntimeError,
     "hidden0 has inconsistent hidden_size: got 5, expected 6"),
]  # fmt: skip


@pytest.mark.parametrize("name, shape, state, kind, text", BAD_INPUTS)
def test_inputs_and_states_are_checked(lib, name, shape, state, kind, text):
    hx = None if state is None else states_of(lib, name.removesuffix("Cell"), *state)
    with raises(kind, text):
        getattr(lib.nn, name)(4, 6)(lib.zeros(shape), hx)


def test_dtypes_are_checked(lib):
    x, h = lib.zeros(5, 3, 4), lib.zeros(1, 3, 6, dtype=lib.float64)
    with raises(ValueError, "RNN input dtype (torch.float64) does not match weight dtype "
                "(torch.float32). Convert input: input.to(torch.float32), or convert model: "
                "model.to(torch.float64)"):  # fmt: skip
        lib.nn.GRU(4, 6)(x.double())
    words = "mat1 and mat2 must have the same dtype, but got Double and Float"
    with raises(RuntimeError, words):
        lib.nn.GRU(4, 6)(x, h)
    with raises(RuntimeError, words):
        lib.nn.LSTMCell(4, 6)(x[0], (h[0], h[0]))


def test_a_state_of_one_tensor_is_no_state_of_an_lstm(lib):
    x, h = lib.zeros(5, 3, 4), lib.zeros(1, 3, 6)
    with raises(IndexError, "index 1 is out of bounds for dimension 0 with size 1"):
        lib.nn.LSTM(4, 6)(x, h)
    with raises(AttributeError, "'tuple' object has no attribute 'dim'"):
        lib.nn.GRU(4, 6)(x, (h, h))


def test_a_state_of_an_lstm_has_two_tensors(lib):
    h = lib.zeros(1, 1, 3)
    with raises(RuntimeError, "lstm expects two hidden states"):
        lib.nn.LSTM(2, 3)(lib.zeros(4, 1, 2), (h, h, h))


def test_a_state_of_an_lstm_cell_is_a_pair(lib):
    x, h = lib.zeros(3, 4), lib.zeros(3, 6)
    with raises(TypeError, "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not "
                "Tensor"):  # fmt: skip
        lib.nn.LSTMCell(4, 6)(x, h)
    for wrong in ((h,), (h, h, h)):
        with raises(RuntimeError, "lstm_cell expects two hidden states"):
            lib.nn.LSTMCell(4, 6)(x, wrong)


def test_an_unknown_nonlinearity_is_found_when_a_cell_runs(lib):
    cell = lib.nn.RNNCell(4, 6, nonlinearity="gelu")
    with raises(RuntimeError, "Unknown nonlinearity: gelu"):
        cell(lib.zeros(4))


# ---- against torch -----------------------------------------------------------------------------

COMBINATIONS = list(itertools.product((False, True), (False, True), (0.0, 0.4), (False, True)))


def run(lib, kind, keywords, packed, hx_given):
    """Everything that comes of a layer: outputs, states, and all gradients."""
    lib.manual_seed(3)
    layer = getattr(lib.nn, kind)(4, 5, **keywords)
    random = np.random.default_rng(0)
    make = lambda *shape: lib.from_numpy(random.standard_normal(shape, np.float32)).requires_grad_()
    count = keywords["num_layers"] * (2 if keywords["bidirectional"] else 1)
    x = make(3, 6, 4) if keywords["batch_first"] else make(6, 3, 4)
    hx = [make(count, 3, keywords.get("proj_size", 5)), make(count, 3, 5)] if hx_given else None
    state = hx and (tuple(hx) if kind == "LSTM" else hx[0])
    given = x
    if packed:
        given = lib.nn.utils.rnn.pack_padded_sequence(
            x, [3, 6, 2], batch_first=keywords["batch_first"], enforce_sorted=False
        )
    lib.manual_seed(5)
    output, last = layer(given, state)
    results = [output.data if packed else output, *flat(last)]
    sum((i + result).pow(2).sum() for i, result in enumerate(results)).backward()
    states = hx[: len(flat(last))] if hx else []
    return results + [t.grad for t in (x, *states, *layer.parameters())]


@pytest.mark.torch
@pytest.mark.parametrize("packed", [False, True], ids=["padded", "packed"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind, more", [
    ("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("GRU", {}), ("LSTM", {}),
    ("LSTM", {"proj_size": 2}),
])  # fmt: skip
def test_all_combinations_agree_with_torch(kind, more, layers, packed):
    torch = importlib.import_module("torch")
    for bidirectional, bias, dropout, hx_given in COMBINATIONS:
        keywords = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias,
                    "dropout": dropout, "batch_first": hx_given, **more}  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of dropout without a second layer
            got, wanted = (run(lib, kind, keywords, packed, hx_given) for lib in (minitorch, torch))
        assert_close(got, wanted, 2e-5)


@pytest.mark.torch
@kinds
def test_memory_lies_as_in_torch(kind):
    torch = importlib.import_module("torch")
    for batch_first in (False, True):
        strides = []
        for lib in (minitorch, torch):
            output, _ = getattr(lib.nn, kind)(3, 4, batch_first=batch_first)(lib.zeros(5, 2, 3))
            strides.append(output.stride())
        assert strides[0] == strides[1]


# ---- weights that were replaced ----------------------------------------------------------------

KINDS = ["RNN", "GRU", "RNNCell", "GRUCell", "LSTMCell"]


def with_other(lib, kind, name, change):
    """A layer with something else in the place of a parameter, and an input for it."""
    m = getattr(lib.nn, kind)(2, 3)
    name += "" if kind.endswith("Cell") else "_l0"
    old = getattr(m, name).detach()
    delattr(m, name)
    setattr(m, name, change(old))
    return m, lib.ones(*((4, 2) if kind.endswith("Cell") else (4, 1, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_of_one_dtype(lib, kind):
    for name, got in (("weight_hh", "Float and Double"), ("bias_ih", "Double and Float"),
                      ("bias_hh", "Double and Float")):  # fmt: skip
        m, x = with_other(lib, kind, name, lambda old: old.double())
        with raises(RuntimeError, f"self and mat2 must have the same dtype, but got {got}"):
            m(x)


@pytest.mark.parametrize("kind", ["GRU", "GRUCell", "LSTMCell"])
def test_a_bias_is_not_spread_over_the_gates(lib, kind):
    m, x = with_other(lib, kind, "bias_ih", lambda old: old[:3])
    rows = 12 if kind == "LSTMCell" else 9
    with raises(RuntimeError, f"The expanded size of the tensor ({rows}) must match the existing "
                "size (3) at non-singleton dimension 1.  Target sizes: "
                f"[4, {rows}].  Tensor sizes: [3]"):  # fmt: skip
        m(x)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_a_layer_has_both_biases(lib, kind):
    for i, name in ((2, "bias_ih"), (3, "bias_hh")):
        m, x = with_other(lib, kind, name, lambda old: None)
        with raises(TypeError, f"expected Tensor as element {i} in argument 2, but got NoneType"):
            m(x)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell"])
def test_a_missing_bias_of_a_cell_is_zeros(lib, kind):
    lib.manual_seed(0)
    m, x = with_other(lib, kind, "bias_ih", lambda old: None)
    lib.manual_seed(0)
    zeros, x = with_other(lib, kind, "bias_ih", lib.zeros_like)
    have, wanted = m(x), zeros(x)
    if kind == "LSTMCell":
        (have, _), (wanted, _) = have, wanted
    assert lib.equal(have, wanted)
