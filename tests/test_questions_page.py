"""docs/questions.md is what its maker makes, and every question in it is answered."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAKER = runpy.run_path(str(ROOT / "docs/make_questions.py"))


def test_the_page_is_up_to_date():
    assert (ROOT / "docs/questions.md").read_text(encoding="utf-8") == MAKER["page"]()


def test_every_question_is_answered():
    listed = [question["id"] for question in MAKER["questions"]()]
    assert len(listed) == len(set(listed)) > 70
    assert list(MAKER["unanswered"]()) == []
