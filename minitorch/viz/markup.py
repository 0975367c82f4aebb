"""Writing HTML and SVG: every text is escaped, numbers are short, nothing differs between runs.

Floor 5. `tag` is the only place that puts markup together; what is no `Markup` is text to it.
`View` is what the functions of this package return: HTML for a notebook, plain text elsewhere.
"""

import re
from html import escape
from urllib.parse import quote

from .palette import FILLS, GREY, INK

__all__ = ["Markup", "Picture", "Stack", "Table", "View", "badge", "columns", "table", "tag"]


# Control characters and the like are not allowed in XML, not even escaped.
NO_XML = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is markup already, and must not be escaped again."""


def tag(name, *children, **attributes):
    """An element; `text_anchor=` is the attribute text-anchor, and None leaves one out.

    >>> tag("b", "1 < 2", title='"')
    '<b title="&quot;">1 &lt; 2</b>'
    """
    words = [f' {key.strip("_").replace("_", "-")}="{_text(value)}"'
             for key, value in attributes.items() if value is not None]  # fmt: skip
    inside = "".join(child if isinstance(child, Markup) else _text(child) for child in children)
    end = f">{inside}</{name}>" if children else "/>"
    return Markup(f"<{name}{''.join(words)}{end}")


def _text(value):
    if isinstance(value, float):
        value = f"{value:.1f}".rstrip("0").rstrip(".") if value else "0"
        value = "0" if value == "-0" else value
    return escape(NO_XML.sub("\ufffd", str(value)))


# ---- views -------------------------------------------------------------------------------------


class View:
    """Something to look at: `html()` is shown in a notebook, `text()` everywhere else."""

    def html(self):
        """The view as HTML."""
        raise NotImplementedError

    def text(self):
        """The same in plain text."""
        raise NotImplementedError

    def live(self):
        """The view as HTML for a page that allows all of it, as a widget does."""
        return self.html()

    def _repr_html_(self):
        return str(self.html())

    def __repr__(self):
        return self.text()


class Picture(View):
    """A view that is drawn: `svg()`, as large as `size`, and in words, `alt`.

    In a notebook it is an image made of SVG: JupyterLab takes bare SVG out of pages that were not
    run here. Where bare SVG is welcome (in a widget), its text has the colour of the page.
    """

    size, alt = (0, 0), ""

    def shapes(self):
        """The elements of the drawing."""
        raise NotImplementedError

    def svg(self, color=None):
        """The drawing as SVG; text outside boxes in `color`, or else in that of the page."""
        width, height = self.size
        head, _, rest = self.alt.partition("\n")
        return tag(
            "svg", tag("title", head), tag("desc", rest or head), *self.shapes(),
            xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:.0f} {height:.0f}",
            width=f"{width:.0f}", height=f"{height:.0f}", role="img", color=color,
            font_family="ui-monospace, Menlo, Consolas, monospace", font_size=12,
            style="max-width: 100%; height: auto",
        )  # fmt: skip

    def html(self):
        source = "data:image/svg+xml," + quote(self.svg(GREY), safe=" ='/:;,.()-+")
        return tag("img", alt=self.alt, src=source, style="max-width: 100%")

    def live(self):
        return self.svg()


class Stack(View):
    """Several views, one below the other; a string among them is a line of text."""

    def __init__(self, *views):
        self.views = views

    def html(self):
        return Markup("".join(tag("p", view) if isinstance(view, str) else view.html()
                              for view in self.views))  # fmt: skip

    def live(self):
        return Markup("".join(tag("p", view, role="status") if isinstance(view, str)
                              else view.live() for view in self.views))  # fmt: skip

    def text(self):
        return "\n".join(view if isinstance(view, str) else view.text() for view in self.views)


class Table(View):
    """A table to look at: a title, a header, and rows of text or markup."""

    def __init__(self, title, header, rows):
        self.title, self.header, self.rows = title, header, rows

    def html(self):
        return table(self.title, self.header, self.rows)

    def text(self):
        return f"{self.title}\n{columns([self.header, *self.rows])}"


# ---- tables ------------------------------------------------------------------------------------


def badge(word, kind):
    """A word in a box with the fill of its kind."""
    style = f"background-color: {FILLS[kind]}; color: {INK}; border-radius: 4px; padding: 1px 6px"
    return tag("span", word, style=style)


def table(caption, header, rows):
    """A table whose cells are text or markup; the first cell of a row is its heading."""
    left = "text-align: left; vertical-align: top"
    head = tag("tr", *(tag("th", name, scope="col", style=left) for name in header))
    body = [
        tag("tr", tag("th", row[0], scope="row", style=left),
            *(tag("td", cell, style=left) for cell in row[1:]))
        for row in rows
    ]  # fmt: skip
    title = tag("caption", caption, style="text-align: left; font-weight: bold; padding: 4px 0")
    return tag("table", title, tag("thead", head), tag("tbody", *body))


def columns(rows):
    """Rows of text, as lines with straight columns.

    >>> print(columns([("a", "bc"), ("def", "g")]))
    a    bc
    def  g
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
