"""Primitive: one operation and its gradients. How a call of it is recorded is in `recording.py`.

Floor 1. A primitive is a kernel on arrays and one named formula per differentiable input:

    mul = Primitive("mul", np.multiply, input=lambda g, other: g * other,
                                        other=lambda g, input: g * input)

Read aloud: the gradient with respect to `input`, given `g`, needs `other`. Four conventions:

1. A formula asks by naming: an input, an input's shape (`input_shape`), the result (`out`), a
   residual of the kernel, a keyword of the kernel, `needs` (which inputs want a gradient). Only
   what the needed formulas name is saved, with its version, as torch's derivatives.yaml does.
2. Formulas use only operators and primitives, so one formula serves bare arrays (a plain backward)
   and Tensors (`create_graph=True`): each gradient is written once and works to any order.
3. Arrays are positional, metadata is keyword. The public function normalises its arguments, then
   calls the primitive. Called with bare arrays, a primitive is just its kernel.
4. Common duties live in one place: promotion here, undoing a broadcast and casting
   a gradient to its input's dtype in the engine (`autograd/engine.py`), wording in `errors.py`.
"""

from operator import itemgetter

import numpy as np

from . import devices, dtypes, errors
from .devices import is_array
from .node import offer
from .recording import any_inputs, as_method, binary, quick_view, unary, with_out
from .tensor import Tensor, wrap

NUMBERS = (int, float, np.integer, np.floating, np.bool_)
_FLOATS = frozenset(map(np.dtype, ("float16", "float32", "float64")))


# ---- what to save, which formulas to run -------------------------------------------------------


class Plan:
    """For one pattern of inputs that want gradients: what to save, and which formulas to run."""

    __slots__ = ("needs", "saves", "checks", "pick", "steps", "extras", "shapes", "joint",
                 "joint_pick")  # fmt: skip

    def __init__(self, primitive, needs):
        self.needs = needs
        savable = primitive.savable
        formulas = [(i, primitive.formulas[name]) for i, name in enumerate(primitive.inputs)
                    if needs[i] and name in primitive.formulas]  # fmt: skip
        asked = [asks for _, (_, asks) in formulas]
        if primitive.joint is not None:
            asked = [primitive.joint[1]]
        names = [name for name in savable if any(name in asks for asks in asked)]
        self.checks = len(names)
        if primitive.definition is not None:  # a second derivative differentiates the definition
            names += [name for name in primitive.inputs if name not in names]
        self.saves = tuple(savable.index(name) for name in names)
        self.pick = _picker(self.saves)
        self.extras = tuple({n: 0 for asks in asked for n in asks if n not in savable})
        self.shapes = any(n.endswith(("_shape", "shapes")) for n in self.extras)
        order = names + list(self.extras)
        place = lambda asks: _picker(tuple(order.index(n) for n in asks))
        self.steps = [(i, formula, place(asks)) for i, (formula, asks) in formulas]
        self.joint = self.joint_pick = None
        if primitive.joint is not None:
            self.joint, self.joint_pick = primitive.joint[0], place(primitive.joint[1])


def _picker(places):
    """A function from a sequence to the tuple of its items at these places (None for none)."""
    if not places:
        return None
    if len(places) == 1:
        (place,) = places
        return lambda values: (values[place],)
    return itemgetter(*places)


# ---- an operation ------------------------------------------------------------------------------


