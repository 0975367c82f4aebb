"""Make minitorch/datasets/sunspots.csv from the figures in statsmodels.

    python docs/data/make_sunspots.py [where to write it]

It needs statsmodels (which brings pandas) and no network. The bytes are the same wherever it runs.
"""

import hashlib
import sys
from pathlib import Path

from statsmodels.datasets import sunspots

HOME = Path(__file__).parents[2] / "minitorch" / "datasets" / "sunspots.csv"


def main(path=HOME):
    table = sunspots.load_pandas().data
    years = table["YEAR"].astype(int).tolist()
    assert years == list(range(1700, 2009)), "not the years 1700 to 2008"
    lines = [f"{year},{number:g}\n" for year, number in zip(years, table["SUNACTIVITY"])]
    data = "".join(["year,sunspots\n", *lines]).encode("ascii")
    Path(path).write_bytes(data)
    print(hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
