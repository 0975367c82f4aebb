"""What the tests of files save, in either library, and what must be the same after loading."""

from collections import Counter, OrderedDict

DTYPES = "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split()


def tensors(lib):
    """Tensors of every dtype, and every way to lie in memory."""
    base = lib.arange(24.0).reshape(2, 3, 4)
    return {
        **{name: lib.tensor([[0, 1, 2], [3, 0, 5]], dtype=getattr(lib, name)) for name in DTYPES},
        "base": base, "part": base[1, :, 1:3], "every other": base[:, ::2], "turned": base.mT,
        "expanded": lib.ones(2, 1).expand(2, 3), "number": lib.tensor(1.5), "empty": lib.ones(2, 0),
        "wants grad": lib.tensor([1.0, 2.0], requires_grad=True),
    }  # fmt: skip


def containers(lib):
    """What may stand around tensors, and beside them."""
    shared = [lib.tensor([7])]
    return {
        "nested": [(1, [lib.ones(1), {"deep": (lib.zeros(2), None)}]), shared, shared],
        "ordered": OrderedDict(b=lib.ones(1), a=2),
        "counter": Counter("abca"),
        "plain": (True, False, None, 0, -1, 255, 65535, 2**31, -(2**40), 10**30, 1.5, "ä€", 2 + 3j),
        "bytes": (b"ab\xff", bytearray(b"xyz"), {1, 2, 3}, (), (1,), (1, 2), (1, 2, 3)),
        "torch": (lib.Size([2, 3]), lib.device("cpu"), lib.float16, lib.bool),
        1: "keys", (2, "x"): "of other types", None: 0, "long": "x" * 300,
    }  # fmt: skip


def states(lib):
    """A Parameter, a Buffer, and the states of a module, two optimizers and their schedulers."""
    lib.manual_seed(0)
    net = lib.nn.Sequential(lib.nn.Linear(3, 2), lib.nn.BatchNorm1d(2))
    tied = lib.nn.Parameter(lib.ones(3), requires_grad=False)
    optimizers = [
        lib.optim.Adam(net.parameters(), lr=0.125, amsgrad=True),
        lib.optim.SGD(net.parameters(), lr=0.125, momentum=0.5),
    ]
    for optimizer in optimizers:
        for p in net.parameters():
            p.grad = lib.full(p.shape, 0.5)
        optimizer.step()
    schedule = lib.optim.lr_scheduler
    schedulers = [schedule.StepLR(optimizers[0], 2), schedule.CosineAnnealingLR(optimizers[1], 5)]
    for optimizer, scheduler in zip(optimizers, schedulers):
        optimizer.step()
        scheduler.step()
    return {
        "parameter": tied, "again": tied, "buffer": lib.nn.Buffer(lib.ones(2), persistent=False),
        "model": net.state_dict(), "epoch": 3,
        "optimizers": [x.state_dict() for x in optimizers],
        "schedulers": [x.state_dict() for x in schedulers],
    }  # fmt: skip


CASES = {f.__name__: f for f in (tensors, containers, states)}


def described(x):
    """An object as plain Python, the same for both libraries: types, layout and values."""
    if hasattr(x, "requires_grad"):
        extra = {k: v for k, v in x.__dict__.items() if k != "_backward_hooks"}
        lies = (x.stride(), x.storage_offset()) if x.numel() else ()
        values = [round(v, 6) if isinstance(v, float) else v for v in x.flatten().tolist()]
        return type(x).__name__, str(x.dtype), tuple(x.shape), lies, x.requires_grad, extra, values
    if isinstance(x, dict):
        items = [(described(k), described(v)) for k, v in x.items()]
        extra = [(k, described(v)) for k, v in getattr(x, "__dict__", {}).items()]  # _metadata
        return type(x).__name__, items, extra
    if type(x) in (list, tuple):
        return type(x).__name__, [described(v) for v in x]
    return type(x).__name__, str(x)
