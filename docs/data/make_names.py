"""Make minitorch/datasets/names.txt from the time zone database.

    python docs/data/make_names.py [where to write it]

It needs the package tzdata and no network; other releases of the database have other zones, so
after a new run put the printed checksum into minitorch/datasets/names.py and names.md.
"""

import hashlib
import sys
from importlib.resources import files
from pathlib import Path

HOME = Path(__file__).parents[2] / "minitorch" / "datasets" / "names.txt"
AREAS = (
    "Africa/ America/ Antarctica/ Arctic/ Asia/ Atlantic/ Australia/ Europe/ Indian/ Pacific/"
).split()
# Abbreviations, directions, and names that the database has run together.
NO_NAMES = {"ACT", "LHI", "NSW", "Knox_IN", "North", "South", "West"} | {
    "ComodRivadavia", "DumontDUrville"
}  # fmt: skip


def main(path=HOME):
    zones = files("tzdata").joinpath("zones").read_text("ascii").split()
    places = {zone.split("/")[-1] for zone in zones if zone.startswith(tuple(AREAS))} - NO_NAMES
    names = {place.lower().replace("_", " ").replace("-", " ") for place in places}
    assert all(name.replace(" ", "").isalpha() for name in names), "other characters than letters"
    data = "".join(f"{name}\n" for name in sorted(names)).encode("ascii")
    Path(path).write_bytes(data)
    print(len(names), hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
