"""Small wrongs, made on purpose: a reference solution with one thing changed.

Floor 5; the standard library only. If the tests of an assignment give full marks to such a mutant,
either they are missing something, or the change makes no difference and the assignment's bank says
why. Convention: a mutant is named by its cell and the line that was changed.
"""

import ast
import copy

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.MatMult: ast.Mult, ast.Pow: ast.Mult, ast.Mod: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip
COMPARISONS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
DELETED = (ast.Assign, ast.AugAssign, ast.Expr, ast.Delete, ast.Raise, ast.Continue, ast.Break)


def mutants(name, source):
    """{name of the mutant: its source} for the source of one cell.

    >>> for label in mutants("f", "def f(x):\\n    return x + 1"):
    ...     print(label)
    f: `return x + 1` -> `return`
    f: `return x + 1` -> `return x - 1`
    f: `return x + 1` -> `return x + 2`
    """
    tree, found = ast.parse(source), {}
    original = ast.unparse(tree)
    for number, node in enumerate(ast.walk(tree)):
        for change in range(len(list(_changes(node)))):
            changed = copy.deepcopy(tree)
            list(_changes(list(ast.walk(changed))[number]))[change]()
            text = ast.unparse(changed)
            if text != original and text not in found.values():
                found[_label(name, original, text, found)] = text
    return found


def _label(name, original, text, found):
    """The first line that differs, before and after."""
    pairs = zip(original.splitlines(), text.splitlines())
    old, new = next(((a.strip(), b.strip()) for a, b in pairs if a != b), ("end", "nothing"))
    label = f"{name}: `{old}` -> `{new}`"
    return label + " again" * (label in found)


def _changes(node):
    """What can be done to one node: functions that change it in place."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield lambda: setattr(node, "op", OPERATORS[type(node.op)]())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield lambda: node.ops.__setitem__(0, COMPARISONS[type(node.ops[0])]())
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield lambda: setattr(node, "op", other)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield lambda: setattr(node, "value", node.value + 1)
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield lambda: setattr(node, "op", ast.UAdd())
    if isinstance(node, ast.Return) and node.value is not None:
        yield lambda: setattr(node, "value", None)
    for place in range(len(getattr(node, "keywords", ()))):
        yield lambda place=place: node.keywords.pop(place)
    for block in ("body", "orelse", "finalbody"):
        yield from _deletions(getattr(node, block, None))


def _deletions(block):
    """Takes one statement out of a block; docstrings are none."""
    for place, statement in enumerate(block if isinstance(block, list) else ()):
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, DELETED) and not docstring:
            yield lambda place=place: block.__setitem__(place, ast.Pass())
