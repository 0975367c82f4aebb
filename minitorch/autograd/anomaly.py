"""Anomaly mode: which line of the forward pass the failing part of backward belongs to.

Floor 3. While it is on, every new node remembers where it was made, and backward, where it fails
or meets a NaN, says so. It costs time, so it is for looking for a mistake.
"""

import traceback
import warnings
from pathlib import Path

import numpy as np

from ..modes import modes
from ..node import watchers

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled",
           "set_detect_anomaly"]  # fmt: skip

# ---- switching it on ---------------------------------------------------------------------------


class set_detect_anomaly:
    """Anomaly mode on or off, at once; as a context manager, until the end of its block.

    >>> import minitorch
    >>> with minitorch.autograd.set_detect_anomaly(True):
    ...     minitorch.is_anomaly_enabled()
    True
    """

    def __init__(self, mode, check_nan=True):
        self.before = modes.anomaly, modes.check_nan
        _switch(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        _switch(*self.before)


class detect_anomaly(set_detect_anomaly):
    """A context manager in which backward names the line of the forward pass that it fails at.

    With `check_nan` a gradient of NaN is a failure: a RuntimeError.
    """

    def __init__(self, check_nan=True):
        self.before, self.check_nan = (modes.anomaly, modes.check_nan), check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.", UserWarning, stacklevel=2)  # fmt: skip

    def __enter__(self):
        _switch(True, self.check_nan)


def _switch(mode, check_nan):
    if mode and not modes.anomaly:
        watchers.append(_remember)
    if modes.anomaly and not mode:
        watchers.remove(_remember)
    modes.anomaly, modes.check_nan = mode, check_nan


def is_anomaly_enabled():
    """Whether anomaly mode is on.

    >>> import minitorch
    >>> minitorch.is_anomaly_enabled()
    False
    """
    return modes.anomaly


def is_anomaly_check_nan_enabled():
    """Whether anomaly mode looks for NaNs."""
    return modes.check_nan


# ---- forward: where a node was made ------------------------------------------------------------

_PACKAGE = Path(__file__).parents[1]


def _remember(node, given, result):
    if not modes.anomaly:  # another thread's
        return
    stack = traceback.extract_stack()
    while _is_inner(stack[-1].filename):
        stack.pop()
    node.metadata["traceback_"] = traceback.format_list(stack)
    if modes.evaluating is not None:  # made by a backward that is to be differentiated
        node.metadata["parent_"] = modes.evaluating


def _is_inner(filename):
    """Whether a file is of those that torch has in C++: its frames would tell nobody anything."""
    path = Path(filename)
    if not path.is_relative_to(_PACKAGE):
        return False
    return path.relative_to(_PACKAGE).parts[0] not in ("nn", "functional", "optim", "utils")


# ---- backward: what fails ----------------------------------------------------------------------


def watched(node, compute, g, graph):
    """The gradients that `compute` gives for a node; if it fails, a warning says whose it is."""
    modes.evaluating = node  # also while its gradients are added up, until the next one
    try:
        results = compute(node, g, graph)
        if modes.check_nan:
            _refuse_nan(node, results)
        return results
    except Exception:
        _tell(node)
        raise


def _refuse_nan(node, results):
    for i, g in enumerate(results):
        if g is not None and np.isnan(getattr(g, "_array", g)).any():
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _tell(node):
    start, end = "Error detected in", "that caused the error"
    while node is not None:
        lines = node.metadata.get("traceback_")
        story = f"Traceback of forward call {end}:\n{''.join(lines)}" if lines else \
                "No forward pass information available. Enable detect anomaly during forward " \
                "pass for more information."  # fmt: skip
        warnings.warn(f"{start} {node.name()}. {story}", UserWarning, stacklevel=2)
        start, end = "\n\nPrevious calculation was induced by", "that induced the previous " \
                     "calculation"  # fmt: skip
        node = node.metadata.get("parent_")
