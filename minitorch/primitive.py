"""Primitive: one operation, its gradients, and how a call of it is recorded.

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
4. Common duties live in one place: promotion and wrapping here, undoing a broadcast and casting
   a gradient to its input's dtype in the engine (`autograd/engine.py`), wording in `errors.py`.
"""

import functools
import warnings
from operator import itemgetter

import numpy as np

from . import devices, dtypes, errors
from .devices import as_array, is_array
from .modes import modes, recording_mode, unrecorded_mode
from .node import Node, Output, next_number, noted, offer, watchers
from .tensor import Tensor, View, wrap

__all__ = ["Node", "Output", "Plan", "Primitive"]

_new = object.__new__
_ndarray = np.ndarray
_NUMBERS = frozenset({int, float})  # a bool goes the general way, where `-` refuses it
NUMBERS = (int, float, np.integer, np.floating, np.bool_)
_FLOATS = frozenset(map(np.dtype, ("float16", "float32", "float64")))
_NEVER_WRITTEN = [0]  # the version of a Python number


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
        maker = {1: _unary, 2: _with_out}.get(len(self.inputs) if simple else 0, _any)
        self.function = maker(self)
        self.function.__name__ = self.function.__qualname__ = name
        self.function.__doc__ = doc
        self.method, self.operator = self.function, None
        if view and not outputs:
            self.quick = _quick(self)
        if maker is _with_out:
            self.method, self.operator = _with_out(self, as_method), _binary(self, self.foreign)
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
        told = devices.mixed(arrays) or self.explain and self.explain(arrays, keywords)
        if not told and len(arrays) > 1 and self.promote:
            told = errors.broadcast(*(np.shape(a) for a in arrays))
        return told or error

    def foreign(self, input, other):
        """As an operator: NotImplemented for what it does not take, as Python expects."""
        if isinstance(other, _ndarray):
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
        beside = next(a for a in arrays if is_array(a))
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


# ---- recording ---------------------------------------------------------------------------------
#
# Three makers of the function that runs and records a primitive. `_any` takes every case; `_unary`
# and `_binary` spell the plain case out, since they run for every `a * b`, where each call of a
# helper would be felt. All give a result the same fields, and a Node the same record.


def _unary(self):
    kernel, plan, direct, general = self.kernel, self.plan, self.direct_kinds(), _any(self)
    mode = recording_mode if self.formulas else unrecorded_mode

    def function(input, *, out=None):
        try:
            x = input._array
        except AttributeError:
            return general(input, out=out)
        if out is not None or (direct and x.dtype.kind not in direct):
            return general(input, out=out)
        try:
            array = kernel(x)
        except (ValueError, TypeError) as error:
            raise self.failed(error, (x,), {}) from None
        t = _new(Tensor)
        t._array = array if array.__class__ is _ndarray else as_array(array)
        t._grad = t._view = t._hooks = None
        t._counter = counter = [0]
        recording = mode()
        if recording and (input._requires_grad if input._view is None else input._wants_grad()):
            record = plan((True,))
            if record is not None:
                array = t._array
                node = _new(Node)
                node.primitive, node.plan, node.keywords, node.hooks = self, record, None, None
                node.shapes = (x.shape,) if record.shapes else None
                if record.pick is None:
                    node.saved = ()
                else:
                    c = input._counter or _of_inference(record, 0)
                    node.saved = record.pick(((x, c, c[0]), (array, counter, 0)))
                node.edges = (input if input._node is None else input._node,)
                node.shape, node.dtype = array.shape, array.dtype
                node.number = next_number()
                t._node, t._requires_grad = node, True
                if watchers:
                    noted(node, (input,), t)
                return t
        elif recording is None:
            t._counter = None
        t._node, t._requires_grad = None, False
        return t

    return function


def _binary(self, foreign):
    kernel, plan, direct, general = self.kernel, self.plan, self.direct_kinds(), _any(self)
    mode = recording_mode if self.formulas else unrecorded_mode
    numbers = _NUMBERS if self.numbers else frozenset()

    def operator(input, other):
        try:
            x = input._array
            if other.__class__ is Tensor or other.__class__ not in numbers:
                y = other._array
            else:
                y = other
        except AttributeError:
            return foreign(input, other)
        # Plain are arrays of one dtype, and floats with a Python number, which takes their dtype.
        if x.dtype is not y.dtype if y is not other else x.dtype.kind != "f":
            return general(input, other)
        if direct and x.dtype.kind not in direct:
            return general(input, other)
        try:
            array = kernel(x, y)
        except (ValueError, TypeError) as error:
            raise self.failed(error, (x, y), {}) from None
        t = _new(Tensor)
        t._array = array if array.__class__ is _ndarray else as_array(array)
        t._grad = t._view = t._hooks = None
        t._counter = counter = [0]
        recording = mode()
        if recording:
            wants_x = input._requires_grad if input._view is None else input._wants_grad()
            if y is other:
                wants_y, d = None, _NEVER_WRITTEN
            else:
                wants_y = other._requires_grad if other._view is None else other._wants_grad()
                d = other._counter
            record = plan((wants_x, wants_y)) if wants_x or wants_y else None
            if record is not None:
                array = t._array
                node = _new(Node)
                node.primitive, node.plan, node.keywords, node.hooks = self, record, None, None
                node.shapes = (np.shape(x), np.shape(y)) if record.shapes else None
                if record.pick is None:
                    node.saved = ()
                else:
                    c = input._counter or _of_inference(record, 0)
                    d = d or _of_inference(record, 1)
                    node.saved = record.pick(((x, c, c[0]), (y, d, d[0]), (array, counter, 0)))
                node.edges = (
                    (input if input._node is None else input._node) if wants_x else None,
                    (other if other._node is None else other._node) if wants_y else None,
                )
                node.shape, node.dtype = array.shape, array.dtype
                node.number = next_number()
                t._node, t._requires_grad = node, True
                if watchers:
                    noted(node, (input, other), t)
                return t
        elif recording is None:
            t._counter = None
        t._node, t._requires_grad = None, False
        return t

    return operator


