"""Primitive and Node: one operation, and the record that one call of it leaves behind.

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

import inspect
import warnings
from functools import partial
from itertools import count
from operator import itemgetter

import numpy as np

from . import dtypes, errors
from .modes import modes, recording_mode
from .tensor import Tensor, View, wrap

__all__ = ["Node", "Output", "Plan", "Primitive"]

_new = object.__new__
_blank = partial(_new, Tensor)
_ndarray = np.ndarray
_next_number = count().__next__
_NUMBERS = frozenset({int, float, bool})
NUMBERS = (int, float, np.integer, np.floating, np.bool_)
_NEVER_WRITTEN = [0]  # the version of a Python number


# ---- what a call leaves behind -----------------------------------------------------------------


class Node:
    """One recorded call: which inputs it had (`edges`) and what its formulas need (`saved`).

    An edge is the Node that made the input, the input itself if it is a leaf, or None where no
    gradient is wanted. A node keeps bare arrays, never its own result as a Tensor: nothing in a
    graph is cyclic, so it is freed the moment its last tensor is.
    """

    __slots__ = ("primitive", "plan", "edges", "saved", "shapes", "keywords", "number",
                 "shape", "dtype", "hooks", "__weakref__")  # fmt: skip

    def name(self):
        """The name torch prints for this operation, such as MulBackward0."""
        name = self.primitive.node_name
        if isinstance(name, tuple):
            return name[None in self.plan.needs]
        return name if isinstance(name, str) else name(**self.keywords or {})

    def backward(self, g, graph):
        """The gradients of the inputs, one per edge, given `g`, the gradient of the result.

        With `graph` the formulas are given Tensors that know their history instead of arrays.
        """
        plan = self.plan
        if graph:
            values = self.unpack_with_history()
        else:
            values = self.unpack()
        if plan.extras:
            values += [self.extra(name) for name in plan.extras]
        if plan.joint is not None:
            return plan.joint(g, *(plan.joint_pick(values) if plan.joint_pick else ()))
        grads = [None] * len(self.edges)
        for i, formula, pick in plan.steps:
            grads[i] = formula(g) if pick is None else formula(g, *pick(values))
        return grads

    def unpack(self, graph=False):
        """The saved arrays, after checking that nobody has written to them since."""
        if self.saved is None:
            raise errors.freed()
        checks = len(self.saved) if graph else self.plan.checks
        values = []
        for value, counter, version in self.saved:
            if counter is not None and counter[0] != version and len(values) < checks:
                raise self.stale(len(values), value, counter, version)
            values.append(value)
        return values

    def unpack_with_history(self):
        """The saved arrays as Tensors that know where they came from."""
        return [self.with_history(i, value) for i, value in zip(self.plan.saves, self.unpack(True))]

    def with_history(self, i, value):
        """A saved array as a Tensor whose history is that of the input (or result) it was."""
        if not isinstance(value, _ndarray):
            return value
        t = wrap(value)
        edge = None
        if i < len(self.edges):
            edge = self.edges[i]
        elif i == len(self.edges):
            edge = self
        elif self.primitive.results and value.dtype.kind == "f":
            edge = Output(self, i - len(self.edges) - 1, value)
        if isinstance(edge, Tensor):
            return edge  # the leaf itself: its version was just found unchanged
        t._node, t._requires_grad = edge, edge is not None
        return t

    def stale(self, place, value, counter, version):
        """The error for a saved value with a changed version."""
        i = self.plan.saves[place]
        origin = self if i >= len(self.edges) else self.edges[i]
        if i < len(self.edges) and len(counter) > 1:
            origin = counter[1]
        name = origin if isinstance(origin, str) else getattr(origin, "name", str)()
        return errors.changed(value, name.partition("Backward")[0], counter[0], version)

    def extra(self, name):
        """A keyword of the call, the shape of an input, or which inputs want a gradient."""
        if name == "needs":
            return self.plan.needs
        if name == "shapes":
            return self.shapes
        if name.endswith("_shape"):
            return self.shapes[self.primitive.inputs.index(name.removesuffix("_shape"))]
        keywords = self.keywords or {}
        return keywords[name] if name in keywords else self.primitive.defaults[name]

    def release(self):
        """Forget the saved values: a second backward through here is an error."""
        if self.saved:
            self.saved = None

    def retains(self, t):
        return False

    def __repr__(self):
        return f"<{self.name()} object at {id(self):#x}>"


class Output(Node):
    """One of several results of an operation: hands its gradient to place `index` of `parent`."""

    __slots__ = ("parent", "index")

    def __init__(self, parent, index, array):
        self.parent, self.index, self.edges = parent, index, (parent,)
        self.saved, self.hooks = (), None
        self.shape, self.dtype = array.shape, array.dtype
        self.number = _next_number()

    def name(self):
        return self.parent.name()


class Plan:
    """For one pattern of inputs that want gradients: what to save, and which formulas to run."""

    __slots__ = ("needs", "saves", "checks", "pick", "steps", "extras", "shapes", "joint",
                 "joint_pick")  # fmt: skip

    def __init__(self, primitive, needs):
        self.needs = needs
        savable = primitive.inputs + ("out",) + primitive.residuals + primitive.results
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
    view        the kernel returns a view of its first array where NumPy can
    outputs     the kernel returns several results: True, or their names, "values indices", which
                formulas can ask for; `g` is then a list, with a gradient for each
    explain     function of (arrays, keywords) giving the error torch would raise, or None; asked
                after a failure, and before mixed dtypes are promoted
    node        the name in `grad_fn`; or a function of the keywords that gives it; or a pair, the
                second for when an input is a number
    doc         the docstring of the public function
    """

    def __init__(self, name, kernel, *, inputs=None, node=None, promote=None, view=False,
                 outputs=False, residuals="", backward=None, definition=None, explain=None,
                 numbers="", only=("fiub", ""), doc=None, **formulas):  # fmt: skip
        self.name, self.kernel, self.view, self.outputs = name, kernel, view, outputs
        self.inputs = tuple(formulas) if inputs is None else tuple(inputs.split())
        self.residuals = tuple(residuals.split())
        self.results = tuple(outputs.split()) if isinstance(outputs, str) else ()
        self.promote, self.definition, self.explain = promote, definition, explain
        self.numbers, (self.kinds, self.cpu_kernel) = numbers.split(), only
        self.formulas = {name: (f, _asks(f)) for name, f in formulas.items()}
        self.joint = None if backward is None else (backward, _asks(backward))
        title = "".join(part.title() for part in name.split("_"))
        self.node_name = title + "Backward0" if node is None else node
        self.defaults = {} if isinstance(kernel, np.ufunc) else _defaults(kernel)
        self.plans = {}
        simple = not (outputs or residuals or definition or view) and promote
        maker = {1: _unary, 2: _with_out}.get(len(self.inputs) if simple else 0, _any)
        self.function = maker(self)
        self.function.__name__ = self.function.__qualname__ = name
        self.function.__doc__ = doc
        self.method, self.operator = self.function, None
        if maker is _with_out:
            self.method, self.operator = _with_out(self, method=True), _binary(self, self.foreign)
            self.method.__name__ = self.method.__qualname__ = name

    def __call__(self, *arrays, **keywords):
        for array in arrays:
            if isinstance(array, Tensor):
                return self.function(*arrays, **keywords)
        out = self.kernel(*arrays, **keywords)
        return out[0] if self.residuals else out

    def __repr__(self):
        return f"<primitive {self.name}({', '.join(self.inputs)})>"

    def plan(self, needs):
        """The plan for this pattern of inputs that want gradients, made once (None: no gradient)."""
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
        told = self.explain and self.explain(arrays, keywords)
        if not told and len(arrays) > 1 and self.promote:
            told = errors.broadcast(*(np.shape(a) for a in arrays))
        return told or error

    def foreign(self, input, other):
        """As an operator: NotImplemented for what it does not take, as Python expects."""
        if isinstance(other, _ndarray):
            other = wrap(other)
        elif not isinstance(other, (np.number, np.bool_)):
            return NotImplemented
        return self.function(input, other)

    def promoted(self, given, method=False):
        """The arrays to compute with, in torch's common dtype."""
        arrays = []
        for i, value in enumerate(given):
            if isinstance(value, Tensor):
                arrays.append(value._array)
            elif isinstance(value, NUMBERS) and self.takes_number(i, given):
                arrays.append(value)
            else:
                raise self.unacceptable(i, given, method)
        if self.explain and (told := self.explain(arrays, {})):
            raise told
        kind = dtypes.result_numpy(arrays)
        if self.promote == "float" and kind.kind != "f":
            kind = dtypes.get_default_dtype()._numpy
        if kind.kind not in self.kinds:
            raise errors.not_implemented(self.cpu_kernel, kind)
        return [cast(a, kind) for a in arrays]

    def takes_number(self, i, given):
        """Whether input `i` may be a Python number, the others being as they are."""
        if i == 0 and "self" in self.numbers:
            return isinstance(given[1], Tensor)
        return not self.inputs or self.inputs[i] in self.numbers

    def unacceptable(self, i, given, method):
        """The error for input `i`, in the words of torch's argument parser.

        An operation with a form for numbers lists its forms; where numbers are welcome in the
        place of tensors, or nowhere, the parser names the argument.
        """
        if len(self.numbers) in (0, len(self.inputs)) and "self" not in self.numbers:
            return errors.not_a_tensor(self.name, self.inputs[i], i + 1 - method, given[i])
        names, end = self.inputs[method:], "" if method else ", *, Tensor out = None"
        forms = [", ".join(f"Tensor {name}" for name in names) + end]
        if "self" in self.numbers and not method:
            forms.append(f"Number self, Tensor {names[1]}")
        forms.append(", ".join(f"{'Number' if name in self.numbers else 'Tensor'} {name}"
                               for name in names) + end)  # fmt: skip
        return errors.combination(self.name, given[method:], forms)

    def accepted(self, i, value):
        """A value that is no tensor, in the place of input `i`, if the operation takes it."""
        if value is None or isinstance(value, _ndarray):
            return value
        if isinstance(value, NUMBERS) and self.inputs and self.inputs[i] in self.numbers:
            return value
        raise errors.not_a_tensor(self.name, self.inputs[i], i + 1, value)


