"""Submissions to A1 whose grade is known; `minitorch/classroom/selftest.py` explains the form."""

RIGHT = {
    "unbroadcast by a loop over the axes": {
        "unbroadcast": """
def unbroadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g
""",
    },
    "order by counting how often each Var is used": {
        "order": """
def order(result):
    uses, seen, waiting = {}, set(), [result]
    while waiting:
        var = waiting.pop()
        if id(var) in seen:
            continue
        seen.add(id(var))
        for parent in var.parents:
            uses[id(parent)] = uses.get(id(parent), 0) + 1
            waiting.append(parent)
    walk, ready = [], [result]
    while ready:
        var = ready.pop()
        walk.append(var)
        for parent in var.parents:
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:
                ready.append(parent)
    return walk
""",
    },
    "backward keeps sums in a list beside the order": {
        "backward": """
def backward(result):
    walk = order(result)
    place = {id(var): number for number, var in enumerate(walk)}
    sums = [np.zeros(var.data.shape) for var in walk]
    sums[0] = sums[0] + 1.0
    for number, var in enumerate(walk):
        if var.pull is not None:
            for parent, part in zip(var.parents, var.pull(sums[number])):
                sums[place[id(parent)]] = sums[place[id(parent)]] + part
            var.grad = sums[number]
        elif var.grad is None:
            var.grad = sums[number]
        else:
            var.grad = var.grad + sums[number]
""",
    },
    "backward empties the grads of the middle first": {
        "backward": """
def backward(result):
    walk = order(result)
    for var in walk:
        if var.parents:
            var.grad = None
    before = result.grad if not result.parents else None
    result.grad = np.ones_like(result.data) + (0 if before is None else before)
    for var in walk:
        if not var.parents:
            continue
        for parent, part in zip(var.parents, var.pull(var.grad)):
            parent.grad = part + 0 if parent.grad is None else parent.grad + part
""",
    },
    "tanh by exponentials, matmul by einsum, fit by one flat step": {
        "tanh": """
def tanh(a):
    up, down = np.exp(a.data), np.exp(-a.data)
    t = (up - down) / (up + down)
    return Var(t, [a], lambda g: [g - g * t**2])
""",
        "matmul": """
def matmul(a, b):
    A, B = a.data, b.data
    return Var(
        np.einsum("nk,km->nm", A, B),
        (a, b),
        lambda g: (np.einsum("nm,km->nk", g, B), np.einsum("nk,nm->km", A, g)),
    )
""",
        "fit": """
def fit(x, y, w1, b1, w2, steps, lr):
    W1, B1, W2 = Var(w1.copy()), Var(b1.copy()), Var(w2.copy())
    losses = []
    while len(losses) < steps:
        for weight in (W1, B1, W2):
            weight.grad = None
        error = matmul(tanh(add(matmul(Var(x), W1), B1)), W2) + Var(y) * Var(-1.0)
        loss = total(mul(error, error))
        losses.append(loss.data.item())
        backward(loss)
        for weight in (W1, B1, W2):
            weight.data -= lr * weight.grad
    return losses
""",
    },
    "Tanh and Affine keep arrays on ctx": {
        "functions": """
class Tanh(minitorch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.t = x.tanh()
        return ctx.t

    @staticmethod
    def backward(ctx, g):
        return g - g * ctx.t.square()


class Affine(minitorch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.x, ctx.w = x.detach(), w.detach()
        return minitorch.matmul(x, w).add(b)

    @staticmethod
    def backward(ctx, g):
        return minitorch.matmul(g, ctx.w.t()), minitorch.matmul(ctx.x.t(), g), g.sum(dim=0)
""",
    },
    "helpers, magics and a cell with an error of its own": {
        "unbroadcast": """
%matplotlib inline
def _axes(g, shape):
    shape = (1,) * (g.ndim - len(shape)) + tuple(shape)
    return tuple(i for i in range(g.ndim) if shape[i] == 1)

def unbroadcast(g, shape):
    return g.sum(axis=_axes(g, shape), keepdims=True).reshape(shape)

print(unbroadcast(np.ones((2, 3)), (3,)))
raise ValueError("an experiment")
""",
    },
}

BROADCASTS = ["test_unbroadcast_added", "test_unbroadcast_stretched"]
WALKS = ["test_backward", "test_backward_again", "test_fit"]
ALL_ORDER = ["test_order", "test_order_long"]
FUNCTIONS = ["test_functions", "test_functions_train"]

