"""Right and wrong answers to the exercises of chapter 09.

A wrong answer stands beside a piece of the reply that it must get.
"""

FITTING = """
def load_fitting(model, state):
    own = model.state_dict()
    fitting = {{n: v for n, v in state.items() if {when}}}
    {load}
    return {found}
"""
FITS = dict(
    when="n in own and v.shape == own[n].shape",
    load="model.load_state_dict(fitting, strict=False)",
    found="[n for n in own if n not in fitting]",
)
BEST = """
import math

class Best:
    def __init__(self):
        self.loss, self.state = {start}, None

    def offer(self, loss, model):
        better = loss {than} self.loss
        if better:
            self.loss, self.state = loss, {kept}
        {said}

    def restore(self, model):
        {restore}
"""
KEEPS = dict(
    start="math.inf",
    than="<",
    kept="copy.deepcopy(model.state_dict())",
    said="return better",
    restore="model.load_state_dict(self.state)",
)
ON_DISK = """
import io

class Best:
    loss = None

    def offer(self, loss, model):
        if self.loss is not None and loss >= self.loss:
            return False
        self.loss, self.file = loss, io.BytesIO()
        minitorch.save(model.state_dict(), self.file)
        return True

    def restore(self, model):
        self.file.seek(0)
        model.load_state_dict(minitorch.load(self.file))
"""

SETUP = ["imports-viz"]
RIGHT = {
    1: [
        "predicted = {'g', 'e', 'b', 'a.weight'}",
        "predicted = ['a.weight', 'b', 'e', 'g']",
        "predicted = Puzzle().state_dict().keys()",
    ],
    2: ["reason = 'B'", "reason = 'ABC'[1]", "reason = 'b'.upper()"],
    3: [
        FITTING.format(**FITS),
        FITTING.format(**FITS | dict(load="own.update(fitting); model.load_state_dict(own)")),
        """
def load_fitting(model, state):
    left = []
    with minitorch.no_grad():
        for name, tensor in model.state_dict().items():
            if name in state and state[name].shape == tensor.shape:
                tensor.copy_(state[name])
            else:
                left.append(name)
    return left
""",
        FITTING.format(**FITS | dict(found="set(own) - set(fitting)")),
    ],
    4: [
        BEST.format(**KEEPS),
        BEST.format(**KEEPS | dict(kept="{n: t.clone() for n, t in model.state_dict().items()}")),
        BEST.format(
            **KEEPS
            | dict(
                kept="copy.deepcopy(model)",
                restore="model.load_state_dict(self.state.state_dict())",
            )
        ),
        ON_DISK,
    ],
}
WRONG = {
    1: [
        ("predicted = {'a.weight', 'a.bias', 'b', 'e', 'g'}", "['a.bias'] of yours"),
        ("predicted = {'a.weight', 'b', 'c', 'e', 'g'}", "['c'] of yours"),
        ("predicted = {'a.weight', 'b', 'd', 'e', 'g'}", "['d'] of yours"),
        ("predicted = {'a.weight', 'b', 'g'}", "yours has 3 names"),
        ("predicted = {'a.weight', 'e', 'g'}", "yours has 3 names"),
        ("predicted = {'a', 'b', 'e', 'g'}", "['a'] of yours"),
        ("predicted = {'a.weight', 'b', 'e', 'f.0.weight', 'g'}", "['f.0.weight'] of yours"),
        ("predicted = 'abeg'", "write a set of names"),
        ("predicted = 4", "write a set of names"),
    ],
    2: [
        ("reason = 'A'", "writes into the model"),
        ("reason = 'C'", "both modes can load"),
        ("reason = 'b'", "one of the letters"),
        ("reason = 2", "one of the letters"),
        ("reason = 'D'", "one of the letters"),
    ],
    3: [
        (
            FITTING.format(**FITS | dict(when="n in own")),
            "your code stops with RuntimeError",
        ),
        (
            FITTING.format(
                **FITS
                | dict(
                    when="n in own and v.shape == own[n].shape and n in dict("
                    "model.named_parameters())"
                )
            ),
            "'1.running_mean'",
        ),
        (FITTING.format(**FITS | dict(found="None")), "return a list of names, not NoneType"),
        (FITTING.format(**FITS | dict(found="list(fitting)")), "'0.weight'"),
        (
            FITTING.format(**FITS | dict(found="[n for n in state if n not in fitting]")),
            "'extra'",
        ),
        (
            FITTING.format(
                **FITS | dict(load="model.load_state_dict(fitting, strict=False, assign=True)")
            ),
            "other Parameters than before",
        ),
        (
            FITTING.format(**FITS | dict(load="state.pop('extra')")).replace(
                "    state.pop", "    model.load_state_dict(fitting, strict=False)\n    state.pop"
            ),
            "the state that was handed in has changed",
        ),
        (FITTING.format(**FITS | dict(load="pass")), "do not have the numbers of the state"),
    ],
    4: [
        (BEST.format(**KEEPS | dict(kept="model.state_dict()")), "not those of the best"),
        (BEST.format(**KEEPS | dict(kept="dict(model.state_dict())")), "not those of the best"),
        (
            BEST.format(
                **KEEPS
                | dict(
                    kept="[p.detach().clone() for p in model.parameters()]",
                    restore="[p.data.copy_(s) for p, s in zip(model.parameters(), self.state)]",
                )
            ),
            "'1.running_mean'",
        ),
        (
            BEST.format(**KEEPS | dict(restore="model.load_state_dict(self.state, assign=True)")),
            "other Parameters",
        ),
        (BEST.format(**KEEPS | dict(start="0.0")), "yours says [False, False, False, False]"),
        (BEST.format(**KEEPS | dict(than=">", start="0.0")), "yours says [True, True"),
        (BEST.format(**KEEPS | dict(said="return True")), "yours says [True, True, True, True]"),
        (BEST.format(**KEEPS | dict(said="pass")), "yours says [None"),
        (
            BEST.format(**KEEPS | dict(kept="self.state or " + KEEPS["kept"])),
            "those of the offer number 1",
        ),
    ],
}
