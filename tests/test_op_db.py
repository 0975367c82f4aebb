"""torch's own samples, all of them, computed by torch and by minitorch: see op_db.py."""

from pathlib import Path

import op_db_scope as data
import pytest
from op_db import cases, failures, report, scope
from oracle import missing_oracle

pytestmark = pytest.mark.torch
if missing_oracle():
    pytest.skip(missing_oracle(), allow_module_level=True)

DIFFERENCES = Path(__file__).parents[1] / "docs" / "differences.md"


@pytest.mark.parametrize(
    "entry, kind",
    [pytest.param(*case, id=f"{case[0].full_name}-{case[1]}") for case in cases()
     if case[0].full_name not in data.DIFFERENT],
)  # fmt: skip
def test_agrees_with_torch_on_every_sample(entry, kind):
    found = failures(entry, kind)
    assert not found, "\n" + report(found)


def test_at_most_ten_entries_differ_and_all_are_documented():
    known = {entry.full_name for entries in scope().values() for entry in entries}
    assert len(data.DIFFERENT) <= 10 and set(data.DIFFERENT) <= known
    text = DIFFERENCES.read_text()
    assert [name for name in data.DIFFERENT if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", data.DIFFERENT or ["nothing"])
def test_what_is_said_to_differ_does(name):
    entries = [case for case in cases() if case[0].full_name == name]
    assert name == "nothing" or any(failures(*case) for case in entries)
