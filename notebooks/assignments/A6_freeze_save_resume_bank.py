"""Submissions to A6 whose grade is known; `minitorch/classroom/selftest.py` explains the form."""

RIGHT = {
    "freeze by a walk over the modules": {
        "freeze": """
def freeze(model, patterns):
    everything = list(model.state_dict())
    wrong = []
    for pattern in patterns:
        if not [name for name in everything if fnmatchcase(name, pattern)]:
            wrong.append(pattern)
    if wrong:
        raise ValueError("no such names: " + ", ".join(map(repr, wrong)))

    def chosen(name):
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    for path, module in model.named_modules(remove_duplicate=False):
        start = path + "." if path else ""
        for name, p in module._parameters.items():
            if p is not None and chosen(start + name):
                p.requires_grad = False
                p.grad = None
        for name in module._buffers:
            if chosen(start + name):
                module.train(False)
                module.__dict__["train"] = _stay(module)
    return list(filter(chosen, everything))


def _stay(module):
    def train(mode=True):
        return module
    return train
""",
    },
    "a frozen layer gets a class whose train does nothing": {
        "freeze": [
            (
                "            layer.train = lambda mode=True, layer=layer: layer",
                """
            kind = type(layer)
            layer.__class__ = type(kind.__name__, (kind,), {"train": lambda self, mode=True: self})
""",
            )
        ],
    },
    "replace by object numbers, in two walks": {
        "replace": """
def replace(model, name, new, optimizer):
    before = {id(p): p for p in model.parameters()}
    parts = name.split(".")
    parent = model
    for part in parts[:-1]:
        parent = getattr(parent, part)
    setattr(parent, parts[-1], new)
    after = {id(p): p for p in model.parameters()}
    target = None
    for number, group in enumerate(optimizer.param_groups):
        kept = []
        for p in group["params"]:
            if id(p) in before and id(p) not in after:
                optimizer.state.pop(p, None)
                target = number if target is None else target
            else:
                kept.append(p)
        group["params"] = kept
    known = [id(p) for group in optimizer.param_groups for p in group["params"]]
    added = [p for p in new.parameters() if p.requires_grad and id(p) not in known]
    if target is not None:
        optimizer.param_groups[target]["params"].extend(added)
    elif added:
        optimizer.add_param_group(dict(params=added))
""",
    },
    "the checkpoint by a table of parts, fit as a for loop": {
        "checkpoint": """
def _parts(model, optimizer, scheduler):
    return {"model": model, "optimizer": optimizer, "scheduler": scheduler}


def save_checkpoint(path, model, optimizer, scheduler, epoch):
    parts = _parts(model, optimizer, scheduler)
    checkpoint = {name: part.state_dict() for name, part in parts.items()}
    with open(path, "wb") as file:
        minitorch.save(dict(checkpoint, rng=minitorch.get_rng_state(), epoch=epoch), file)


def load_checkpoint(path, model, optimizer, scheduler):
    checkpoint = minitorch.load(path, weights_only=True)
    for name, part in _parts(model, optimizer, scheduler).items():
        part.load_state_dict(checkpoint[name])
    minitorch.set_rng_state(checkpoint["rng"])
    return checkpoint["epoch"]
""",
        "fit": """
def fit(path, epochs, epoch, model, optimizer, scheduler):
    try:
        start = load_checkpoint(path, model, optimizer, scheduler)
    except FileNotFoundError:
        start = 0
    losses = []
    for number in range(start, epochs):
        losses += [epoch(model, optimizer, scheduler)]
        save_checkpoint(path, model, optimizer, scheduler, number + 1)
    return losses
""",
    },
    "loading by the library, for what fits": {
        "load": """
def strip_prefix(state, prefix):
    strip = True
    for name in state:
        strip = strip and name.startswith(prefix)
    return {name.removeprefix(prefix) if strip else name: state[name] for name in state}


def load_matching(model, state):
    state, own = strip_prefix(state, "module."), model.state_dict()
    fits, report = {}, {"loaded": [], "missing": [], "unexpected": [], "mismatched": {}}
    for name, tensor in own.items():
        if name not in state:
            continue
        if tensor.shape == state[name].shape:
            fits[name] = state[name]
        else:
            report["mismatched"][name] = [list(tensor.shape), list(state[name].shape)]
    model.load_state_dict(fits, strict=False)
    report["loaded"] = list(fits)
    there = {own[name].data_ptr() for name in fits}
    for name, tensor in own.items():
        if name not in state and tensor.data_ptr() not in there:
            report["missing"].append(name)
    report["unexpected"] = [name for name in state if name not in own]
    return report
""",
    },
    "fine_tune freezes before it loads, with groups": {
        "tune": """
def fine_tune(path, model, patterns, rate, epochs, epoch):
    freeze(model, patterns)
    report = load_matching(model, minitorch.load(path)["model"])
    group = {"params": (p for p in model.parameters() if p.requires_grad), "lr": rate}
    optimizer = minitorch.optim.Adam([group])
    losses = []
    for _ in range(epochs):
        losses.append(epoch(model, optimizer))
    return [report, losses]
""",
    },
    "magics and an experiment that fails": {
        "fit": """
%matplotlib inline
def fit(path, epochs, epoch, model, optimizer, scheduler):
    done = load_checkpoint(path, model, optimizer, scheduler) if os.path.isfile(path) else 0
    losses = []
    while len(losses) + done < epochs:
        losses.append(epoch(model, optimizer, scheduler))
        save_checkpoint(path, model, optimizer, scheduler, done + len(losses))
    return losses

print(fit("nowhere.pt", 0, None, None, None, None))
raise ValueError("an experiment")
""",
    },
}

