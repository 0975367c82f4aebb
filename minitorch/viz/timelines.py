"""`timeline`: a hidden state over time, and how long the graph behind it is at each step.

Floor 5. Convention: a column is a time step, a row is a unit. The larger a square, the larger the
number; filled is positive, hollow is negative, so that it reads without colour.
"""

import numpy as np

from .charts import caption
from .graphs import graph_length
from .markup import Picture, tag
from .palette import GREY, LINES
from .state_dicts import numbers

__all__ = ["TimelineView", "timeline"]

CELL, LEFT, MOST_UNITS, BAR = 14, 64, 24, 60


def timeline(states, lengths=None, chunk=None, without=None):
    """Hidden states h_1 ... h_T as a picture, with the length of the graph behind each below.

    `states` is a list of tensors (H,) or (1, H), or one tensor (T, H). `lengths` are the lengths of
    their graphs, counted here if not given. With `chunk`, a line stands after each so many steps.
    `without` are other lengths to compare with, those without detach: they are drawn hollow.

    >>> import minitorch
    >>> from minitorch import viz
    >>> h = minitorch.zeros(2, requires_grad=True)
    >>> viz.timeline([h * 0.5, h * 0.5 + 1])
    2 units over 2 steps
    step  graph  state
    1     1        0.00   0.00
    2     2        1.00   1.00
    """
    if lengths is None:
        lengths = [graph_length(h) for h in states]
    rows = [np.asarray(numbers(h), float).reshape(-1) for h in states]
    return TimelineView(np.array(rows), list(lengths), chunk, without)


class TimelineView(Picture):
    """States to look at: `values` (T, H), and `lengths` (T,), those of their graphs."""

    def __init__(self, values, lengths, chunk=None, without=None):
        self.values, self.lengths, self.chunk = values, lengths, chunk
        self.without = without or []
        self.steps, self.units = values.shape
        self.drawn = min(self.units, MOST_UNITS)
        self.cell = min(CELL, 840 / max(self.steps, 1))
        self.size = LEFT + self.cell * self.steps + 12, self.cell * self.drawn + BAR + 76

    @property
    def alt(self):
        return (f"Hidden state of {self.units} units over {self.steps} steps; the graph behind it "
                f"is {_range(self.lengths)} operations long")  # fmt: skip

    def text(self):
        rows = [f"{self.units} units over {self.steps} steps", "step  graph  state"]
        for t, (length, h) in enumerate(zip(self.lengths, self.values), 1):
            more = " ..." if self.units > 6 else ""
            rows.append(f"{t:<6}{length:<6}" + "".join(f"{v:7.2f}" for v in h[:6]) + more)
        return "\n".join(rows)

    def shapes(self):
        return [*self._state(), *self._graph(), *self._chunks()]

    def _state(self):
        largest = np.abs(self.values).max(initial=0) or 1
        hidden = self.units - self.drawn
        title = "state" if not hidden else f"first {self.drawn} of {self.units} units"
        yield caption(title, LEFT, 14, "start")
        yield caption("■ positive  □ negative", LEFT + 170, 14, "start")
        for t in range(self.steps):
            for unit in range(self.drawn):
                value = self.values[t, unit]
                side = (self.cell - 3) * np.sqrt(abs(value) / largest)
                if not side > 0.5:  # too small to be seen, or nan
                    continue
                look = LINES[0] if value > 0 else LINES[1]
                x, y = LEFT + (t + 0.5) * self.cell, 22 + (unit + 0.5) * self.cell
                yield tag("rect", x=float(x - side / 2), y=float(y - side / 2), width=float(side),
                          height=float(side), fill=look if value > 0 else "none", stroke=look,
                          stroke_width=1.2)  # fmt: skip

    def _graph(self):
        """A bar for each step, as high as its graph is long."""
        bottom, longest = self.size[1] - 34, max(self.lengths, default=0)
        highest = max(longest, *self.without, 1)
        yield caption("graph", LEFT - 8, bottom - BAR / 2, "end")
        yield caption("length", LEFT - 8, bottom - BAR / 2 + 14, "end")
        for t, length in enumerate(self.without):
            yield self._bar(t, BAR * length / highest, fill="none")
        for t, length in enumerate(self.lengths):
            yield self._bar(t, BAR * length / highest, fill=GREY)
        every = max(1, round(self.steps / 12))
        for t in range(0, self.steps, every):
            yield caption(t + 1, LEFT + (t + 0.5) * self.cell, bottom + 14)
        hollow = f" · hollow, without detach: {max(self.without)}" if self.without else ""
        yield caption(
            f"longest, filled: {longest}{hollow}" if hollow else f"longest: {longest}",
            LEFT,
            bottom - BAR - 6,
            "start",
        )
        yield caption("time step", LEFT + self.cell * self.steps / 2, bottom + 30)

    def _bar(self, t, high, fill):
        x, width = LEFT + t * self.cell, max(self.cell - 2, 1)
        return tag("rect", x=x + 1, y=self.size[1] - 34 - high, width=float(width),
                   height=float(high), fill=fill, stroke=GREY)  # fmt: skip

    def _chunks(self):
        bottom = self.size[1] - 34
        for t in range(self.chunk or self.steps, self.steps, self.chunk or 1):
            x, half = LEFT + t * self.cell, 24 + self.drawn * self.cell
            path = f"M{x:.1f} 20 V{half:.1f} M{x:.1f} {bottom - BAR:.1f} V{bottom:.1f}"
            yield tag("path", d=path, stroke=GREY, stroke_dasharray="3 3")


def _range(lengths):
    low, high = min(lengths, default=0), max(lengths, default=0)
    return f"{low}" if low == high else f"{low} to {high}"
