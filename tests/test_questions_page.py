"""docs/questions.md is what its maker makes."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAKER = runpy.run_path(str(ROOT / "docs/make_questions.py"))


def test_the_page_is_up_to_date():
    assert (ROOT / "docs/questions.md").read_text(encoding="utf-8") == MAKER["page"]()
