"""`enable`: a module or a state dict at the end of a cell is shown as a table.

Floor 5. Nothing below this floor knows of HTML: the notebook is told here which of the classes, of
minitorch and of torch, it should ask us about. IPython is imported inside.
"""

from collections import OrderedDict

from .modules import module
from .state_dicts import state_dict

__all__ = ["enable"]

MODULES = ("minitorch.nn.module", "torch.nn.modules.module")


def enable():
    """From here on, notebooks show modules and state dicts as tables; False outside of a notebook.

    >>> from minitorch import viz
    >>> viz.enable()
    False
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return False
    html = shell.display_formatter.formatters["text/html"]
    for place in MODULES:
        html.for_type_by_name(place, "Module", module_html)
    html.for_type(OrderedDict, state_dict_html)
    return True


def module_html(of):
    """The table for a module."""
    return module(of)._repr_html_()


def state_dict_html(of):
    """The table for a state dict, which `state_dict()` marks with `_metadata`; else None."""
    return state_dict(of)._repr_html_() if hasattr(of, "_metadata") else None
