"""`paths`: the ways of optimizers over a surface with two parameters; `descend` walks such a way.

Floor 5. The surface is an ordinary function of a tensor (2,), so the optimizers are the real ones.
Convention: contour lines lie at evenly spaced ranks of the heights on the page, so that a steep
wall does not take all of them.
"""

from math import isfinite

import numpy as np

from .charts import Axes, caption, legend, mark
from .markup import Picture, tag
from .palette import GREY

__all__ = ["PathsView", "descend", "paths"]

GRID, LEVELS, SIDE = 48, 9, 420


def descend(surface, point, make_optimizer, steps):
    """The points, each (x, y), that an optimizer visits from `point` on, the first one included.

    `point` is a tensor (2,) that requires a gradient and is moved; `make_optimizer([point])` makes
    the optimizer; `surface(point)` is the loss.

    >>> import minitorch
    >>> from minitorch import viz
    >>> p = minitorch.tensor([1.0, 2.0], requires_grad=True)
    >>> bowl = lambda p: (p * p).sum()
    >>> viz.descend(bowl, p, lambda params: minitorch.optim.SGD(params, lr=0.25), steps=2)
    [(1.0, 2.0), (0.5, 1.0), (0.25, 0.5)]
    """
    optimizer, points = make_optimizer([point]), [tuple(point.tolist())]

    def closure():
        optimizer.zero_grad()
        loss = surface(point)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        points.append(tuple(point.tolist()))
    return points


def paths(height, ways, xlim=(-2, 2), ylim=(-2, 2), goal=None):
    """A contour plot of `height(x, y)`, a function of numbers, with named ways {name: points}.

    `goal` is the place of the minimum, marked with a cross.

    >>> from minitorch import viz
    >>> viz.paths(lambda x, y: x * x + y * y, {"SGD": [(1, 2), (0.5, 1), (0.25, 0.5)]})
    SGD: 2 steps, from (1, 2) at height 5 to (0.25, 0.5) at height 0.312
    """
    return PathsView(height, ways, xlim, ylim, goal)


class PathsView(Picture):
    """Ways over a surface to look at: `ways` is a dict from names to lists of points."""

    size = SIDE + 220, SIDE

    def __init__(self, height, ways, xlim, ylim, goal):
        self.height, self.ways, self.goal = height, ways, goal
        self.axes = Axes(xlim, ylim, "first parameter", "second parameter", SIDE, SIDE)

    @property
    def alt(self):
        return "Ways of optimizers over a surface\n" + self.text()

    def text(self):
        return "\n".join(self._said(name, way) for name, way in self.ways.items())

    def _said(self, name, way):
        (a, b), (c, d) = way[0], way[-1]
        high, low = float(self.height(a, b)), float(self.height(c, d))
        return (f"{name}: {len(way) - 1} steps, from ({a:.3g}, {b:.3g}) at height {high:.3g} "
                f"to ({c:.3g}, {d:.3g}) at height {low:.3g}")  # fmt: skip

    def shapes(self):
        yield from self._contours()
        yield from self.axes.shapes()
        if self.goal is not None:
            u, v = self.axes.at(*self.goal)
            yield tag("path", d=f"M{u - 6:.1f} {v - 6:.1f} l12 12 m0 -12 l-12 12",
                      stroke="currentColor", stroke_width=2)  # fmt: skip
        for number, way in enumerate(self.ways.values()):
            yield from self._way(number, way)
        yield from legend(self.ways, SIDE, with_marks=True)
        if self.goal is not None:
            below = 18 + 16 * len(self.ways)
            yield caption("✕  the minimum", SIDE + 9, below + 4, "start")

    def _way(self, number, way):
        """The line, and a mark at every point that is on the page: hollow at the start."""
        (left, right), (low, high) = self.axes.xlim, self.axes.ylim
        inside = lambda x, y: left <= x <= right and low <= y <= high
        points = [(x, y) if isfinite(x) and isfinite(y) and inside(x, y) else (np.nan, np.nan)
                  for x, y in way]  # fmt: skip
        yield self.axes.line(points, number)
        for step, (x, y) in enumerate(points):
            if isfinite(x):
                yield mark(number, *self.axes.at(x, y), size=5 if step == 0 else 2.5,
                           filled=step > 0)  # fmt: skip

    def _contours(self):
        x, y = (np.linspace(*limits, GRID) for limits in (self.axes.xlim, self.axes.ylim))
        z = np.array([[float(self.height(a, b)) for a in x] for b in y])
        for level in np.quantile(z, np.linspace(0.03, 0.97, LEVELS)):
            lines = (f"M{u:.1f} {v:.1f}L{s:.1f} {t:.1f}"
                     for (u, v), (s, t) in contour(z, level, lambda i, j: self.axes.at(
                         x[0] + j * (x[1] - x[0]), y[0] + i * (y[1] - y[0]))))  # fmt: skip
            yield tag("path", d="".join(lines), stroke=GREY, stroke_width=0.7, fill="none")


def contour(z, level, at):
    """The pieces of the line where `z` is `level`: in each triangle of the grid a straight one."""
    rows, columns = z.shape
    for i in range(rows - 1):
        for j in range(columns - 1):
            a, b, c, d = (i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)
            for triangle in ((a, b, c), (a, c, d)):
                cuts = [_cut(z, level, p, q) for p, q in zip(triangle, triangle[1:] + triangle[:1])
                        if (z[p] < level) != (z[q] < level)]  # fmt: skip
                if cuts:  # always two: a line that enters a triangle leaves it
                    yield at(*cuts[0]), at(*cuts[1])


def _cut(z, level, p, q):
    """Where `level` lies between two neighbours of the grid."""
    part = (level - z[p]) / (z[q] - z[p])
    return p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])
