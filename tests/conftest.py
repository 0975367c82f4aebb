"""Tests marked `torch` compare with torch 2.13: skipped where another or none is installed."""

import importlib
from importlib import metadata

import pytest

ORACLE = "2.13"

pytest.register_assert_rewrite("exact")


def missing_oracle():
    """Why the oracle cannot be asked, or None; torch itself is not imported for that."""
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return f"needs torch {ORACLE}, not installed"
    if not version.startswith(f"{ORACLE}."):
        return f"needs torch {ORACLE}, installed is {version}"
    return None


def pytest_collection_modifyitems(items):
    reason = missing_oracle()
    if reason:
        for item in items:
            if item.get_closest_marker("torch"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(params=["minitorch", pytest.param("torch", marks=pytest.mark.torch)])
def lib(request):
    """The library under test: a behaviour is written once, and holds for both."""
    return importlib.import_module(request.param)
