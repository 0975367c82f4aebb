"""The wording of failures: torch's type and text, found after something has failed.

Floor 0. Nothing here runs while things go well. NumPy says what it could not do with arrays; these
functions look at the arrays and say it as torch would, and where torch's words alone would leave a
learner helpless, `note` adds a sentence of ours below them (PEP 678).
"""

import numpy as np

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


def scalar_name(array):
    """'Float', 'Long' and so on, as torch names the dtype of a tensor in errors."""
    return SCALAR_NAME[array.dtype.name]


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


def one_element(array):
    """The Python number in a one-element array, or torch's error for a longer one."""
    if array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return array.item()


def ragged(data, dim=0):
    """The error for nested sequences that do not fill a box."""
    sequences = [isinstance(part, (list, tuple)) for part in data]
    if not all(sequences):
        return TypeError("not a sequence")
    for part in data:
        if len(part) != len(data[0]):
            return ValueError(f"expected sequence of length {len(data[0])} at dim {dim + 1} "
                              f"(got {len(part)})")  # fmt: skip
    for part in data:
        if not part or isinstance(part[0], (list, tuple)):
            return ragged(part, dim + 1)
    return ValueError("expected a sequence of numbers")


def not_numbers(data, array):
    """The error for data that no tensor can hold."""
    inner = data
    while isinstance(inner, (list, tuple)) and inner:
        inner = inner[0]
    if isinstance(inner, (int, float)):
        return ValueError("Overflow when unpacking long long")
    if isinstance(inner, str):
        if isinstance(data, str):
            return TypeError("new(): invalid data type 'str'")
        return ValueError("too many dimensions 'str'")
    return RuntimeError(f"Could not infer dtype of {type(inner).__name__}")


# ---- arguments of operations -------------------------------------------------------------------


def shown(value):
    """The type of a value as torch's argument parser names it."""
    kind = type(value)
    if kind.__module__ in ("builtins", "minitorch.tensor"):
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def not_a_tensor(op, name, position, value):
    """The error for an argument that should have been a tensor."""
    return TypeError(f"{op}(): argument '{name}' (position {position}) must be Tensor, not "
                     f"{shown(value)}")  # fmt: skip


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
            told = [t if t == w else f"!{t}!" for t, w in zip(types, wanted)]
            lines.append("      didn't match because some of the arguments have invalid types: "
                         f"({', '.join(told)})")  # fmt: skip
    return TypeError(f"{op}() received an invalid combination of arguments - got ({got}), but "
                     "expected one of:\n" + "\n".join(lines) + "\n")  # fmt: skip


def not_implemented(kernel, kind):
    """The error of a kernel for a NumPy dtype that torch does not have it for."""
    return NotImplementedError(f'"{kernel}" not implemented for \'{SCALAR_NAME[kind.name]}\'')


def wrap_dim(dim, ndim):
    """`dim` counted from the front, or torch's IndexError if there is no such dimension."""
    low, high = (-ndim, ndim - 1) if ndim else (-1, 0)
    if not low <= dim <= high:
        raise IndexError(f"Dimension out of range (expected to be in range of [{low}, {high}], "
                         f"but got {dim})")  # fmt: skip
    return dim % ndim if ndim else 0


# ---- shapes ------------------------------------------------------------------------------------


def broadcast(first, *others):
    """The error for shapes that do not broadcast (None if they do)."""
    for other in others:
        first = (1,) * (len(other) - len(first)) + tuple(first)
        for i in range(1, len(other) + 1):
            a, b = first[-i], other[-i]
            if a != b and a != 1 and b != 1:
                error = RuntimeError(f"The size of tensor a ({a}) must match the size of tensor b "
                                     f"({b}) at non-singleton dimension {len(first) - i}")  # fmt: skip
                return note(error, f"The shapes are {sizes(first)} and {sizes(other)}: written "
                            "right-aligned, each pair of sizes must be equal, or one of them 1.")  # fmt: skip
        kept = len(first) - len(other)
        first = first[:kept] + tuple(b if a == 1 else a for a, b in zip(first[kept:], other))
    return None


def matmul(a, b):
    """The error for two arrays that `matmul` cannot multiply (None if it can)."""
    if a.ndim == 0 or b.ndim == 0:
        return RuntimeError("both arguments to matmul need to be at least 1D, but they are "
                            f"{a.ndim}D and {b.ndim}D")  # fmt: skip
    if a.ndim == 1 and b.ndim == 1:
        if a.shape != b.shape:
            return RuntimeError(
                f"inconsistent tensor size, expected tensor {sizes(a.shape)} and src "
                f"{sizes(b.shape)} to have the same number of elements, but got {a.size} and "
                f"{b.size} elements respectively"
            )
        if a.dtype != b.dtype:
            return RuntimeError("dot : expected both vectors to have same dtype, but found "
                                f"{scalar_name(a)} and {scalar_name(b)}")  # fmt: skip
        return None
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        if a.ndim == 2 and b.ndim == 1:
            return RuntimeError(f"size mismatch, got input ({a.shape[0]}), "
                                f"mat ({by(a.shape)}), vec ({b.shape[0]})")  # fmt: skip
        left = by(_folded(a.shape)) if b.ndim <= 2 else by(a.shape[-2:])
        error = RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({left} and "
                             f"{by(b.shape[-2:] if b.ndim > 1 else (b.shape[0], 1))})")  # fmt: skip
        return note(error, "Two matrices (n x k) and (k x m) can be multiplied when the inner "
                    f"sizes agree; here they are {a.shape[-1]} and {inner}.")  # fmt: skip
    if a.dtype != b.dtype:
        return dtype_mismatch(a, b)
    return broadcast(a.shape[:-2], b.shape[:-2])


def _folded(shape):
    """A batch of matrices seen as one tall matrix, as torch multiplies it by a single one."""
    if len(shape) <= 2:
        return (1,) * (2 - len(shape)) + tuple(shape)
    return int(np.prod(shape[:-1])), shape[-1]


def dtype_mismatch(a, b):
    """The error for two matrices of different dtypes."""
    error = RuntimeError("expected m1 and m2 to have the same dtype, but got: "
                         f"{C_NAME[a.dtype.name]} != {C_NAME[b.dtype.name]}")  # fmt: skip
    return note(error, "Matrix products do not promote: convert one with .to(other.dtype), "
                ".float() or .double().")  # fmt: skip


# ---- autograd ----------------------------------------------------------------------------------


def no_history(i):
    """The error for `backward()` on a tensor that nothing was recorded for."""
    error = RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
    return note(error, "Nothing that leads to this tensor requires a gradient: was everything "
                "frozen, computed under no_grad(), detached, or turned into numbers by .item()?")  # fmt: skip


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


def inference_saved():
    """Raises the error for a tensor made in inference mode that backward would need."""
    raise RuntimeError("Inference tensors cannot be saved for backward. Please do not use Tensors "
                       "created in inference mode in computation tracked by autograd. To work "
                       "around this, you can make a clone to get a normal tensor and use it in "
                       "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.")  # fmt: skip


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


def changed(array, output_of, version, saved_version):
    """The error for a saved value that was written to before backward needed it."""
    origin = f", which is output 0 of {output_of}," if output_of else ""
    error = RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [torch.{scalar_name(array)}Tensor {sizes(array.shape)}]{origin} is at "
        f"version {version}; expected version {saved_version} instead. Hint: enable anomaly "
        "detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    return note(error, "Some `x += ...`, `x[...] = ...` or `x.op_()` changed this tensor after it "
                "was used. Write `x = x + ...`, or change it after backward().")  # fmt: skip