def cast(value, kind):
    """An array or a number as an array of the NumPy dtype `kind`; ints wrap around."""
    if isinstance(value, _ndarray):
        return value if value.dtype == kind else value.astype(kind)
    return np.asarray(value).astype(kind)


def _asks(formula):
    """The names a formula asks for, beside `g`."""
    return tuple(inspect.signature(formula).parameters)[1:]


def _defaults(kernel):
    try:
        parameters = inspect.signature(kernel).parameters.values()
    except ValueError:  # a builtin
        return {}
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


# ---- recording ---------------------------------------------------------------------------------
#
# Three makers of the function that runs and records a primitive. `_any` takes every case; `_unary`
# and `_binary` spell the plain case out, since they run for every `a * b`, where each call of a
# helper would be felt. All give a result the same fields, and a Node the same record.


def _unary(self):
    kernel, plan, direct, general = self.kernel, self.plan, self.direct_kinds(), _any(self)

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
        t = _blank()
        t._array = array if array.__class__ is _ndarray else np.asarray(array)
        t._grad = t._view = t._hooks = None
        t._counter = counter = [0]
        recording = recording_mode()
        if recording and (input._requires_grad if input._view is None else input.requires_grad):
            record = plan((True,))
            if record is not None:
                array = t._array
                node = _new(Node)
                node.primitive, node.plan, node.keywords, node.hooks = self, record, None, None
                node.shapes = (x.shape,) if record.shapes else None
                if record.pick is None:
                    node.saved = ()
                else:
                    c = input._counter or errors.inference_saved()
                    node.saved = record.pick(((x, c, c[0]), (array, counter, 0)))
                node.edges = (input if input._node is None else input._node,)
                node.shape, node.dtype = array.shape, array.dtype
                node.number = _next_number()
                t._node, t._requires_grad = node, True
                return t
        elif recording is None:
            t._counter = None
        t._node, t._requires_grad = None, False
        return t

    return function


