"""The exercises of one chapter, as the learner meets them in the page.

Floor 5. Everything is printed, so that it reads the same in JupyterLab, in a terminal and in the
tests. Whatever a learner's code does wrong ends in a sentence, not in a traceback of ours.
"""

from . import (
    chapter_00,
    chapter_01,
    chapter_02,
    chapter_03,
    chapter_04,
    chapter_05,
    chapter_06,
    chapter_07,
    chapter_08,
    chapter_09,
    chapter_10,
    chapter_11,
    chapter_12,
)
from .exercise import Exercise
from .record import of, record

__all__ = ["Lesson", "lesson"]

CHAPTERS = {
    "00": chapter_00,
    "01": chapter_01,
    "02": chapter_02,
    "03": chapter_03,
    "04": chapter_04,
    "05": chapter_05,
    "06": chapter_06,
    "07": chapter_07,
    "08": chapter_08,
    "09": chapter_09,
    "10": chapter_10,
    "11": chapter_11,
    "12": chapter_12,
}


def lesson(chapter, lib):
    """The exercises of a chapter such as "02", to be used with the library `lib`.

    ValueError for a chapter without exercises.
    """
    if chapter not in CHAPTERS:
        raise ValueError(f"there are no exercises for a chapter {chapter!r}")
    return Lesson(chapter, CHAPTERS[chapter].EXERCISES, lib)


class Lesson:
    """Numbered exercises with `check`, `hint`, `solution` and the progress made."""

    def __init__(self, chapter: str, exercises: list[Exercise], lib):
        self.chapter, self.lib = chapter, lib
        self._exercises = dict(enumerate(exercises, 1))
        self._hints_given = dict.fromkeys(self._exercises, 0)

    def check(self, number, answer, *material):
        """Says whether the answer is right, and if not, what is wrong with it."""
        exercise = self._exercise(number)
        if answer is None:
            print(f"Exercise {number} waits for your answer.")
            return
        fault = exercise.judge(answer, self.lib, *material)
        record(self.chapter, number, solved=fault is None)
        if fault is None:
            print(f"Exercise {number}: right. {exercise.praise}".rstrip())
        else:
            print(f"Exercise {number}: not yet: {fault}")

    def hint(self, number):
        """Gives the next hint; each is plainer than the one before."""
        hints = self._exercise(number).hints
        given = min(self._hints_given[number] + 1, len(hints))
        self._hints_given[number] = given
        record(self.chapter, number, hints=given)
        print(f"Hint {given} of {len(hints)}: {hints[given - 1]}")

    def solution(self, number):
        """Shows one way to do it."""
        print(self._exercise(number).solution.strip())

    def __repr__(self):
        done = of(self.chapter)
        lines = [
            f"  [{'x' if done.get(number, {}).get('solved') else ' '}] {number} {exercise.kind}"
            for number, exercise in self._exercises.items()
        ]
        solved = sum(line.startswith("  [x]") for line in lines)
        return "\n".join([f"Chapter {self.chapter}: {solved} of {len(lines)} solved", *lines])

    def _exercise(self, number):
        if number not in self._exercises:
            last = len(self._exercises)
            raise ValueError(f"chapter {self.chapter} has exercises 1 to {last}, not {number!r}")
        return self._exercises[number]
