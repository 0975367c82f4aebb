"""torch's own samples, all of them, computed by torch and by minitorch: see op_db.py."""

import pytest
from conftest import missing_oracle
from op_db import cases, failures, report, scope
from op_db_scope import DIFFERENT, OUT_OF_SCOPE, SECTIONS, WITHOUT_ENTRY

import minitorch

pytestmark = pytest.mark.torch
if missing_oracle():
    pytest.skip(missing_oracle(), allow_module_level=True)


@pytest.mark.parametrize(
    "entry, kind",
    [pytest.param(*case, id=f"{case[0].full_name}-{case[1]}") for case in cases()
     if case[0].full_name not in DIFFERENT],
)  # fmt: skip
def test_agrees_with_torch_on_every_sample(entry, kind):
    found = failures(entry, kind)
    assert not found, "\n" + report(found)
