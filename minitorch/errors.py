"""The wording of failures: torch's type and text, found after something has failed.

Floor 0. Nothing here runs while things go well. NumPy says what it could not do with arrays; these
functions look at the arrays and say it as torch would, and where torch's words alone would leave a
learner helpless, `note` adds a sentence of ours below them (PEP 678).
"""

import inspect
import re
from operator import index

import numpy as np

from .modes import modes

# ---- names of dtypes as torch's C++ errors say them --------------------------------------------

SCALAR_NAME = {
    "float64": "Double", "float32": "Float", "float16": "Half", "int64": "Long", "int32": "Int",
    "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool",
}  # fmt: skip
C_NAME = {
    "float64": "double", "float32": "float", "float16": "c10::Half", "int64": "long",
    "int32": "int", "int16": "short", "int8": "signed char", "uint8": "unsigned char",
    "bool": "bool",
}  # fmt: skip
SPOKEN_NAME = {**C_NAME, "int64": "long int"}


def scalar_name(array):
    """'Float', 'Long' and so on, as torch names the dtype of a tensor in errors."""
    return SCALAR_NAME[array.dtype.name]


def meta_name(kind):
    """'float', 'long int' and so on, as torch's C++ prints the type of a NumPy dtype."""
    name = C_NAME[kind.name]
    return f"{name} int" if name in ("long", "short") else name


def note(error, text):
    """`error` with a sentence of ours below torch's text."""
    error.add_note(text)
    return error


def sizes(shape):
    """A shape as torch writes it inside a sentence: [2, 3]."""
    return f"[{', '.join(map(str, shape))}]"


def by(shape):
    """A shape as torch's matmul writes it: 2x3."""
    return "x".join(map(str, shape))


# ---- making tensors ----------------------------------------------------------------------------


def one_element(t):
    """The Python number in a one-element tensor, or torch's error for a longer one."""
    if t._array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return t.item()


def check_nested(data, shape, floats, dim=0):
    """Raises the error for nested sequences that do not fill a box of this shape with numbers."""
    is_number = isinstance(data, (bool, int, float, np.generic)) or hasattr(data, "_array")
    if dim == len(shape):
        if not is_number:
            kind = type(data).__name__
            raise TypeError(f"must be real number, not {kind}" if floats else
                            f"'{kind}' object cannot be interpreted as an integer")  # fmt: skip
        return
    if is_number:
        raise TypeError("not a sequence")
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} "
                         f"(got {len(data)})")  # fmt: skip
    for part in data:
        check_nested(part, shape, floats, dim + 1)


# ---- arguments of operations -------------------------------------------------------------------


def shown(value):
    """The type of a value as torch's argument parser names it."""
    kind = type(value)
    if kind.__module__.startswith("minitorch."):
        in_c = kind.__name__ in ("Generator", "Size", "device", "dtype", "finfo", "iinfo")
        return f"torch.{kind.__name__}" if in_c else kind.__name__
    written_in_python = kind.__flags__ & 1 << 9  # such a class is named without its module
    if kind.__module__ == "builtins" or written_in_python:
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def not_a_tensor(op, name, position, value):
    """The error for an argument that should have been a tensor."""
    return TypeError(f"{op}(): argument '{name}' (position {position}) must be Tensor, not "
                     f"{shown(value)}")  # fmt: skip


def not_an_element(i, value):
    """The error for something in a list of tensors that is none."""
    return TypeError(f"expected Tensor as element {i} in argument 0, but got {shown(value)}")


