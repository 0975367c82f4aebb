"""`hidden_state`: a recurrent step run over a sequence, with detach or without, chunk by chunk.

Floor 5. Convention: `step(x, h)` returns the new state, a tensor or a tuple of tensors whose first
one is drawn, as an RNNCell's, a GRUCell's and an LSTMCell's are.
"""

from ..viz.graphs import graph_length
from ..viz.markup import Stack
from ..viz.timelines import timeline
from .base import Interactive

__all__ = ["HiddenState", "hidden_state"]


def hidden_state(step, inputs, h):
    """The states that `step` makes of `inputs` from state `h` on, and how long their graphs get.

    >>> import minitorch
    >>> from minitorch import widgets
    >>> w = minitorch.ones(1, requires_grad=True)
    >>> step = lambda x, h: (h * w + x).tanh()
    >>> seen = widgets.hidden_state(step, minitorch.zeros(6, 1), minitorch.ones(1))
    >>> seen.chunk.value = 2
    >>> seen.lengths
    [3, 6, 3, 6, 3, 6]
    >>> seen.detach.value = False
    >>> seen.lengths
    [3, 6, 9, 12, 15, 18]
    """
    return HiddenState(step, inputs, h)


class HiddenState(Interactive):
    """`states` and `lengths` are those of the present choice."""

    def __init__(self, step, inputs, h):
        import ipywidgets

        self.step, self.inputs, self.h = step, inputs, h
        self.undetached = self._run(len(inputs))[1]
        count = len(inputs)
        self.chunk = ipywidgets.IntSlider(min(10, count), 1, count, description="chunk")
        self.detach = ipywidgets.Checkbox(True, description="detach at each chunk")
        self.arrange(self.chunk, self.detach)

    def _run(self, chunk):
        states, lengths, h = [], [], self.h
        for t, x in enumerate(self.inputs):
            if t % chunk == 0:
                h = _detached(h)
            h = self.step(x, h)
            states.append(h[0] if isinstance(h, tuple) else h)
            lengths.append(graph_length(h))
        return states, lengths

    def view(self):
        chunk = self.chunk.value if self.detach.value else len(self.inputs)
        self.states, self.lengths = self._run(chunk)
        how = f"detached every {chunk} steps" if self.detach.value else "never detached"
        said = (f"Hidden state {how}: the longest graph has {max(self.lengths)} operations; "
                f"without detach {max(self.undetached)}.")  # fmt: skip
        return Stack(said, timeline(self.states, self.lengths, chunk, self.undetached))


def _detached(h):
    return tuple(part.detach() for part in h) if isinstance(h, tuple) else h.detach()
