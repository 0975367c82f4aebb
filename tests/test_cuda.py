"""The way to a GPU: every operation of the op table, modules, optimizers, random numbers.

Each test runs with an array of another library that is as strict as CuPy's (foreign.py), and again
with CuPy, where there is a GPU.
"""

import sys

import foreign
import numpy as np
import ops_table
import pytest
from exact import raises
from ops_table import call, key, plain, run
from test_ops import WANTED, as_list, assert_same, differentiable

import minitorch
from minitorch import devices, nn

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # tested elsewhere
REAL = devices.cuda_count() > 0


@pytest.fixture(params=["foreign", "cupy"] if REAL else ["foreign"])
def gpu(request, monkeypatch):
    """The name of a device that is there."""
    if request.param == "foreign":
        monkeypatch.setitem(sys.modules, "cupy", foreign.module())
        monkeypatch.setattr(devices, "cuda_count", lambda: 1)
        monkeypatch.setattr(devices, "_classes", devices._classes)
    return "cuda"


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(devices, "cuda_count", lambda: 0)


# ---- without one -------------------------------------------------------------------------------


@pytest.mark.parametrize("use", [
    "x.cuda()", "x.to('cuda')", "minitorch.zeros(2, device='cuda')", "nn.Linear(2, 2).cuda()",
    "nn.Linear(2, 2, device='cuda:1')", "minitorch.cuda.synchronize()",
    "minitorch.cuda.current_device()",
])  # fmt: skip
def test_without_a_gpu_it_is_refused_as_in_torch(no_gpu, use):
    x = minitorch.ones(2)
    with raises(AssertionError, "Torch not compiled with CUDA enabled") as caught:
        eval(use, {"x": x, "minitorch": minitorch, "nn": nn})
    assert "pip install" in caught.value.__notes__[0]


def test_a_program_may_ask_whether_there_is_one(no_gpu):
    assert not minitorch.cuda.is_available() and minitorch.cuda.device_count() == 0
    before = minitorch.get_rng_state()
    minitorch.cuda.manual_seed(0)
    minitorch.cuda.manual_seed_all(0)
    assert minitorch.equal(minitorch.get_rng_state(), before)
    assert minitorch.cuda.memory_allocated() == 0 and minitorch.cuda.empty_cache() is None
    layers = (nn.ReLU(), nn.Linear(1, 1))
    for move in (*(m.to for m in layers), minitorch.ones(1).to, minitorch.device):
        with raises(RuntimeError, "Cannot access accelerator device when none is available."):
            move(0)
    with raises(RuntimeError, "Cannot access accelerator device when none is available."):
        minitorch.zeros(2, device=0)


# ---- every operation ---------------------------------------------------------------------------

TABLE = [op for op in ops_table.table() if op.name not in ("numpy", "type")]


def on(device, op, text, **options):
    with minitorch.device(device):
        made = call(minitorch, op, text, device=device, **options)
        return made, run(minitorch, op, made)


