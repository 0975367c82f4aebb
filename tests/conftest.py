"""Tests marked `torch` compare with torch 2.13: skipped where another or none is installed."""

import importlib

import pytest
from oracle import missing_oracle

pytest.register_assert_rewrite("exact")


def pytest_collection_modifyitems(items):
    reason = missing_oracle()
    if reason:
        for item in items:
            if item.get_closest_marker("torch"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def no_progress_of_ours(monkeypatch):
    """A test that solves an exercise does not count as the reader's."""
    monkeypatch.setenv("MINITORCH_PROGRESS", "")


@pytest.fixture(params=["minitorch", pytest.param("torch", marks=pytest.mark.torch)])
def lib(request):
    """The library under test: a behaviour is written once, and holds for both."""
    return importlib.import_module(request.param)
