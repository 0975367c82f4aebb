"""`freeze_report`: which parameters and buffers moved in a step, and why.

Floor 5. Works on torch's modules and optimizers as well. Convention: `snapshot` first, then the
step, then the report; the gradients that the step used must still be there.
"""

from dataclasses import dataclass

import numpy as np

from .markup import View, badge, columns, table
from .state_dicts import numbers

__all__ = ["FreezeView", "Moved", "freeze_report", "snapshot"]

HEADER = ("name", "kind", "moved", "largest change", "why")


def snapshot(module):
    """The numbers of all parameters and buffers as they are now, {name: array}.

    >>> from minitorch import nn, viz
    >>> sorted(viz.snapshot(nn.BatchNorm1d(2)))
    ['bias', 'num_batches_tracked', 'running_mean', 'running_var', 'weight']
    """
    return {name: numbers(t).copy() for _, name, t, _ in _tensors(module)}


def freeze_report(before, module, optimizer=None):
    """What moved since the `snapshot` called `before`, and why.

    >>> import minitorch
    >>> from minitorch import nn, viz
    >>> m = nn.Linear(1, 1)
    >>> _ = m.bias.requires_grad_(False)
    >>> optimizer = minitorch.optim.SGD(m.parameters(), lr=0.5)
    >>> before = viz.snapshot(m)
    >>> m(minitorch.ones(1, 1)).sum().backward(); optimizer.step()
    >>> viz.freeze_report(before, m, optimizer)
    1 of 2 moved
    name    kind       moved  largest change  why
    weight  parameter  yes    0.5             its gradient moved it
    bias    parameter  no                     frozen: requires_grad=False, so it has no gradient
    """
    groups = {id(p): group for group in getattr(optimizer, "param_groups", ())
              for p in group["params"]}  # fmt: skip
    rows = []
    for kind, name, t, owner in _tensors(module):
        if name not in before:
            rows.append(Moved(name, kind, True, None, "new: it was not there before"))
            continue
        change = _largest_change(before[name], numbers(t))
        if kind == "buffer":
            why = _why_buffer(change != 0, owner.training)
        else:
            why = _why_parameter(change != 0, t, groups.get(id(t)), optimizer)
        rows.append(Moved(name, kind, change != 0, change, why))
    return FreezeView(rows)


@dataclass
class Moved:
    """A parameter or buffer: whether it moved, by how much at most, and why."""

    name: str
    kind: str
    moved: bool
    change: float | None
    why: str

    @property
    def cells(self):
        """The columns of the table."""
        change = f"{self.change:.3g}" if self.moved and self.change is not None else ""
        return self.name, self.kind, "yes" if self.moved else "no", change, self.why


class FreezeView(View):
    """A report to look at: `rows`, one for each parameter and buffer."""

    def __init__(self, rows):
        self.rows = rows
        self.title = f"{len(self.moved)} of {len(rows)} moved"

    @property
    def moved(self):
        """The names of those that moved."""
        return [row.name for row in self.rows if row.moved]

    def text(self):
        return f"{self.title}\n{columns([HEADER, *(row.cells for row in self.rows)])}"

    def html(self):
        rows = []
        for row in self.rows:
            name, kind, moved, change, why = row.cells
            mark = badge("▶ yes", "result") if row.moved else badge("■ no", "plain")
            rows.append((name, badge(kind, kind), mark, change, why))
        return table(self.title, HEADER, rows)


def _tensors(module):
    """(kind, name, tensor, the module it belongs to) of all parameters and buffers, each once."""
    owners = dict(module.named_modules())
    for kind, named in (("parameter", module.named_parameters), ("buffer", module.named_buffers)):
        for name, t in named():
            yield kind, name, t, owners[name.rpartition(".")[0]]


def _largest_change(a, b):
    if a.shape != b.shape:
        return float("inf")
    differ = (a != b) & ~((a != a) & (b != b))  # nan stays nan
    if not differ.any():
        return 0.0
    return float(np.abs(b.astype(float) - a.astype(float))[differ].max())


# ---- why ---------------------------------------------------------------------------------------


def _why_buffer(moved, training):
    if training:
        return "a buffer: a forward pass in training mode " + ("wrote" if moved else "would write")
    by = "somebody wrote to it all the same" if moved else "nothing writes to it"
    return f"a buffer of a module in evaluation mode: {by}"


def _why_parameter(moved, p, group, optimizer):
    if optimizer is not None and group is None:
        return "not in the optimizer" + (": somebody else wrote to it" if moved else "")
    if p.grad is None:
        return _why_without_gradient(moved, p.requires_grad)
    zero = not numbers(p.grad).any()
    if not moved:
        return "its gradient is zero" if zero else "it has a gradient, but no step has used it"
    if zero:
        return f"its gradient is zero, but {_other_forces(group, optimizer, p)} moved it"
    if not p.requires_grad:
        return "frozen, but an old gradient was still there: set its grad to None"
    return "its gradient moved it"


def _why_without_gradient(moved, requires_grad):
    if moved:
        return "no gradient is left: forgotten since, or somebody else wrote to it"
    if not requires_grad:
        return "frozen: requires_grad=False, so it has no gradient"
    return "no gradient: the loss does not depend on it, or there was no backward"


def _other_forces(group, optimizer, p):
    """What moves a parameter whose gradient is zero."""
    forces = ["its weight decay"] if (group or {}).get("weight_decay") else []
    state = optimizer.state.get(p, {}) if optimizer is not None else {}
    if any(hasattr(value, "grad_fn") for name, value in state.items() if name != "step"):
        forces.append("what the optimizer remembers of earlier gradients")
    return " and ".join(forces) or "something else"
