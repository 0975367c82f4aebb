"""Records what torch makes of every call of the op table (../ops_table.py) into ops.npz.

Run `python tests/golden/record_ops.py` after changing a line of the table.
"""

import inspect
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ops_table import GOLDEN, VARIANTS, call, find, key, names, outcome, run, table, told, write


def recorded(torch, op):
    """The outcomes of all calls of an operation, by key, and what torch has of its name."""
    outcomes = {f"{op.family}/{op.name}": variants(torch, op)}
    for text in op.calls:
        reals = any(op.inputs[name].real for name in names(op, text))
        others = VARIANTS if reals and op.mark != "=" else ["float32", "empty"]
        for variant in others if names(op, text) else ["float32"]:
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
    """Which forms torch has beside the function: a method, `name_`, a keyword `inplace`."""
    if op.family == "functional":
        function = find(torch, op)
        names = inspect.signature(function).parameters if inspect.isfunction(function) else ()
        return {"method": False, "inplace": False, "keyword": "inplace" in names}
    has = [callable(getattr(torch.Tensor, name, None)) for name in (op.name, f"{op.name}_")]
    return {"method": has[0], "inplace": has[1], "keyword": False}


def gradient(torch, op, text):
    """Which results of a call in float64 want gradients, and the error if there are none."""
    try:
        made = call(torch, op, text, "float64", wants=True)
        found = run(torch, op, made)
    except (RuntimeError, TypeError):  # a call that can be made in float32 only
        return {"wants": []}
    results = found if isinstance(found, (tuple, list)) else [found]
    wants = [bool(getattr(x, "requires_grad", False)) for x in results]
    outs = [x for x, wanted in zip(results, wants) if wanted]
    leaves = [t for t in made.tensors.values() if t.requires_grad]
    try:
        if outs:
            seeds = [torch.ones_like(x) for x in outs]
            torch.autograd.grad(outs, leaves, seeds, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        return {"wants": wants, "error": told(error)}
    return {"wants": wants}


def record(torch):
    """The outcomes of the whole table."""
    torch.set_warn_always(True)
    outcomes, mistakes = {}, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for op in table():
            try:
                outcomes |= recorded(torch, op)
            except ValueError as mistake:
                mistakes.append(str(mistake))
    torch.set_warn_always(False)
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
