"""Right and wrong answers to the exercises of chapter 01.

A wrong answer stands beside a piece of the reply that it must get.
"""

LOG = """
def log(x):
    def send(g):
        {send}

    return Array({data}, {parents}, send)
"""
LEAVES = """
def leaves(tensor):
    found, seen, waiting = [], set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if {skip}:
            continue
        seen.add(node)
        if {leaf}:
            found.append({what})
        waiting.extend(n for n, _ in node.next_functions)
    return found
"""
WALK = dict(
    skip="node is None or node in seen",
    leaf="node.name().endswith('AccumulateGrad')",
    what="node.variable",
)

SETUP = ["imports-viz", "value", "backward", "unbroadcast", "array"]
RIGHT = {
    1: [
        "predicted = (4, 12)",
        "predicted = minitorch.tensor([4.0, 12.0])",
        "predicted = [4, 12.0]",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        LEAVES.format(**WALK),
        LEAVES.format(**WALK | dict(leaf="hasattr(node, 'variable')")),
        """
def leaves(tensor):
    layer, seen, found = [tensor.grad_fn], [], {}
    seen = set()
    while layer:
        layer = [node for node in layer if node is not None and node not in seen]
        seen.update(layer)
        for node in layer:
            if hasattr(node, "variable"):
                found[id(node.variable)] = node.variable
        layer = list({n for node in layer for n, _ in node.next_functions})
    return tuple(found.values())
""",
    ],
    4: [
        LOG.format(send="x.grad = x.grad + g / x.data", data="np.log(x.data)", parents="(x,)"),
        LOG.format(send="x.grad = x.grad + g * x.data**-1", data="np.log(x.data)", parents="[x]"),
        "def log(x):\n"
        "    result = Array(np.log(x.data), (x,))\n"
        "    def send(g):\n"
        "        x.grad = x.grad + unbroadcast(g * np.exp(-result.data), x.data.shape)\n"
        "    result.send = send\n"
        "    return result",
    ],
}
WRONG = {
    1: [
        ("predicted = [2.0, 6.0]", "one of the two walks"),
        ("predicted = [6.0, 18.0]", "element 0 is not 6"),
        ("predicted = [4.0, 6.0]", "element 1 is not 6"),
        ("predicted = [4.0]", "yours has 1"),
        ("predicted = 4.0", "a list of two numbers"),
    ],
    2: [
        ("reason = 'A'", "the input, or the result"),
        ("reason = 'C'", "try first(w)"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 'second'", "one of the letters"),
        ("reason = 2", "one of the letters"),
    ],
    3: [
        (LEAVES.format(**WALK | dict(what="node")), "no leaf of it"),
        (
            LEAVES.format(**WALK | dict(skip="node is None")).replace(
                "waiting.extend", "assert len(found) < 5000; waiting.extend"
            ),
            "for (a * a + a).sum() yours lists 3 leaves",
        ),
        (
            LEAVES.format(**WALK).replace(
                "waiting.extend(n for n, _ in node.next_functions)",
                "waiting.extend(n for n, _ in node.next_functions[:1])",
            ),
            "for a * b yours lists 1 leaves",
        ),
        (
            "def leaves(tensor):\n"
            "    seen = []\n"
            "    def walk(node):\n"
            "        if node is None: return\n"
            "        if hasattr(node, 'variable'):\n"
            "            if not any(node.variable is s for s in seen): seen.append(node.variable)\n"
            "        for n, _ in node.next_functions: walk(n)\n"
            "    walk(tensor.grad_fn)\n"
            "    return seen",
            "RecursionError",
        ),
        (LEAVES.format(**WALK | dict(skip="node in seen")), "your code stops with"),
        ("def leaves(tensor):\n    return tensor.grad_fn", "return a list"),
    ],
    4: [
        (
            LOG.format(send="x.grad = g / x.data", data="np.log(x.data)", parents="(x,)"),
            "for (log(x) * x).sum()",
        ),
        (
            LOG.format(send="x.grad = x.grad + g * x.data", data="np.log(x.data)", parents="(x,)"),
            "for log(x).sum()",
        ),
        (
            LOG.format(
                send="x.grad = x.grad + g / (1 + x.data)", data="np.log(x.data)", parents="(x,)"
            ),
            "for log(x).sum()",
        ),
        (
            LOG.format(send="x.grad = x.grad + g / x.data", data="np.log(x.data)", parents="()"),
            "among its parents",
        ),
        (
            LOG.format(send="x.grad = x.grad + 1 / x.data", data="np.log(x.data)", parents="(x,)"),
            "for (log(x) * x).sum()",
        ),
        ("def log(x):\n    return np.log(x.data)", "should be an Array"),
        (
            LOG.format(
                send="x.grad = x.grad + g / x.data", data="np.log10(x.data)", parents="(x,)"
            ),
            "is [-0.30103",
        ),
    ],
}
