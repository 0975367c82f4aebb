"""`Interactive`: what all widgets have in common; a view that controls can change.

Floor 5; ipywidgets is imported inside. A widget leaves two outputs: the static view, which stays in
a stored notebook, and the live one, which hides the static one while there is a kernel behind it.
Convention: `view()` is computed from the state of the controls alone; a control calls `refresh`.
Controls are sliders, buttons and boxes: of a drop-down list JupyterLab takes the keys for itself.
"""

from ..viz.markup import View

__all__ = ["FIT", "WIDGET_VIEW", "Interactive"]

FIT = {"button_width": "max-content"}  # the style of toggle buttons that show all of their words

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# Only where an output area has the live view in it, its static one is not shown.
HIDING = """<style>
.jp-OutputArea:has(.mt-live) .mt-static { display: none }
.mt-live table { border-collapse: collapse; margin: 4px 0 }
.mt-live :is(td, th) { padding: 2px 10px 2px 0; font-variant-numeric: tabular-nums }
.mt-live :is(p, table, caption) { color: var(--jp-ui-font-color0, inherit) }
.mt-live svg { color: var(--jp-ui-font-color1, inherit) }
</style>"""


class Interactive(View):
    """A view with controls. A subclass makes its controls, then calls `arrange(*controls)`."""

    def view(self):
        """What is to be seen in the present state of the controls."""
        raise NotImplementedError

    def arrange(self, *controls):
        """Put the controls above the page, and show the page for the first time."""
        import ipywidgets

        self.page = ipywidgets.HTML()
        row = ipywidgets.HBox(controls, layout=ipywidgets.Layout(flex_flow="row wrap"))
        self.box = ipywidgets.VBox([ipywidgets.HTML(HIDING), row, self.page])
        self.box.add_class("mt-live")
        for control in controls:
            control.observe(self.refresh, "value")
        self.refresh()

    def refresh(self, change=None):
        """Show the present state."""
        self.page.value = self.view().live()

    def html(self):
        return f'<div class="mt-static">{self.view().html()}</div>'

    def text(self):
        return self.view().text()

    def _ipython_display_(self):
        from IPython.display import display

        display({"text/html": self._repr_html_(), "text/plain": repr(self)}, raw=True)
        self.show_live()

    def show_live(self):
        """Show the live view alone, which store.py does not keep; returns its handle."""
        from IPython.display import display

        bundle = self.box._repr_mimebundle_()
        return display({WIDGET_VIEW: bundle[WIDGET_VIEW]}, raw=True, display_id=True)
