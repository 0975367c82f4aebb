"""Submissions to A5 whose grade is known; `minitorch/classroom/selftest.py` explains the form."""

RIGHT = {
    "the base with ids, a defaultdict and helpers": {
        "optimizer": """
from collections import defaultdict
from itertools import chain


class Optimizer:
    def __init__(self, params, defaults):
        self.defaults = dict(defaults)
        self.state = defaultdict(dict)
        self.param_groups = []
        params = [*params]
        if len(params) == 0:
            raise ValueError("empty")
        if isinstance(params[0], dict):
            [self.add_param_group(group) for group in params]
        else:
            self.add_param_group({"params": params})

    def _all(self):
        return chain.from_iterable(group["params"] for group in self.param_groups)

    def add_param_group(self, group):
        group = dict(group)
        group["params"] = list(group["params"])
        seen = {id(p) for p in self._all()}
        for p in group["params"]:
            if id(p) in seen or p.grad_fn is not None:
                raise ValueError("twice, or no leaf")
            seen.add(id(p))
        for key in self.defaults:
            group.setdefault(key, self.defaults[key])
        self.param_groups.append(group)

    def zero_grad(self):
        for p in self._all():
            p.grad = None

    @minitorch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in filter(lambda p: p.grad is not None, group["params"]):
                self.update(group, p, self.state[p])
""",
    },
    "the dictionaries it is given are the groups, as in PyTorch": {
        "optimizer": [
            (
                '        self.param_groups.append({**self.defaults, **group, "params": params})',
                """
        group["params"] = params
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)
""",
            )
        ],
    },
    "SGD and Adam in place": {
        "sgd": [
            (
                '            b = g if b is None else group["momentum"] * b + '
                '(1 - group["dampening"]) * g\n            state["momentum_buffer"] = b',
                """
            if b is None:
                b = state["momentum_buffer"] = g.clone()
            else:
                b.mul_(group["momentum"]).add_(g, alpha=1 - group["dampening"])
""",
            ),
            ('p.sub_(group["lr"] * g)', 'p.add_(g, alpha=-group["lr"])'),
        ],
        "adam": [
            ('state["step"] = state["step"] + 1', 'state["step"] += 1'),
            (
                'state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * g',
                'state["exp_avg"].lerp_(g, 1 - beta1)',
            ),
            (
                'state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * g * g',
                'state["exp_avg_sq"].mul_(beta2).addcmul_(g, g, value=1 - beta2)',
            ),
            (
                '        p.sub_(group["lr"] * m / (v.sqrt() + group["eps"]))',
                '        p.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-group["lr"])',
            ),
        ],
    },
    "Adam on arrays, with the count a plain number": {
        "adam": """
class Adam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    def update(self, group, p, state):
        lr, eps, (beta1, beta2) = group["lr"], group["eps"], group["betas"]
        numbers = p.detach().numpy()
        g = p.grad.detach().numpy() + group["weight_decay"] * numbers
        t = int(state.get("step", 0)) + 1
        m = state["exp_avg"].numpy() if t > 1 else 0.0
        v = state["exp_avg_sq"].numpy() if t > 1 else 0.0
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        state.update(step=t, exp_avg=minitorch.tensor(m), exp_avg_sq=minitorch.tensor(v))
        numbers -= lr / (1 - beta1**t) * m / ((v / (1 - beta2**t)) ** 0.5 + eps)
""",
    },
    "weight decay only where there is some; the first b a copy": {
        "sgd": [
            (
                '        g = p.grad + group["weight_decay"] * p\n',
                """
        g = p.grad.clone()
        if group["weight_decay"]:
            g.add_(p, alpha=group["weight_decay"])
""",
            ),
            ("p.sub_(group", "p.data -= (group"),
        ],
    },
    "the state dict by lists, loading by a table of owners": {
        "state": """
def _list(groups):
    return [p for group in groups for p in group["params"]]


def state_dict(optimizer):
    everyone, groups, start = _list(optimizer.param_groups), [], 0
    for group in optimizer.param_groups:
        packed = dict(group)
        packed["params"] = list(range(start, start + len(group["params"])))
        start += len(group["params"])
        groups.append(packed)
    state = {}
    for number, p in enumerate(everyone):
        if p in optimizer.state:
            state[number] = optimizer.state[p]
    return {"state": state, "param_groups": groups}


def load_state_dict(optimizer, saved):
    old, new = saved["param_groups"], optimizer.param_groups
    if len(old) != len(new):
        raise ValueError("groups")
    if any(len(a["params"]) != len(b["params"]) for a, b in zip(old, new)):
        raise ValueError("sizes")
    owner = dict(zip(_list(old), _list(new)))
    optimizer.state = {
        owner[number]: {name: copy.copy(value) if isinstance(value, (int, float)) else value.clone()
                        for name, value in kept.items()}
        for number, kept in saved["state"].items()
    }
    groups = []
    for a, b in zip(old, new):
        group = copy.deepcopy(a)
        group["params"] = b["params"]
        groups.append(group)
    optimizer.param_groups = groups


Optimizer.state_dict = state_dict
Optimizer.load_state_dict = load_state_dict
""",
    },
    "decay_groups by names, the schedule in one formula, clearing after each step": {
        "decay": """
def decay_groups(model, weight_decay):
    groups = {True: [], False: []}
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        groups[len(p.shape) > 1].append(p)
    found = []
    if groups[True]:
        found.append(dict(params=groups[True], weight_decay=weight_decay))
    if groups[False]:
        found.append(dict(params=groups[False], weight_decay=0))
    return found
""",
        "schedule": """
class WarmupCosine:
    def __init__(self, optimizer, warmup, total, done=0):
        self.optim, self.warmup, self.total, self.n = optimizer, warmup, total, done - 1
        self.step()

    def step(self):
        self.n += 1
        if self.n < self.warmup:
            part = (self.n + 1) / self.warmup
        elif self.n >= self.total:
            part = 0.0
        else:
            angle = math.pi * (self.n - self.warmup) / (self.total - self.warmup)
            part = 0.5 * (1 + math.cos(angle))
        for group in self.optim.param_groups:
            if "initial_lr" not in group:
                group["initial_lr"] = group["lr"]
            group["lr"] = part * group["initial_lr"]
""",
        "train": """
def train(model, loss_fn, optimizer, schedule, batches):
    optimizer.zero_grad()
    return [_one(model, loss_fn, optimizer, schedule, x, y) for x, y in batches]


def _one(model, loss_fn, optimizer, schedule, x, y):
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    schedule.step()
    return float(loss)
""",
    },
    "magics, a plot of nothing, and an experiment that fails": {
        "decay": """
%matplotlib inline
def decay_groups(model, weight_decay):
    params = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in params if p.dim() > 1]
    vectors = [p for p in params if p.dim() <= 1]
    groups = []
    for chosen, decay in ((matrices, weight_decay), (vectors, 0.0)):
        if chosen:
            groups.append({"params": chosen, "weight_decay": decay})
    return groups

print(decay_groups(nn.Linear(2, 3), 0.1))
raise ValueError("an experiment")
""",
    },
}

