"""The student's process: runs a submission's cells and calls its functions when it is asked to.

Floor 5. It runs inside the sandbox and decides nothing. Requests are lines of JSON on what was
standard input, replies are lines on what was standard output; the student's own prints go nowhere.
Nothing here is protected from the student's code, and nothing needs to be: see `sandbox.py`.
"""

import ast
import json
import os
import re
import traceback

from .plain import pack, unpack

CELL = "<cell>"


def main(limits, user=None):
    """Answers requests until there are no more; `user` is the number of who is to run this."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    confine(limits, user)
    namespace = {"__name__": "__main__", "display": print, "get_ipython": lambda: None}
    for line in requests:
        replies.write(json.dumps(answer(json.loads(line), namespace)) + "\n")
        replies.flush()


def confine(limits, user):
    """Gives up the rights of another user, and sets limits that cannot be raised again."""
    import resource  # Unix; elsewhere there is no grader

    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))


def answer(request, namespace):
    """{"value": ...} or {"error": [type, text, line]} for what is asked."""
    try:
        if "run" in request:
            run(request["run"], namespace)
            return {"value": None}
        if "inspect" in request:
            return {"value": forbidden_names(request["inspect"], request["forbidden"])}
        return {"value": pack(call(request, namespace))}
    except BaseException as error:  # SystemExit and KeyboardInterrupt are a student's mistakes too
        text = error.msg if isinstance(error, SyntaxError) else error  # its line is told below
        return {"error": [type(error).__name__, str(text)[:1000], line_of(error)]}


def run(source, namespace):
    """Runs a cell as a notebook would, without its magics."""
    exec(compile(without_magics(source), CELL, "exec"), namespace)


def call(request, namespace):
    """Defines the function of the request, and calls it with its inputs."""
    name = ast.parse(request["call"]).body[0].name
    exec(compile(request["call"], "<check>", "exec"), namespace)
    return namespace.pop(name)(**unpack(request["inputs"]))


def without_magics(source):
    """The source with `pass` for each line that only IPython understands.

    >>> print(without_magics("%matplotlib inline\\nx = 7"))
    pass
    x = 7
    """
    try:
        ast.parse(source)
    except SyntaxError:
        source = re.sub(r"^(\s*)%time (.+)$", r"\1\2", source, flags=re.MULTILINE)
        return re.sub(r"^(\s*)(%|!|\?).*$", r"\1pass", source, flags=re.MULTILINE)
    return source


def line_of(error):
    """The line of the student's cell that an error comes from, or None."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == CELL]
    return lines[-1] if lines else None


def forbidden_names(sources, forbidden):
    """The dotted names among `forbidden` whose last part the sources import or get as attribute.

    >>> forbidden_names(["import nn\\nnn.Module", "Linear = 3"], ["nn.Module", "nn.Linear"])
    ['nn.Module']
    """
    last, found = {name.split(".")[-1]: name for name in forbidden}, set()
    for source in sources:
        try:
            nodes = list(ast.walk(ast.parse(without_magics(source))))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # it will not run either
        for node in nodes:
            words = [getattr(node, "attr", None)]
            if isinstance(node, ast.ImportFrom):
                words = [alias.name for alias in node.names]
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "getattr":
                words = [getattr(argument, "value", None) for argument in node.args]
            found |= {last[word] for word in words if isinstance(word, str) and word in last}
    return sorted(found)
