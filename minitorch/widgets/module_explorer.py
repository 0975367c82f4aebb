"""`module_explorer`: in which drawer each attribute of a module landed, live.

Floor 5. The table is made again after every cell that was run, so an assignment in any cell shows;
the controls assign one of the typical things under a name of the reader's choice.
"""

import sys

from ..viz.markup import Stack
from ..viz.modules import module
from .base import FIT, Interactive

__all__ = ["ModuleExplorer", "module_explorer"]

CHOICES = {
    "nn.Parameter(ones(2))": lambda lib: lib.nn.Parameter(lib.ones(2)),
    "ones(2), a plain tensor": lambda lib: lib.ones(2),
    "nn.Buffer(ones(2))": lambda lib: lib.nn.Buffer(lib.ones(2)),
    "nn.Linear(2, 1)": lambda lib: lib.nn.Linear(2, 1),
    "[nn.Linear(2, 1)], a list": lambda lib: [lib.nn.Linear(2, 1)],
    "None": lambda lib: None,
    "0.5, a number": lambda lib: 0.5,
}


def module_explorer(of):
    """The attributes of a module and their drawers, updated as attributes are assigned.

    >>> from minitorch import nn, widgets
    >>> explorer = widgets.module_explorer(nn.Module())
    >>> explorer.name.value = "w"
    >>> explorer.assign.click()
    >>> explorer.of._parameters.keys()
    dict_keys(['w'])
    """
    return ModuleExplorer(of)


class ModuleExplorer(Interactive):
    """`of` is the module that is looked at, `said` what the last assignment did."""

    def __init__(self, of):
        import ipywidgets

        self.of, self.said = of, "Nothing assigned from here yet."
        self.name = ipywidgets.Text("extra", description="assign self.", continuous_update=False)
        self.choice = ipywidgets.ToggleButtons(options=list(CHOICES), style=FIT)
        self.assign = ipywidgets.Button(description="Assign", tooltip="run the assignment")
        self.assign.on_click(self._assign)
        self.arrange(self.name, self.choice, self.assign)
        self._follow()

    def _follow(self):
        """Refresh after every cell, in a notebook."""
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None:
            shell.events.register("post_run_cell", self.refresh)

    def _assign(self, button):
        name, choice = self.name.value, self.choice.value
        base = [kind for kind in type(self.of).__mro__ if kind.__name__ == "Module"][-1]
        library = sys.modules[base.__module__.partition(".")[0]]  # torch's module takes torch's
        try:
            setattr(self.of, name, CHOICES[choice](library))
            self.said = f"self.{name} = {choice}: it landed in {self._drawer(name)}."
        except (AttributeError, KeyError, TypeError) as error:
            self.said = f"self.{name} = {choice}: {type(error).__name__}: {error}"
        self.refresh()

    def _drawer(self, name):
        own = vars(self.of)
        drawers = ("_parameters", "_buffers", "_modules")
        return next((drawer for drawer in drawers if name in own[drawer]), "__dict__")

    def view(self):
        return Stack(self.said, module(self.of))
