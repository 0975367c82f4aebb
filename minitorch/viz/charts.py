"""`curve`: lines on axes, as SVG; and the pieces that the other drawings with axes are made of.

Floor 5. Convention: `Axes` turns numbers into places on the page; what draws into it asks `at`.
"""

from math import floor, isfinite, log10

from .markup import Picture, tag
from .palette import DASHES, GREY, LINES

__all__ = ["Axes", "CurveView", "curve", "mark"]

WIDTH, HEIGHT = 560, 220
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 12, 40


def curve(values, xlabel="step", ylabel="loss", xlim=None, ylim=None):
    """One line, from a list of numbers, or several, from a dict of such lists.

    >>> from minitorch import viz
    >>> viz.curve([2.5, 1.0, 0.5])
    loss by step: 3 values from 2.5 to 0.5
    """
    lines = values if isinstance(values, dict) else {ylabel: values}
    lines = {name: [float(v) for v in line] for name, line in lines.items()}
    return CurveView(lines, xlabel, ylabel, xlim, ylim)


class CurveView(Picture):
    """Lines to look at: `lines` is a dict from names to numbers."""

    def __init__(self, lines, xlabel, ylabel, xlim=None, ylim=None):
        self.lines, self.xlabel, self.ylabel = lines, xlabel, ylabel
        words = max(map(len, lines), default=0) if len(lines) > 1 else 0
        self.size = WIDTH + (words and 50 + 7.25 * words), HEIGHT
        finite = [v for line in lines.values() for v in line if isfinite(v)] or [0.0]
        longest = max(map(len, lines.values()), default=0)
        self.axes = Axes(xlim or (0, max(longest - 1, 1)), ylim or (min(0, *finite), max(finite)),
                         xlabel, ylabel)  # fmt: skip

    @property
    def alt(self):
        return self.text()

    def text(self):
        said = [
            f"{name} by {self.xlabel}: {len(line)} values"
            + (f" from {line[0]:.4g} to {line[-1]:.4g}" if line else "")
            for name, line in self.lines.items()
        ]
        return "\n".join(said)

    def shapes(self):
        drawn = [
            self.axes.line(enumerate(line), number)
            for number, line in enumerate(self.lines.values())
        ]
        names = legend(self.lines, WIDTH) if len(self.lines) > 1 else []
        return [*self.axes.shapes(), *drawn, *names]


class Axes:
    """A frame with ticks, on which numbers have a place."""

    def __init__(self, xlim, ylim, xlabel, ylabel, width=WIDTH, height=HEIGHT):
        self.xlim, self.ylim = _wide(xlim), _wide(ylim)
        self.labels, self.width, self.height = (xlabel, ylabel), width, height

    def at(self, x, y):
        """The place of a pair of numbers."""
        (a, b), (c, d) = self.xlim, self.ylim
        across, up = (x - a) / (b - a), (y - c) / (d - c)
        return (LEFT + across * (self.width - LEFT - RIGHT),
                self.height - BOTTOM - up * (self.height - TOP - BOTTOM))  # fmt: skip

    def line(self, points, number=0):
        """A polyline in the colour and dash of this number; broken where a number is not finite."""
        path, pen = [], "M"
        for x, y in points:
            if isfinite(x) and isfinite(y):
                u, v = self.at(x, y)
                path.append(f"{pen}{u:.1f} {v:.1f}")
            pen = "L" if isfinite(x) and isfinite(y) else "M"
        look = number % len(LINES)
        return tag("path", d=" ".join(path), fill="none", stroke=LINES[look], stroke_width=2,
                   stroke_dasharray=DASHES[look] or None, stroke_linejoin="round")  # fmt: skip

    def shapes(self):
        """The frame, its ticks and labels."""
        (left, bottom), (right, top) = self.at(*self._corner(0)), self.at(*self._corner(1))
        frame = tag("path", d=f"M{left:.1f} {top:.1f} V{bottom:.1f} H{right:.1f}", fill="none",
                    stroke=GREY)  # fmt: skip
        xlabel = caption(self.labels[0], (left + right) / 2, self.height - 6)
        ylabel = tag("text", self.labels[1], text_anchor="middle", fill="currentColor",
                     transform=f"translate(14 {(top + bottom) / 2:.1f}) rotate(-90)")  # fmt: skip
        across = [caption(f"{x:g}", self.at(x, self.ylim[0])[0], bottom + 16)
                  for x in ticks(*self.xlim)]  # fmt: skip
        up = [caption(f"{y:g}", left - 6, self.at(self.xlim[0], y)[1] + 4, "end")
              for y in ticks(*self.ylim)]  # fmt: skip
        return [frame, xlabel, ylabel, *across, *up]

    def _corner(self, end):
        return self.xlim[end], self.ylim[end]


def _wide(limits):
    low, high = map(float, limits)
    return (low, high) if high > low else (low, low + 1)


def ticks(low, high, about=5):
    """Round numbers from `low` to `high`.

    >>> ticks(0, 2.6), ticks(0, 460)
    ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], [0.0, 100.0, 200.0, 300.0, 400.0])
    """
    rough = (high - low) / about
    power = 10.0 ** floor(log10(rough))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= rough * 0.95)
    first = -floor(-low / step)
    count = floor(high / step + 1e-9) - first + 1
    return [round((first + i) * step, 12) for i in range(max(count, 0))]


def caption(text, x, y, anchor="middle"):
    """Text outside of a box, in the colour of the page."""
    return tag("text", text, x=float(x), y=float(y), text_anchor=anchor, fill="currentColor")


def mark(number, x, y, size=4.5, filled=True):
    """A circle, square, triangle or diamond in the colour of this number."""
    look = number % len(LINES)
    paint = {"fill": LINES[look] if filled else "none", "stroke": LINES[look], "stroke_width": 1.5}
    if look == 0:
        return tag("circle", cx=x, cy=y, r=size, **paint)
    if look == 1:
        return tag("rect", x=x - size, y=y - size, width=2 * size, height=2 * size, **paint)
    low = y + (size if look == 2 else 0)
    path = f"M{x - size:.1f} {low:.1f} L{x:.1f} {y - size:.1f} L{x + size:.1f} {low:.1f}"
    return tag("path", d=path + ("" if look == 2 else f" L{x:.1f} {y + size:.1f}") + " Z", **paint)


def legend(names, x, y=TOP + 6, with_marks=False):
    """One line for each name: its colour, its dash, and its mark if the lines have marks."""
    drawn = []
    for number, name in enumerate(names):
        at, look = y + 16 * number, number % len(LINES)
        drawn += [
            tag("path", d=f"M{x:.1f} {at:.1f} h30", stroke=LINES[look], stroke_width=2,
                stroke_dasharray=DASHES[look] or None),
            caption(name, x + 36, at + 4, "start"),
        ]  # fmt: skip
        if with_marks:
            drawn.append(mark(number, x + 15, at))
    return drawn
