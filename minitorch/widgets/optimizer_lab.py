"""`optimizer_lab`: the real optimizers on a surface with two parameters, with sliders.

Floor 5. The surfaces are written once, for tensors and for plain numbers alike.
"""

from .. import optim
from ..tensor import tensor
from ..viz.markup import Stack
from ..viz.surfaces import descend, paths
from .base import FIT, Interactive

__all__ = ["OptimizerLab", "optimizer_lab"]

# name: (the height over (x, y), where to start, where the minimum is)
SURFACES = {
    "bowl": (lambda x, y: x**2 + y**2, (-1.6, 1.2), (0, 0)),
    "ravine": (lambda x, y: 0.1 * x**2 + 4 * y**2, (-1.8, 1.0), (0, 0)),
    "Rosenbrock": (lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2, (-1.4, 1.6), (1, 1)),
}
OPTIMIZERS = {
    "SGD": lambda params, lr, momentum: optim.SGD(params, lr=lr),
    "SGD with momentum": lambda params, lr, momentum: optim.SGD(params, lr=lr, momentum=momentum),
    "Adam": lambda params, lr, momentum: optim.Adam(params, lr=lr, betas=(momentum, 0.999)),
}


def optimizer_lab(surface="ravine"):
    """Ways of optimizers over a surface; sliders set the learning rate, momentum and steps.

    Adam takes the momentum for its first beta.

    >>> from minitorch import widgets
    >>> lab = widgets.optimizer_lab("bowl")
    >>> lab.lr.value, lab.steps.value = 0.5, 1
    >>> lab.ways["SGD"][-1]
    (0.0, 0.0)
    """
    return OptimizerLab(surface)


class OptimizerLab(Interactive):
    """`ways` are the points that each optimizer visited, with the present settings."""

    def __init__(self, surface):
        import ipywidgets

        self.surface = ipywidgets.ToggleButtons(options=list(SURFACES), value=surface, style=FIT)
        self.runs = {name: ipywidgets.Checkbox(True, description=name, indent=False)
                     for name in OPTIMIZERS}  # fmt: skip
        self.lr = ipywidgets.FloatLogSlider(0.1, min=-3, max=0, step=0.05, description="lr",
                                            readout_format=".3f")  # fmt: skip
        self.momentum = ipywidgets.FloatSlider(0.9, min=0, max=0.99, step=0.01,
                                               description="momentum")  # fmt: skip
        self.steps = ipywidgets.IntSlider(30, 1, 100, description="steps")
        self.arrange(self.surface, *self.runs.values(), self.lr, self.momentum, self.steps)

    def view(self):
        height, start, goal = SURFACES[self.surface.value]
        self.ways = {name: self._way(name, height, start)
                     for name, run in self.runs.items() if run.value}  # fmt: skip
        picture = paths(height, self.ways, goal=goal)
        return Stack(f"{self.steps.value} steps with lr = {self.lr.value:.3g}", picture)

    def _way(self, name, height, start):
        make = lambda params: OPTIMIZERS[name](params, self.lr.value, self.momentum.value)
        point = tensor(start, requires_grad=True)
        return descend(lambda p: height(p[0], p[1]), point, make, self.steps.value)