WRONG = {
    "stretched axes are dropped": (
        {"unbroadcast": [("keepdims=True", "keepdims=False")]},
        ["test_unbroadcast_stretched", "test_mul_broadcast", "test_fit"],
    ),
    "only one added axis is summed": (
        {"unbroadcast": [("tuple(range(added))", "0 if added else ()")]},
        ["test_unbroadcast_added"],
    ),
    "stretched axes are forgotten": (
        {"unbroadcast": [("return g.sum(axis=stretched, keepdims=True)", "return g")]},
        ["test_unbroadcast_stretched", "test_mul_broadcast"],
    ),
    "the mean instead of the sum": (
        {"unbroadcast": [("g = g.sum(axis", "g = g.mean(axis")]},
        [*BROADCASTS, "test_add", "test_backward", "test_fit"],
    ),
    "add forgets to undo the broadcast": (
        {"add": [("unbroadcast(g, b.data.shape)", "g")]},
        ["test_add", "test_backward", "test_fit"],
    ),
    "mul takes the wrong factor": (
        {"mul": [("g * b.data", "g * a.data")]},
        ["test_mul", "test_mul_broadcast", "test_backward", "test_backward_again"],
    ),
    "mul forgets to undo the broadcast": (
        {
            "mul": [
                ("unbroadcast(g * b.data, a.data.shape)", "g * b.data"),
                ("unbroadcast(g * a.data, b.data.shape)", "g * a.data"),
            ]
        },
        ["test_mul_broadcast"],
    ),
    "mul undoes the broadcast before it multiplies": (
        {
            "mul": [
                ("unbroadcast(g * b.data, a.data.shape)", "unbroadcast(g, a.data.shape) * b.data"),
                ("unbroadcast(g * a.data, b.data.shape)", "unbroadcast(g, b.data.shape) * a.data"),
            ]
        },
        ["test_mul_broadcast"],
    ),
    "matmul without transposing": (
        {"matmul": [("b.data.T", "b.data"), ("a.data.T", "a.data")]},
        ["test_matmul", "test_backward", "test_fit"],
    ),
    "matmul by *": (
        {"matmul": [("a.data @ b.data,", "a.data * b.data,")]},
        ["test_matmul", "test_backward", "test_fit"],
    ),
    "tanh's derivative of the input, not of the result": (
        {"tanh": [("1 - t * t", "1 - a.data**2")]},
        ["test_tanh", "test_backward", "test_fit"],
    ),
    "tanh returns its gradient without a tuple": (
        {"tanh": [("(g * (1 - t * t),)", "g * (1 - t * t)")]},
        ["test_tanh", "test_backward", "test_fit"],
    ),
    "order calls itself": (
        {
            "order": """
def order(result):
    walk, seen = [], set()
    def visit(var):
        if id(var) not in seen:
            seen.add(id(var))
            for parent in var.parents:
                visit(parent)
            walk.append(var)
    visit(result)
    return walk[::-1]
"""
        },
        ["test_order_long"],
    ),
    "order goes level by level": (
        {
            "order": """
def order(result):
    walk, seen = [result], {result}
    for var in walk:
        for parent in var.parents:
            if parent not in seen:
                seen.add(parent)
                walk.append(parent)
    return walk
"""
        },
        ["test_order", "test_backward"],
    ),
    "order names a Var once for each use": (
        {
            "order": """
def order(result):
    walk = [result]
    for var in walk:
        walk.extend(var.parents)
    return walk
"""
        },
        ["test_order", "test_backward", "test_backward_again", "test_fit"],
    ),
    "order begins with the leaves": (
        {"order": [("finished[::-1]", "finished")]},
        [*ALL_ORDER, *WALKS],
    ),
    "backward writes over instead of adding": (
        {"backward": [("arrived.get(id(parent), 0) + part", "part")]},
        ["test_backward", "test_backward_again", "test_fit"],
    ),
    "backward forgets what is in grad": (
        {"backward": [("g if var.grad is None else var.grad + g", "g")]},
        ["test_backward_again"],
    ),
    "backward adds in place": (
        {
            "backward": [
                (
                    "            var.grad = g if var.grad is None else var.grad + g",
                    """
            if var.grad is None:
                var.grad = g
            else:
                var.grad += g
""",
                )
            ]
        },
        ["test_backward_again"],
    ),
    "backward adds up in the middle, too": (
        {"backward": [("        var.grad = g\n", "        var.grad = g + (var.grad or 0)\n")]},
        ["test_backward_again"],
    ),
    "fit climbs": ({"fit": [("w.data - lr", "w.data + lr")]}, ["test_fit"]),
    "fit forgets to take the new weights": (
        {"fit": [("w1, b1, w2 = (w.data - lr * w.grad for w in weights)", "pass")]},
        ["test_fit"],
    ),
    "fit takes the mean": (
        {"fit": [("loss = total(error * error)", "loss = total(error * error) * Var(1 / len(x))")]},
        ["test_fit"],
    ),
    "fit writes into the arrays it was given": (
        {
            "fit": [
                (
                    "        w1, b1, w2 = (w.data - lr * w.grad for w in weights)",
                    """
        for w in weights:
            w.data -= lr * w.grad
""",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit measures the loss after the step": (
        {
            "fit": [
                ("        losses.append(float(loss.data))\n", ""),
                (
                    "    return losses",
                    """
        error = tanh(Var(x) @ Var(w1) + Var(b1)) @ Var(w2) + Var(-y)
        losses.append(float(total(error * error).data))
    return losses
""",
                ),
            ]
        },
        ["test_fit"],
    ),
    "a solution that loops costs its own exercise alone": (
        {"tanh": "def tanh(a):\n    while True:\n        pass"},
        ["test_tanh", "test_backward", "test_fit"],
    ),
    "Affine forgets the gradient of b": (
        {"functions": [("g.sum(0)", "None")]},
        FUNCTIONS,
    ),
    "Tanh saves its input": (
        {"functions": [("ctx.save_for_backward(t)", "ctx.save_for_backward(x)")]},
        FUNCTIONS,
    ),
    "Affine returns its gradients in another order": (
        {"functions": [("g @ w.T, x.T @ g, g.sum(0)", "x.T @ g, g @ w.T, g.sum(0)")]},
        FUNCTIONS,
    ),
    "plain functions instead of Functions": (
        {
            "functions": """
class Tanh:
    apply = staticmethod(minitorch.tanh)


class Affine:
    apply = staticmethod(lambda x, w, b: x @ w + b)
"""
        },
        ["test_functions"],
    ),
}

EQUIVALENT = {}