class Primitive:
    """An operation: a kernel on arrays, and the formulas of its gradients.

    name        torch's, also for error texts
    kernel      arrays and keywords -> array (with `outputs`: a tuple of arrays;
                with `residuals`: (result, residual, ...), kept for the formulas that name them)
    formulas    one per differentiable input, `input=lambda g, other: ...`
    backward    instead of formulas: one function for all inputs, returning a gradient for each
    definition  the same operation as a composition of simpler ones: what a fused kernel means,
                and what is differentiated when a second derivative is asked for
    inputs      names of the arrays where the formulas do not name them all: "input index";
                "" for any number of them, whose shapes a `backward` can ask for as `shapes`
    promote     "same": torch's type promotion; "float": also ints become floats; None: as given
    numbers     names of the inputs that may be Python numbers; "self" for a first one that may be,
                if the second is a tensor
    only        (kinds, kernel): the NumPy kinds of dtype it takes, such as "fiu", and the name of
                torch's kernel, which is in its refusal of others
    casts       whether `out=` may be of another dtype; by default, where two inputs are promoted
    view        the kernel returns a view of its first array where NumPy can; it takes its keyword,
                if it has but one, by place too: `quick(input, value)` is
                `function(input, key=value)`
    outputs     the kernel returns several results: True, or their names, "values indices", which
                formulas can ask for; `g` is then a list, with a gradient for each; residuals come
                after them
    explain     function of (arrays, keywords) giving the error torch would raise, or None; asked
                after a failure, and before mixed dtypes are promoted
    node        the name in `grad_fn`; or a function of the keywords that gives it; or a pair, the
                second for when an input is a number
    doc         the docstring of the public function
    """

    def __init__(self, name, kernel, *, inputs=None, node=None, promote=None, view=False,
                 outputs=False, residuals="", backward=None, definition=None, explain=None,
                 numbers="", only=("fiub", ""), casts=None, doc=None, **formulas):  # fmt: skip
        self.name, self.kernel, self.view, self.outputs = name, kernel, view, outputs
        self.inputs = tuple(formulas) if inputs is None else tuple(inputs.split())
        self.residuals = tuple(residuals.split())
        self.results = tuple(outputs.split()) if isinstance(outputs, str) else ()
        self.savable = self.inputs + ("out",) + self.residuals + self.results
        self.promote, self.definition, self.explain = promote, definition, explain
        self.numbers, (self.kinds, self.cpu_kernel) = numbers.split(), only
        promotes = promote == "float" or (promote is not None and len(self.inputs) > 1)
        self.casts = promotes if casts is None else casts
        self.formulas = {name: (f, _asks(f)) for name, f in formulas.items()}
        self.joint = None if backward is None else (backward, _asks(backward))
        title = "".join(part.title() for part in name.split("_"))
        self.node_name = title + "Backward0" if node is None else node
        self.defaults = getattr(kernel, "__kwdefaults__", None) or {}
        self.plans = {}
        asked = [asks for _, asks in (*self.formulas.values(), *filter(None, [self.joint]))]
        self.shown = {name for asks in asked for name in asks
                      if name in self.savable or name in self.defaults}  # fmt: skip
        offer(self.shown)
        simple = not (outputs or residuals or definition or view or self.defaults) and promote
        maker = {1: unary, 2: with_out}.get(len(self.inputs) if simple else 0, any_inputs)
        self.function = maker(self)
        self.function.__name__ = self.function.__qualname__ = name
        self.function.__doc__ = doc
        self.method, self.operator = self.function, None
        if view and not outputs:
            self.quick = quick_view(self)
        if maker is with_out:
            self.method, self.operator = with_out(self, as_method), binary(self, self.foreign)
            self.method.__name__ = self.method.__qualname__ = name

    def __call__(self, *arrays, **keywords):
        for array in arrays:
            if isinstance(array, Tensor):
                return self.function(*arrays, **keywords)
        out = self.kernel(*arrays, **keywords)
        return out[0] if self.residuals and not self.outputs else out

    def __repr__(self):
        return f"<primitive {self.name}({', '.join(self.inputs)})>"

    def plan(self, needs):
        """The plan for this pattern of inputs that want gradients, made once; None for none."""
        try:
            return self.plans[needs]
        except KeyError:
            plan = Plan(self, needs)
            self.plans[needs] = plan if plan.steps or plan.joint else None
            return self.plans[needs]

    def direct_kinds(self):
        """The kinds of dtype for which the kernel alone gives torch's result ("" for all)."""
        if self.promote == "float":
            return "f"
        return "" if self.kinds == "fiub" else self.kinds

    def failed(self, error, arrays, keywords):
        """The error to raise, in torch's words, for one that NumPy raised."""
        if isinstance(error, AttributeError):
            missing = next((i for i, array in enumerate(arrays) if array is None), None)
            return error if missing is None else self.unacceptable(missing, arrays)
        told = devices.mixed(arrays) or self.explain and self.explain(arrays, keywords)
        if not told and len(arrays) > 1 and self.promote:
            told = errors.broadcast(*(np.shape(a) for a in arrays))
        return told or error

    def foreign(self, input, other):
        """As an operator: NotImplemented for what it does not take, as Python expects."""
        if isinstance(other, np.ndarray):
            other = wrap(other)
        elif not isinstance(other, NUMBERS):
            return NotImplemented
        return self.function(input, other)

    def promoted(self, given):
        """The arrays to compute with, in torch's common dtype."""
        arrays = []
        for i, value in enumerate(given):
            if isinstance(value, Tensor):
                arrays.append(value._array)
            elif isinstance(value, NUMBERS) and self.takes_number(i, given):
                arrays.append(value)
            else:
                raise self.unacceptable(i, given)
        first = getattr(arrays[0], "dtype", None)
        if first in _FLOATS and all([getattr(a, "dtype", None) is first for a in arrays]):
            if "f" in self.kinds:
                return arrays
        if self.explain and (told := self.explain(arrays, {})):
            raise told
        kind = dtypes.result_numpy(arrays)
        if self.promote == "float" and kind.kind != "f":
            kind = dtypes.get_default_dtype()._numpy
        if kind.kind not in self.kinds:
            raise (errors.broadcast(*map(np.shape, arrays))
                   or errors.not_implemented(self.cpu_kernel, kind))  # fmt: skip
        beside = next(filter(is_array, arrays), None)
        return [cast(a, kind, beside) for a in arrays]

    def takes_number(self, i, given):
        """Whether input `i` may be a Python number, the others being as they are."""
        if i == 0 and "self" in self.numbers:
            return isinstance(given[1], Tensor)
        return not self.inputs or self.inputs[i] in self.numbers

    def unacceptable(self, i, given):
        """The error for input `i`, in the words of torch's argument parser.

        An operation with a form for numbers lists its forms; where numbers are welcome in the
        place of tensors, or nowhere, the parser names the argument.
        """
        if len(self.numbers) in (0, len(self.inputs)) and "self" not in self.numbers:
            return errors.not_a_tensor(self.name, self.inputs[i], i + 1, given[i])
        forms = [", ".join(f"Tensor {name}" for name in self.inputs) + ", *, Tensor out = None"]
        if "self" in self.numbers:
            forms.append(f"Number self, Tensor {self.inputs[1]}")
        forms.append(", ".join(f"{'Number' if name in self.numbers else 'Tensor'} {name}"
                               for name in self.inputs) + ", *, Tensor out = None")  # fmt: skip
        return errors.combination(self.name, given, forms)

    def accepted(self, i, value):
        """A value that is no tensor, in the place of input `i`, if the operation takes it."""
        if value is None or is_array(value):
            return value
        if isinstance(value, NUMBERS) and self.inputs and self.inputs[i] in self.numbers:
            return value
        raise errors.not_a_tensor(self.name, self.inputs[i], i + 1, value)


def cast(value, kind, beside=None):
    """An array or a number as an array of the NumPy dtype `kind`; ints wrap around.

    A number goes where the array `beside` lies.
    """
    if is_array(value):
        return value if value.dtype == kind else value.astype(kind)
    return np.asarray(value, like=beside).astype(kind)


def _asks(formula):
    """The names a formula asks for, beside `g`."""
    code = formula.__code__  # inspect.signature says the same, but costs an import what it takes
    return code.co_varnames[1 : code.co_argcount]
