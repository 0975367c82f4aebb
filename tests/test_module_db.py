"""minitorch's modules against torch's own sample database, `module_db`.

Each entry in scope is built by both libraries with the same arguments from the same seed, in
training and in evaluation, in float32 and float64. Compared are: the initial numbers, the names and
order of the state dict, a strict load each way, the repr; then, from the same parameters, inputs
and seed, the output, the gradients of inputs and parameters, and the buffers afterwards. Wrong
inputs raise the same error with the same text. Modules without an entry have samples here (OWN).
"""

import inspect
import warnings

import numpy as np
import pytest

import minitorch

try:
    import torch
    from torch.testing._internal.common_modules import (
        FunctionInput,
        ModuleErrorEnum,
        ModuleInput,
        module_db,
    )  # fmt: skip
except ImportError:  # the tests are skipped then
    module_db = []

pytestmark = pytest.mark.torch

# The modules of scope.md that compute; containers have tests of their own.
SCOPE = """
    Linear Embedding Conv1d Conv2d ConvTranspose1d ConvTranspose2d MaxPool1d MaxPool2d AvgPool1d
    AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d BatchNorm1d BatchNorm2d LayerNorm GroupNorm
    InstanceNorm1d InstanceNorm2d RMSNorm MultiheadAttention TransformerEncoderLayer
    TransformerEncoder ReLU ReLU6 LeakyReLU ELU SELU GELU SiLU Mish Hardtanh Hardswish Softplus
    Softsign LogSigmoid Sigmoid Tanh PReLU GLU Softmax LogSoftmax Softmin ZeroPad1d ZeroPad2d
    ConstantPad1d ConstantPad2d ReflectionPad1d ReflectionPad2d CrossEntropyLoss NLLLoss MSELoss
    L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss CosineEmbeddingLoss
    RNNCell LSTMCell GRUCell RNN LSTM GRU
""".split()

# name: arguments and the shapes of the inputs, for what module_db has no entry for (or too little).
OWN = {
    "Identity": [((), {}, [(2, 3)])],
    "Flatten": [((), {}, [(2, 3, 4)]), ((0, 1), {}, [(2, 3, 4)])],
    "Unflatten": [((1, (2, 3)), {}, [(4, 6)]), ((-1, (3, -1)), {}, [(6,)])],
    "Conv1d": [
        ((2, 4, 3), {"padding": 2, "padding_mode": mode, "groups": 2, "bias": False}, [(2, 2, 7)])
        for mode in ("zeros", "reflect", "replicate", "circular")
    ],
    "Conv2d": [
        ((2, 3, (2, 3)), {"padding": "same", "padding_mode": "circular"}, [(2, 2, 4, 5)]),
        ((2, 3, (3, 2)), {"padding": (2, 1), "padding_mode": "reflect"}, [(2, 4, 5)]),
        ((2, 2, 2), {"stride": (2, 1), "dilation": 2, "padding": "valid"}, [(2, 2, 5, 6)]),
    ],
    "ConvTranspose1d": [((4, 2, 3), {"stride": 2, "output_padding": 1, "groups": 2}, [(2, 4, 5)])],
    "ConvTranspose2d": [((2, 3, 2), {"stride": (2, 1), "padding": 1, "bias": False}, [(2, 3, 4)])],
    "MaxPool1d": [((3,), {"stride": 2, "padding": 1, "return_indices": True}, [(2, 3, 7)])],
    "Hardsigmoid": [((), {}, [(4, 5)])],
    "Hardtanh": [((-1, 2.5), {}, [(4, 5)])],
    "PReLU": [((3,), {"init": 0.1}, [(2, 3, 4)])],
    "Dropout": [((0.3,), {}, [(4, 5)]), ((1.0,), {}, [(3,)]), ((0.0,), {}, [(3,)])],
    "Dropout1d": [((0.4,), {}, [(3, 4, 5)]), ((), {}, [(4, 5)])],
    "Dropout2d": [((0.4,), {}, [(3, 4, 5, 2)])],
    "BatchNorm1d": [((3,), {"momentum": None, "affine": False}, [(4, 3)])],
    "BatchNorm2d": [((3,), {"track_running_stats": False, "bias": False}, [(4, 3, 2, 2)])],
    "InstanceNorm1d": [((3,), {"affine": True, "track_running_stats": True}, [(2, 3, 5)])],
    "LayerNorm": [(([3, 4],), {"bias": False}, [(2, 3, 4)])],
    "PixelShuffle": [((2,), {}, [(2, 8, 3, 4)])],
    "PixelUnshuffle": [((2,), {}, [(2, 3, 4, 6)])],
    "Upsample": [
        ((), {"scale_factor": 2}, [(1, 2, 3)]),
        (((5, 7),), {"mode": "bilinear"}, [(1, 2, 3, 4)]),
        ((), {"scale_factor": (1.5, 2), "mode": "bicubic", "align_corners": True}, [(1, 2, 3, 4)]),
    ],
    "CosineSimilarity": [((), {}, [(3, 4), (3, 4)]), ((0, 1e-3), {}, [(3, 4), (3, 1)])],
    "PairwiseDistance": [((), {}, [(3, 4), (3, 4)]), ((1.0,), {"keepdim": True}, [(4,), (3, 4)])],
    "TripletMarginLoss": [
        ((), {}, [(3, 4)] * 3),
        ((0.5,), {"p": 1.0, "swap": True, "reduction": "none"}, [(3, 4)] * 3),
    ],
    "MultiheadAttention": [
        ((4, 2), {"kdim": 3, "vdim": 5}, [(6, 2, 4), (3, 2, 3), (3, 2, 5)]),
        ((4, 2, 0.3), {"batch_first": True, "add_bias_kv": True}, [(2, 3, 4)] * 3),
    ],
    "TransformerEncoderLayer": [((4, 2, 8, 0.3, "gelu"), {"norm_first": True}, [(3, 2, 4)])],
}  # fmt: skip