def _binary(self, foreign):
    kernel, plan, direct, general = self.kernel, self.plan, self.direct_kinds(), _any(self)
    numbers = _NUMBERS if self.numbers else frozenset()

    def operator(input, other):
        try:
            x = input._array
            y = other if other.__class__ in numbers else other._array
        except AttributeError:
            return foreign(input, other)
        if y is not other:
            simple = x.dtype is y.dtype and not (direct and x.dtype.kind not in direct)
        else:
            simple = x.dtype.kind == "f"  # a Python number takes the dtype of floats beside it
        if not simple:
            return general(input, other)
        try:
            array = kernel(x, y)
        except (ValueError, TypeError) as error:
            raise self.failed(error, (x, y), {}) from None
        t = _blank()
        t._array = array if array.__class__ is _ndarray else np.asarray(array)
        t._grad = t._view = t._hooks = None
        t._counter = counter = [0]
        recording = recording_mode()
        if recording:
            wants_x = input._requires_grad if input._view is None else input.requires_grad
            if y is other:
                wants_y, d = None, _NEVER_WRITTEN
            else:
                wants_y = other._requires_grad if other._view is None else other.requires_grad
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
                    c = input._counter or errors.inference_saved()
                    d = d or errors.inference_saved()
                    node.saved = record.pick(((x, c, c[0]), (y, d, d[0]), (array, counter, 0)))
                node.edges = (
                    (input if input._node is None else input._node) if wants_x else None,
                    (other if other._node is None else other._node) if wants_y else None,
                )
                node.shape, node.dtype = array.shape, array.dtype
                node.number = _next_number()
                t._node, t._requires_grad = node, True
                return t
        elif recording is None:
            t._counter = None
        t._node, t._requires_grad = None, False
        return t

    return operator