def wrong_argument(function, args, keywords, method, order=None):
    """torch's error for arguments that do not fit a function by its annotations `int`, `float`
    and `Tensor`, which the first is without saying so (None where they fit).

    `order`: the names by which all are counted, if not only those given by place are."""
    op, parameters = function.__name__, list(inspect.signature(function).parameters.values())
    known = [p.name for p in parameters]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    given = dict(zip(known, args)) | keywords
    for name in given.keys() - set(known):
        return TypeError(f"{op}() got an unexpected keyword argument '{name}'")
    missing = [f'"{p.name}"' for p in parameters if p.default is p.empty and p.name not in given]
    if missing:
        return TypeError(f"{op}() missing {len(missing)} required positional arguments: "
                         f"{', '.join(missing)}")  # fmt: skip
    for place, p in enumerate(parameters, 1 - method):
        value, wanted = given.get(p.name), getattr(p.annotation, "__name__", None)
        if p is parameters[0] and p.annotation is p.empty:
            wanted = "Tensor"
        left_out = p.name not in given or value is p.default
        if left_out or wanted not in ("int", "float", "Tensor"):
            continue
        number = _is_whole(value) if wanted == "int" else hasattr(value, "__float__")
        if wanted == "Tensor" and not hasattr(value, "_array") or wanted != "Tensor" and (
                not number or isinstance(value, (bool, np.bool_))):  # fmt: skip
            if order and p.name in order:
                place, counted = order.index(p.name) + 1, True
            else:
                counted = place <= len(args) - method
            where = f" (position {place})" if counted else ""
            return TypeError(f"{op}(): argument '{p.name}'{where} must be {wanted}, not "
                             f"{shown(value)}")  # fmt: skip
    return None


def _is_whole(value):
    try:  # an array has an __index__, but not always one that works
        index(value)
    except TypeError:
        return False
    return True


def by_keyword(error, keywords):
    """An argument parser's error, for what may have been given by keyword: torch does not count
    that, and says of a list only that it is one."""
    told = re.match(r"\w+\(\): argument '(\w+)'", str(error))
    if told is None or told[1] not in keywords:
        return error
    text = re.sub(r" \(position \d+\)", "", str(error))
    kind = shown(keywords[told[1]])
    return TypeError(re.sub("but found element of type .*", f"not {kind}", text))


def _in_full(value):
    """The type of a value, and of what is in it if it is a sequence."""
    name, inside = shown(value), ()
    if isinstance(value, (tuple, list)) and name in ("tuple", "list"):
        inside = ", ".join(map(shown, value)) + ("," if len(value) == 1 and name == "tuple" else "")
        return f"tuple of ({inside})" if name == "tuple" else f"list of [{inside}]"
    return name


def combination(op, given, forms, **keywords):
    """The error for arguments that fit none of an operation's forms, such as "Tensor input"."""
    types = [shown(value) for value in given]
    named = [f"{name}={shown(value)}" for name, value in sorted(keywords.items())]
    got = ", ".join(types + named) + (", " if named and not types else "")
    lines = []
    for form in forms:
        lines.append(f" * ({form})")
        wanted = [part.split()[0] for part in form.split(", ")]
        if len(wanted) == len(types) and not named:  # torch says more of those that are as long
            told = [t if t == w else f"!{t}!" for t, w in zip(map(_in_full, given), wanted)]
            lines.append("      didn't match because some of the arguments have invalid types: "
                         f"({', '.join(told)})")  # fmt: skip
    error = TypeError(f"{op}() received an invalid combination of arguments - got ({got}), but "
                      "expected one of:\n" + "\n".join(lines) + "\n")  # fmt: skip
    error.told = given, forms, keywords
    return error


def of_method(error, name):
    """An argument parser's error for a function, as one for the method `name`."""
    if hasattr(error, "told"):
        given, forms, keywords = error.told
        forms = [re.sub(r"(, \*)?, Tensor out = None$", "", form.partition(", ")[2])
                 for form in forms if form.startswith("Tensor input, ")]  # fmt: skip
        return combination(name, given[1:], forms, **keywords)
    text = re.sub(r"\(position (\d+)\)", lambda m: f"(position {int(m[1]) - 1})", str(error))
    return TypeError(re.sub(r"^\w+\(\)", f"{name}()", text))


def no_out_with_grad(name):
    """The error for `out=` where a gradient would be recorded."""
    return RuntimeError(f"{name}(): functions with out=... arguments don't support automatic "
                        "differentiation, but one of the arguments requires grad.")  # fmt: skip


def not_implemented(kernel, kind):
    """The error of a kernel for a NumPy dtype that torch does not have it for."""
    return NotImplementedError(f'"{kernel}" not implemented for \'{SCALAR_NAME[kind.name]}\'')


