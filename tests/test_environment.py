"""pyproject.toml (pip) and environment.yml (conda) must ask for the same packages.

environment.yml is read line by line: its list is flat, and PyYAML is no dependency of ours.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def split(requirement):
    """`'numpy>=2.0'` as `('numpy', '>=2.0')`, spaces dropped."""
    name, versions = re.fullmatch(r"([\w.\[\]-]+)(.*)", requirement.replace(" ", "")).groups()
    return name, versions


def pip_requirements(requirements):
    """Name to version range; `minitorch-course[extra]` stands for what that extra lists."""
    found = {}
    for name, versions in map(split, requirements):
        extra = re.fullmatch(rf"{PROJECT['name']}\[(\w+)\]", name)
        if extra:
            found |= pip_requirements(PROJECT["optional-dependencies"][extra[1]])
        else:
            found[name] = versions
    return found


def conda_lists(text):
    """The items under `dependencies:`, and those nested under `- pip:`."""
    lines = [line.split("#")[0].rstrip() for line in text.splitlines()]
    lines = lines[lines.index("dependencies:") + 1 :]
    items = [re.fullmatch(r"( *)- (.+)", line).groups() for line in lines if line]
    outer = min(len(indent) for indent, _ in items)
    conda = [item for indent, item in items if len(indent) == outer and item != "pip:"]
    return conda, [item for indent, item in items if len(indent) > outer]


def test_conda_asks_for_what_pip_asks_for():
    conda, by_pip = conda_lists((ROOT / "environment.yml").read_text())
    pip = pip_requirements(PROJECT["dependencies"] + ["minitorch-course[test]"])
    assert dict(map(split, conda)) == pip | {"python": PROJECT["requires-python"], "pip": ""}
    assert by_pip == ["-e .[test]"]


def test_the_core_needs_numpy_alone():
    assert list(pip_requirements(PROJECT["dependencies"])) == ["numpy"]
