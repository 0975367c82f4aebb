"""`autograd.functional`: derivatives of functions, instead of tensors.

Floor 3. Each takes a function of tensors and the point, a Tensor or a tuple of them, at which to
differentiate it. `strict` makes an error of an output that does not depend on an input, and
`create_graph` gives results that can be differentiated again.
"""

from ..modes import enable_grad, is_grad_enabled, set_grad_enabled
from ..ops.creation import zeros_like
from ..ops.joining import stack
from ..tensor import Tensor
from .gradients import grad

__all__ = ["hessian", "jacobian", "vjp"]

# ---- one derivative ----------------------------------------------------------------------------


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v^T J): the product of a vector with the Jacobian of `func` at `inputs`.

    `v` has the shape of the output; it may be None for an output of one element.

    >>> import minitorch
    >>> from minitorch.autograd.functional import vjp
    >>> vjp(lambda x: x * x, minitorch.tensor([1., 2.]), minitorch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        many, inputs = _listed(inputs, "inputs", "vjp")
        inputs = _fresh(inputs, create_graph)
        outputs_many, outputs = _outputs(func, inputs, "vjp", strict)
        if v is not None:
            v = _listed(v, "v", "vjp")[1]
            v = v if create_graph else tuple(t.detach() for t in v)
            _check_like(v, outputs, outputs_many)
        elif len(outputs) != 1 or outputs[0].nelement() != 1:
            raise RuntimeError("The vector v can only be None if the user-provided function "
                               "returns a single Tensor with a single element.")  # fmt: skip
    with set_grad_enabled(create_graph or is_grad_enabled()):
        grads = _grad(outputs, inputs, v, create_graph=create_graph)
        for i, g in enumerate(grads):
            if g is None and strict:
                raise RuntimeError("The output of the user-provided function is independent of "
                                   f"input {i}. This is not allowed in strict mode.")  # fmt: skip
            _check_depends(g, i, strict and create_graph)
        grads = [zeros_like(x) if g is None else g for g, x in zip(grads, inputs)]
    return _single(outputs, outputs_many, create_graph), _single(grads, many, create_graph)


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False,
             strategy="reverse-mode"):  # fmt: skip
    """J[i, j] = d output[i] / d input[j]: a Tensor of the shape of the output, then the input's.

    With tuples of inputs or outputs, a tuple (of tuples) of them. One backward for each element of
    the output.

    >>> import minitorch
    >>> from minitorch.autograd.functional import jacobian
    >>> jacobian(lambda x: x * x, minitorch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    assert strategy in ("forward-mode", "reverse-mode"), (
        'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function '
        'has more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, '
        'prefer to use "reverse-mode".'
    )
    _refuse(strategy, strict, vectorize)
    with enable_grad():
        many, inputs = _listed(inputs, "inputs", "jacobian")
        inputs = _fresh(inputs, create_graph)
        outputs_many, outputs = _outputs(func, inputs, "jacobian", strict)
        rows = [_rows(i, out, inputs, create_graph, strict) for i, out in enumerate(outputs)]
    rows = [_single(row, many, create_graph) for row in rows]
    return tuple(rows) if outputs_many else rows[0]


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False,
            outer_jacobian_strategy="reverse-mode"):  # fmt: skip
    """H[i, j] = d^2 func / d input[i] d input[j], for a `func` of one output of one element.

    With a tuple of inputs, a tuple of tuples of them.

    >>> import minitorch
    >>> from minitorch.autograd.functional import hessian
    >>> hessian(lambda x: (x ** 3).sum(), minitorch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    assert outer_jacobian_strategy in ("forward-mode", "reverse-mode"), (
        'Expected strategy to be either "forward-mode" or "reverse-mode".'
    )
    many, inputs = _listed(inputs, "inputs", "hessian")

    def one_number(*inputs):
        out = func(*inputs)
        out_many, outputs = _listed(out, "outputs of the user-provided function", "hessian")
        _check_outputs(outputs, strict)
        if out_many:
            raise RuntimeError("The function given to hessian should return a single Tensor")
        if out.nelement() != 1:
            raise RuntimeError("The Tensor returned by the function given to hessian should "
                               "contain a single element")  # fmt: skip
        return out.squeeze()

    def gradient(*inputs):
        grads = jacobian(one_number, inputs, create_graph=True)
        for i, g in enumerate(grads):
            if strict and not g.requires_grad:
                raise RuntimeError(
                    "While computing the hessian, found that the jacobian of the user-provided "
                    f"function with respect to input {i} is independent of the input. This is not "
                    "allowed in strict mode. You should ensure that your function is twice "
                    "differentiable and that the jacobian depends on the inputs (this would be "
                    "violated by a linear function for example)."
                )
        return grads

    rows = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows if many else rows[0][0]


def _refuse(strategy, strict, vectorize):
    """What torch refuses, and what needs vmap or forward mode."""
    if strategy == "forward-mode" and not vectorize:
        raise NotImplementedError("Computing Jacobian using forward-AD or forward-over-reverse "
                                  "Hessian isonly implemented for `vectorize=True`.")  # fmt: skip
    if vectorize and strict:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not "
            "supported together. Please either set `strict=False` or `vectorize=False`."
        )
    if vectorize:
        raise NotImplementedError("vectorize=True needs vmap, which minitorch does not have: leave "
                                  "it out, and the rows are computed one by one.")  # fmt: skip


