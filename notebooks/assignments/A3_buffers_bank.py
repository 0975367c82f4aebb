"""Submissions to A3 whose grade is known; `minitorch/classroom/selftest.py` explains the form."""

CENTRE = ["test_centre_state", "test_centre_values", "test_centre_backward"]
FADING = ["test_fading_values", "test_fading_buffer"]
NORM = [
    "test_norm_state",
    "test_norm_training",
    "test_norm_running",
    "test_norm_evaluation",
    "test_norm_plain_average",
    "test_norm_exchange",
    "test_norm_shapes",
    "test_norm_one_value",
]
EMA = ["test_ema_parameters", "test_ema_buffers", "test_ema_resume"]

RIGHT = {
    "RunningCentre in place, Fading row by row": {
        "centre": """
class RunningCentre(nn.Module):
    def __init__(self, C, momentum=0.1):
        super().__init__()
        self.mean = nn.Buffer(minitorch.zeros(C))
        self.momentum = momentum

    def forward(self, x):
        if self.training:
            with minitorch.no_grad():
                self.mean.mul_(1 - self.momentum).add_(x.mean(0), alpha=self.momentum)
        return x - self.mean
""",
        "fading": """
class Fading(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate
        self.register_buffer("table", None, persistent=False)

    def forward(self, x):
        T = x.shape[0]
        if self.table is None or self.table.shape != (T, T):
            self.table = x.new_zeros(T, T)
            for t in range(T):
                row = minitorch.tensor([self.rate ** (t - s) for s in range(t + 1)])
                self.table[t, : t + 1] = row / row.sum()
        return self.table @ x
""",
    },
    "BatchNorm by sums over axes that are kept": {
        "norm": """
class BatchNorm(nn.Module):
    def __init__(self, C, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(minitorch.ones(C))
        self.bias = nn.Parameter(minitorch.zeros(C))
        self.running_mean = nn.Buffer(minitorch.zeros(C))
        self.running_var = nn.Buffer(minitorch.ones(C))
        self.num_batches_tracked = nn.Buffer(minitorch.tensor(0, dtype=minitorch.int64))
        self.eps = eps
        self.momentum = momentum

    def forward(self, x):
        axes = (0, 2) if x.dim() == 3 else (0,)
        shape = [1, -1, 1][: x.dim()]
        mean = self.running_mean.reshape(shape)
        var = self.running_var.reshape(shape)
        if self.training:
            count = x.numel() // x.size(1)
            if count < 2:
                raise ValueError(
                    "Expected more than 1 value per channel when training, "
                    f"got input size {list(x.shape)}"
                )
            mean = x.sum(axes, keepdim=True) / count
            squares = ((x - mean) ** 2).sum(axes, keepdim=True)
            var = squares / count
            self.num_batches_tracked = self.num_batches_tracked + 1
            m = self.momentum
            if m is None:
                m = 1.0 / float(self.num_batches_tracked)
            new_mean = mean.detach().flatten()
            new_var = squares.detach().flatten() / (count - 1)
            self.running_mean = (1 - m) * self.running_mean + m * new_mean
            self.running_var = (1 - m) * self.running_var + m * new_var
        normal = (x - mean) / minitorch.sqrt(var + self.eps)
        return normal * self.weight.reshape(shape) + self.bias.reshape(shape)
""",
    },
    "BatchNorm by rows of (N * L, C), the variance by the mean of the squares": {
        "norm": """
class BatchNorm(nn.Module):
    def __init__(self, C, eps=1e-5, momentum=0.1):
        super().__init__()
        self.C, self.eps, self.momentum = C, eps, momentum
        self.register_parameter("weight", nn.Parameter(minitorch.ones(C)))
        self.register_parameter("bias", nn.Parameter(minitorch.zeros(C)))
        self.register_buffer("running_mean", minitorch.zeros(C))
        self.register_buffer("running_var", minitorch.ones(C))
        self.register_buffer("num_batches_tracked", minitorch.tensor(0))

    def rows(self, x):
        n = len(x)
        if n == 1 and self.training:
            raise ValueError(f"not enough values: {tuple(self.given)}")
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean = x.mean(0)
            var = (x * x).mean(0) - mean * mean
            with minitorch.no_grad():
                self.num_batches_tracked += 1
                part = self.momentum
                if part is None:
                    part = 1 / int(self.num_batches_tracked)
                self.running_mean += part * (mean - self.running_mean)
                self.running_var += part * (var * n / (n - 1) - self.running_var)
        return self.weight * (x - mean) * (var + self.eps) ** -0.5 + self.bias

    def forward(self, x):
        self.given = x.shape
        if x.dim() == 2:
            return self.rows(x)
        N, C, L = x.shape
        out = self.rows(x.permute(0, 2, 1).reshape(N * L, C))
        return out.reshape(N, L, C).permute(0, 2, 1)
""",
    },
    "EMA by names, with new tensors' numbers copied in": {
        "ema": """
class EMA(nn.Module):
    def __init__(self, model, decay=0.99):
        super().__init__()
        self.average = copy.deepcopy(model)
        self.average.eval()
        for parameter in self.average.parameters():
            parameter.requires_grad = False
        self.updates = nn.Buffer(minitorch.tensor(0))
        self.decay = decay

    @minitorch.no_grad()
    def update(self, model):
        self.updates = self.updates + 1
        n = int(self.updates)
        d = self.decay if self.decay < n / (n + 9) else n / (n + 9)
        parameters = dict(model.named_parameters())
        for name, parameter in self.average.named_parameters():
            parameter.copy_(d * parameter + (1 - d) * parameters[name])
        buffers = dict(model.named_buffers())
        for name, buffer in self.average.named_buffers():
            if buffer.dtype == minitorch.int64:
                buffer.copy_(buffers[name])
            else:
                buffer.mul_(d).add_((1 - d) * buffers[name])

    def forward(self, x):
        with minitorch.no_grad():
            return self.average(x)
""",
    },
    "EMA by the state dict, each tensor once": {
        "ema": """
class EMA(nn.Module):
    def __init__(self, model, decay=0.99):
        super().__init__()
        self.decay = decay
        self.average = copy.deepcopy(model)
        self.average.requires_grad_(False)
        self.average.train(False)
        self.register_buffer("updates", minitorch.zeros((), dtype=minitorch.int64))

    def update(self, model):
        self.updates += 1
        d = min(self.decay, self.updates.item() / (self.updates.item() + 9))
        new, seen = model.state_dict(), set()
        for name, tensor in self.average.state_dict(keep_vars=True).items():
            if id(tensor) in seen:
                continue
            seen.add(id(tensor))
            if tensor.is_floating_point():
                tensor.data = d * tensor.data + (1 - d) * new[name]
            else:
                tensor.fill_(new[name].item())

    forward = lambda self, x: self.average(x)
""",
    },
    "fit and evaluate with a context that puts the modes back": {
        "fit": """
def fit(model, ema, batches, lr):
    optimizer = minitorch.optim.SGD(list(model.parameters()), lr)

    def step(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        ema.update(model)
        return float(loss.detach())

    model.train(True)
    return [step(x, y) for x, y in batches]
""",
        "evaluate": """
import contextlib


@contextlib.contextmanager
def evaluation(model):
    modes = {name: module.training for name, module in model.named_modules()}
    model.train(False)
    try:
        with minitorch.no_grad():
            yield
    finally:
        for name, module in model.named_modules():
            module.training = modes[name]


def evaluate(model, x, y):
    with evaluation(model):
        return float(nn.functional.mse_loss(model(x), y))
""",
    },
    "evaluate measures a copy": {
        "evaluate": """
@minitorch.no_grad()
def evaluate(model, x, y):
    return (copy.deepcopy(model).eval()(x) - y).square().mean().item()
""",
    },
}

