"""Right and wrong answers to the exercises of chapter 00.

A wrong answer stands beside a piece of the reply that it must get.
"""

MY_LINEAR = """
class MyLinear(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = {weight}
        self.bias = nn.Parameter(minitorch.zeros(o))

    def forward(self, x):
        return {result}
"""
WEIGHT = "nn.Parameter(minitorch.zeros(o, i))"
PRODUCT = "minitorch.matmul(x, self.weight.T) + self.bias"
MY_STEP = """
def my_step(model, lr):
    with minitorch.no_grad():
        for p in model.parameters():
            {}
"""

# The cells, by id, that the exercises need to have been run.
SETUP = [
    "digits", "digit-network", "count-right", "network", "first-loss", "loader",
]  # fmt: skip
RIGHT = {
    1: [
        "predicted = ['gain', 'first.bias', 'first.weight']",
        "predicted = {name for name, p in Puzzle().named_parameters()}",
        "predicted = ('first.weight', 'first.bias', 'gain')",
    ],
    2: ["reason = 'B'", "reason = 'B'.strip()", "reason = 'ABC'[1]"],
    3: [
        MY_LINEAR.format(weight=WEIGHT, result="x @ self.weight.mT + self.bias"),
        MY_LINEAR.format(weight=WEIGHT, result="nn.functional.linear(x, self.weight, self.bias)"),
        "class MyLinear(nn.Linear):\n    pass",
    ],
    4: [
        MY_STEP.format("p.copy_(p - lr * p.grad)") + "        model.zero_grad()",
        MY_STEP.format("p.add_(p.grad, alpha=-lr); p.grad.zero_()"),
        "def my_step(model, lr):\n"
        "    for p in model.parameters():\n"
        "        p.data = p.data - lr * p.grad\n"
        "        p.grad = None",
    ],
}
WRONG = {
    1: [
        ("predicted = {'first.weight', 'first.bias'}", "but 1 more"),
        ("predicted = {'gain', 'first.weight', 'first.bias', 'offset'}", "'offset'"),
        ("predicted = {'first', 'gain'}", "'first'"),
        ("predicted = {'gain', 'first.weight', 'first.bias', 'middle.0.weight'}", "middle.0"),
        ("predicted = set()", "but 3 more"),
        ("predicted = 'gain'", "a set of names"),
    ],
    2: [
        ("reason = 'A'", "needs weights that move"),
        ("reason = 'C'", "needs weights that move"),
        ("reason = 'D'", "one of the letters"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 2", "one of the letters"),
    ],
    3: [
        (MY_LINEAR.format(weight="minitorch.zeros(o, i)", result=PRODUCT), "your parameters are"),
        (
            MY_LINEAR.format(
                weight="nn.Parameter(minitorch.zeros(i, o))",
                result="minitorch.matmul(x, self.weight) + self.bias",
            ),
            "your parameters are",
        ),
        (
            MY_LINEAR.format(weight=WEIGHT, result="minitorch.matmul(x, self.weight.T)"),
            "see forward",
        ),
        (
            MY_LINEAR.format(weight=WEIGHT, result="minitorch.matmul(x, self.weight) + self.bias"),
            "your code stops with RuntimeError",
        ),
        ("MyLinear = nn.Linear(64, 64)", "your code stops with TypeError"),
    ],
    4: [
        (MY_STEP.format("p = p - lr * p.grad"), "SGD puts it"),
        (MY_STEP.format("p -= lr * p.grad"), "a gradient is left over"),
        (MY_STEP.format("p += lr * p.grad; p.grad = None"), "SGD puts it"),
        (MY_STEP.format("p.grad = None"), "SGD puts it"),
        (
            "def my_step(model, lr):\n"
            "    for i in (0, 2):\n"
            "        for name in ('weight', 'bias'):\n"
            "            p = getattr(model[i], name)\n"
            "            new = nn.Parameter((p - lr * p.grad).detach())\n"
            "            setattr(model[i], name, new)",
            "keep the Parameters",
        ),
        (
            "def my_step(model, lr):\n    for p in model.parameters():\n        p -= lr * p.grad",
            "a leaf Variable that requires grad",
        ),
    ],
}
