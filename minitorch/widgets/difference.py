"""`state_dict_difference`: two state dicts, key by key, down to the numbers.

Floor 5. What differs is told by `viz.state_dict_diff`; here one chooses which keys to see.
"""

from ..viz.markup import Stack, Table
from ..viz.state_dicts import VERDICTS, DifferenceView, as_dict, state_dict_diff
from .base import FIT, Interactive
from .graph_viewer import shown_numbers

__all__ = ["StateDictDifference", "state_dict_difference"]


def state_dict_difference(model, other):
    """The difference of two state dicts (or modules), by verdict; a chosen key shows its numbers.

    >>> from minitorch import nn, widgets
    >>> seen = widgets.state_dict_difference(nn.Linear(2, 1), nn.Linear(2, 1, bias=False))
    >>> seen.verdict.value = "missing"
    >>> seen.key.value
    'bias'
    """
    return StateDictDifference(model, other)


class StateDictDifference(Interactive):
    """`difference` is the whole of it; the controls choose what is shown."""

    def __init__(self, model, other):
        import ipywidgets

        self.mine, self.other = as_dict(model), as_dict(other)
        self.difference = state_dict_diff(self.mine, self.other)
        shown = ["all", *(v for v in VERDICTS if self.difference.counts[v])]
        self.verdict = ipywidgets.ToggleButtons(options=shown, description="show", style=FIT)
        self.key = ipywidgets.SelectionSlider(options=self._keys("all"), description="numbers of",
                                              layout=ipywidgets.Layout(width="30em"))  # fmt: skip
        self.verdict.observe(self._choose, "value")
        self.arrange(self.verdict, self.key)

    def _keys(self, verdict):
        keys = [entry.key for entry in self.difference.entries if verdict in ("all", entry.verdict)]
        return keys or [""]  # a slider needs a place to be at

    def _choose(self, change):
        self.key.options = self._keys(self.verdict.value)

    def view(self):
        keys = self._keys(self.verdict.value)
        entries = [entry for entry in self.difference.entries if entry.key in keys]
        views = [DifferenceView(entries)]
        if self.key.value:
            rows = [(side, self._numbers(state)) for side, state in
                    (("in the model", self.mine), ("in the other", self.other))]  # fmt: skip
            views.append(Table(f"Numbers of {self.key.value}", ("side", "numbers"), rows))
        return Stack(*views)

    def _numbers(self, state):
        value = state.get(self.key.value)
        return shown_numbers(value) if value is None or hasattr(value, "grad_fn") else repr(value)
