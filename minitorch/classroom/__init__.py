"""In class: assignments, and a grader that is itself tested.

Floor 5. `python -m minitorch.classroom --help` releases, grades and reports; the notebooks of
assignments import `compare` and what draws its inputs from here. docs/teaching.md is the guide.
"""

from .checks import choice, compare, integer, names, normal

__all__ = ["choice", "compare", "integer", "names", "normal"]