ENTRIES = [entry for entry in module_db if entry.module_cls.__name__ in SCOPE]
DTYPES = ("float32", "float64")
TOLERANCE = {"float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}  # torch.testing's (rtol, atol)
# Of gradients: torch checks its own in float64 only, and in float32 is itself 2e-6 away from that.
SUMMED = {"float32": (1.3e-5, 1e-5)}


# ---- from torch to minitorch -------------------------------------------------------------------


def ours(value, built):
    """The same value for minitorch; `built` keeps one tensor one tensor."""
    if id(value) in built:
        return built[id(value)]
    if isinstance(value, torch.nn.Module):
        made = rebuilt(value)
    elif isinstance(value, torch.Tensor):
        array = value.detach().numpy()
        made = minitorch.from_numpy(array if 0 in array.strides else array.copy())
        made.requires_grad_(value.requires_grad)
    elif isinstance(value, torch.dtype):
        made = getattr(minitorch, str(value).removeprefix("torch."))
    elif isinstance(value, (tuple, list)):
        made = type(value)(ours(item, built) for item in value)
    elif isinstance(value, dict):
        made = {name: ours(item, built) for name, item in value.items()}
    elif callable(value):
        made = getattr(minitorch.nn.functional, value.__name__)
    else:
        made = value
    built[id(value)] = made
    return made


def rebuilt(layer):
    """A TransformerEncoderLayer, the only module that is an argument of another."""
    attention = layer.self_attn
    made = minitorch.nn.TransformerEncoderLayer(
        attention.embed_dim, attention.num_heads, layer.linear1.out_features, layer.dropout.p,
        ours(layer.activation, {}), layer.norm1.eps, attention.batch_first, layer.norm_first,
        layer.linear1.bias is not None, dtype=ours(layer.linear1.weight.dtype, {}),
    )  # fmt: skip
    made.load_state_dict(to_ours(layer.state_dict()))
    return made


def to_ours(state):
    return {name: minitorch.from_numpy(t.numpy().copy()) for name, t in state.items()}


def to_theirs(state):
    return {name: torch.from_numpy(t.numpy().copy()) for name, t in state.items()}


# ---- comparing ---------------------------------------------------------------------------------


def flat(value):
    """The tensors (and Nones) of a nested result, in order."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def agree(got, wanted, tolerance, what):
    if wanted is None:
        assert got is None, what
        return
    assert got is not None, what
    assert got.shape == tuple(wanted.shape), what
    assert str(got.dtype) == str(wanted.dtype), what
    rtol, atol = tolerance
    np.testing.assert_allclose(
        got.detach().numpy(), wanted.detach().numpy(), rtol, atol, err_msg=what
    )


def agree_on_state(got, wanted, tolerance, what):
    got, wanted = got.state_dict(), wanted.state_dict()
    assert list(got) == list(wanted), what
    for name, value in wanted.items():
        agree(got[name], value, tolerance, f"{what}: {name}")


def backward(lib, outputs):
    """Backward from all outputs that are recorded, each with a gradient of the same numbers."""
    recorded = [out for out in flat(outputs) if out is not None and out.requires_grad]
    random = np.random.default_rng(0)
    for i, out in enumerate(recorded):
        g = random.standard_normal(tuple(out.shape)).astype(str(out.dtype).removeprefix("torch."))
        out.backward(lib.from_numpy(g), retain_graph=i + 1 < len(recorded))
    return len(recorded)


def make(lib, name, arguments, kwargs):
    lib.manual_seed(1)
    return getattr(lib.nn, name)(*arguments, **kwargs)


def call(lib, module, args, kwargs):
    lib.manual_seed(2)
    return module(*args, **kwargs)


def check(name, sample, training, dtype):
    """Compare everything that the first lines of this file list."""
    tolerance, looser = TOLERANCE[dtype], SUMMED.get(dtype, TOLERANCE[dtype])
    built = {}
    arguments, inputs = sample.constructor_input, sample.forward_input
    wanted = make(torch, name, arguments.args, arguments.kwargs)
    got = make(minitorch, name, ours(arguments.args, built), ours(arguments.kwargs, built))
    agree_on_state(got, wanted, (1e-6, 1e-7), "initial state")
    got.to(getattr(minitorch, dtype)), wanted.to(getattr(torch, dtype))
    assert repr(got) == repr(wanted)
    assert got.load_state_dict(to_ours(wanted.state_dict())) == ([], [])
    assert wanted.load_state_dict(to_theirs(got.state_dict())) == ([], [])
    got.train(training), wanted.train(training)
    theirs_out = call(torch, wanted, inputs.args, inputs.kwargs)
    ours_out = call(minitorch, got, ours(inputs.args, built), ours(inputs.kwargs, built))
    outs = flat(ours_out), flat(theirs_out)
    assert len(outs[0]) == len(outs[1])
    for i, (mine, yours) in enumerate(zip(*outs)):
        agree(mine, yours, tolerance, f"output {i}")
        assert mine is None or mine.requires_grad == yours.requires_grad
    assert backward(minitorch, ours_out) == backward(torch, theirs_out)
    for value in flat([list(inputs.args), list(inputs.kwargs.values())]):
        if isinstance(value, torch.Tensor) and value.is_leaf:
            agree(built[id(value)].grad, value.grad, looser, "gradient of an input")
    for (name, mine), yours in zip(got.named_parameters(), wanted.parameters()):
        agree(mine.grad, yours.grad, looser, f"gradient of {name}")
    agree_on_state(got, wanted, tolerance, "state afterwards")


def samples(entry, dtype, training):
    torch.manual_seed(0)
    return entry.module_inputs_func(
        entry, device="cpu", dtype=getattr(torch, dtype), requires_grad=True, training=training
    )


def own_samples(name, dtype):
    torch.manual_seed(0)
    for args, kwargs, shapes in OWN[name]:
        inputs = [torch.randn(shape, dtype=getattr(torch, dtype)) for shape in shapes]
        inputs = [x.requires_grad_() for x in inputs]
        yield ModuleInput(FunctionInput(*args, **kwargs), FunctionInput(*inputs))


def name_of(entry):
    return entry.module_cls.__name__ if hasattr(entry, "module_cls") else None


modes = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
dtypes = pytest.mark.parametrize("dtype", DTYPES)

# ---- the database ------------------------------------------------------------------------------


@modes
@dtypes
@pytest.mark.parametrize("entry", ENTRIES or [None], ids=name_of)
def test_agrees_with_torch(entry, dtype, training):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compared in test_layers.py
        tried = samples(entry, dtype, training)
        for sample in tried:
            check(name_of(entry), sample, training, dtype)
    assert tried


@modes
@dtypes
@pytest.mark.parametrize("name", OWN)
def test_agrees_with_torch_on_samples_of_our_own(name, dtype, training):
    for sample in own_samples(name, dtype):
        check(name, sample, training, dtype)


def test_every_module_in_scope_has_samples():
    entries = {name_of(entry) for entry in ENTRIES}
    assert set(SCOPE) == entries and len(SCOPE) == len(ENTRIES)
    assert all(hasattr(torch.nn, name) for name in OWN)


def error_of(lib, name, arguments, inputs):
    """What goes wrong, and where: making the module or calling it."""
    try:
        module = make(lib, name, *arguments)
    except Exception as raised:
        return ModuleErrorEnum.CONSTRUCTION_ERROR, type(raised), str(raised)
    with pytest.raises(Exception) as caught:
        module(*inputs[0], **inputs[1])
    return ModuleErrorEnum.FORWARD_ERROR, caught.type, str(caught.value)


@pytest.mark.parametrize(
    "entry", [e for e in ENTRIES if e.module_error_inputs_func] or [None], ids=name_of
)
def test_wrong_inputs_raise_what_torch_raises(entry):
    tried = entry.module_error_inputs_func(
        entry, device="cpu", dtype=torch.float32, requires_grad=True, training=True
    )
    for error in tried:
        sample = error.module_error_input
        arguments, inputs = sample.constructor_input, sample.forward_input or FunctionInput()
        given = (arguments.args, arguments.kwargs), (inputs.args, inputs.kwargs)
        wanted = error_of(torch, name_of(entry), *given)
        assert wanted[0] is error.error_on
        assert error_of(minitorch, name_of(entry), *ours(given, {})) == wanted
    assert tried


# ---- signatures --------------------------------------------------------------------------------


def signature(function):
    """Names, kinds and defaults; annotations are no part of the promise."""
    return [
        (p.name, p.kind, ours(p.default, {}) if p.name == "activation" else p.default)
        for p in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize("name", sorted({*SCOPE, *OWN}))
def test_signatures_are_those_of_torch(name):
    mine, yours = getattr(minitorch.nn, name), getattr(torch.nn, name)
    assert signature(mine.__init__) == signature(yours.__init__)
    assert signature(mine.forward) == signature(yours.forward)