def as_method(function):
    """A function as a method: its errors count the arguments from the second."""

    @functools.wraps(function)
    def method(self, *args, **keywords):
        try:
            return function(self, *args, **keywords)
        except TypeError as error:
            raise errors.of_method(error, function.__name__) from None

    return method


def _with_out(self, form=lambda function: function):
    """The public function of two inputs, or the method."""
    general = form(_any(self))
    plain = _binary(self, general)

    def function(input, other, *, out=None):
        return plain(input, other) if out is None else general(input, other, out=out)

    return function


def _quick(self):
    """A view that one keyword describes, as `quick(input, value)`: the plain case of `_any`."""
    kernel, plan, code = self.kernel, self.plan, self.kernel.__code__
    key = code.co_varnames[code.co_argcount - 1]

    def quick(input, value):
        x = input._array
        try:
            array = kernel(x, value)
        except (ValueError, TypeError, IndexError) as error:
            raise self.failed(error, (x,), {key: value}) from None
        t = _new(Tensor)
        t._array = array = array if array is not x else x.view()
        t._grad = t._hooks = t._node = t._view = None
        t._requires_grad, keywords, base = False, {key: value}, array.base
        recording = recording_mode()
        if base is not None and (base is x or base is x.base or shares_memory(array, x)):
            t._counter = input._counter
            if t._counter is not None:
                t._view = _seen(input, (self, keywords, None))
        else:  # NumPy had to copy
            t._counter = None if recording is None else [0]
        if (recording and (input._requires_grad if input._view is None else input._wants_grad())
                and array.dtype.kind == "f" and (record := plan((True,))) is not None):  # fmt: skip
            node = t._node = _new(Node)
            node.primitive, node.plan, node.keywords, node.hooks = self, record, keywords, None
            node.shapes, node.saved = (x.shape,), ()
            node.edges = (input if input._node is None else input._node,)
            node.shape, node.dtype = array.shape, array.dtype
            node.number = next_number()
            t._requires_grad = True
            if watchers:
                noted(node, (input,), t)
        return t

    return quick


def _any(self):
    """Any number of inputs: tensors, numbers where the operation promotes, None where optional."""
    kernel, promote = self.kernel, self.promote

    def function(*given, out=None, **keywords):
        if promote:
            arrays = self.promoted(given)
        else:
            arrays = [value._array if isinstance(value, Tensor) else self.accepted(i, value)
                      for i, value in enumerate(given)]  # fmt: skip
        try:
            result = kernel(*arrays, **keywords)
        except (ValueError, TypeError, IndexError) as error:
            raise self.failed(error, arrays, keywords) from None
        if self.outputs:
            return record_outputs(self, given, arrays, result, keywords)
        residuals = ()
        if self.residuals:
            result, *residuals = result
        t = wrap(result)
        if self.view:
            _note_view(self, given[0], t, keywords)
        if recording_mode() and t._array.dtype.kind == "f":
            needs = _needs(given)
            if True in needs:
                plan = self.plan(needs)
                if plan is not None:
                    t._node = _node(self, plan, given, arrays, t, residuals, keywords)
                    t._requires_grad = True
                    if watchers:
                        noted(t._node, given, t)
        return t if out is None else write_out(self, t, out)

    function.__name__ = self.name
    return function


def _needs(given):
    """Which inputs want a gradient; None for those that are no tensors."""
    return tuple([None if not isinstance(x, Tensor) else
                  x._requires_grad if x._view is None else x._wants_grad() for x in given])


