"""Writes docs/questions.md: from each question to the cells that answer it.

The questions are in docs/questions.toml. A cell answers one by the tag `answers:ID`; the nearest
heading above it says where it stands. `python docs/make_questions.py` from anywhere; a test runs it
and compares, so the page cannot drift from the notebooks.
"""

import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TAG = "answers:"

HEAD = """# Questions and the cells that answer them

Made by `python docs/make_questions.py` from `docs/questions.toml` and the tags in the notebooks; do
not edit it by hand. A link opens the chapter; the heading says where in it, and the name in
brackets is the id of the cell.
"""


def questions():
    """The entries of docs/questions.toml, in its order."""
    return tomllib.loads((ROOT / "docs/questions.toml").read_text(encoding="utf-8"))["question"]


def answers():
    """{question id: [(notebook's path, heading above the cell, cell id), ...]}."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                titles = [line for line in cell["source"] if line.startswith("#")]
                heading = titles[-1].strip("# \n") if titles else heading
            for tag in cell["metadata"].get("tags", []):
                if tag.startswith(TAG):
                    place = path.relative_to(ROOT), heading, cell["id"]
                    found.setdefault(tag.removeprefix(TAG), []).append(place)
    return found


def unanswered():
    """The ids of the questions that no cell and no page answers."""
    found = answers()
    for question in questions():
        if "page" in question:
            text = (ROOT / "docs" / question["page"]).read_text(encoding="utf-8")
            answered = question["says"] in text
        else:
            answered = question["id"] in found
        if not answered:
            yield question["id"]


def page():
    """The text of docs/questions.md; ValueError for a tag that names no question."""
    listed, found, lines, section = questions(), answers(), [HEAD], None
    unknown = found.keys() - {question["id"] for question in listed}
    if unknown:
        raise ValueError(f"no such question in docs/questions.toml: {sorted(unknown)}")
    for question in listed:
        if question["section"] != section:
            section = question["section"]
            lines.append(f"## {section}\n")
        lines.append(f"- **{question['text']}**")
        for path, heading, cell in found.get(question["id"], []):
            lines.append(f"  - [{path.stem}](../{path.as_posix()}): *{heading}* [{cell}]")
        if "page" in question:
            lines.append(f"  - [{question['page']}]({question['page']}): *{question['says']}*")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (ROOT / "docs/questions.md").write_text(page(), encoding="utf-8")
    print("not answered yet:", *unanswered())
