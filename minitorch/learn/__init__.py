"""The exercises of the course: check an answer, ask for a hint, see a solution, keep the progress.

Floor 5. One file per chapter holds its exercises; a chapter opens them with `lesson`. The checks
are given the library that the page runs on, so the same page works on torch.

>>> import minitorch
>>> from minitorch.learn import lesson
>>> exercises = lesson("00", minitorch)
>>> exercises.check(1, None)
Exercise 1 waits for your answer.
"""

from .lesson import Lesson, lesson
from .record import progress
