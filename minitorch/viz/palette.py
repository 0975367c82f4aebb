"""The palette of the course: few colours, told apart by lightness too, on light and dark pages.

Floor 5. Lines and outlines are dark enough for a white page and light enough for a black one (a
contrast of 3 with either). Fills are pale and carry dark text, so that a box reads the same on any
page. Convention: colour never speaks alone; a dash, a mark, a shape or a word says the same.
"""

__all__ = ["DASHES", "FILLS", "GREY", "INK", "LINES", "MARKS", "NAMED", "style"]

# From Okabe and Ito's set, which people with any kind of colour vision can tell apart.
NAMED = {"blue": "#0072B2", "orange": "#D55E00", "green": "#009E73", "pink": "#CC79A7"}
LINES = tuple(NAMED.values())
DASHES = ("", "6 3", "1.5 3", "8 3 1.5 3")  # one for each of LINES, as SVG's stroke-dasharray
MARKS = ("o", "s", "^", "D")
GREY = "#7A7A7A"  # axes, arrows and captions: in the middle between white and black
INK = "#1B1B1B"  # text on a fill
FILLS = {
    "parameter": "#BFE0F5",
    "buffer": "#BDE5D3",
    "module": "#EADCF0",
    "plain": "#E4E4E4",
    "result": "#FFD9B3",
    "warning": "#FFF0A0",
}


def style():
    """Let matplotlib draw in the palette, on a transparent page: call it once, at the top.

    >>> import matplotlib
    >>> from minitorch import viz
    >>> with matplotlib.rc_context():
    ...     viz.style()
    ...     matplotlib.rcParams["lines.linewidth"]
    1.5
    """
    import matplotlib
    from matplotlib import cycler  # each line its colour, its dash and its mark

    lines = cycler(color=LINES) + cycler(linestyle=["-", "--", ":", "-."])
    # IPython puts a page of white or black behind a figure whose tick labels are all dark, or all
    # light; #808080 is just light, GREY just dark, and so the figure stays transparent.
    grey = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
    pages = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
    matplotlib.rcParams.update({
        "axes.prop_cycle": lines,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.constrained_layout.use": True,
        "figure.figsize": (7, 2.5),
        "legend.frameon": False,
        "lines.linewidth": 1.5,
        "image.cmap": "cividis",
        **dict.fromkeys(grey, GREY),
        "ytick.labelcolor": "#808080",
        **dict.fromkeys(pages, "none"),
    })  # fmt: skip
