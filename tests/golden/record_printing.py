"""Records tests/golden/printing.txt from torch 2.13: how tensors print.

    python tests/golden/record_printing.py

The file reads like a session: a line `>>> ...`, which has no output if it is a statement, and
below it what torch prints. The test runs the same lines with `torch` read as minitorch.
"""

from pathlib import Path

FILE = Path(__file__).with_name("printing.txt")

LINES = """
torch.tensor([1., 2., 3.])
torch.tensor([1.5, -2.25, 3.])
torch.tensor([[0.1, 10.], [-100., 99.99995]])
torch.tensor([0.1, 1000.])
torch.tensor([0.1, 100.1])
torch.tensor([1e-5, 1.])
torch.tensor([1e-4, 0.01])
torch.tensor([9.9e-5])
torch.tensor([1e8])
torch.tensor([1.1e8])
torch.tensor([123456789., 1.])
torch.tensor([99999., 1.])
torch.tensor([1001., 1.])
torch.tensor([1000., 1.])
torch.tensor([0., 0.])
torch.tensor([-0., 0.])
torch.tensor([1e-45])
torch.tensor([3.4e38, -3.4e38])
torch.tensor([float("nan")])
torch.tensor([float("nan"), 0.])
torch.tensor([float("inf"), float("-inf"), float("nan"), 1.])
torch.tensor([float("inf"), float("-inf"), float("nan"), 1.5])
torch.tensor([float("inf"), -1e-8])
torch.tensor([-1e10, float("nan")])
torch.tensor(3.)
torch.tensor(3.14159)
torch.tensor(-0.)
torch.tensor(1e-10)
torch.tensor(7)
torch.tensor(True)
torch.tensor(float("nan"))
torch.tensor([1, -20, 300])
torch.tensor([True, False])
torch.tensor([[True], [False]])
torch.tensor([1, 2], dtype=torch.int32)
torch.tensor([1, 2], dtype=torch.int16)
torch.tensor([-128, 127], dtype=torch.int8)
torch.tensor([0, 255], dtype=torch.uint8)
torch.tensor([1.5], dtype=torch.float64)
torch.tensor([1 / 3, 1e-3], dtype=torch.float64)
torch.tensor([1e300, 1e-300], dtype=torch.float64)
torch.tensor([1.5, 65504.], dtype=torch.float16)
torch.tensor([0.1, 0.2, 6e-8], dtype=torch.float16)
torch.tensor([2**53 + 1, -9223372036854775807])
torch.tensor([])
torch.tensor([[]])
torch.zeros(0, 3)
torch.zeros(2, 0, 3)
torch.zeros(0, dtype=torch.int64)
torch.zeros(0, dtype=torch.bool)
torch.zeros(0, 2, dtype=torch.float64, requires_grad=True)
torch.arange(12.).reshape(3, 4)
torch.arange(24).reshape(2, 3, 4)
torch.arange(24.).reshape(2, 1, 3, 4) / 7
torch.arange(16).reshape(2, 2, 2, 1, 2)
torch.zeros(1, 1, 1)
torch.arange(30)
torch.arange(30.) / 3
torch.arange(30.).reshape(1, 30) * 1000
torch.arange(40).reshape(2, 20) - 20
torch.tensor([True] * 15)
torch.arange(1000).reshape(10, 100)
torch.arange(1001)
torch.arange(1001.) / 10
torch.arange(2000.).reshape(2, 1000)
torch.arange(2002).reshape(1001, 2)
torch.arange(3000.).reshape(3, 1000) - 1500
torch.arange(12000).reshape(10, 30, 40)
torch.arange(12000.).reshape(6, 10, 5, 40) / 1e4
torch.arange(1200).reshape(2, 2, 300)
torch.zeros(30, 40)
torch.zeros(2000, dtype=torch.int8)
torch.ones(2, requires_grad=True)
torch.ones(2, requires_grad=True) * 2
torch.ones(2, requires_grad=True).sum()
torch.ones(2, dtype=torch.float64, requires_grad=True).exp()
torch.ones(1001, requires_grad=True) + 1
torch.ones(3, 7, requires_grad=True) / 3
(torch.arange(6.) + 12.34).requires_grad_()
(torch.arange(7.) + 12.34).requires_grad_()
(torch.arange(7.) + 123.45).requires_grad_()
(torch.arange(9.) + 0.5).double().requires_grad_()
torch.ones(2, requires_grad=True).detach()
torch.arange(6.).reshape(2, 3).t()
torch.arange(6.)[::2]
torch.set_default_dtype(torch.float64)
torch.tensor([1.5])
torch.tensor([1.5], dtype=torch.float32)
torch.tensor([1, 2])
torch.tensor([])
torch.zeros(0, 2, dtype=torch.float32)
torch.set_default_dtype(torch.float32)
torch.set_printoptions(precision=2)
torch.tensor([1.23456, 1000.])
torch.tensor([1.23456, 10.])
torch.tensor([1e-7])
torch.set_printoptions(precision=0)
torch.tensor([1.5, 2.5])
torch.set_printoptions(precision=8)
torch.tensor([1 / 3])
torch.set_printoptions(profile="default", sci_mode=True)
torch.tensor([1., 2.])
torch.tensor([0.5, 0., float("nan")])
torch.set_printoptions(sci_mode=False)
torch.tensor([1e-9, 1e9])
torch.tensor([1e-9, 0.5])
torch.set_printoptions(threshold=5)
torch.arange(6)
torch.arange(5)
torch.arange(6.).reshape(2, 3)
torch.set_printoptions(threshold=5, edgeitems=1)
torch.arange(9.).reshape(3, 3)
torch.arange(64).reshape(4, 4, 4)
torch.set_printoptions(edgeitems=0)
torch.arange(9.).reshape(3, 3)
torch.arange(9)
torch.arange(3)
torch.set_printoptions(profile="short")
torch.arange(2000.) / 7
torch.set_printoptions(profile="full", linewidth=40)
torch.arange(20)
torch.ones(3, requires_grad=True) * 1.5
torch.ones(1, requires_grad=True)
torch.set_printoptions(linewidth=10)
torch.tensor([123456789, 2])
torch.set_printoptions(profile="default")
torch.arange(3)
""".strip().splitlines()


def session(torch):
    """What the lines print, one after the other, as one text."""
    shown = []
    for line in LINES:
        result = eval(line, {"torch": torch})
        shown.append(f">>> {line}" if result is None else f">>> {line}\n{result!r}")
    return "\n".join(shown) + "\n"


if __name__ == "__main__":
    import torch

    FILE.write_text(session(torch))
