"""What an exercise is, and the words in which a check says what is wrong.

Floor 5. A check is a function `check(answer, lib, *material)` that returns when the answer is right
and calls `wrong(...)` when it is not. `lib` is minitorch or torch, whichever the page runs on. The
message names what differs in the learner's own numbers, and does not give the answer away.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KINDS = ("predict", "explain", "build")


class Wrong(Exception):
    """An answer that is not right; the text says what is wrong with it."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its kind, its check, hints from vague to plain, and a solution as source code.

    `praise` is printed behind "right", for what the learner should notice then.
    """

    kind: str
    check: Callable
    hints: tuple[str, ...]
    solution: str
    praise: str = ""

    def judge(self, answer, lib, *material):
        """None if the answer is right, else the sentence that says what is wrong with it."""
        try:
            self.check(answer, lib, *material)
        except Wrong as fault:
            return str(fault)
        except Exception as error:
            return f"your code stops with {type(error).__name__}: {error}{_place(error)}"
        return None


def wrong(message):
    """Ends a check: the answer is not right, for the reason given."""
    raise Wrong(message)


def names(answer, right, extra, missing):
    """Checks a set of names; `extra` and `missing` are hints for names too many and too few."""
    if isinstance(answer, str):
        wrong("write a set of names, {'...', '...'}, even if there is only one in it")
    found = sorted(map(str, set(answer) - set(right)))
    if found:
        wrong(f"{found} not among them. {extra}")
    count = len(set(right) - set(answer))
    if count:
        wrong(f"yours are all there, but {count} more. {missing}")


def choice(answer, right, letters, why):
    """Checks a letter; `why` has, for each wrong one, what speaks against it."""
    if answer not in tuple(letters):
        wrong(f"answer with one of the letters {', '.join(letters)}; yours is {answer!r}")
    if answer != right:
        wrong(f"not {answer}: {why[answer]}")


def close(yours, expected, what, tolerance=1e-5):
    """Checks numbers or tensors, and says by how much yours differ (and their shape, if that does).

    The message quotes yours, not what was expected.
    """
    if not hasattr(expected, "shape"):
        if isinstance(yours, bool) or not hasattr(yours, "__float__"):
            wrong(f"{what} should be a number, but is of type {type(yours).__name__}")
        if not abs(float(yours) - expected) <= tolerance * max(1, abs(expected)):
            wrong(f"{what} is {float(yours):g} with yours, and that is not it")
        return
    if not hasattr(yours, "shape"):
        wrong(f"{what} should be a tensor, but is of type {type(yours).__name__}")
    if tuple(yours.shape) != tuple(expected.shape):
        wrong(f"{what} should be of shape {tuple(expected.shape)}, yours is {tuple(yours.shape)}")
    gap = (yours.detach().double() - expected.detach().double()).abs()
    if not (gap <= tolerance * expected.detach().double().abs().clamp(min=1)).all():
        wrong(f"{what} is off by up to {gap.max().item():.3g}: yours is {_short(yours)}")


def _short(tensor):
    """A few of the numbers of a tensor."""
    values = [f"{value:.4g}" for value in tensor.detach().flatten()[:6].tolist()]
    return "[" + ", ".join(values) + (", ...]" if tensor.numel() > 6 else "]")


def _place(error):
    """Where in the learner's own code an error came from: the last frame outside the library."""
    library = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if library not in Path(frame.filename).parents]
    return f" (line {own[-1].lineno} of your cell)" if own else ""