def _node(self, plan, given, arrays, t, residuals, keywords):
    """The Node of one call, recorded in the general way."""
    node = _new(Node)
    node.primitive, node.plan, node.keywords, node.hooks = self, plan, keywords or None, None
    node.shapes = tuple([getattr(a, "shape", ()) for a in arrays]) if plan.shapes else None
    values, edges = [], []
    for i, (x, wanted) in enumerate(zip(given, plan.needs)):
        counter = (x._counter or _of_inference(plan, i)) if isinstance(x, Tensor) else None
        values.append((arrays[i], counter, 0 if counter is None else counter[0]))
        edges.append((x if x._node is None else x._node) if wanted else None)
    values.append((None, None, 0) if t is None else (t._array, t._counter, t._counter[0]))
    for r in residuals:
        kept = isinstance(r, Tensor)
        values.append((r._array, r._counter, r._counter[0]) if kept else (r, None, 0))
    node.saved = () if plan.pick is None else plan.pick(values)
    node.edges = tuple(edges)
    if t is not None:
        node.shape, node.dtype = t._array.shape, t._array.dtype
    node.number = next_number()
    return node


def _of_inference(plan, place):
    """The counter of a tensor made in inference mode; an error if the tensor is to be saved."""
    if place in plan.saves[: plan.checks]:
        raise errors.inference_saved()
    return _NEVER_WRITTEN


def record_outputs(self, given, arrays, results, keywords):
    """Several results of one call, as a tuple: each reaches the shared Node through an Output."""
    public = len(results) - len(self.residuals)
    results, residuals = results[:public], results[public:]
    if self.view and given[0]._counter is not None:
        tensors = _views(self, given[0], results, keywords)
    else:
        tensors = [wrap(a) for a in results]
    if modes.grad:
        needs = _needs(given)
        plan = self.plan(needs) if True in needs else None
        if plan is not None:
            parent = _node(self, plan, given, arrays, None, (*residuals, *tensors), keywords)
            parent.shape = [t._array.shape for t in tensors]
            parent.dtype = [t._array.dtype for t in tensors]
            for i, t in enumerate(tensors):
                if t._array.dtype.kind == "f":
                    t._node, t._requires_grad = Output(parent, i), True
            if watchers:
                noted(parent, given, tensors)
    return tuple(tensors)


def shares_memory(a, b):
    """Whether array `a` was made as a view of array `b` (by as_strided, with an object between)."""
    base = a.base
    return base is not None and (base is b or base is b.base or getattr(base, "base", None) is b)


def _note_view(self, source, t, keywords, index=None):
    """If `t` shares memory with `source`, make it a view of it: one version, and a recipe."""
    mine = source._array
    if t._array is mine:
        t._array = mine.view()
    elif not shares_memory(t._array, mine):
        return
    t._counter = source._counter
    if source._counter is not None:
        t._view = _seen(source, (self, keywords, index))


def _views(self, source, arrays, keywords):
    """Several views of `source` at once: so much is the same for all."""
    first, counter, tensors = _seen(source, (self, keywords, 0)), source._counter, []
    root, version, origin, (*before, _) = first.base, first.version, first.origin, first.recipe
    for i, array in enumerate(arrays):
        t = _new(Tensor)
        t._array, t._counter, t._requires_grad = array, counter, False
        t._grad = t._node = t._hooks = None
        t._view = View(root, (*before, (self, keywords, i)), version, origin)
        tensors.append(t)
    return tensors


def _seen(source, step):
    """The View that one more step takes of `source`, which may be a view itself."""
    view, recording = source._view, recording_mode()
    if view is None:
        root, recipe, origin = source, (step,), None
    else:
        root, recipe, origin = view.base, view.recipe + (step,), view.origin
    if not recording:
        origin = "inference" if recording is None else "no_grad"
    elif step[2] is not None:
        origin = "multi"
    return View(root, recipe, source._counter[0], origin)


def write_out(self, t, out):
    """The result `t` copied into the tensor that the caller gave as `out=`."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{self.name}(): argument 'out' must be Tensor, not {errors.shown(out)}")
    if modes.grad and (t._requires_grad or out._requires_grad):
        raise errors.no_out_with_grad(self.name)
    if out.dtype is not t.dtype and not self.casts:
        raise RuntimeError(f"Found dtype {errors.scalar_name(out._array)} but expected "
                           f"{errors.scalar_name(t._array)}")  # fmt: skip
    if not dtypes.can_cast(t.dtype, out.dtype):
        raise RuntimeError(f"result type {errors.scalar_name(t._array)} can't be cast to the "
                           f"desired output type {errors.scalar_name(out._array)}")  # fmt: skip
    if out._array.shape != t._array.shape:
        if out._array.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape "
                f"{errors.sizes(out._array.shape)}, which does not match the required output "
                f"shape {errors.sizes(t._array.shape)}. This behavior is deprecated, and in a "
                "future PyTorch release outputs will not be resized unless they have zero "
                "elements. You can explicitly reuse an out tensor t by resizing it, inplace, to "
                "zero elements with t.resize_(0).", UserWarning, stacklevel=3)  # fmt: skip
        out._array = t._array.astype(out._array.dtype)
    else:
        out._array[...] = t._array
    out._bump()
    return out
