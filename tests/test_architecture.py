"""The floors of the house (docs/architecture.md): an import goes down, or stays on its own floor.

Imports are read from the source, those inside functions included, so a lazy import is no way out.
Floors 0-4 are NumPy and the standard library; other packages are named in OPTIONAL, and wait for
the function that needs them.
"""

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "minitorch"

FLOORS = (
    "dtypes devices errors meta modes",  # 0: facts
    "nested tensor node recording primitive generator",  # 1: a value and how it was made
    "ops",  # 2: the operations
    "autograd random printing methods functional linalg cuda",  # 3: what operations make possible
    "nn func optim utils serialization",  # 4: things with state, and their company
    "viz widgets learn classroom datasets",  # 5: for the eyes and the learner
)
FACE = len(FLOORS)  # minitorch/__init__.py stands above them all

# Imports that go up all the same: {(importing module, imported module): reason}.
UPWARD = {}

# Packages that a function of these floors may import.
OPTIONAL = {
    (0, 1, 2, 3, 4): {"cupy", "safetensors"},
    (5,): {"IPython", "ipywidgets", "matplotlib", "tqdm"},
    (FACE,): set(),
}


# Calls that import the module named by their argument.
DYNAMIC = {"__import__", "import_module", "importlib.import_module"}


def floor_of(module):
    """The floor of a dotted name, or None.

    >>> floor_of("minitorch.nn.linear"), floor_of("minitorch") == FACE, floor_of("minitorch.misc")
    (4, True, None)
    """
    parts = module.split(".")
    if len(parts) == 1:
        return FACE
    return next((n for n, names in enumerate(FLOORS) if parts[1] in names.split()), None)


def modules_of(package):
    """{dotted name: path} of every file of a package."""
    names = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports_of(module, path, modules):
    """(imported module, line, inside a function?) for every import of one file."""

    def walk(node, lazy):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((name, node.lineno, lazy) for name in targets(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in DYNAMIC:
            # What cannot be read is reported too: a computed name is no package of any floor.
            literal = node.args and isinstance(node.args[0], ast.Constant)
            yield node.args[0].value if literal else "a computed name", node.lineno, lazy
        inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from walk(child, lazy or inside)

    def targets(node):
        base = node.module or ""
        if node.level:
            above = node.level - (path.name == "__init__.py")
            package = module.split(".")[: len(module.split(".")) - above]
            base = ".".join(package + ([base] if base else []))
        # `from minitorch import nn` imports minitorch.nn, not the face.
        submodules = [f"{base}.{alias.name}" for alias in node.names]
        return {name if name in modules else base for name in submodules}

    return walk(ast.parse(path.read_text(encoding="utf-8")), False)


def violations(package, upward=UPWARD):
    """One line per broken rule: an import, a module without a floor, a useless permission."""
    modules = modules_of(package)
    found = [f"{name}: on no floor, see FLOORS" for name in modules if floor_of(name) is None]
    # setuptools and pytest both take a folder for a package by its __init__.py.
    folders = {path.parent for path in modules.values() if path.parent != package}
    bare = [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()]
    found += [f"{folder.relative_to(package)}/ has no __init__.py" for folder in bare]
    used = set()
    for module, path in modules.items():
        floor = floor_of(module)
        if floor is None:
            continue
        optional = next(names for floors, names in OPTIONAL.items() if floor in floors)
        for target, line, lazy in imports_of(module, path, modules):
            top = target.split(".")[0]
            if top == package.name:
                if (module, target) in upward:
                    used.add((module, target))
                elif (floor_of(target) or 0) > floor:
                    found.append(f"{module}:{line} (floor {floor}) imports {target}, from above")
            elif top != "numpy" and top not in sys.stdlib_module_names:
                if top not in optional:
                    found.append(f"{module}:{line} imports {target}, no package of this floor")
                elif not lazy:
                    found.append(f"{module}:{line} imports {target} outside a function")
    unused = upward.keys() - used
    return found + [f"{a} does not import {b}: drop it from UPWARD" for a, b in sorted(unused)]


def test_imports_go_down():
    assert violations(PACKAGE) == []


def test_every_floor_is_a_list_of_different_names():
    names = " ".join(FLOORS).split()
    assert len(names) == len(set(names))


PLANTED = {
    "__init__.py": "from minitorch.viz import draw\nfrom .nn import Linear",
    "dtypes.py": "import numpy as np\nfrom minitorch.tensor import Tensor",
    "errors.py": "def explain():\n    from . import printing",
    "modes.py": "import minitorch",
    "devices.py": "import cupy",
    "tensor.py": "import os.path\ndef gpu():\n    import cupy\n    from minitorch import dtypes",
    "primitive.py": "try:\n    import scipy\nexcept ImportError:\n    pass",
    "ops/__init__.py": "from ..tensor import Tensor\nfrom .products import matmul",
    "ops/products.py": "from importlib import import_module\nimport_module('minitorch.nn')",
    "printing.py": "from .functional import *",
    "functional.py": "def plot():\n    import matplotlib.pyplot as plt",
    "nn/__init__.py": "from minitorch.nn.linear import Linear",
    "nn/linear.py": "from .. import viz, functional\nfrom minitorch.optim import SGD",
    "nn/functional.py": "from minitorch.functional import relu",
    "optim/__init__.py": "class SGD:\n    from minitorch.nn import Parameter",
    "viz/__init__.py": "def draw():\n    import matplotlib\nimport ipywidgets",
    "utils/data.py": "from minitorch import tensor",
    "helpers.py": "",
}


def plant(folder):
    package = folder / "minitorch"
    for name, source in PLANTED.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return package


def test_planted_violations_are_found(tmp_path):
    assert sorted(violations(plant(tmp_path), upward={})) == [
        "minitorch.devices:1 imports cupy outside a function",
        "minitorch.dtypes:2 (floor 0) imports minitorch.tensor, from above",
        "minitorch.errors:2 (floor 0) imports minitorch.printing, from above",
        "minitorch.functional:2 imports matplotlib.pyplot, no package of this floor",
        "minitorch.helpers: on no floor, see FLOORS",
        "minitorch.modes:1 (floor 0) imports minitorch, from above",
        "minitorch.nn.linear:1 (floor 4) imports minitorch.viz, from above",
        "minitorch.ops.products:2 (floor 2) imports minitorch.nn, from above",
        "minitorch.primitive:2 imports scipy, no package of this floor",
        "minitorch.viz:3 imports ipywidgets outside a function",
        "utils/ has no __init__.py",
    ]


def test_a_permission_lets_one_import_up_and_an_unused_one_is_reported(tmp_path):
    package = plant(tmp_path)
    upward = {
        ("minitorch.modes", "minitorch"): "a reason",
        ("minitorch.tensor", "minitorch.ops"): "a reason that went away",
    }
    before, after = set(violations(package, upward={})), set(violations(package, upward))
    assert before - after == {"minitorch.modes:1 (floor 0) imports minitorch, from above"}
    assert after - before == {"minitorch.tensor does not import minitorch.ops: drop it from UPWARD"}
