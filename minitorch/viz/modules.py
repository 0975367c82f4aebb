"""`module`: what a module consists of, and in which drawer each attribute lies.

Floor 5. Works on torch's modules as well: it reads the three dictionaries, which are the same.
Convention: a drawer is `_parameters`, `_buffers`, `_modules`, or `__dict__` for all the rest.
"""

from dataclasses import dataclass

from .markup import Markup, View, badge, columns, table, tag

__all__ = ["Attribute", "ModuleView", "module"]

HEADER = ("attribute", "drawer", "what it is", "learned", "saved", "moved", "remark")
# What torch's layers note for themselves, of no interest here, and partly not found in minitorch's.
NOTES = {"_all_weights", "_flat_weights", "_flat_weights_names", "_flat_weight_refs", "transposed",
         "_reversed_padding_repeated_twice", "activation_relu_or_gelu"}  # fmt: skip
KINDS = {"_parameters": "parameter", "_buffers": "buffer", "_modules": "module"}


@dataclass
class Attribute:
    """One attribute: its path, its drawer, and what Module does with it because of that."""

    path: str
    drawer: str
    what: str
    learned: str = ""
    saved: str = ""
    moved: str = ""
    remark: str = ""

    @property
    def cells(self):
        """The columns of the table."""
        return (self.path, self.drawer, self.what, self.learned, self.saved, self.moved,
                self.remark)  # fmt: skip


def module(of):
    """The attributes of a module and of all modules below it, with the drawer each lies in.

    The columns say what follows from the drawer: whether it is learned (`parameters()` gives it
    and it requires a gradient), saved (`state_dict()`), and moved (`.to()`).

    >>> from minitorch import nn, viz
    >>> viz.module(nn.Sequential(nn.Linear(2, 1)))
    Sequential in training mode
    attribute       drawer       what it is        learned  saved  moved  remark
    0               _modules     Linear, training
    0.weight        _parameters  (1, 2) float32    yes      yes    yes
    0.bias          _parameters  (1,) float32      yes      yes    yes
    0.in_features   __dict__     2
    0.out_features  __dict__     1
    """
    return ModuleView(type(of).__name__, of.training, list(_attributes(of)))


class ModuleView(View):
    """A module to look at: its `attributes`, in order, those of a child below the child."""

    def __init__(self, name, training, attributes):
        self.attributes = attributes
        self.title = f"{name} in {'training' if training else 'evaluation'} mode"

    def text(self):
        return f"{self.title}\n{columns([HEADER, *(a.cells for a in self.attributes)])}"

    def html(self):
        return table(self.title, HEADER, [_row(a) for a in self.attributes])


def _row(attribute):
    path, drawer, *rest = attribute.cells
    depth = path.count(".")
    indent = Markup("&#160;" * 4 * depth)
    name = tag("span", indent, tag("code", path))
    return name, badge(drawer, KINDS.get(drawer, "plain")), *rest


# ---- reading a module --------------------------------------------------------------------------


def _attributes(root):
    """Everything in `root` and below; a module or tensor met before is named, not opened again."""
    seen, stack = {id(root): "the whole"}, [("", root, iter(_drawers(root)))]
    while stack:
        prefix, owner, items = stack[-1]
        for drawer, name, value in items:
            path = f"{prefix}{name}"
            attribute = _described(owner, drawer, name, value, path)
            yield _noted(attribute, seen, value, path)
            if drawer == "_modules" and value is not None and seen[id(value)] == path:
                stack.append((f"{path}.", value, iter(_drawers(value))))
                break
        else:
            stack.pop()


def _drawers(owner):
    """(drawer, name, value) of all that was put into a module, not of what it was born with."""
    own = vars(owner)
    for drawer in ("_parameters", "_buffers"):
        yield from ((drawer, name, value) for name, value in own[drawer].items())
    born = vars(_bare(owner)).keys() | NOTES
    yield from (("__dict__", name, value) for name, value in own.items() if name not in born)
    yield from (("_modules", name, value) for name, value in own["_modules"].items())


def _bare(owner):
    """An empty module of the same library."""
    base = [kind for kind in type(owner).__mro__ if kind.__name__ == "Module"][-1]
    return base()


def _described(owner, drawer, name, value, path):
    if value is None and drawer != "__dict__":
        lost = drawer == "_buffers" and name in owner._non_persistent_buffers_set
        return Attribute(path, drawer, "None", remark="a place kept free" + ", not saved" * lost)
    if drawer == "_modules":
        mode = "training" if value.training else "evaluation"
        return Attribute(path, drawer, f"{type(value).__name__}, {mode}")
    if drawer == "_parameters":
        frozen = "" if value.requires_grad else "frozen: requires_grad=False"
        return Attribute(path, drawer, tensor_words(value), "no" if frozen else "yes", "yes", "yes",
                         frozen)  # fmt: skip
    if drawer == "_buffers":
        kept = name not in owner._non_persistent_buffers_set
        return Attribute(path, drawer, tensor_words(value), "no", "yes" if kept else "no", "yes",
                         "" if kept else "persistent=False")  # fmt: skip
    if hasattr(value, "grad_fn"):
        return Attribute(path, drawer, tensor_words(value), "no", "no", "no", "a plain tensor")
    hidden = _hidden(value)
    if hidden:
        what = f"{type(value).__name__} of {len(value)}"
        return Attribute(path, drawer, what, "no", "no", "no", hidden)
    return Attribute(path, drawer, _short(value))


def _noted(attribute, seen, value, path):
    """The attribute, with a remark if it is an object that another name has already."""
    shareable = hasattr(value, "grad_fn") or hasattr(value, "_modules")
    if shareable and seen.setdefault(id(value), path) != path:
        attribute.remark = f"the same object as {seen[id(value)]}"
    return attribute


def _hidden(value):
    """What is wrong with a list or dict of parts: Module does not look into it."""
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(items, (list, tuple)):
        return ""
    modules = sum(hasattr(item, "_modules") for item in items)
    tensors = sum(hasattr(item, "grad_fn") for item in items)
    parts = [f"{n} {word}{'s' * (n != 1)}" for n, word in ((modules, "module"), (tensors, "tensor"))
             if n]  # fmt: skip
    return f"holds {' and '.join(parts)} that nobody finds" if parts else ""


def _short(value):
    """A plain value in a few words; of others only the type, since a repr may hold an address."""
    items = value if isinstance(value, tuple) else [value]
    plain = all(isinstance(item, (int, float, str, type(None))) for item in items)
    text = repr(value) if plain else type(value).__name__
    return text if len(text) <= 40 else f"{text[:37]}..."


def tensor_words(t):
    """The shape and dtype of a tensor, and its device where that is not the CPU.

    >>> import minitorch
    >>> tensor_words(minitorch.ones(2, 3))
    '(2, 3) float32'
    """
    kind = str(t.dtype).removeprefix("torch.")
    device = "" if t.device.type == "cpu" else f" on {t.device}"
    return f"{tuple(t.shape)} {kind}{device}"