def _rows(i, out, inputs, create_graph, strict):
    """The Jacobian of output `i` with respect to each input."""
    columns = [[] for _ in inputs]
    for element in out.reshape(-1):
        grads = _grad((element,), inputs, retain_graph=True, create_graph=create_graph)
        for k, (g, x, column) in enumerate(zip(grads, inputs, columns)):
            if g is None and strict:
                raise RuntimeError(f"Output {i} of the user-provided function is independent of "
                                   f"input {k}. This is not allowed in strict mode.")  # fmt: skip
            _check_depends(g, k, strict and create_graph)
            column.append(zeros_like(x) if g is None else g)
    shaped = [stack(column) if column else zeros_like(x) for column, x in zip(columns, inputs)]
    return [s.reshape(*out.shape, *x.shape) for s, x in zip(shaped, inputs)]


# ---- arguments and results ---------------------------------------------------------------------


def _listed(x, what, caller):
    """(whether it was a tuple, a tuple of Tensors), checked."""
    if isinstance(x, Tensor):
        return False, (x,)
    if not isinstance(x, tuple):
        told = f"the given {what} has type {type(x)}."
    else:
        i = next((i for i, part in enumerate(x) if not isinstance(part, Tensor)), None)
        if i is None:
            return True, x
        told = f"the value at index {i} has type {type(x[i])}."
    raise TypeError(f"The {what} given to {caller} must be either a Tensor or a tuple of Tensors "
                    f"but {told}")  # fmt: skip


def _fresh(inputs, create_graph):
    """New leaves; with `create_graph` inputs with a history are seen anew, so that it goes on."""
    return tuple(x.view(x.shape) if create_graph and x.requires_grad
                 else x.detach().requires_grad_() for x in inputs)  # fmt: skip


def _outputs(func, inputs, caller, strict):
    many, outputs = _listed(func(*inputs), "outputs of the user-provided function", caller)
    _check_outputs(outputs, strict)
    return many, outputs


def _check_outputs(outputs, strict):
    for i, out in enumerate(outputs):
        if strict and not out.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The "
                "outputs must be computed in a differentiable manner from the input when running "
                "in strict mode."
            )


def _check_depends(g, i, strict):
    if strict and not g.requires_grad:
        raise RuntimeError(
            f"The jacobian of the user-provided function is independent of input {i}. This is not "
            "allowed in strict mode when create_graph=True."
        )


def _check_like(v, outputs, many):
    """torch's errors for a `v` that does not have the shapes of the outputs."""
    if many and len(v) != len(outputs):
        raise RuntimeError("v is a tuple of invalid length: should be "
                           f"{len(outputs)} but got {len(v)}.")  # fmt: skip
    if not many and len(v) != 1:
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (t, out) in enumerate(zip(v, outputs)):
        if t.shape != out.shape:
            start = f"Entry {i} in " if many else ""
            raise RuntimeError(f"{start}v has invalid size: should be {out.shape} but got "
                               f"{t.shape}.")  # fmt: skip


def _grad(outputs, inputs, v=None, **how):
    """`grad` of those outputs that have a history; None for an input that they do not depend on."""
    v = (None,) * len(outputs) if v is None else v
    pairs = [(out, g) for out, g in zip(outputs, v) if out.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    outputs, v = zip(*pairs)
    return grad(outputs, inputs, v, allow_unused=True, **how)


def _single(values, many, create_graph):
    """Results as a tuple if the arguments were one, without history unless asked for."""
    values = values if create_graph else [t.detach() for t in values]
    return tuple(values) if many else values[0]
