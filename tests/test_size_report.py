"""The size report adds up, marks a total over its budget and notices an uncounted file."""

from size_report import report

SOURCE = '"""A module."""\n\nA = 1\n\n\ndef f(x):\n    """A function."""\n    return x  # itself\n'


def test_totals_are_held_against_their_budgets(tmp_path):
    package = tmp_path / "minitorch"
    package.mkdir()
    for name in ("dtypes", "tensor", "nn", "viz"):
        (package / f"{name}.py").write_text(SOURCE)
    lines, fits = report(package, totals={3: 6, 4: 9})
    assert fits
    assert "     6 of 6  floors 0-3 together" in lines
    assert "     9 of 9  floors 0-4 together" in lines
    assert sum(line.endswith(".f") for line in lines) == 4
    assert "     6 <- of 5  floors 0-3 together" in report(package, totals={3: 5, 4: 9})[0]
    assert "     9 <- of 8  floors 0-4 together" in report(package, totals={3: 6, 4: 8})[0]
    (package / "misc.py").write_text(SOURCE)
    lines, fits = report(package, totals={3: 6, 4: 9})
    assert not fits
    assert "       3  minitorch.misc" in lines