def _with_out(self, method=False):
    """The public function of two inputs, or the method, which counts its arguments from `other`."""
    general = _any(self, method)
    plain = _binary(self, general)

    def function(input, other, *, out=None):
        return plain(input, other) if out is None else general(input, other, out=out)

    return function


def _any(self, method=False):
    """Any number of inputs: tensors, numbers where the operation promotes, None where optional."""
    kernel, promote = self.kernel, self.promote

    def function(*given, out=None, **keywords):
        if promote:
            arrays = self.promoted(given, method)
        else:
            arrays = [value._array if isinstance(value, Tensor) else self.accepted(i, value)
                      for i, value in enumerate(given)]  # fmt: skip
        try:
            result = kernel(*arrays, **keywords)
        except (ValueError, TypeError, IndexError) as error:
            raise self.failed(error, arrays, keywords) from None
        residuals = ()
        if self.residuals:
            result, *residuals = result
        if self.outputs:
            return record_outputs(self, given, arrays, result, keywords)
        t = wrap(result)
        if self.view:
            _note_view(self, given[0], t, keywords)
        if modes.grad:
            needs = tuple([x.requires_grad if isinstance(x, Tensor) else None for x in given])
            if True in needs:
                plan = self.plan(needs)
                if plan is not None:
                    t._node = _node(self, plan, given, arrays, t, residuals, keywords)
                    t._requires_grad = True
        return t if out is None else write_out(self, t, out)

    return function


def _node(self, plan, given, arrays, t, residuals, keywords):
    """The Node of one call, recorded in the general way."""
    node = _new(Node)
    node.primitive, node.plan, node.keywords, node.hooks = self, plan, keywords or None, None
    node.shapes = tuple([np.shape(a) for a in arrays]) if plan.shapes else None
    node.saved = ()
    if plan.pick is not None:
        values = []
        for array, x in zip(arrays, given, strict=True):
            counter = (x._counter or errors.inference_saved()) if isinstance(x, Tensor) else None
            values.append((array, counter, 0 if counter is None else counter[0]))
        values.append((None, None, 0) if t is None else (t._array, t._counter, t._counter[0]))
        values += [(r._array, r._counter, r._counter[0]) if isinstance(r, Tensor) else (r, None, 0)
                   for r in residuals]  # fmt: skip
        node.saved = plan.pick(values)
    node.edges = tuple([edge(x) if wanted else None
                        for x, wanted in zip(given, plan.needs, strict=True)])  # fmt: skip
    if t is not None:
        node.shape, node.dtype = t._array.shape, t._array.dtype
    node.number = _next_number()
    return node


def edge(t):
    """Where the gradient of `t` goes: to the node that made it, or to the leaf itself."""
    return t if t._node is None else t._node


def record_outputs(self, given, arrays, results, keywords):
    """Several results of one call, as a tuple: each reaches the shared Node through an Output."""
    tensors = [wrap(a) for a in results]
    if self.view:
        for i, t in enumerate(tensors):
            _note_view(self, given[0], t, keywords, index=i)
    if modes.grad:
        needs = tuple([x.requires_grad if isinstance(x, Tensor) else None for x in given])
        plan = self.plan(needs) if True in needs else None
        if plan is not None:
            parent = _node(self, plan, given, arrays, None, tensors, keywords)
            parent.shape = [t._array.shape for t in tensors]
            parent.dtype = [t._array.dtype for t in tensors]
            for i, t in enumerate(tensors):
                if t._array.dtype.kind == "f":
                    t._node, t._requires_grad = Output(parent, i, t._array), True
    return tuple(tensors)


def _note_view(self, source, t, keywords, index=None):
    """If `t` shares memory with `source`, make it a view of it: one version, and a recipe."""
    mine = source._array
    base = mine if mine.base is None else mine.base
    if t._array.base is not base and t._array is not mine:
        return
    if t._array is mine:
        t._array = mine.view()
    step = (self, keywords, index)
    view = source._view
    t._counter = source._counter
    if source._counter is not None:
        root, recipe = (source, ()) if view is None else (view.base, view.recipe)
        t._view = View(root, recipe + (step,), source._counter[0], modes.grad)


def write_out(self, t, out):
    """The result `t` copied into the tensor that the caller gave as `out=`."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{self.name}(): argument 'out' must be Tensor, not {errors.shown(out)}")
    if modes.grad and (t._requires_grad or out._requires_grad):
        raise RuntimeError(f"{self.name}(): functions with out=... arguments don't support "
                           "automatic differentiation, but one of the arguments requires grad.")  # fmt: skip
    as_given = self.promote is None or (self.promote == "same" and len(self.inputs) == 1)
    if as_given and out.dtype is not t.dtype and self.name != "logical_not":
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
