"""Right and wrong answers to the exercises of chapter 05.

A wrong answer stands beside a piece of the reply that it must get.
"""

CENTRE = """
class Centre(nn.Module):
    def __init__(self, C):
        super().__init__()
        {mean}
        {count}

    def forward(self, x):
        if {when}:
            {update}
        return x - self.mean
"""
PARTS = {
    "mean": 'self.register_buffer("mean", minitorch.zeros(C))',
    "count": 'self.register_buffer("count", minitorch.tensor(0))',
    "when": "self.training",
    "update": "h = x.detach(); self.count += len(h); "
    "self.mean += (h - self.mean).sum(dim=0) / self.count",
}


def centre(**parts):
    """The module, with some parts replaced."""
    return CENTRE.format(**PARTS | parts)


AVERAGE = """
@minitorch.no_grad()
def update_average(average, model, m):
    for a, p in zip(average.parameters(), model.parameters()):
        {parameter}
    for a, b in zip(average.buffers(), model.buffers()):
        {buffer}
"""
NORM = "'norm.running_mean', 'norm.running_var', 'norm.num_batches_tracked'"

SETUP = ["task-data"]
RIGHT = {
    1: [
        f"predicted = ['a', 'c', 'e', {NORM}]",
        f"predicted = ({NORM}, 'e', 'c', 'a')",
        "predicted = set(Puzzle().state_dict())",
    ],
    2: ["reason = 'C'", "reason = 'ABC'[2]", "reason = 'c'.upper()"],
    3: [
        centre(),
        centre(
            mean="self.mean = nn.Buffer(minitorch.zeros(C))",
            count="self.count = nn.Buffer(minitorch.zeros(()))",
            update="h = x.detach(); n = self.count + len(h); "
            "self.mean = (self.count * self.mean + h.sum(dim=0)) / n; self.count = n",
        ),
        centre(
            count='self.register_buffer("count", minitorch.zeros(1))',
            update="n = x.shape[0]; self.count.add_(n); "
            "self.mean.mul_(1 - n / self.count).add_(x.detach().mean(0) * n / self.count)",
        ),
        centre(
            update="h = x.detach(); self.count.add_(len(h)); "
            "self.mean.lerp_(h.mean(dim=0), len(h) / self.count.item())",
        ),
    ],
    4: [
        AVERAGE.format(parameter="a.mul_(1 - m).add_(m * p)", buffer="a.copy_(b)"),
        AVERAGE.format(parameter="a += m * (p - a)", buffer="a[...] = b"),
        """
def update_average(average, model, m):
    for a, p in zip(average.parameters(), model.parameters()):
        a.data.copy_((1 - m) * a.data + m * p.data)
    goal = dict(model.named_buffers())
    for name, buffer in average.named_buffers():
        buffer.copy_(goal[name])
""",
    ],
}
WRONG = {
    1: [
        (f"predicted = {{'a', 'b', 'c', 'e', {NORM}}}", "['b'] not among them"),
        (f"predicted = {{'a', 'c', 'd', 'e', {NORM}}}", "['d'] not among them"),
        (f"predicted = {{'a', 'c', {NORM}}}", "1 more"),
        (f"predicted = {{'a', 'e', {NORM}}}", "1 more"),
        ("predicted = {'a', 'c', 'e'}", "3 more"),
        (f"predicted = {{'a', 'c', 'e', 'norm.weight', {NORM}}}", "['norm.weight'] not among"),
        ("predicted = {'a', 'c', 'e', 'running_mean'}", "under which path"),
        ("predicted = 'a'", "a set of names"),
    ],
    2: [
        ("reason = 'A'", "never had a gradient"),
        ("reason = 'B'", "require a gradient"),
        ("reason = 'c'", "one of the letters"),
        ("reason = 3", "one of the letters"),
        ("reason = ''", "one of the letters"),
    ],
    3: [
        (centre(mean="self.mean = minitorch.zeros(C)"), "yours are {'count': 1}"),
        (centre(count="self.count = 0"), "yours are {'mean': 2}"),
        (
            centre(mean="self.mean = nn.Parameter(minitorch.zeros(C), False)"),
            "yours are {'count': 1}",
        ),
        (
            centre(count='self.register_buffer("count", minitorch.tensor(0), persistent=False)'),
            "when training goes on after loading",
        ),
        (centre(when="True"), "in eval()"),
        (
            centre(update="self.mean.lerp_(x.detach().mean(dim=0), 0.1)"),
            "mean after batch 1",
        ),
        (
            centre(
                update="self.count += 1; "
                "self.mean += (x.detach().mean(dim=0) - self.mean) / self.count"
            ),
            "mean after batch 2",
        ),
        (
            centre(
                update="self.count = self.count + len(x); "
                "self.mean = self.mean + (x - self.mean).sum(dim=0) / self.count"
            ),
            "keeps a graph",
        ),
        (centre(update=PARTS["update"] + "; x = h"), "the result has no graph"),
        (
            centre(
                update="self.mean = x.detach().mean(dim=0); self.count += len(x)",
            ),
            "mean after batch 2",
        ),
    ],
    4: [
        (AVERAGE.format(parameter="a.lerp_(p, m)", buffer="pass"), "yours is [0, 0, 0]"),
        (AVERAGE.format(parameter="a.lerp_(p, 1 - m)", buffer="a.copy_(b)"), "0.weight of the av"),
        (AVERAGE.format(parameter="a.copy_(p)", buffer="a.copy_(b)"), "0.weight of the av"),
        (AVERAGE.format(parameter="a = a + m * (p - a)", buffer="a.copy_(b)"), "0.weight of the"),
        (
            """
@minitorch.no_grad()
def update_average(average, model, m):
    state = model.state_dict()
    for name, p in average.named_parameters():
        state[name] = p + m * (state[name] - p)
    average.load_state_dict(state)
""",
            "the buffer cache",
        ),
        (
            """
@minitorch.no_grad()
def update_average(average, model, m):
    for (name, a), p in zip(average.named_parameters(), model.parameters()):
        a.lerp_(p, m)
    average[0].running_mean = model[0].running_mean
    average[0].running_var = model[0].running_var
    average[0].num_batches_tracked = model[0].num_batches_tracked
    average.cache = model.cache
""",
            "another object than before",
        ),
        (
            """
def update_average(average, model, m):
    for a, p in zip(average.parameters(), model.parameters()):
        a.lerp_(p, m)
""",
            "leaf Variable that requires grad",
        ),
        (
            """
@minitorch.no_grad()
def update_average(average, model, m):
    for a, p in zip(average.parameters(), model.parameters()):
        p.mul_(m).add_(a, alpha=1 - m)
        a.copy_(p)
    for a, b in zip(average.buffers(), model.buffers()):
        a.copy_(b)
""",
            "of the model, which should not change",
        ),
    ],
}
