"""`minitorch.widgets`: views to touch. Each leaves a static picture in a stored notebook.

>>> from minitorch import nn, widgets
>>> print(widgets.module_explorer(nn.ReLU()).text())
Nothing assigned from here yet.
ReLU in training mode
attribute  drawer    what it is  learned  saved  moved  remark
inplace    __dict__  False
"""

from .difference import state_dict_difference
from .freeze_panel import freeze_panel
from .graph_viewer import graph_viewer
from .hidden_state import hidden_state
from .module_explorer import module_explorer
from .monitor import monitor
from .optimizer_lab import optimizer_lab

__all__ = ["freeze_panel", "graph_viewer", "hidden_state", "module_explorer", "monitor",
           "optimizer_lab", "state_dict_difference"]  # fmt: skip