FREEZES = ["test_freeze", "test_freeze_statistics", "test_freeze_names", "test_tune"]
STATISTICS = ["test_freeze_statistics", "test_tune"]
REPLACES = ["test_replace", "test_replace_special"]
RESUMES = ["test_checkpoint", "test_fit"]
FILES = ["test_checkpoint", "test_checkpoint_file", "test_fit"]
LOADS = ["test_report", "test_report_tied", "test_tune"]

WRONG = {
    "old gradients are left": ({"freeze": [("            p.grad = None\n", "")]}, ["test_freeze"]),
    "gradients are zero, not None": (
        {
            "freeze": [
                (
                    "            p.grad = None",
                    "            if p.grad is not None:\n                p.grad.zero_()",
                )
            ]
        },
        ["test_freeze"],
    ),
    "all gradients are forgotten": (
        {
            "freeze": [
                ("            p.grad = None\n", ""),
                ("    return found\n", "    model.zero_grad()\n    return found\n"),
            ]
        },
        ["test_freeze"],
    ),
    "the flags of copies are set": (
        {
            "freeze": [
                (
                    "            p.requires_grad_(False)\n            p.grad = None",
                    "            model.state_dict()[name].requires_grad_(False)\n"
                    "            p.grad = None",
                )
            ]
        },
        FREEZES,
    ),
    "BatchNorm goes on counting": (
        {
            "freeze": [
                (
                    "            layer.eval()\n"
                    "            layer.train = lambda mode=True, layer=layer: layer\n",
                    "            pass\n",
                )
            ]
        },
        STATISTICS,
    ),
    "train() wakes the layers up": (
        {"freeze": [("            layer.train = lambda mode=True, layer=layer: layer\n", "")]},
        STATISTICS,
    ),
    "train() does nothing any more, but the mode was never changed": (
        {"freeze": [("            layer.eval()\n", "")]},
        STATISTICS,
    ),
    "a momentum of 0 instead of evaluation mode": (
        {
            "freeze": [
                (
                    "            layer.eval()\n"
                    "            layer.train = lambda mode=True, layer=layer: layer\n",
                    "            layer.momentum = 0.0\n",
                )
            ]
        },
        STATISTICS,
    ),
    "every layer goes into evaluation mode for good": (
        {
            "freeze": [
                (
                    "        if any(path + own in found for own, _ in "
                    "layer.named_buffers(recurse=False)):\n",
                    "        if True:\n",
                )
            ]
        },
        ["test_freeze_statistics", "test_freeze_names", "test_tune"],
    ),
    "statistics are frozen with the weight of their layer": (
        {
            "freeze": [
                (
                    "any(path + own in found for own, _ in layer.named_buffers(recurse=False))",
                    'isinstance(layer, nn.BatchNorm1d) and path + "weight" in found',
                )
            ]
        },
        ["test_freeze_statistics"],
    ),
    "a layer is held if anything of it is frozen": (
        {
            "freeze": [
                (
                    "any(path + own in found for own, _ in layer.named_buffers(recurse=False))",
                    "any(name.startswith(path) for name in found)",
                )
            ]
        },
        ["test_freeze_statistics", "test_freeze_names", "test_tune"],
    ),
    "the second name of a shared Parameter is overlooked": (
        {"freeze": [("remove_duplicate=False", "")]},
        ["test_freeze_names"],
    ),
    "a misspelling freezes nothing, in silence": (
        {"freeze": [("    if lost:", "    if False:")]},
        ["test_freeze_names"],
    ),
    "a misspelling is seen only if nothing matches at all": (
        {"freeze": [("    if lost:", "    if not found:")]},
        ["test_freeze_names"],
    ),
    "only the first misspelling is named": (
        {"freeze": [("{', '.join(lost)}", "{lost[0]}")]},
        ["test_freeze_names"],
    ),
    "all patterns are named": (
        {"freeze": [("{', '.join(lost)}", "one of {patterns}")]},
        ["test_freeze_names"],
    ),
    "it freezes first and complains afterwards": (
        {
            "freeze": [
                (
                    "    if lost:\n"
                    "        raise ValueError(f\"nothing matches {', '.join(lost)}\")\n",
                    "",
                ),
                (
                    "    return found\n",
                    "    if lost:\n        raise ValueError(', '.join(lost))\n    return found\n",
                ),
            ]
        },
        ["test_freeze_names"],
    ),
    "patterns are taken for parts of names": (
        {"freeze": [("fnmatchcase(name, pattern) for", "pattern in name for")]},
        FREEZES,
    ),
    "patterns are taken for beginnings": (
        {"freeze": [("fnmatchcase(name, pattern)", 'name.startswith(pattern.rstrip("*"))')]},
        ["test_freeze", "test_freeze_statistics", "test_freeze_names"],
    ),
    "buffers are not among the names": (
        {
            "freeze": [
                (
                    "    return found\n",
                    "    names = dict(model.named_parameters(remove_duplicate=False))\n"
                    "    return [name for name in found if name in names]\n",
                )
            ]
        },
        ["test_freeze"],
    ),
    "the optimizer is not told": (
        {"replace": [("    gone = set(old", "    return\n    gone = set(old")]},
        REPLACES,
    ),
    "the new ones are added, the old ones stay": (
        {
            "replace": [
                ("    gone = set(old.parameters()) - set(model.parameters())", "    gone = set()")
            ]
        },
        REPLACES,
    ),
    "the new ones always get a group of their own": (
        {"replace": [("    if home is not None:", "    if False:")]},
        REPLACES,
    ),
    "the last group is joined": (
        {"replace": [("if home is None and not gone", "if not gone")]},
        ["test_replace_special"],
    ),
    "the first group is joined, whoever was in it": (
        {"replace": [("    home = None\n", "    home = optimizer.param_groups[0]\n")]},
        REPLACES,
    ),
    "old state is left behind": (
        {"replace": [("        optimizer.state.pop(p, None)", "        pass")]},
        ["test_replace"],
    ),
    "all state is forgotten": (
        {"replace": [("        optimizer.state.pop(p, None)", "        optimizer.state.clear()")]},
        ["test_replace"],
    ),
    "a shared Parameter is thrown out": (
        {"replace": [(" - set(model.parameters())", "")]},
        ["test_replace_special"],
    ),
    "a path is taken for a name": (
        {"replace": [("setattr(model.get_submodule(path), last,", "setattr(model, name,")]},
        ["test_replace"],
    ),
    "frozen Parameters join, too": (
        {"replace": [("if p.requires_grad and p not in held", "if p not in held")]},
        ["test_replace_special"],
    ),
    "what is held already joins again": (
        {"replace": [(" and p not in held", "")]},
        ["test_replace_special"],
    ),
    "a group for nobody": (
        {"replace": [("    elif fresh:", "    else:")]},
        ["test_replace_special"],
    ),
    "the new ones come first": (
        {"replace": [('home["params"] += fresh', 'home["params"][:0] = fresh')]},
        ["test_replace", "test_replace_special"],
    ),
    "random numbers are not saved": (
        {
            "checkpoint": [
                ('        "rng": minitorch.get_rng_state(),\n', ""),
                ('    minitorch.set_rng_state(checkpoint["rng"])\n', ""),
            ]
        },
        FILES,
    ),
    "random numbers are saved and never used": (
        {"checkpoint": [('    minitorch.set_rng_state(checkpoint["rng"])\n', "")]},
        RESUMES,
    ),
    "the seed is saved instead": (
        {
            "checkpoint": [
                ("minitorch.get_rng_state()", "minitorch.initial_seed()"),
                ("minitorch.set_rng_state(", "minitorch.manual_seed("),
            ]
        },
        FILES,
    ),
    "saving seeds the generator": (
        {
            "checkpoint": [
                ("    checkpoint = {\n", "    minitorch.manual_seed(epoch)\n    checkpoint = {\n")
            ]
        },
        FILES,
    ),
    "the optimizer begins anew": (
        {"checkpoint": [('    optimizer.load_state_dict(checkpoint["optimizer"])\n', "")]},
        RESUMES,
    ),
    "the schedule begins anew": (
        {"checkpoint": [('    scheduler.load_state_dict(checkpoint["scheduler"])\n', "")]},
        RESUMES,
    ),
    "the model is saved, not its state dict": (
        {"checkpoint": [('"model": model.state_dict()', '"model": model')]},
        FILES,
    ),
    "loading puts other Parameters into the model": (
        {"checkpoint": [('checkpoint["model"])', 'checkpoint["model"], assign=True)')]},
        RESUMES,
    ),
    "the epoch that comes next is saved": (
        {"checkpoint": [('"epoch": epoch,', '"epoch": epoch + 1,')]},
        FILES,
    ),
    "saving leaves the model in evaluation mode": (
        {
            "checkpoint": [
                (
                    "    minitorch.save(checkpoint, path)",
                    "    model.eval()\n    minitorch.save(checkpoint, path)",
                )
            ]
        },
        ["test_checkpoint_file"],
    ),
    "fit begins again every time": (
        {"fit": [("    if os.path.exists(path):", "    if False:")]},
        ["test_fit"],
    ),
    "fit loads the numbers and counts from 0": (
        {"fit": [("        done = load_checkpoint(", "        load_checkpoint(")]},
        ["test_fit"],
    ),
    "fit saves at the end alone": (
        {
            "fit": [
                (
                    "        save_checkpoint(path, model, optimizer, scheduler, done)\n    return",
                    "    save_checkpoint(path, model, optimizer, scheduler, done)\n    return",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit saves before the epoch": (
        {
            "fit": [
                ("        save_checkpoint(path, model, optimizer, scheduler, done)\n", ""),
                (
                    "        losses.append(",
                    "        save_checkpoint(path, model, optimizer, scheduler, done)\n"
                    "        losses.append(",
                ),
            ]
        },
        ["test_fit"],
    ),
    "fit saves the number of the epoch, not how many are finished": (
        {
            "fit": [
                (
                    "        done += 1\n"
                    "        save_checkpoint(path, model, optimizer, scheduler, done)\n",
                    "        save_checkpoint(path, model, optimizer, scheduler, done)\n"
                    "        done += 1\n",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit makes one epoch too many": (
        {"fit": [("while done < epochs", "while done <= epochs")]},
        ["test_fit"],
    ),
    "the prefix is taken out everywhere": (
        {"load": [("name[len(prefix) :]: tensor", 'name.replace(prefix, ""): tensor')]},
        ["test_strip"],
    ),
    "the prefix is taken from every name that has it": (
        {
            "load": [
                ("    if all(name.startswith(prefix) for name in state):", "    if True:"),
                ("name[len(prefix) :]: tensor", "name.removeprefix(prefix): tensor"),
            ]
        },
        ["test_strip", "test_report"],
    ),
    "seven letters are taken away": (
        {"load": [("name[len(prefix) :]", "name[7:]")]},
        ["test_strip"],
    ),
    "lstrip, which takes letters, not a prefix": (
        {"load": [("name[len(prefix) :]", "name.lstrip(prefix)")]},
        ["test_strip", "test_report"],
    ),
    "the given state is changed": (
        {
            "load": [
                (
                    "        return {name[len(prefix) :]: tensor "
                    "for name, tensor in state.items()}",
                    "        for name in list(state):\n"
                    "            state[name[len(prefix) :]] = state.pop(name)\n"
                    "        return state",
                )
            ]
        },
        ["test_strip", "test_report"],
    ),
    "any name with the prefix is enough": (
        {"load": [("if all(name.startswith", "if any(name.startswith")]},
        ["test_strip", "test_report"],
    ),
    "shapes are left to broadcasting": (
        {
            "load": [
                ("[name for name in both if own[name].shape == state[name].shape]", "both"),
            ]
        },
        LOADS,
    ),
    "only the number of numbers is compared": (
        {
            "load": [
                ("own[name].shape == state[name].shape", "own[name].numel() == state[name].numel()")
            ]
        },
        ["test_report_tied"],
    ),
    "a strict load": (
        {
            "load": [
                ("    filled = {", "    model.load_state_dict(state)\n    filled = {"),
            ]
        },
        LOADS,
    ),
    "loading puts other tensors into the model": (
        {
            "load": [
                (
                    "    with minitorch.no_grad():\n        for name in good:\n"
                    "            own[name].copy_(state[name])\n",
                    "    fits = {name: state[name] for name in good}\n"
                    "    model.load_state_dict(fits, strict=False, assign=True)\n",
                )
            ]
        },
        ["test_report", "test_report_tied"],
    ),
    "it reports, and copies nothing": (
        {"load": [("            own[name].copy_(state[name])", "            pass")]},
        LOADS,
    ),
    "buffers are forgotten": (
        {
            "load": [
                (
                    "model.state_dict(keep_vars=True)",
                    "dict(model.named_parameters(remove_duplicate=False))",
                )
            ]
        },
        ["test_report", "test_tune"],
    ),
    "a tied name is missing": (
        {"load": [(" and id(own[name]) not in filled", "")]},
        ["test_report_tied"],
    ),
    "what did not fit counts as loaded for its tied name": (
        {"load": [("{id(own[name]) for name in good}", "{id(own[name]) for name in both}")]},
        ["test_report_tied"],
    ),
    "what does not fit is missing as well": (
        {
            "load": [
                ("if name not in state and id(own", "if name not in good and id(own"),
            ]
        },
        ["test_report", "test_report_tied"],
    ),
    "the names are in the order of the file": (
        {
            "load": [
                (
                    "both = [name for name in own if name in state]",
                    "both = [name for name in state if name in own]",
                )
            ]
        },
        ["test_report"],
    ),
    "shapes the other way round": (
        {
            "load": [
                (
                    "[list(own[name].shape), list(state[name].shape)]",
                    "[list(state[name].shape), list(own[name].shape)]",
                )
            ]
        },
        ["test_report", "test_report_tied"],
    ),
    "Adam is given what is frozen, too": (
        {"tune": [("[p for p in model.parameters() if p.requires_grad]", "model.parameters()")]},
        ["test_tune"],
    ),
    "fine_tune freezes after Adam was made": (
        {
            "tune": [
                ("    freeze(model, patterns)\n", ""),
                ("    return report", "    freeze(model, patterns)\n    return report"),
            ]
        },
        ["test_tune"],
    ),
    "fine_tune takes the whole checkpoint for a state dict": (
        {"tune": [('minitorch.load(path)["model"]', "minitorch.load(path)")]},
        ["test_tune"],
    ),
    "fine_tune forgets the rate": ({"tune": [(", lr=rate", "")]}, ["test_tune"]),
    "a loop in fit costs its own test alone": (
        {"fit": [("        done += 1\n", "")]},
        ["test_fit"],
    ),
}

EQUIVALENT = {
    "freeze: `layer.train = lambda mode=True, layer=layer: layer` -> "
    "`layer.train = lambda mode=False, layer=layer: layer`": "the mode is not asked for",
}