def no_such_result(found, wanted):
    """The error for a result that an array of another kind of numbers cannot take."""
    return RuntimeError(f"result type {scalar_name(found)} can't be cast to the desired output "
                        f"type {scalar_name(wanted)}")  # fmt: skip


def overflow(name):
    """The error for a number that a dtype (by its name in C) cannot hold."""
    return RuntimeError(f"value cannot be converted to type {name} without overflow")


def wrap_dim(dim, ndim):
    """`dim` counted from the front, or torch's IndexError if there is no such dimension."""
    low, high = (-ndim, ndim - 1) if ndim else (-1, 0)
    if not low <= dim <= high:
        raise IndexError(f"Dimension out of range (expected to be in range of [{low}, {high}], "
                         f"but got {dim})")  # fmt: skip
    return dim % ndim if ndim else 0


# ---- shapes ------------------------------------------------------------------------------------


def unequal_sizes(a, b, dim, first, other):
    """The error for sizes `a` and `b`, at dimension `dim` of shapes that do not broadcast."""
    error = RuntimeError(f"The size of tensor a ({a}) must match the size of tensor b ({b}) at "
                         f"non-singleton dimension {dim}")  # fmt: skip
    return note(error, f"The shapes are {sizes(first)} and {sizes(other)}: written right-aligned, "
                "each pair of sizes must be equal, or one of them 1.")  # fmt: skip


def broadcast(first, *others):
    """The error for shapes that do not broadcast (None if they do)."""
    for other in others:
        first = (1,) * (len(other) - len(first)) + tuple(first)
        for i in range(1, len(other) + 1):
            a, b = first[-i], other[-i]
            if a != b and a != 1 and b != 1:
                return unequal_sizes(a, b, len(first) - i, first, other)
        kept = len(first) - len(other)
        first = first[:kept] + tuple(b if a == 1 else a for a, b in zip(first[kept:], other))
    return None


def output_shape(shape, wide):
    """The error for a result of the shape `wide` that has to go into one of another shape."""
    return RuntimeError(f"output with shape {sizes(shape)} doesn't match the broadcast shape "
                        f"{sizes(wide)}")  # fmt: skip


def matmul(a, b):
    """The error for two matrices that cannot be multiplied (None if they can)."""
    if a.shape[1] != b.shape[0]:
        return unequal(RuntimeError("mat1 and mat2 shapes cannot be multiplied "
                                    f"({by(a.shape)} and {by(b.shape)})"), a.shape[1], b.shape[0])
    return dtype_mismatch(a, b) if a.dtype != b.dtype else None


def unequal(error, n, m):
    """The error of a product, with what the two inner sizes are."""
    return note(error, "Two matrices (n x k) and (k x m) can be multiplied when the inner sizes "
                f"agree; here they are {n} and {m}.")  # fmt: skip


def dtype_mismatch(a, b):
    """The error for two matrices of different dtypes."""
    error = RuntimeError("expected m1 and m2 to have the same dtype, but got: "
                         f"{SPOKEN_NAME[a.dtype.name]} != {SPOKEN_NAME[b.dtype.name]}")  # fmt: skip
    return note(error, "Matrix products do not promote: convert one with .to(other.dtype), "
                ".float() or .double().")  # fmt: skip


# ---- autograd ----------------------------------------------------------------------------------


def no_history(i):
    """The error for `backward()` on a tensor that nothing was recorded for."""
    error = RuntimeError(
        f"element {i} of tensors does not require grad and does not have a grad_fn"
    )
    return note(
        error, "Nothing that leads to this tensor requires a gradient: was everything frozen, "
        "computed under no_grad(), detached, or turned into numbers by .item()?"
    )  # fmt: skip


def not_scalar():
    """The error for `backward()` without a gradient on a tensor of more than one element."""
    error = RuntimeError("grad can be implicitly created only for scalar outputs")
    return note(error, "Reduce to one number first (.sum() or .mean()), or pass the gradient of "
                "each element: y.backward(gradient=...).")  # fmt: skip


