"""`freeze_panel`: freeze and unfreeze parameters, take a step, and see what moved, and why.

Floor 5. The step is the reader's own function, so the panel shows what really happens.
"""

from ..viz.freezing import freeze_report, snapshot
from ..viz.markup import Stack
from ..viz.modules import module
from .base import Interactive

__all__ = ["FreezePanel", "freeze_panel"]


def freeze_panel(model, optimizer, step):
    """A checkbox for each parameter, a switch for the mode, and a button that runs `step()`.

    `step` does what a training step does: forward, zero_grad, backward, optimizer.step().

    >>> import minitorch
    >>> from minitorch import nn, widgets
    >>> m = nn.Linear(1, 1)
    >>> optimizer = minitorch.optim.SGD(m.parameters(), lr=0.5)
    >>> def step():
    ...     optimizer.zero_grad()
    ...     m(minitorch.ones(1, 1)).sum().backward()
    ...     optimizer.step()
    >>> panel = widgets.freeze_panel(m, optimizer, step)
    >>> panel.learns["weight"].value = False
    >>> panel.take_step.click()
    >>> panel.report.moved
    ['bias']
    """
    return FreezePanel(model, optimizer, step)


class FreezePanel(Interactive):
    """`report` is that of the last step, None before the first."""

    def __init__(self, model, optimizer, step):
        import ipywidgets

        self.model, self.optimizer, self.step, self.report = model, optimizer, step, None
        self.learns = {
            name: ipywidgets.Checkbox(p.requires_grad, description=f"{name} learns", indent=False)
            for name, p in model.named_parameters()
        }
        for name, box in self.learns.items():
            box.observe(lambda change, name=name: self._freeze(name, change["new"]), "value")
        self.mode = ipywidgets.Checkbox(model.training, description="training mode", indent=False)
        self.mode.observe(lambda change: model.train(change["new"]), "value")
        self.take_step = ipywidgets.Button(description="Take a step")
        self.take_step.on_click(self._step)
        self.arrange(*self.learns.values(), self.mode, self.take_step)

    def _freeze(self, name, learns):
        dict(self.model.named_parameters())[name].requires_grad_(learns)

    def _step(self, button):
        before = snapshot(self.model)
        try:
            self.step()
        except RuntimeError as error:  # everything frozen: there is nothing to go backward from
            self.report, self.said = None, f"The step failed: {error}"
        else:
            self.report = freeze_report(before, self.model, self.optimizer)
            self.said = f"After a step: {self.report.title}"
        self.refresh()

    said = "No step taken yet."

    def view(self):
        return Stack(self.said, module(self.model) if self.report is None else self.report)
