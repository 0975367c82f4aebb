"""Code lines per file and floor against the budgets of the house: `python tests/size_report.py`.

A code line is a line that holds code: no blanks, no comments, no docstrings. What is over its
budget is marked with `<-`: the budgets are what the house aims at, and `docs/architecture.md` says
how far it is from them. The exit status is 1 when a file is in no total.
"""

import ast
import io
import sys
import tokenize

from test_architecture import FACE, FLOORS, PACKAGE, floor_of, modules_of

FILE, FUNCTION, COLUMNS = 300, 30, 100
TOTALS = {3: 3_500, 4: 6_000}  # floors 0 to n together
LONGEST = 10

LAYOUT = {
    tokenize.ENCODING,
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source):
    r"""The set of line numbers that hold code.

    >>> sorted(code_lines('"doc"\n\nx = [\n  1,  # one\n\n]\ndef f():\n  "doc"\n'))
    [3, 4, 6, 7]
    """
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                if isinstance(first.value.value, str):
                    lines.difference_update(range(first.lineno, first.end_lineno + 1))
    return lines


def function_sizes(source):
    r"""(code lines, name) of every function, a function inside another counted in both.

    >>> function_sizes('class A:\n  def f(self):\n    "doc"\n    # why\n    return 1\n')
    [(2, 'A.f')]
    """
    code = code_lines(source)

    def walk(node, prefix):
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, (ast.ClassDef, *FUNCTIONS))
            name = f"{prefix}{child.name}" if named else prefix
            if isinstance(child, FUNCTIONS):
                yield len(code.intersection(range(child.lineno, child.end_lineno + 1))), name
            yield from walk(child, f"{name}." if named else prefix)

    return list(walk(ast.parse(source), ""))


def mark(size, budget):
    return f"{size:6,}{' <-' if size > budget else ''}"


def report(package, totals=TOTALS):
    """The report as lines, and whether every file is in a total."""
    sources = {name: path.read_text("utf-8") for name, path in modules_of(package).items()}
    sizes = {name: len(code_lines(source)) for name, source in sources.items()}
    lines, fits = [f"code lines (a file at most about {FILE})"], True
    for floor in range(FACE + 1):
        here = {name: size for name, size in sizes.items() if floor_of(name) == floor}
        title = f"floor {floor}: {FLOORS[floor]}" if floor < FACE else "the public face"
        lines += ["", f"{sum(here.values()):6,}  {title}"]
        lines += [f"  {mark(size, FILE)}  {name}" for name, size in here.items()]
        if floor in totals:
            size = sum(size for name, size in sizes.items() if floor_of(name) in range(floor + 1))
            line = f"{mark(size, totals[floor])} of {totals[floor]:,}  floors 0-{floor} together"
            lines += [line]
    lost = [name for name in sizes if floor_of(name) is None]
    if lost:
        fits = False
        lines += ["", "on no floor, so in no total"]
        lines += [f"  {sizes[name]:6,}  {name}" for name in lost]
    lines += ["", f"longest functions (at most about {FUNCTION})"]
    functions = [
        (size, f"{module}.{name}")
        for module, source in sources.items()
        for size, name in function_sizes(source)
    ]
    longest = sorted(functions, reverse=True)[:LONGEST]
    lines += [f"  {mark(size, FUNCTION)}  {name}" for size, name in longest]
    wide = [
        f"  {name}:{number} has {len(line)} columns"
        for name, source in sources.items()
        for number, line in enumerate(source.splitlines(), 1)
        if len(line) > COLUMNS
    ]
    return lines + ["", f"lines over {COLUMNS} columns: {len(wide)}", *wide], fits


if __name__ == "__main__":
    text, fits = report(PACKAGE)
    print("\n".join(text))
    sys.exit(not fits)
