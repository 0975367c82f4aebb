"""Right and wrong answers to the exercises of chapter 07.

A wrong answer stands beside a piece of the reply that it must get.
"""

GROUPS = """
def decay_groups(model, weight_decay):
    parameters = {parameters}
    matrices = [p for p in parameters if {matrix}]
    others = [p for p in parameters if not ({matrix})]
    return {groups}
"""
LEARNING = "[p for p in model.parameters() if p.requires_grad]"
BOTH = "[dict(params=matrices, weight_decay=weight_decay), dict(params=others, weight_decay=0)]"
LION = """
class Lion(minitorch.optim.Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.99)):
        super().__init__(params, dict(lr=lr, betas=betas))

    def step(self):
        with minitorch.no_grad():
            for group in self.param_groups:
                b1, b2 = group['betas']
                for p in group['params']:
                    {skip}
                    g, state = p.grad, self.state[p]
                    {body}
"""
SKIP = "if p.grad is None: continue"
BODY = """m = state.get('m', 0.0 * g)
                    p -= group['lr'] * minitorch.sign(b1 * m + (1 - b1) * g)
                    state['m'] = b2 * m + (1 - b2) * g"""

SETUP = ["imports-viz"]
RIGHT = {
    1: [
        "predicted = (0.8, 0.7, 0.7)",
        "predicted = [4 / 5, 7 / 10, 7 / 10]",
        "predicted = three_steps()",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        GROUPS.format(parameters=LEARNING, matrix="p.ndim > 1", groups=BOTH),
        GROUPS.format(parameters=LEARNING, matrix="len(p.shape) > 1", groups=f"tuple({BOTH})"),
        """
def decay_groups(model, weight_decay):
    first = {"params": [], "weight_decay": weight_decay}
    second = {"params": [], "weight_decay": 0.0}
    for name, p in model.named_parameters():
        if p.requires_grad:
            (first if p.dim() >= 2 else second)["params"].append(p)
    return [first, second]
""",
    ],
    4: [
        LION.format(skip=SKIP, body=BODY),
        LION.format(
            skip=SKIP,
            body="""if 'm' not in state:
                        state['m'] = minitorch.zeros_like(p)
                    p.add_((state['m'] * b1 + g * (1 - b1)).sign(), alpha=-group['lr'])
                    state['m'].mul_(b2).add_(g, alpha=1 - b2)""",
        ),
        """
class Lion(minitorch.optim.Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.99)):
        super().__init__(params, {"lr": lr, "betas": betas})
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = {"m": minitorch.zeros_like(p)}

    @minitorch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    m = self.state[p]["m"]
                    p.copy_(p - group["lr"] * minitorch.lerp(p.grad, m, group["betas"][0]).sign())
                    m.lerp_(p.grad, 1 - group["betas"][1])
""",
    ],
}
WRONG = {
    1: [
        ("predicted = [0.8, 0.8, 0.8]", "0.8 is not where it is after step 2"),
        ("predicted = [0.8, 0.7, 0.65]", "0.65 is not where it is after step 3"),
        ("predicted = [0.9, 0.85, 0.85]", "0.9 is not where it is after step 1"),
        ("predicted = [0.8, 0.7]", "2 numbers long"),
        ("predicted = 0.7", "a list of three numbers"),
    ],
    2: [
        ("reason = 'A'", "the right order"),
        ("reason = 'C'", "multiplies by lr after that"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 'AB'", "one of the letters"),
        ("reason = True", "one of the letters"),
    ],
    3: [
        (
            GROUPS.format(parameters="list(model.parameters())", matrix="p.ndim > 1", groups=BOTH),
            "the frozen parameter '1.weight'",
        ),
        (
            GROUPS.format(
                parameters=LEARNING,
                matrix="p.ndim > 1",
                groups="[dict(params=matrices, weight_decay=weight_decay), dict(params=others)]",
            ),
            "the weight_decay of one group is 0.01",
        ),
        (
            GROUPS.format(parameters=LEARNING, matrix="p.ndim == 2", groups=BOTH),
            "'1.weight' of shape (3, 3, 1) is in second group",
        ),
        (
            """
def decay_groups(model, weight_decay):
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for n, p in named if n.endswith("weight")], "weight_decay": weight_decay},
        {"params": [p for n, p in named if n.endswith("bias")], "weight_decay": 0.0},
    ]
""",
            "'1.weight' of shape (4,) is in first group",
        ),
        (
            GROUPS.format(parameters=LEARNING, matrix="p.ndim > 1", groups="matrices, others"),
            "your code stops with",
        ),
        (
            GROUPS.format(
                parameters=LEARNING,
                matrix="p.ndim > 1",
                groups="[dict(params=matrices, weight_decay=weight_decay)]",
            ),
            "a list of two groups",
        ),
        (
            GROUPS.format(
                parameters=LEARNING,
                matrix="p.ndim > 1",
                groups="[dict(params=parameters, weight_decay=weight_decay), dict(params=others)]",
            ),
            "some parameters appear in more than one parameter group",
        ),
    ],
    4: [
        (
            LION.format(skip=SKIP, body=BODY.replace("group['lr']", "self.defaults['lr']")),
            "a parameter of the second group",
        ),
        (
            LION.format(skip="pass", body=BODY),
            "your code stops with",
        ),
        (
            LION.format(skip=SKIP, body=BODY.replace("b1", "b2")),
            "a parameter of the first group is off by",
        ),
        (
            LION.format(skip=SKIP, body=BODY.replace("state", "vars(self).setdefault(p, {})")),
            "with its state_dict loaded into a new one",
        ),
        (
            LION.format(skip=SKIP, body=BODY).replace("p -=", "p = p -"),
            "after step 1, a parameter of the first group",
        ),
        (
            LION.format(skip=SKIP, body=BODY).replace(
                "minitorch.no_grad()", "minitorch.enable_grad()"
            ),
            "a leaf Variable that requires grad",
        ),
        (
            LION.format(skip=SKIP, body="p -= group['lr'] * g.sign()"),
            "a parameter of the first group is off by",
        ),
        (
            "def Lion(params, lr, betas=(0.9, 0.99)): return minitorch.optim.Adam(params, lr)",
            "a class that is built on Optimizer",
        ),
    ],
}
