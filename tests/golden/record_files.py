"""Writes tests/golden/files/: small files that torch wrote, which are loaded without it.

python tests/golden/record_files.py
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from files_cases import CASES  # noqa: E402

if __name__ == "__main__":
    import torch

    folder = HERE / "files"
    folder.mkdir(exist_ok=True)
    for name, make in CASES.items():
        torch.save(make(torch), folder / f"{name}.pt")
    torch.save(torch.ones(2), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 1), folder / "module.pt")
