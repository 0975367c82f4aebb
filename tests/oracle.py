"""The oracle: torch 2.13, where it is installed."""

from importlib import metadata

ORACLE = "2.13"


def missing_oracle():
    """Why the oracle cannot be asked, or None; torch itself is not imported for that."""
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return f"needs torch {ORACLE}, not installed"
    if not version.startswith(f"{ORACLE}."):
        return f"needs torch {ORACLE}, installed is {version}"
    return None
