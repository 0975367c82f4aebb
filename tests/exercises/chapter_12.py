"""Right and wrong answers to the exercises of chapter 12.

A wrong answer stands beside a piece of the reply that it must get.
"""

BARE = "def bare(state_dict):\n    return {{{name}: value for name, value in state_dict.items()}}"
AVERAGE = """
def average(replicas, sizes):
    for same in zip(*(replica.parameters() for replica in replicas)):
        if same[0].grad is None:
            continue
        mean = {mean}
        for p in same:
            p.grad = {given}
"""
WEIGHTED = "sum(n * p.grad for n, p in zip(sizes, same)) / sum(sizes)"

SETUP = []
RIGHT = {
    1: [
        "predicted = set('abcd')",
        "predicted = ['d', 'c', 'b', 'a']",
        "predicted = set('abcde') - {'e'}",
    ],
    2: ["reason = 'C'", "reason = 'ABC'[-1]", "reason = 'c'.upper()"],
    3: [
        "import re\n" + BARE.format(name=r"re.sub(r'^(module\.)+', '', name)"),
        "def strip(name):\n"
        "    head, dot, rest = name.partition('.')\n"
        "    return strip(rest) if dot and head == 'module' else name\n"
        "bare = lambda state_dict: dict(zip(map(strip, state_dict), state_dict.values()))",
        """
from collections import OrderedDict

def bare(state_dict):
    result = OrderedDict(state_dict)
    while any(name.startswith("module.") for name in result):
        result = OrderedDict((n.removeprefix("module."), v) for n, v in result.items())
    return result
""",
    ],
    4: [
        AVERAGE.format(
            mean="minitorch.stack([n / sum(sizes) * p.grad for n, p in zip(sizes, same)]).sum(0)",
            given="mean + 0",
        ),
        """
def average(replicas, sizes):
    for same in zip(*(replica.parameters() for replica in replicas)):
        if any(p.grad is not None for p in same):
            mean = minitorch.zeros_like(same[0])
            for size, p in zip(sizes, same):
                mean += p.grad * (size / sum(sizes))
            for p in same:
                p.grad.copy_(mean)
""",
        """
def average(replicas, sizes):
    for name, p in replicas[0].named_parameters():
        same = [replica.get_parameter(name) for replica in replicas]
        if p.requires_grad:
            total = sum(q.grad * n for q, n in zip(same, sizes))
            for q in same:
                q.grad = total / sum(sizes)
""",
    ],
}
WRONG = {
    1: [
        ("predicted = {'a'}", "3 more"),
        ("predicted = {'a', 'b', 'c'}", "1 more"),
        ("predicted = {'a', 'c', 'd'}", "1 more"),
        ("predicted = set('abcde')", "['e'] not among them"),
        ("predicted = 'abcd'", "write a set"),
    ],
    2: [
        ("reason = 'A'", "equal gradients"),
        ("reason = 'B'", "last table"),
        ("reason = 'c'", "one of the letters"),
        ("reason = ['C']", "one of the letters"),
        ("reason = 3", "one of the letters"),
    ],
    3: [
        (BARE.format(name="name.removeprefix('module.')"), "'module.module.bias' becomes"),
        (BARE.format(name="name.replace('module.', '')"), "'head.module.weight' becomes"),
        (BARE.format(name="name.lstrip('module.')"), "'module.modules' becomes 's'"),
        (BARE.format(name="name.split('module.')[-1]"), "the value of 'module.weight' is not"),
        (BARE.format(name="name[7:]"), "'module.module.bias' becomes"),
        (
            "def bare(state_dict):\n"
            "    for name in list(state_dict):\n"
            "        while name.startswith('module.'):\n"
            "            state_dict[name[7:]] = state_dict.pop(name)\n"
            "            name = name[7:]\n"
            "    return state_dict",
            "handed in",
        ),
        (
            "def bare(state_dict):\n    return [n.replace('module.', '') for n in state_dict]",
            "return a dictionary",
        ),
        (
            "import re\n"
            "def bare(state_dict):\n"
            "    ordered = sorted(state_dict.items())\n"
            "    return {re.sub(r'^(module[.])+', '', name): value for name, value in ordered}",
            "the order has changed",
        ),
    ],
    4: [
        (
            AVERAGE.format(mean="sum(p.grad for p in same) / len(same)", given="mean.clone()"),
            "is off",
        ),
        (
            AVERAGE.format(
                mean="sum(n * p.grad for n, p in zip(sizes, same))", given="mean.clone()"
            ),
            "is off",
        ),
        (AVERAGE.format(mean=WEIGHTED, given="mean"), "they share a tensor"),
        (
            AVERAGE.format(mean=WEIGHTED, given="mean.clone()").replace(
                "if same[0].grad is None:\n            continue", "pass"
            ),
            "your code stops with TypeError",
        ),
        (
            AVERAGE.format(mean=WEIGHTED, given="mean.clone()").replace("in same:", "in same[:1]:"),
            "on rank 1",
        ),
        (
            AVERAGE.format(mean=WEIGHTED, given="mean.clone()").replace(
                "continue", "same[0].grad = minitorch.zeros_like(same[0]); continue"
            ),
            "should stay None",
        ),
        ("average = lambda replicas, sizes: replicas", "is off"),
        (
            AVERAGE.format(mean=WEIGHTED, given="mean.clone()")
            + "    for replica in replicas:\n"
            + "        minitorch.optim.SGD(replica.parameters(), lr=0.1).step()",
            "changes the parameters",
        ),
    ],
}