WRONG = {
    "RunningCentre: the mean is a plain attribute": (
        {
            "centre": [
                (
                    'self.register_buffer("mean", minitorch.zeros(C))',
                    "self.mean = minitorch.zeros(C)",
                )
            ]
        },
        ["test_centre_state"],
    ),
    "RunningCentre: the mean is a Parameter": (
        {
            "centre": [
                (
                    'self.register_buffer("mean", minitorch.zeros(C))',
                    "self.mean = nn.Parameter(minitorch.zeros(C))",
                ),
                (
                    "self.mean = (1 - self.momentum) * self.mean + self.momentum * batch",
                    "self.mean.data = (1 - self.momentum) * self.mean.data + self.momentum * batch",
                ),
            ]
        },
        ["test_centre_state", "test_centre_backward"],
    ),
    "RunningCentre: the buffer is not saved": (
        {"centre": [("minitorch.zeros(C))", "minitorch.zeros(C), persistent=False)")]},
        ["test_centre_state"],
    ),
    "RunningCentre: the buffer keeps its graph": (
        {"centre": [("x.detach()", "x")]},
        ["test_centre_backward"],
    ),
    "RunningCentre: detached only when it is used": (
        {
            "centre": [
                ("x.detach()", "x"),
                ("return x - self.mean", "return x - self.mean.detach()"),
            ]
        },
        ["test_centre_backward"],
    ),
    "RunningCentre: the whole of x is detached": (
        {
            "centre": [
                ("        if self.training:", "        x = x.detach()\n        if self.training:")
            ]
        },
        ["test_centre_backward"],
    ),
    "RunningCentre: the momentum is that of the old mean": (
        {
            "centre": [
                (
                    "(1 - self.momentum) * self.mean + self.momentum * batch",
                    "self.momentum * self.mean + (1 - self.momentum) * batch",
                )
            ]
        },
        ["test_centre_values"],
    ),
    "RunningCentre: the result is that of the mean before": (
        {
            "centre": [
                ("        return x - self.mean", "        return out"),
                (
                    "        if self.training:",
                    "        out = x - self.mean\n        if self.training:",
                ),
            ]
        },
        ["test_centre_values", "test_centre_backward"],
    ),
    "RunningCentre: evaluation moves the mean": (
        {"centre": [("if self.training:", "if True:")]},
        ["test_centre_values"],
    ),
    "RunningCentre: one mean for all features": (
        {"centre": [("x.detach().mean(dim=0)", "x.detach().mean()")]},
        CENTRE,
    ),
    "Fading: the table is a plain attribute": (
        {
            "fading": [
                ('self.register_buffer("table", None, persistent=False)', "self.table = None")
            ]
        },
        ["test_fading_buffer"],
    ),
    "Fading: the table is saved": (
        {"fading": [(", persistent=False", "")]},
        ["test_fading_buffer"],
    ),
    "Fading: the table is made at each call": (
        {"fading": [("if self.table is None or len(self.table) != len(x):", "if True:")]},
        ["test_fading_buffer"],
    ),
    "Fading: the table is made once and for all": (
        {"fading": [(" or len(self.table) != len(x)", "")]},
        FADING,
    ),
    "Fading: a shorter sequence takes a corner of the table, a new one is made only to grow": (
        {
            "fading": [
                ("len(self.table) != len(x)", "len(self.table) < len(x)"),
                ("return self.table @ x", "return self.table[: len(x), : len(x)] @ x"),
            ]
        },
        ["test_fading_buffer"],
    ),
    "Fading: the table is of the default dtype": (
        {"fading": [("dtype=x.dtype, device=x.device", "dtype=minitorch.float32")]},
        FADING,
    ),
    "Fading: the future counts too": (
        {
            "fading": [
                (
                    "(self.rate ** (t.unsqueeze(1) - t)).tril()",
                    "self.rate ** (t.unsqueeze(1) - t).abs()",
                )
            ]
        },
        FADING,
    ),
    "Fading: the weights are divided by the sum of the column": (
        {"fading": [("weights.sum(dim=1, keepdim=True)", "weights.sum(dim=0, keepdim=True)")]},
        FADING,
    ),
    "Fading: the sums lose their axis": (
        {"fading": [("weights.sum(dim=1, keepdim=True)", "weights.sum(dim=1)")]},
        FADING,
    ),
    "BatchNorm: the running statistics are plain attributes": (
        {
            "norm": [
                (
                    'self.register_buffer("running_mean", minitorch.zeros(C))',
                    "self.running_mean = minitorch.zeros(C)",
                ),
                (
                    'self.register_buffer("running_var", minitorch.ones(C))',
                    "self.running_var = minitorch.ones(C)",
                ),
                (
                    'self.register_buffer("num_batches_tracked", minitorch.tensor(0))',
                    "self.num_batches_tracked = minitorch.tensor(0)",
                ),
            ]
        },
        [
            "test_norm_state",
            "test_norm_training",
            "test_norm_running",
            "test_norm_evaluation",
            "test_norm_plain_average",
            "test_norm_exchange",
            "test_norm_shapes",
            "test_norm_one_value",
            "test_fit",
        ],
    ),
    "BatchNorm: the running statistics are Parameters without a gradient": (
        {
            "norm": [
                (
                    'self.register_buffer("running_mean", minitorch.zeros(C))',
                    "self.running_mean = nn.Parameter(minitorch.zeros(C), requires_grad=False)",
                ),
                (
                    'self.register_buffer("running_var", minitorch.ones(C))',
                    "self.running_var = nn.Parameter(minitorch.ones(C), requires_grad=False)",
                ),
            ]
        },
        ["test_norm_state"],
    ),
    "BatchNorm: the count is a Python number": (
        {
            "norm": [
                (
                    'self.register_buffer("num_batches_tracked", minitorch.tensor(0))',
                    "self.count = 0",
                ),
                ("self.num_batches_tracked.add_(1)", "self.count += 1"),
                ("self.num_batches_tracked.item()", "self.count"),
            ]
        },
        ["test_norm_state", "test_norm_running", "test_norm_exchange"],
    ),
    "BatchNorm: the count is of floating-point numbers": (
        {"norm": [("minitorch.tensor(0)", "minitorch.tensor(0.0)")]},
        ["test_norm_state"],
    ),
    "BatchNorm: the count has the shape (1,)": (
        {"norm": [("minitorch.tensor(0)", "minitorch.tensor([0])")]},
        ["test_norm_state", "test_norm_running", "test_norm_exchange"],
    ),
    "BatchNorm: the batch is divided by the unbiased variance": (
        {"norm": [("values.var(dim=1, correction=0)", "values.var(dim=1)")]},
        ["test_norm_training", "test_norm_shapes", "test_fit"],
    ),
    "BatchNorm: the biased variance is stored": (
        {"norm": [("self.follow(mean, values.var(dim=1))", "self.follow(mean, var)")]},
        [
            "test_norm_running",
            "test_norm_plain_average",
            "test_norm_exchange",
            "test_norm_shapes",
            "test_fit",
        ],
    ),
    "BatchNorm: the running statistics start as zeros both": (
        {"norm": [('"running_var", minitorch.ones(C)', '"running_var", minitorch.zeros(C)')]},
        [
            "test_norm_state",
            "test_norm_running",
            "test_norm_shapes",
            "test_norm_one_value",
            "test_fit",
        ],
    ),
    "BatchNorm: training uses the running statistics": (
        {
            "norm": [
                (
                    "self.follow(mean, values.var(dim=1))",
                    "self.follow(mean, values.var(dim=1))\n"
                    "            mean, var = self.running_mean.clone(), self.running_var.clone()",
                )
            ]
        },
        ["test_norm_training", "test_norm_shapes", "test_fit"],
    ),
    "BatchNorm: no gradient through the statistics of the batch": (
        {
            "norm": [
                (
                    "values.mean(dim=1), values.var(dim=1, correction=0)",
                    "values.mean(dim=1).detach(), values.var(dim=1, correction=0).detach()",
                )
            ]
        },
        ["test_norm_training", "test_fit"],
    ),
    "BatchNorm: the running statistics keep their graph": (
        {
            "norm": [
                ("    @minitorch.no_grad()\n", ""),
                (
                    "self.running_mean.lerp_(mean, part)",
                    "self.running_mean = minitorch.lerp(self.running_mean, mean, part)",
                ),
                (
                    "self.running_var.lerp_(unbiased, part)",
                    "self.running_var = minitorch.lerp(self.running_var, unbiased, part)",
                ),
            ]
        },
        ["test_norm_running"],
    ),
    "BatchNorm: evaluation uses the batch": (
        {"norm": [("        if self.training:\n", "        if True:\n")]},
        ["test_norm_evaluation", "test_norm_shapes", "test_norm_one_value", "test_fit"],
    ),
    "BatchNorm: evaluation moves the running statistics": (
        {
            "norm": [
                (
                    "mean, var = self.running_mean, self.running_var\n",
                    "mean, var = self.running_mean, self.running_var\n"
                    "        if not self.training:\n"
                    "            self.follow(x.mean(dim=0), x.var(dim=0))\n"
                    "            mean, var = self.running_mean, self.running_var\n",
                )
            ]
        },
        ["test_norm_evaluation", "test_norm_shapes", "test_norm_one_value", "test_fit"],
    ),
    "BatchNorm: eps is added to the standard deviation": (
        {"norm": [("(var + self.eps).sqrt()", "(var.sqrt() + self.eps)")]},
        [
            "test_norm_training",
            "test_norm_evaluation",
            "test_norm_shapes",
            "test_norm_one_value",
            "test_fit",
        ],
    ),
    "BatchNorm: the momentum is that of the old statistics": (
        {
            "norm": [
                (
                    "        self.running_mean.lerp_",
                    "        part = 1 - part\n        self.running_mean.lerp_",
                )
            ]
        },
        [
            "test_norm_running",
            "test_norm_plain_average",
            "test_norm_exchange",
            "test_norm_shapes",
            "test_fit",
        ],
    ),
    "BatchNorm: momentum=None counts before it is one more": (
        {
            "norm": [
                ("        self.num_batches_tracked.add_(1)\n", ""),
                (
                    "1 / self.num_batches_tracked.item()",
                    "1 / (self.num_batches_tracked.item() + 2)",
                ),
                (
                    "        self.running_var.lerp_(unbiased, part)",
                    "        self.running_var.lerp_(unbiased, part)\n"
                    "        self.num_batches_tracked.add_(1)",
                ),
            ]
        },
        ["test_norm_plain_average", "test_norm_exchange"],
    ),
    "BatchNorm: momentum=None is taken for 0": (
        {
            "norm": [
                (
                    "part = self.momentum\n        if part is None:\n"
                    "            part = 1 / self.num_batches_tracked.item()",
                    "part = self.momentum or 0.0",
                )
            ]
        },
        ["test_norm_plain_average", "test_norm_exchange"],
    ),
    "BatchNorm: sequences are normalised over the batch alone": (
        {
            "norm": """
class BatchNorm(nn.Module):
    def __init__(self, C, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(minitorch.ones(C))
        self.bias = nn.Parameter(minitorch.zeros(C))
        self.register_buffer("running_mean", minitorch.zeros(C))
        self.register_buffer("running_var", minitorch.ones(C))
        self.register_buffer("num_batches_tracked", minitorch.tensor(0))

    def forward(self, x):
        if x.dim() == 3:  # each moment is a batch
            return minitorch.stack([self(x[:, :, t]) for t in range(x.shape[2])], dim=2)
        mean, var = self.running_mean, self.running_var
        if self.training:
            if len(x) == 1:
                raise ValueError(f"one value: {x.shape}")
            mean, var = x.mean(0), x.var(0, correction=0)
            with minitorch.no_grad():
                self.num_batches_tracked += 1
                m = self.momentum
                m = 1 / self.num_batches_tracked.item() if m is None else m
                self.running_mean += m * (mean - self.running_mean)
                self.running_var += m * (x.var(0) - self.running_var)
        return (x - mean) / (var + self.eps).sqrt() * self.weight + self.bias
"""
        },
        ["test_norm_shapes", "test_norm_one_value"],
    ),
    "BatchNorm: sequences broadcast C against L": (
        {"norm": [("shape = (-1, 1) if x.dim() == 3 else (-1,)", "shape = (-1,)")]},
        ["test_norm_shapes", "test_norm_one_value"],
    ),
    "BatchNorm: N is counted, not N times L": (
        {
            "norm": [
                (
                    "self.follow(mean, values.var(dim=1))",
                    "self.follow(mean, var * len(x) / max(len(x) - 1, 1))",
                )
            ]
        },
        ["test_norm_shapes"],
    ),
    "BatchNorm: one value is normalised to 0": (
        {"norm": [("if values.shape[1] == 1:", "if values.shape[1] == 0:")]},
        ["test_norm_one_value"],
    ),
    "BatchNorm: one row is refused, however long": (
        {"norm": [("if values.shape[1] == 1:", "if len(x) == 1:")]},
        ["test_norm_one_value"],
    ),
    "BatchNorm: one value is refused in evaluation too": (
        {
            "norm": [
                (
                    "        if self.training:\n",
                    "        if x.numel() == x.shape[1]:\n"
                    "            raise ValueError(f'one value per channel {x.shape}')\n"
                    "        if self.training:\n",
                )
            ]
        },
        ["test_norm_one_value"],
    ),
    "BatchNorm: the wrong kind of error": (
        {"norm": [("raise ValueError", "raise RuntimeError")]},
        ["test_norm_one_value"],
    ),
    "BatchNorm: the weight is forgotten": (
        {"norm": [("self.weight / (var", "1 / (var")]},
        ["test_norm_training", "test_norm_evaluation", "test_norm_shapes", "test_fit"],
    ),
    "EMA: the buffers are forgotten": (
        {"ema": [("        pairs += zip(self.average.buffers(), model.buffers())\n", "")]},
        ["test_ema_buffers", "test_ema_resume", "test_fit"],
    ),
    "EMA: the buffers are copied": (
        {
            "ema": [
                (
                    "        pairs += zip(self.average.buffers(), model.buffers())\n",
                    "        for mine, new in zip(self.average.buffers(), model.buffers()):\n"
                    "            mine.copy_(new)\n",
                )
            ]
        },
        ["test_ema_buffers", "test_ema_resume", "test_fit"],
    ),
    "EMA: the count of the model is averaged": (
        {
            "ema": [
                (
                    "            if mine.is_floating_point():\n"
                    "                mine.lerp_(new.detach(), 1 - d)\n"
                    "            else:\n"
                    "                mine.copy_(new)\n",
                    "            mine.copy_(d * mine + (1 - d) * new.detach())\n",
                )
            ]
        },
        ["test_ema_buffers"],
    ),
    "EMA: the model itself, not a copy": (
        {"ema": [("copy.deepcopy(model).eval().requires_grad_(False)", "model")]},
        [*EMA, "test_fit"],
    ),
    "EMA: the copy shares its tensors": (
        {"ema": [("copy.deepcopy(model)", "copy.copy(model)")]},
        [*EMA, "test_fit"],
    ),
    "EMA: the copy is in training mode": (
        {"ema": [(".eval()", "")]},
        ["test_ema_buffers", "test_ema_resume"],
    ),
    "EMA: the copy needs gradients": (
        {"ema": [(".requires_grad_(False)", "")]},
        [*EMA, "test_fit"],
    ),
    "EMA: the updates are a Python number": (
        {
            "ema": [
                ('self.register_buffer("updates", minitorch.tensor(0))', "self.updates = 0"),
                ("self.updates.add_(1)", "self.updates += 1"),
                ("self.updates.item()", "self.updates"),
            ]
        },
        ["test_ema_parameters", "test_ema_resume"],
    ),
    "EMA: the copy is hidden in a list": (
        {
            "ema": [
                (
                    "self.average = copy.deepcopy(model).eval().requires_grad_(False)",
                    "self.kept = [copy.deepcopy(model).eval().requires_grad_(False)]",
                ),
                (
                    "    def update(self, model):",
                    "    @property\n    def average(self):\n        return self.kept[0]\n\n"
                    "    def update(self, model):",
                ),
            ]
        },
        ["test_ema_parameters", "test_ema_resume"],
    ),
    "EMA: the decay is the part that is new": (
        {"ema": [("1 - d", "d")]},
        [*EMA, "test_fit"],
    ),
    "EMA: the first updates count like all others": (
        {"ema": [("min(self.decay, n / (n + 9))", "self.decay")]},
        [*EMA, "test_fit"],
    ),
    "EMA: by the state dict, shared tensors twice": (
        {
            "ema": [
                (
                    "zip(self.average.parameters(), model.parameters())",
                    "zip(self.average.state_dict().values(), model.state_dict().values())",
                ),
                ("        pairs += zip(self.average.buffers(), model.buffers())\n", ""),
            ]
        },
        ["test_ema_parameters"],
    ),
    "fit: the gradients are not cleared": (
        {"fit": [("        optimizer.zero_grad()\n", "")]},
        ["test_fit"],
    ),
    "fit: no step": ({"fit": [("        optimizer.step()\n", "")]}, ["test_fit"]),
    "fit: the average is updated once, at the end": (
        {
            "fit": [
                (
                    "        ema.update(model)\n    return losses",
                    "    ema.update(model)\n    return losses",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit: the model stays in evaluation mode": (
        {"fit": [("    model.train()\n", "")]},
        ["test_fit"],
    ),
    "fit: the losses are tensors added up": (
        {
            "fit": [
                ("losses = []", "losses = 0"),
                ("losses.append(loss.item())", "losses = losses + loss"),
            ]
        },
        ["test_fit"],
    ),
    "evaluate: in training mode": ({"evaluate": [("    model.eval()\n", "")]}, ["test_evaluate"]),
    "evaluate: with a graph": (
        {"evaluate": [("    with minitorch.no_grad():\n        loss", "    loss")]},
        ["test_evaluate"],
    ),
    "evaluate: the model stays in evaluation mode": (
        {
            "evaluate": [
                ("    for module, training in modes:\n        module.training = training\n", "")
            ]
        },
        ["test_evaluate"],
    ),
    "evaluate: all goes back to training": (
        {
            "evaluate": [
                (
                    "    for module, training in modes:\n        module.training = training\n",
                    "    model.train()\n",
                )
            ]
        },
        ["test_evaluate"],
    ),
    "evaluate: all goes back to the mode of the model": (
        {
            "evaluate": [
                (
                    "    for module, training in modes:\n        module.training = training\n",
                    "    model.train(modes[0][1])\n",
                )
            ]
        },
        ["test_evaluate"],
    ),
    "evaluate: only no_grad": (
        {
            "evaluate": """
@minitorch.no_grad()
def evaluate(model, x, y):
    return nn.MSELoss()(model(x), y).item()
"""
        },
        ["test_evaluate"],
    ),
    "the library's layer under another name": (
        {
            "norm": """
class BatchNorm(nn.BatchNorm1d):
    def __init__(self, C, eps=1e-5, momentum=0.1):
        super().__init__(C, eps, momentum)
"""
        },
        [*CENTRE, *FADING, *NORM, *EMA, "test_fit", "test_evaluate"],
    ),
}

EQUIVALENT = {
    "fading: `t = minitorch.arange(len(x), dtype=x.dtype, device=x.device)` -> "
    "`t = minitorch.arange(len(x), dtype=x.dtype)`": "in class there is one device, the CPU",
}
