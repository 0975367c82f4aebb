"""Right and wrong answers to the exercises of chapter 08.

A wrong answer stands beside a piece of the reply that it must get.
"""

NAMES = (
    "predicted = {'last.weight', 'last.bias', 'norm.running_mean', 'norm.running_var', "
    "'norm.num_batches_tracked'}"
)
FREEZE = """
def freeze(module):
    {flags}
    {gradients}
    {mode}
"""
WHOLE = dict(
    flags="module.requires_grad_(False)",
    gradients="module.zero_grad()",
    mode="module.eval(); module.train = lambda mode=True: None",
)
SYNC = """
def sync(optimizer, model):
    wanted = [p for p in model.parameters() if p.requires_grad]
    ids = [id(p) for p in wanted]
    for group in optimizer.param_groups:
        {keep}
    held = [id(p) for group in optimizer.param_groups for p in group['params']]
    {forget}
    new = [p for p in wanted if id(p) not in held]
    {add}
"""
EXACT = dict(
    keep="group['params'] = [p for p in group['params'] if id(p) in ids]",
    forget="[optimizer.state.pop(p) for p in list(optimizer.state) if id(p) not in ids]",
    add="optimizer.add_param_group({'params': new})",
)

SETUP = []
RIGHT = {
    1: [
        NAMES,
        NAMES + "\npredicted = sorted(predicted)",
        "p = Puzzle()\nold = {n: t.clone() for n, t in p.state_dict().items()}\none_step(p)\n"
        "predicted = {n for n, t in p.state_dict().items() if not minitorch.equal(t, old[n])}",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        FREEZE.format(**WHOLE),
        """
def freeze(module):
    for p in module.parameters():
        p.requires_grad = False
        p.grad = None
    for part in module.modules():
        part.eval()
        part.train = lambda mode=True, part=part: part
""",
        """
def freeze(module):
    class Frozen(type(module)):
        def train(self, mode=True):
            return super().train(False)

    module.__class__ = Frozen
    module.__class__.__name__ = type(module).__mro__[1].__name__
    module.requires_grad_(False).zero_grad()
    module.eval()
""",
        """
def freeze(module):
    module.requires_grad_(False).zero_grad(set_to_none=True)
    plain_train = module.train

    def train(mode=True):
        return plain_train(False)

    module.train = train
    module.train()
    return module
""",
    ],
    4: [
        SYNC.format(**EXACT),
        """
def sync(optimizer, model):
    wanted = {p: None for p in model.parameters() if p.requires_grad}
    for group in optimizer.param_groups:
        group["params"][:] = [p for p in group["params"] if p in wanted]
        for p in group["params"]:
            wanted.pop(p)
    for p in wanted:
        optimizer.add_param_group({"params": p})
    held = {p for group in optimizer.param_groups for p in group["params"]}
    for p in set(optimizer.state) - held:
        del optimizer.state[p]
""",
        """
def sync(optimizer, model):
    learns = lambda p: any(p is q for q in model.parameters()) and p.requires_grad
    held = []
    for group in optimizer.param_groups:
        for p in list(group["params"]):
            if not learns(p):
                group["params"] = [q for q in group["params"] if q is not p]
                optimizer.state.pop(p, None)
        held += group["params"]
    for p in model.parameters():
        if learns(p) and not any(p is q for q in held):
            optimizer.param_groups[-1]["params"].append(p)
""",
    ],
}
WRONG = {
    1: [
        (NAMES.replace("'last.bias', ", ""), "1 more change. When was each flag set"),
        ("predicted = {'last.weight', 'last.bias'}", "3 more change. What happens in the forward"),
        (NAMES.replace("{", "{'first.weight', "), "'first.weight' does not change"),
        (NAMES.replace("{", "{'norm.weight', "), "'norm.weight' does not change"),
        (NAMES.replace("last.weight", "last"), "'last' is not in the state dict"),
        ("predicted = set()", "5 more change"),
        ("predicted = 'last.weight'", "write a set of names"),
        ("predicted = 5", "write a set of names"),
    ],
    2: [
        ("reason = 'A'", "it has none"),
        ("reason = 'C'", "they are the same after the epoch"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 2", "one of the letters"),
        ("reason = 'Dropout'", "one of the letters"),
    ],
    3: [
        (FREEZE.format(**WHOLE | dict(gradients="pass")), "after three steps, ['0.0.bias'"),
        (FREEZE.format(**WHOLE | dict(mode="module.eval()")), "'0.1.running_mean'"),
        (FREEZE.format(**WHOLE | dict(mode="pass")), "'0.1.running_mean'"),
        (
            FREEZE.format(**WHOLE | dict(gradients="module.zero_grad(set_to_none=False)")),
            "have moved",
        ),
        (FREEZE.format(**WHOLE | dict(flags="pass")), "have moved"),
        ("def freeze(module):\n    module.requires_grad = False", "have moved"),
        (
            FREEZE.format(**WHOLE | dict(mode="module.eval(); module.train = lambda: module")),
            "your code stops with TypeError",
        ),
        (
            FREEZE.format(**WHOLE | dict(mode="for part in module.modules(): part.momentum = 0.0")),
            "num_batches_tracked",
        ),
        (
            FREEZE.format(**WHOLE) + "    module.forward = minitorch.no_grad()(module.forward)\n",
            "no gradient arrives at the layer below",
        ),
    ],
    4: [
        (SYNC.format(**EXACT | dict(add="pass")), "does not hold '3.weight'"),
        (SYNC.format(**EXACT | dict(keep="pass")), "still holds"),
        (SYNC.format(**EXACT | dict(forget="pass")), "state of 2 tensors"),
        (SYNC.format(**EXACT | dict(forget="optimizer.state.clear()")), "is not what it was"),
        (SYNC.format(**EXACT | dict(keep="group['params'] = []")), "has the learning rate 0.01"),
        (
            "def sync(optimizer, model):\n"
            "    optimizer.param_groups[0]['params'] = list(model.parameters())",
            "holds a parameter twice",
        ),
        (
            "def sync(optimizer, model):\n"
            "    optimizer.add_param_group({'params': model.parameters()})",
            "some parameters appear in more than one",
        ),
        ("def sync(optimizer, model):\n    pass", "does not hold '3.weight'"),
    ],
}