def leaf_in_place(view=False):
    """The error for an in-place operation on a leaf that requires grad, or on a view of one."""
    what = "a view of a leaf Variable" if view else "a leaf Variable"
    error = RuntimeError(f"{what} that requires grad is being used in an in-place operation.")
    return note(error, "To change a parameter by hand, do it inside `with no_grad():`, so that "
                "the change itself is not recorded.")  # fmt: skip


_BOTH_INSIDE_OR_OUTSIDE = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the {block} block (if you "
    "don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
_WHY_NO_WRITING = {
    "no_grad": _BOTH_INSIDE_OR_OUTSIDE.format(block="no_grad"),
    "inference": _BOTH_INSIDE_OR_OUTSIDE.format(block="inference_mode"),
    "multi": " This view is the output of a function that returns multiple views. Such functions "
             "do not allow the output views to be modified inplace. You should replace the inplace "
             "operation by an out-of-place one.",
    "custom": " This view was created inside a custom Function (or because an input was returned "
              "as-is) and the autograd logic to handle view+inplace would override the custom "
              "backward associated with the custom Function, leading to incorrect gradients. This "
              "behavior is forbidden. You can fix this by cloning the output of the custom "
              "Function.",
}  # fmt: skip


def view_written(origin, maker, index=0, indirect=False):
    """The error for a write to a view (`indirect`: to its base) that cannot be recorded.

    `maker` is the name of the operation that made the view, None if that was not recorded.
    """
    what = "its base or another view of its base has been" if indirect else "is being"
    made, when = "", " modified inplace."
    if origin == "inference":
        made, when = "inference mode", " modified inplace in normal mode."
    elif origin == "no_grad" or maker is None:
        made, when = "no_grad mode", " modified inplace with grad mode enabled."
    start = "A view was created in "
    if maker is not None:
        start = f"Output {index} of {short(maker)} is a view"
        start += " of a view which was created in " if made else ""
    return RuntimeError(f"{start}{made} and {what}{when}{_WHY_NO_WRITING[origin]}")


def short(name):
    """The name of a node without its last part, as errors have it: Exp for ExpBackward0."""
    return re.sub(r"Backward\d*$", "", name)


def shares_memory(others):
    """The error for a write to elements that lie in one place, or overlap those that are read."""
    what = "some elements of the input tensor and the written-to tensor refer" if others else \
           "more than one element of the written-to tensor refers"  # fmt: skip
    return RuntimeError(f"unsupported operation: {what} to a single memory location. Please "
                        "clone() the tensor before performing the operation.")  # fmt: skip


def inference_saved():
    """The error for a tensor made in inference mode that backward would need."""
    return RuntimeError(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
        "inference mode in computation tracked by autograd. To work around this, you can make a "
        "clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
        "`torch.inference_mode()`."
    )


def not_differentiable(function, name):
    """For an argument that a function has no gradient for, and that wants one."""
    return RuntimeError(f"The function '{function}' is not differentiable with respect to argument "
                        f"'{name}'. This input cannot have requires_grad True.")  # fmt: skip


def freed():
    """The error for a second backward through a graph whose saved values are gone."""
    error = RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    )
    return note(error, "Often a result of an earlier step was kept (a hidden state, a running "
                "average): keep it as x.detach() instead.")  # fmt: skip


def changed(array, maker, version, saved_version):
    """The error for a saved value that was written to before backward needed it."""
    origin = f", which is output 0 of {short(maker)}," if maker else ""
    hint = (
        "enable anomaly detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    if modes.anomaly:
        hint = (
            "the backtrace further above shows the operation that failed to compute its gradient. "
            "The variable in question was changed in there or anywhere later. Good luck!"
        )
    error = RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [torch.{scalar_name(array)}Tensor {sizes(array.shape)}]{origin} is at "
        f"version {version}; expected version {saved_version} instead. Hint: {hint}"
    )
    return note(error, "Some `x += ...`, `x[...] = ...` or `x.op_()` changed this tensor after it "
                "was used. Write `x = x + ...`, or change it after backward().")  # fmt: skip
