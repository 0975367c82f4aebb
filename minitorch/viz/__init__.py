"""`minitorch.viz`: graphs, modules and state dicts to look at, the same in every run.

Each function returns a picture or a table that a notebook shows, and that prints as plain text. It
may be given what real torch made: `from minitorch import viz` is for both.

>>> from minitorch import nn, viz
>>> viz.state_dict(nn.Linear(2, 1)).rows[0]
('weight', '(1, 2) float32', '8')
"""

from .charts import curve
from .formatters import enable
from .freezing import freeze_report, snapshot
from .graphs import graph, graph_length
from .modules import module
from .palette import style
from .state_dicts import state_dict, state_dict_diff
from .surfaces import descend, paths
from .timelines import timeline

__all__ = ["curve", "descend", "enable", "freeze_report", "graph", "graph_length", "module",
           "paths", "snapshot", "state_dict", "state_dict_diff", "style", "timeline"]  # fmt: skip
