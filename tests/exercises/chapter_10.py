"""Right and wrong answers to the exercises of chapter 10.

A wrong answer stands beside a piece of the reply that it must get.
"""

FIRST_BAD = """
def first_bad(model, x):
    bad, handles = [], []
    for name, module in model.named_modules():
        {when}
        handles.append(module.register_forward_hook({hook}))
    {run}
    for handle in handles:
        {remove}
    return {answer}
"""
HOOK = "lambda m, a, out, name=name: {test} and bad.append(name) or None"
NOT_FINITE = HOOK.format(test="not out.isfinite().all()")
PARTS = dict(when="", hook=NOT_FINITE, run="model(x)", remove="handle.remove()",
             answer="bad[0] if bad else None")  # fmt: skip
FIT = """
def fit(model, x, y, steps):
    optimizer = minitorch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    {before}
    for step in range(steps):
        loss = {loss}
        {clear}
        loss.backward()
        optimizer.step()
        losses.append({kept})
    {after}
    return sum(losses) / {count}
"""
LINES = dict(before="model.train()", loss="((model(x) - y.reshape(-1, 1)) ** 2).mean()",
             clear="optimizer.zero_grad()", kept="loss.item()", after="model.eval()",
             count="steps")  # fmt: skip

SETUP = ["data", "patient", "f13-run"]
RIGHT = {
    1: [
        "predicted = {'b', 'c', 'e'}",
        "predicted = ['e', 'c', 'b']",
        """
predicted = set()
for name, function in dict(a=a, b=b, c=c, d=d, e=e, f=f).items():
    try:
        function()
    except RuntimeError:
        predicted.add(name)
""",
    ],
    2: ["reason = 'C'", "reason = 'ABC'[-1]", "reason = 'c'.upper()"],
    3: [
        FIRST_BAD.format(**PARTS),
        FIRST_BAD.format(**PARTS | dict(
            when="if list(module.children()): continue",
            hook=HOOK.format(test="(out - out != 0).any()"),
            answer="next(iter(bad), None)",
        )),
        """
def first_bad(model, x):
    names = {module: name for name, module in model.named_modules()}
    found = {}

    def hook(module, args, output):
        if output.isnan().any() or output.isinf().any():
            found.setdefault("name", names[module])

    handles = [module.register_forward_hook(hook) for module in names]
    with minitorch.no_grad():
        model(x)
    [handle.remove() for handle in handles]
    return found.get("name")
""",
    ],
    4: [
        FIT.format(**LINES),
        FIT.format(**LINES | dict(
            loss="nn.MSELoss()(model(x), y.unsqueeze(1))",
            clear="model.zero_grad()",
            kept="float(loss.detach())",
            count="len(losses)",
        )),
        """
def fit(model, x, y, steps):
    optimizer, total = minitorch.optim.SGD(model.train().parameters(), lr=0.1), 0
    for step in range(steps):
        loss = (model(x)[:, 0] - y).pow(2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total = total + loss.detach()
    model.train(False)
    return (total / steps).item()
""",
    ],
}  # fmt: skip
WRONG = {
    1: [
        ("predicted = {'a', 'b', 'c', 'e'}", "a() runs through"),
        ("predicted = {'b', 'c'}", "1 more do as well"),
        ("predicted = {'b', 'c', 'd', 'e'}", "d() runs through"),
        ("predicted = {'b', 'c', 'e', 'f'}", "f() runs through"),
        ("predicted = {'g'}", "'g' is none of the letters"),
        ("predicted = 'bce'", "write a set of letters"),
        ("predicted = set()", "3 more do as well"),
    ],
    2: [
        ("reason = 'A'", "stays"),
        ("reason = 'B'", "randperm"),
        ("reason = 'c'", "one of the letters"),
        ("reason = 3", "one of the letters"),
        ("reason = 'D'", "one of the letters"),
    ],
    3: [
        (FIRST_BAD.format(**PARTS | dict(remove="pass")), "left behind on the modules ["),
        (FIRST_BAD.format(**PARTS | dict(answer="bad[-1] if bad else None")), "returns ''"),
        (FIRST_BAD.format(**PARTS | dict(answer="bad[0] if bad else ''")), "yours returns ''"),
        (
            FIRST_BAD.format(**PARTS | dict(hook=HOOK.format(test="out.isnan().any()"))),
            "gives -inf in the middle yours returns None",
        ),
        (
            FIRST_BAD.format(**PARTS | dict(hook=HOOK.format(test="out.isinf().any()"))),
            "gives nan at its start yours returns None",
        ),
        (
            FIRST_BAD.format(**PARTS | dict(
                answer="next((n for n, m in model.named_modules() if n in bad and n), None)"
            )),
            "calls `first` before `second` yours returns 'second'",
        ),
        (FIRST_BAD.format(**PARTS | dict(run="model.forward")), "yours returns None"),
    ],
    4: [
        (FIT.format(**LINES | dict(clear="")), "the gradients of all steps add up"),
        (FIT.format(**LINES | dict(loss="((model(x) - y) ** 2).mean()")), "y is of shape (40,)"),
        (FIT.format(**LINES | dict(before="")), "its Dropout did nothing"),
        (FIT.format(**LINES | dict(after="")), "in training mode"),
        (FIT.format(**LINES | dict(kept="loss")), "it returns a tensor"),
        (FIT.format(**LINES | dict(count="1")), "the mean loss is"),
        (
            FIT.format(**LINES | dict(loss="((model(x)[:, 0] - y) ** 2).sum()")),
            "the first weight is off by",
        ),
        ("fit = fit_badly", "it returns a tensor"),
    ],
}  # fmt: skip
