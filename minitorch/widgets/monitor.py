"""`monitor`: a loop that shows how far it is, and the curves of what it logs.

Floor 5. While the loop runs there is a live view; when it ends, that is closed and the last picture
takes its place, so that a stored notebook holds one picture and nothing that changes. It is the one
widget without a control, since the kernel hears of controls only when the loop is over; to stop the
loop there is Jupyter's own button, and `viz.curve(seen.curves)` draws what was logged otherwise.
"""

from ..viz.charts import curve
from ..viz.markup import Stack
from .base import Interactive

__all__ = ["Monitor", "monitor"]


def monitor(iterable, total=None, every=1):
    """Iterates as `iterable` does, showing progress and the curves of what `log` was given.

    `every` says after how many calls of `log` the picture is drawn again.

    >>> from minitorch import widgets
    >>> seen = widgets.monitor(range(3))
    >>> for i in seen:
    ...     seen.log(loss=1 / (i + 1))
    3 of 3
    loss by step: 3 values from 1 to 0.3333
    """
    return Monitor(iterable, total, every)


class Monitor(Interactive):
    """`curves` is what was logged, {name: numbers}; `done` counts the rounds of the loop."""

    def __init__(self, iterable, total=None, every=1):
        import ipywidgets

        self.iterable, self.every, self.done, self.logged = iterable, every, 0, 0
        self.total = len(iterable) if total is None and hasattr(iterable, "__len__") else total
        self.curves = {}
        self.bar = ipywidgets.IntProgress(0, 0, self.total or 1, description="progress")
        self.arrange(self.bar)

    def __iter__(self):
        from IPython import get_ipython
        from IPython.display import display

        live = None if get_ipython() is None else self.show_live()
        try:
            for item in self.iterable:
                yield item
                self.done += 1
                self.bar.value = self.done
        finally:  # also after break or an error
            self.box.close()
            show = display if live is None else live.update
            show(self.view())

    def log(self, **values):
        """Add a number to each of these curves."""
        for name, value in values.items():
            self.curves.setdefault(name, []).append(float(value))
        self.logged += 1
        if self.logged % self.every == 0:
            self.refresh()

    def view(self):
        of = f" of {self.total}" if self.total else ""
        said = f"{self.done}{of}"
        if not self.curves:
            return Stack(said)
        return Stack(said, curve(self.curves, ylabel=" and ".join(self.curves)))
