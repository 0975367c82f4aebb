"""`graph_viewer`: a recorded graph, and its backward step by step.

Floor 5. The gradients are those of a real backward, listened to with a hook on every node; the
`grad` of the leaves is put back afterwards.
"""

from functools import partial

import numpy as np

from ..viz.graphs import graph
from ..viz.markup import Stack, Table
from ..viz.state_dicts import numbers
from .base import Interactive

__all__ = ["GraphViewer", "arrivals", "graph_viewer", "shown_numbers"]


def graph_viewer(of, params=None):
    """The graph of a tensor, with a slider that walks through backward, from node to node.

    >>> import minitorch
    >>> from minitorch import widgets
    >>> w = minitorch.ones(2, requires_grad=True)
    >>> viewer = widgets.graph_viewer((w * 3).sum(), {"w": w})
    >>> viewer.step.value = 2
    >>> print(viewer.text().splitlines()[0])
    Step 2 of 3: MulBackward0 gets [1, 1]
    """
    return GraphViewer(of, params)


class GraphViewer(Interactive):
    """`steps` are pairs of (place of a node, the gradient that arrives there)."""

    def __init__(self, of, params=None):
        import ipywidgets

        self.of, self.params = of, params
        self.steps, self.refused = arrivals(of, graph(of, params).nodes)
        self.step = ipywidgets.IntSlider(0, 0, len(self.steps), description="backward")
        self.arrange(self.step)

    def view(self):
        picture = graph(self.of, self.params)
        done = self.steps[: self.step.value]
        picture.reached = [place for place, _ in done]
        rows = [(str(i), picture.boxes[place].title, shown_numbers(g))
                for i, (place, g) in enumerate(done, 1)]  # fmt: skip
        if done:
            picture.marked = done[-1][0]
        views = [self._said(picture.boxes, done), picture]
        if rows:
            views.append(Table("Gradients that have arrived", ("step", "at", "gradient"), rows))
        return Stack(*views)

    def _said(self, boxes, done):
        if self.step.value == len(self.steps) and self.refused:
            return f"Backward stops here: {self.refused}"
        if not done:
            return f"Before backward. Move the slider: {len(self.steps)} steps."
        place, g = done[-1]
        return (f"Step {len(done)} of {len(self.steps)}: {boxes[place].title} gets "
                f"{shown_numbers(g)}")  # fmt: skip


def arrivals(of, nodes):
    """([(place of a node in `nodes`, the gradient that arrives there)], backward's refusal or "").

    The gradient of the result itself is taken to be ones.
    """
    steps, refused = [], ""
    leaves = [node.variable for node in nodes if hasattr(node, "variable")]
    grads = [leaf.grad for leaf in leaves]

    def arrived(place, gradients):
        steps.append((place, next((g for g in gradients if g is not None), None)))

    handles = [node.register_prehook(partial(arrived, i)) for i, node in enumerate(nodes)]
    try:
        for leaf in leaves:
            leaf.grad = None
        of.backward(of.detach() * 0 + 1, retain_graph=True)
    except RuntimeError as error:  # written to since, or freed: the viewer shows it
        refused = str(error)
    finally:
        for handle in handles:
            handle.remove()
        for leaf, grad in zip(leaves, grads):
            leaf.grad = grad
    return steps, refused


def shown_numbers(t):
    """A small tensor in full, a large one by its shape and its norm.

    >>> import minitorch
    >>> shown_numbers(minitorch.tensor([1.0, 0.25])), shown_numbers(minitorch.ones(4, 4))
    ('[1, 0.25]', '(4, 4), norm 4')
    """
    array = None if t is None else numbers(t)
    if array is None:
        return "nothing" if t is None else "no numbers on meta"
    if array.size > 8:
        return f"{array.shape}, norm {np.linalg.norm(array.astype(float)):.4g}"
    words = np.array2string(array, separator=", ", formatter={"all": lambda v: f"{v:.4g}"})
    return " ".join(words.split())