def fetched(value):
    """A result with its tensors on the CPU."""
    if isinstance(value, minitorch.Tensor):
        return value.cpu()
    if isinstance(value, (tuple, list)) and not isinstance(value, minitorch.Size):
        parts = [fetched(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


@pytest.mark.parametrize("op", TABLE, ids=lambda op: f"{op.family}-{op.name}")
def test_operations_give_the_numbers_of_torch(gpu, op):
    for text in op.calls:
        expected = dict(WANTED[key(op, text, "float32")])
        expected.pop("warned", None)
        if "error" in expected:
            continue
        found = on(gpu, op, text)[1]
        assert_same(plain(minitorch, fetched(found), mark=op.mark), expected, f"{op.name}({text})")


@pytest.mark.parametrize("op", [op for op in TABLE if differentiable(op)],
                         ids=lambda op: f"{op.family}-{op.name}")  # fmt: skip
def test_gradients_are_those_of_the_cpu(gpu, op):
    for text in differentiable(op):
        grads = []
        for device in ("cpu", gpu):
            made, result = on(device, op, text, wants=True)
            leaves = [t for t in made.tensors.values() if t.requires_grad]
            outs = [x for x in as_list(result) if x.requires_grad]
            seeds = [minitorch.ones_like(x) for x in outs]
            grads.append(minitorch.autograd.grad(outs, leaves, seeds, allow_unused=True))
        for one, other in zip(*grads):
            assert (one is None) == (other is None)
            if one is not None:
                assert other.device.type == "cuda", f"{op.name}({text})"
                np.testing.assert_allclose(other.cpu().numpy(), one.numpy(), 1e-5, 1e-5,
                                           err_msg=f"{op.name}({text})")  # fmt: skip


# Beyond a size kernels take other ways.
LARGE = """
    x.sum(); x.sum(0); x.sum(1); x.mean(); x.var(0); x.std(); x.norm(); x.cumsum(0); x @ x.t()
    x.max(1).values; x.amax(); x.topk(3, 1).values; x.median(1).values; x.sort(1).values
    x.softmax(1); x.log_softmax(0); x.masked_fill(x > 0, 1.0); x.erf(); F.gelu(x); F.normalize(x)
    x.gather(1, i[:, None]); x[i]; x[:, i % 70]; F.embedding(i, x.t().repeat(1, 5))
    x.view(-1).dot(x.view(-1)); F.mse_loss(x, x * 2); F.cross_entropy(x, i)
    F.kl_div(x.log_softmax(1), x.softmax(1)); F.layer_norm(x, (70,)); F.rms_norm(x, (70,))
    F.scaled_dot_product_attention(x, x, x); F.binary_cross_entropy_with_logits(x, x)
    F.group_norm(x.view(9, 10, 70), 2); F.batch_norm(x, None, None, training=True)
"""


@pytest.mark.parametrize("text", [call for line in LARGE.split("\n") for call in line.split("; ")
                                  if call.strip()])  # fmt: skip
def test_large_operations(gpu, text):
    results = []
    for device in ("cpu", gpu, "meta"):
        minitorch.manual_seed(0)
        x, i = minitorch.randn(90, 70, device=device), minitorch.arange(90, device=device) % 70
        x.requires_grad_()
        out = eval(text.strip(), {"x": x, "i": i, "F": nn.functional})
        out.sum().backward()
        results.append((out.detach(), x.grad))
    for one, other, shape in zip(*results):
        assert (other.is_cuda, shape.is_meta, shape.shape) == (True, True, one.shape)
        np.testing.assert_allclose(other.cpu().numpy(), one.numpy(), 1e-4, 1e-4)


# ---- tensors -----------------------------------------------------------------------------------


def test_transfer(gpu):
    x = minitorch.arange(6.0).reshape(2, 3).requires_grad_()
    y = x.to(gpu)
    assert (y.is_cuda, y.is_cpu, y.get_device()) == (True, False, 0)
    assert str(y.device) == "cuda:0" and y.type() == "torch.cuda.FloatTensor" and y.to("cuda") is y
    (y * y).sum().backward()
    assert minitorch.equal(x.grad, 2 * x.detach()) and x.grad.is_cpu
    assert y.detach().cpu().tolist() == x.tolist() == y.tolist()
    assert repr(y.detach()[0]) == "tensor([0., 1., 2.], device='cuda:0')"
    assert y.sum().item() == 15.0 and bool(y.sum() > 0)
    assert y.detach().t()._base is not None and not y.t().is_contiguous()
    with raises(TypeError, "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to "
                           "copy the tensor to host memory first."):  # fmt: skip
        y.detach().numpy()


def test_mixed_devices_are_refused(gpu):
    x, y = minitorch.ones(2), minitorch.ones(2, device=gpu)
    for a, b in ((x, y), (y, x)):
        with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
            a + b
    assert y[minitorch.tensor([1, 0])].is_cuda
    y.copy_(2 * x)
    assert y.tolist() == [2.0, 2.0]


def test_random_numbers_are_those_of_the_cpu(gpu):
    def draw(device):
        minitorch.manual_seed(0)
        x = minitorch.rand(3, device=device)
        return [x, minitorch.randn(20, device=device), minitorch.randperm(5, device=device),
                x.clone().normal_(), minitorch.bernoulli(x), nn.functional.dropout(x),
                minitorch.multinomial(x, 2)]  # fmt: skip

    for one, other in zip(draw("cpu"), draw(gpu)):
        assert other.is_cuda and minitorch.equal(one, other.cpu())


# ---- training ----------------------------------------------------------------------------------

OPTIMIZERS = ["SGD(p, 0.1, momentum=0.9, weight_decay=0.1)", "Adam(p, 0.1, amsgrad=True)",
              "AdamW(p, 0.1)", "RMSprop(p, 0.01, centered=True)", "Adagrad(p)", "Adadelta(p)",
              "Adamax(p)", "NAdam(p)", "RAdam(p)"]  # fmt: skip


@pytest.mark.parametrize("text", OPTIMIZERS)
def test_a_model_learns_there_as_on_the_cpu(gpu, text):
    losses = []
    for device in ("cpu", gpu):
        minitorch.manual_seed(0)
        model = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.ReLU(), nn.Flatten(),
                              nn.Linear(6, 3)).to(device)  # fmt: skip
        weight = model[0].weight
        optimizer = eval(f"minitorch.optim.{text}", {"minitorch": minitorch,
                                                     "p": list(model.parameters())})  # fmt: skip
        x, y = minitorch.randn(8, 1, 5).to(device), minitorch.arange(8).to(device) % 3
        for _ in range(4):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
        assert model.to("cpu")[0].weight is weight and weight.is_cpu and weight.grad.is_cpu
    assert losses[1] == pytest.approx(losses[0], 1e-5)


@pytest.mark.parametrize("text", ["RNN(3, 4)", "GRU(3, 4, bidirectional=True)",
                                  "LSTM(3, 4, 2, proj_size=2)"])  # fmt: skip
def test_recurrent_networks(gpu, text):
    model = eval(f"nn.{text}", {"nn": nn})
    x = minitorch.randn(5, 2, 3)
    expected = model(x)[0].detach()
    out = model.to(gpu)(x.to(gpu))[0]
    out.sum().backward()
    np.testing.assert_allclose(out.detach().cpu().numpy(), expected.numpy(), 1e-5, 1e-6)
    assert all(p.grad.is_cuda for p in model.parameters())


@pytest.mark.skipif(not REAL, reason="no GPU, or no CuPy: the others ran on foreign.py's array")
def test_what_only_a_gpu_can_say():
    before = minitorch.cuda.memory_allocated()
    x = minitorch.ones(1000, 1000, device="cuda")
    minitorch.cuda.synchronize()
    assert minitorch.cuda.memory_allocated() - before >= x.nbytes
    assert minitorch.cuda.get_device_name(0) and minitorch.cuda.current_device() == 0