SGDS = ["test_sgd", "test_momentum", "test_nesterov"]
MOMENTA = ["test_momentum", "test_nesterov"]
ADAMS = ["test_adam", "test_adam_late"]
SAVING = ["test_state_dict", "test_exchange"]
LOADING = ["test_exchange", "test_load_refuses"]
ALL_STEPS = ["test_step", *SGDS, *ADAMS, "test_state_dict", *LOADING, "test_train"]

WRONG = {
    "the generator is kept, and is empty after one step": (
        {
            "optimizer": [
                ("        groups = list(params)\n", ""),
                (
                    "        if not groups:\n"
                    '            raise ValueError("no Parameters to optimize")\n'
                    "        if not isinstance(groups[0], dict):\n"
                    '            groups = [{"params": groups}]',
                    "        groups = params\n"
                    "        if not (isinstance(params, list) and isinstance(params[0], dict)):\n"
                    '            groups = [{"params": params}]',
                ),
                ('params = list(group["params"])', 'params = group["params"]'),
                (
                    '[p for other in self.param_groups for p in other["params"]] + params',
                    '[p for other in self.param_groups for p in other["params"]]',
                ),
                (
                    "        if not all(p.is_leaf for p in params):\n            raise ValueError("
                    '"a tensor that was computed cannot be optimized")\n',
                    "",
                ),
            ]
        },
        ["test_groups", "test_refuses", "test_adam"],
    ),
    "all groups get the defaults": (
        {"optimizer": [("{**self.defaults, **group,", "{**group, **self.defaults,")]},
        [
            "test_groups",
            "test_step",
            *SGDS,
            "test_adam",
            "test_state_dict",
            "test_exchange",
            "test_schedule",
            "test_train",
        ],
    ),
    "defaults are left out": (
        {"optimizer": [("{**self.defaults, **group,", "{**group,")]},
        ["test_groups", *ALL_STEPS, "test_schedule_again"],
    ),
    "it keeps copies of the Parameters": (
        {
            "optimizer": [
                (
                    'params = list(group["params"])',
                    'params = [nn.Parameter(p.detach().clone()) for p in group["params"]]',
                )
            ]
        },
        ["test_groups", "test_refuses", *ALL_STEPS],
    ),
    "a Parameter can be there twice": (
        {"optimizer": [("if len(set(held)) < len(held):", "if False:")]},
        ["test_refuses"],
    ),
    "only earlier groups are looked at": (
        {
            "optimizer": [
                (' for p in other["params"]] + params', ' for p in other["params"]]'),
                ("if len(set(held)) < len(held):", "if any(p in set(held) for p in params):"),
            ]
        },
        ["test_refuses"],
    ),
    "a group is added before it is looked at": (
        {
            "optimizer": [
                (
                    '        params = list(group["params"])\n',
                    '        params = list(group["params"])\n'
                    '        new = {**self.defaults, **group, "params": params}\n'
                    "        self.param_groups.append(new)\n",
                ),
                (
                    "        held = [p for other in self.param_groups for p in other"
                    '["params"]] + params\n',
                    '        held = [p for other in self.param_groups for p in other["params"]]\n',
                ),
                (
                    '        self.param_groups.append({**self.defaults, **group, "params"'
                    ": params})",
                    "",
                ),
            ]
        },
        ["test_refuses"],
    ),
    "what was computed is optimized, too": (
        {"optimizer": [("if not all(p.is_leaf for p in params):", "if False:")]},
        ["test_refuses"],
    ),
    "nothing to optimize is no mistake": (
        {
            "optimizer": [
                ('            raise ValueError("no Parameters to optimize")', "            return")
            ]
        },
        ["test_refuses"],
    ),
    "a gradient of None is one of zero": (
        {
            "optimizer": [
                (
                    "                    if p.grad is not None:\n"
                    "                        self.update(",
                    "                    if p.grad is None:\n"
                    "                        p.grad = minitorch.zeros_like(p)\n"
                    "                    if True:\n                        self.update(",
                )
            ]
        },
        ["test_step", "test_adam_late", "test_state_dict"],
    ),
    "the first Parameter without a gradient ends the step": (
        {
            "optimizer": [
                (
                    "                    if p.grad is not None:\n",
                    "                    if p.grad is None:\n                        return\n"
                    "                    if p.grad is not None:\n",
                )
            ]
        },
        ["test_step", "test_state_dict"],
    ),
    "zero_grad fills with zeros": (
        {
            "optimizer": [
                (
                    "                p.grad = None",
                    "                if p.grad is not None:\n                    p.grad.zero_()",
                )
            ]
        },
        ["test_step"],
    ),
    "steps are recorded": (
        {"optimizer": [("with minitorch.no_grad():", "with minitorch.enable_grad():")]},
        ALL_STEPS,
    ),
    "one state for all Parameters": (
        {"optimizer": [("self.state.setdefault(p, {})", 'self.state.setdefault("all", {})')]},
        ["test_step", *MOMENTA, *ADAMS, "test_state_dict", *LOADING, "test_train"],
    ),
    "a new state in every step": (
        {"optimizer": [("self.state.setdefault(p, {})", "{}")]},
        ["test_step", *MOMENTA, *ADAMS, "test_state_dict", *LOADING, "test_train"],
    ),
    "SGD makes a new tensor and moves nothing": (
        {"sgd": [('p.sub_(group["lr"] * g)', 'p = p - group["lr"] * g')]},
        [*SGDS, *LOADING],
    ),
    "SGD goes up": (
        {"sgd": [('p.sub_(group["lr"] * g)', 'p.add_(group["lr"] * g)')]},
        [*SGDS, *LOADING],
    ),
    "weight decay is added into the gradient itself": (
        {
            "sgd": [
                (
                    'g = p.grad + group["weight_decay"] * p',
                    'g = p.grad.add_(group["weight_decay"] * p)',
                )
            ],
            "adam": [
                (
                    'g = p.grad + group["weight_decay"] * p',
                    'g = p.grad.add_(group["weight_decay"] * p)',
                )
            ],
        },
        ["test_sgd", "test_momentum", "test_adam"],
    ),
    "SGD's weight decay is decoupled from the momentum": (
        {
            "sgd": [
                (
                    '        g = p.grad + group["weight_decay"] * p',
                    "        g = p.grad + 0\n"
                    '        p.mul_(1 - group["lr"] * group["weight_decay"])',
                )
            ]
        },
        [*MOMENTA, "test_exchange"],
    ),
    "the first b is the gradient itself": (
        {
            "sgd": [
                (
                    'g = p.grad + group["weight_decay"] * p',
                    "g = p.grad\n"
                    '        if group["weight_decay"] != 0:\n'
                    '            g = g + group["weight_decay"] * p',
                )
            ]
        },
        ["test_momentum"],
    ),
    "b begins at zero, so that dampening takes part in the first step": (
        {"sgd": [("g if b is None else", '(1 - group["dampening"]) * g if b is None else')]},
        ["test_momentum"],
    ),
    "momentum as an average: (1 - momentum) g": (
        {"sgd": [('(1 - group["dampening"]) * g', '(1 - group["momentum"]) * g')]},
        [*MOMENTA, *LOADING],
    ),
    "the rate goes into b": (
        {
            "sgd": [
                (
                    'g = p.grad + group["weight_decay"] * p',
                    'g = group["lr"] * (p.grad + group["weight_decay"] * p)',
                ),
                ('p.sub_(group["lr"] * g)', "p.sub_(g)"),
            ]
        },
        ["test_momentum", "test_exchange"],
    ),
    "nesterov looks ahead along b alone": (
        {"sgd": [('g + group["momentum"] * b if', 'group["momentum"] * b if')]},
        ["test_nesterov"],
    ),
    "nesterov remembers where it went": (
        {
            "sgd": [
                (
                    '            g = g + group["momentum"] * b if group["nesterov"] else b',
                    '            g = g + group["momentum"] * b if group["nesterov"] else b\n'
                    '            state["momentum_buffer"] = g',
                )
            ]
        },
        ["test_nesterov"],
    ),
    "a buffer without momentum": (
        {"sgd": [('if group["momentum"] != 0:', "if True:")]},
        ["test_sgd"],
    ),
    "Adam without the corrections": (
        {"adam": [(" / (1 - beta1**t)", ""), (" / (1 - beta2**t)", "")]},
        [*ADAMS, "test_state_dict", "test_exchange", "test_train"],
    ),
    "Adam keeps the corrected averages": (
        {
            "adam": [
                ("        m = state", '        m = state["exp_avg"] = state'),
                ("        v = state", '        v = state["exp_avg_sq"] = state'),
            ]
        },
        [*ADAMS, "test_state_dict", "test_exchange", "test_train"],
    ),
    "Adam counts from 0": (
        {"adam": [('t = state["step"].item()', 't = max(state["step"].item() - 1, 1)')]},
        [*ADAMS, "test_state_dict", "test_exchange", "test_train"],
    ),
    "Adam counts for all Parameters together": (
        {
            "adam": [
                (
                    '        t = state["step"].item()',
                    '        t = max(s["step"].item() for s in self.state.values() if s)',
                )
            ]
        },
        ["test_adam_late", "test_state_dict"],
    ),
    "the count goes up by one with every Parameter": (
        {
            "adam": [
                (
                    '        t = state["step"].item()',
                    '        self.t = getattr(self, "t", 0) + 1\n        t = self.t',
                )
            ]
        },
        ["test_adam", "test_adam_late", "test_state_dict", "test_exchange", "test_train"],
    ),
    "eps inside the root": (
        {"adam": [('(v.sqrt() + group["eps"])', '(v + group["eps"]).sqrt()')]},
        ["test_adam", "test_state_dict", "test_exchange", "test_train"],
    ),
    "Adam forgets to square": (
        {"adam": [("(1 - beta2) * g * g", "(1 - beta2) * g.abs()")]},
        [*ADAMS, "test_state_dict", "test_exchange", "test_train"],
    ),
    "Adam's weight decay is AdamW's": (
        {
            "adam": [
                (
                    '        g = p.grad + group["weight_decay"] * p',
                    '        g = p.grad\n        p.mul_(1 - group["lr"] * group["weight_decay"])',
                )
            ]
        },
        ["test_adam", "test_exchange", "test_train"],
    ),
    "both averages are one tensor": (
        {
            "adam": [
                (
                    'state["exp_avg_sq"] = minitorch.zeros_like(p)',
                    'state["exp_avg_sq"] = state["exp_avg"]',
                ),
                (
                    'state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * g',
                    'state["exp_avg"].mul_(beta1).add_((1 - beta1) * g)',
                ),
                (
                    'state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * g * g',
                    'state["exp_avg_sq"].mul_(beta2).add_((1 - beta2) * g * g)',
                ),
            ]
        },
        [*ADAMS, "test_state_dict", "test_exchange", "test_train"],
    ),
    "numbers begin again in each group": (
        {
            "state": [
                (
                    '        for p in group["params"]:\n            number[p] = len(number)\n',
                    '        for n, p in enumerate(group["params"]):\n            number[p] = n\n',
                )
            ]
        },
        SAVING,
    ),
    "state_dict puts the numbers into the optimizer's own groups": (
        {
            "state": [
                (
                    '        groups.append({**group, "params": '
                    '[number[p] for p in group["params"]]})',
                    '        group["params"] = [number[p] for p in group["params"]]\n'
                    "        groups.append(group)",
                )
            ]
        },
        [*SAVING, "test_load_refuses"],
    ),
    "the state dict has the Parameters as keys": (
        {"state": [("{number[p]: dict(kept) for", "{p: dict(kept) for")]},
        ["test_state_dict", "test_exchange"],
    ),
    "options are not saved": (
        {"state": [('{**group, "params": [number', '{"params": [number')]},
        [*SAVING, "test_schedule_again"],
    ),
    "saved numbers are taken for places": (
        {
            "state": [
                (
                    'for p, number in zip(group["params"], options["params"]):',
                    'for number, p in enumerate(group["params"]):',
                )
            ]
        },
        ["test_exchange"],
    ),
    "state is loaded, options are not": (
        {"state": [('        group.update({**options, "params": group["params"]})\n', "")]},
        LOADING,
    ),
    "options are loaded, state is not": (
        {"state": [('optimizer.state[p] = saved["state"][number]', "pass")]},
        ["test_exchange"],
    ),
    "the saved numbers replace the Parameters": (
        {"state": [('{**options, "params": group["params"]}', "options")]},
        LOADING,
    ),
    "old state is left": (
        {"state": [("    optimizer.state.clear()\n", "")]},
        LOADING,
    ),
    "loading shares the tensors": (
        {
            "state": [("    saved = copy.deepcopy(saved)\n", "")],
            "adam": [
                (
                    'state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * g',
                    'state["exp_avg"].mul_(beta1).add_((1 - beta1) * g)',
                ),
            ],
        },
        ["test_exchange"],
    ),
    "loading checks only how many groups there are": (
        {
            "state": [
                (
                    'sizes = [len(group["params"]) for group in optimizer.param_groups]',
                    "sizes = len(optimizer.param_groups)",
                ),
                (
                    '[len(group["params"]) for group in saved["param_groups"]]',
                    'len(saved["param_groups"])',
                ),
            ]
        },
        ["test_load_refuses"],
    ),
    "loading checks only how many Parameters there are": (
        {
            "state": [
                ("    if sizes != [", "    if sum(sizes) != sum(["),
                ('in saved["param_groups"]]:', 'in saved["param_groups"]]):'),
            ]
        },
        ["test_load_refuses"],
    ),
    "loading forgets before it checks": (
        {
            "state": [
                ("    optimizer.state.clear()\n", ""),
                (
                    "    saved = copy.deepcopy(saved)\n",
                    "    saved = copy.deepcopy(saved)\n    optimizer.state.clear()\n",
                ),
            ]
        },
        ["test_load_refuses"],
    ),
    "everything decays": (
        {"decay": [("if p.ndim >= 2]", "]"), ("if p.ndim < 2]", "if False]")]},
        ["test_decay_groups", "test_train"],
    ),
    "what does not decay is not trained": (
        {"decay": [("if p.ndim < 2]", "if False]")]},
        ["test_decay_groups", "test_train"],
    ),
    "decay by the name: everything called weight": (
        {
            "decay": """
def decay_groups(model, weight_decay):
    params = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for name, p in params if "weight" in name], "weight_decay": weight_decay},
        {"params": [p for name, p in params if "weight" not in name], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
"""
        },
        ["test_decay_groups", "test_train"],
    ),
    "frozen Parameters are in the groups": (
        {"decay": [(" if p.requires_grad]", "]")]},
        ["test_decay_groups"],
    ),
    "a group without Parameters is left in": (
        {"decay": [('[group for group in groups if group["params"]]', "groups")]},
        ["test_decay_groups"],
    ),
    "a shared Parameter is there twice": (
        {
            "decay": [
                (
                    "for p in model.parameters()",
                    "for m in model.modules() for p in m.parameters(recurse=False)",
                )
            ]
        },
        ["test_decay_groups"],
    ),
    "each rate is made of the last one": (
        {"schedule": [('group.setdefault("initial_lr", group["lr"])', 'group["lr"]')]},
        ["test_schedule", "test_schedule_again", "test_train"],
    ),
    "the second schedule begins at the rate that it finds": (
        {
            "schedule": [
                (
                    "        self._set()\n\n    def step",
                    "        for group in optimizer.param_groups:\n"
                    '            group["initial_lr"] = group["lr"]\n'
                    "        self._set()\n\n    def step",
                )
            ]
        },
        ["test_schedule_again"],
    ),
    "only the first group has a schedule": (
        {"schedule": [("in self.optimizer.param_groups:", "in self.optimizer.param_groups[:1]:")]},
        ["test_schedule", "test_schedule_again", "test_train"],
    ),
    "all groups have the first one's rate": (
        {
            "schedule": [
                (
                    'group["lr"] = group.setdefault("initial_lr", group["lr"]) * factor',
                    'first = self.optimizer.param_groups[0]\n            group["lr"] = '
                    'first.setdefault("initial_lr", first["lr"]) * factor',
                )
            ]
        },
        ["test_schedule", "test_schedule_again"],
    ),
    "the rates are set by step alone": (
        {"schedule": [("        self._set()\n\n    def step", "\n    def step")]},
        ["test_schedule", "test_train"],
    ),
    "the cosine rises again": (
        {"schedule": [("min(part, 1)", "part")]},
        ["test_schedule"],
    ),
    "the first step has the rate 0": (
        {"schedule": [("(self.done + 1) / self.warmup", "self.done / self.warmup")]},
        ["test_schedule", "test_schedule_again", "test_train"],
    ),
    "the schedule steps first": (
        {
            "train": [
                (
                    "        optimizer.step()\n        schedule.step()",
                    "        schedule.step()\n        optimizer.step()",
                )
            ]
        },
        ["test_train"],
    ),
    "the schedule never steps": ({"train": [("        schedule.step()\n", "")]}, ["test_train"]),
    "gradients are never cleared": (
        {"train": [("        optimizer.zero_grad()\n", "")]},
        ["test_train"],
    ),
    "gradients are cleared after backward": (
        {
            "train": [
                (
                    "        optimizer.zero_grad()\n        loss.backward()",
                    "        loss.backward()\n        optimizer.zero_grad()",
                )
            ]
        },
        ["test_train"],
    ),
    "the loss after the step": (
        {
            "train": [
                ("        losses.append(loss.item())\n", ""),
                (
                    "        schedule.step()",
                    "        schedule.step()\n        losses.append(loss_fn(model(x), y).item())",
                ),
            ]
        },
        ["test_train"],
    ),
    "a loop in the schedule costs its own tests alone": (
        {"schedule": [("        self.done += 1\n", "        while True:\n            pass\n")]},
        ["test_schedule", "test_schedule_again", "test_train"],
    ),
    "an Adam borrowed from the library": (
        {"adam": "Adam = minitorch.optim.Adam"},
        [
            "test_groups",
            "test_refuses",
            "test_step",
            *SGDS,
            *ADAMS,
            *SAVING,
            "test_load_refuses",
            "test_decay_groups",
            "test_schedule",
            "test_schedule_again",
            "test_train",
        ],
    ),
}

EQUIVALENT = {
    "optimizer: `raise NotImplementedError` -> `pass`": "it is given, and not asked for",
}
