"""Recording: a call of a primitive runs its kernel, and leaves a Node behind where a gradient is
wanted.

Floor 1. Makers of the function that does so, each given the Primitive. `any_inputs` takes every
case. `unary` and `binary` spell the plain case out, since they run for every `a * b`, where each
call of a helper would be felt; `quick_view` does for views. All give a result the same fields, and
a Node the same record.
"""

import functools
import warnings

import numpy as np

from . import dtypes, errors
from .devices import as_array, repeats
from .modes import modes, recording_mode, unrecorded_mode
from .node import Node, Output, next_number, noted, watchers
from .tensor import Tensor, View, wrap

_new = object.__new__
_ndarray = np.ndarray
PLAIN_NUMBERS = frozenset({int, float})  # a bool goes the general way, where `-` refuses it
_NEVER_WRITTEN = [0]  # the version of a Python number


def unary(self):
    kernel, plan, direct, general = self.kernel, self.plan, self.direct_kinds(), any_inputs(self)
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


def binary(self, foreign):
    kernel, plan, direct, general = self.kernel, self.plan, self.direct_kinds(), any_inputs(self)
    mode = recording_mode if self.formulas else unrecorded_mode
    numbers = PLAIN_NUMBERS if self.numbers else frozenset()

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


def with_out(self, form=lambda function: function):
    """The public function of two inputs, or the method."""
    general = form(any_inputs(self))
    plain = binary(self, general)

    def function(input, other, *, out=None):
        return plain(input, other) if out is None else general(input, other, out=out)

    # The second parameter has torch's name, which is not always `other`.
    code = function.__code__
    function.__code__ = code.replace(co_varnames=("input", self.inputs[1], "out"))
    return function


def quick_view(self):
    """A view that one keyword describes, as `quick_view(input, value)`."""
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


def any_inputs(self):
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
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise self.failed(error, arrays, keywords) from None
        if self.outputs:
            return record_outputs(self, given, arrays, result, keywords)
        residuals = ()
        if self.residuals:
            result, *residuals = result
        t = _new(Tensor)
        t._array = result if result.__class__ is _ndarray else as_array(result)
        t._grad = t._view = t._hooks = t._node = None
        t._requires_grad, recording = False, recording_mode()
        t._counter = None if recording is None else [0]
        if self.view:
            _note_view(self, given[0], t, keywords)
        if recording and t._array.dtype.kind == "f":
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
    if t is None:
        values.append((None, None, 0))
    else:  # a view of a tensor made in inference mode is one itself
        counter = t._counter or _NEVER_WRITTEN
        values.append((t._array, counter, counter[0]))
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
    if repeats(out._array):
        raise errors.shares_memory(others=False)
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
