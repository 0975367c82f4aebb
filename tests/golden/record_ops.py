"""Records what torch makes of every call of the op table (../ops_table.py) into ops.npz.

    python tests/golden/record_ops.py
"""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ops_table import DTYPE_ONLY, GOLDEN, VARIANTS, call, find, key, names, outcome, run, table, write


def recorded(torch, op):
    """The outcomes of all calls of an operation, by key, and what torch has of its name."""
    outcomes = {f"{op.family}/{op.name}": variants(torch, op)}
    for text in op.calls:
        reals = any(op.inputs[name].real for name in names(op, text))
        for variant in VARIANTS if reals else ["float32", *(["empty"] if names(op, text) else [])]:
            found = outcome(torch, op, text, variant)
            if "error" not in found:
                outcomes[key(op, text, variant)] = found
            elif variant == "float32":
                raise ValueError(f"torch refuses {op.name}({text}): {found['error']}")
        if reals:
            outcomes[key(op, text, "grad")] = gradient(torch, op, text)
    for text in op.wrong:
        found = outcome(torch, op, text)
        if "error" not in found:
            raise ValueError(f"torch does not mind {op.name}({text})")
        outcomes[key(op, text, "wrong")] = found
    return outcomes


def variants(torch, op):
    """Which names torch has beside the function."""
    return {"method": hasattr(torch.Tensor, op.name), "inplace": hasattr(torch.Tensor, f"{op.name}_")}


def gradient(torch, op, text):
    """Which results of a call in float64 want gradients (none where only float32 will do)."""
    try:
        found = run(torch, op, call(torch, op, text, "float64", wants=True))
    except (RuntimeError, TypeError):
        return {"wants": []}
    results = found if isinstance(found, (tuple, list)) else [found]
    return {"wants": [bool(getattr(x, "requires_grad", False)) for x in results]}


def record(torch):
    """The outcomes of the whole table."""
    outcomes, mistakes = {}, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for op in table():
            try:
                outcomes |= recorded(torch, op)
            except ValueError as mistake:
                mistakes.append(str(mistake))
    if mistakes:
        raise SystemExit("\n".join(mistakes))
    return outcomes


def main():
    import torch

    torch.set_num_threads(1)
    outcomes = record(torch)
    write(outcomes)
    print(f"{len(outcomes)} outcomes, {GOLDEN.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
