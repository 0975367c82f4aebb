"""`gradcheck`: gradients compared with difference quotients.

Floor 3. For each element of each input the function is computed a little to the left and to the
right; the slope must be what backward says. `gradgradcheck` does the same to backward itself.
"""

import warnings

import numpy as np

from ..dtypes import float64
from ..ops.creation import zeros_like
from ..tensor import Tensor, wrap
from .function import Function
from .gradients import grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Raised where a gradient is not what it should be."""


# ---- the checks --------------------------------------------------------------------------------


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True,
              nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False,
              check_batched_grad=False, check_batched_forward_grad=False, check_forward_ad=False,
              check_backward_ad=True, fast_mode=False, masked=None):  # fmt: skip
    """Whether backward of `func` at `inputs` agrees with (f(x + eps) - f(x - eps)) / (2 eps).

    `inputs` should be float64: in float32 difference quotients are too coarse. True, or a
    GradcheckError (False without `raise_exception`). `fast_mode` compares along one random
    direction instead of all elements.

    >>> import minitorch
    >>> x = minitorch.ones(2, dtype=minitorch.float64, requires_grad=True)
    >>> minitorch.autograd.gradcheck(lambda x: x ** 3, x)
    True
    """
    if check_forward_ad or check_batched_grad or check_batched_forward_grad:
        raise NotImplementedError("minitorch has neither forward mode nor vmap: leave out "
                                  "check_forward_ad, check_batched_grad and "
                                  "check_batched_forward_grad.")  # fmt: skip
    assert check_backward_ad, (
        "Expected at least one of check_forward_ad or check_backward_ad to be True"
    )
    inputs = _tuple(inputs)
    _check_inputs(inputs)
    try:
        outputs = _differentiable(func(*inputs))
        if not outputs:
            _expect_flat(func, inputs, eps)
            return True
        compare = _compare_direction if fast_mode else _compare_elements
        compare(func, inputs, outputs, eps, atol, rtol, nondet_tol, check_grad_dtypes)
        _check_proportional(outputs, inputs)
        if check_undefined_grad:
            _check_undefined(func, inputs)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3,
                  gen_non_contig_grad_outputs=False, raise_exception=True, nondet_tol=0.0,
                  check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False,
                  check_fwd_over_rev=False, check_rev_over_rev=True, fast_mode=False,
                  masked=False):  # fmt: skip
    """Whether the second derivatives agree with differences of the first: `gradcheck` of backward.

    `grad_outputs` are the gradients of the outputs to do it at; random ones if not given.

    >>> import minitorch
    >>> x = minitorch.ones(2, dtype=minitorch.float64, requires_grad=True)
    >>> minitorch.autograd.gradgradcheck(lambda x: x ** 3, x)
    True
    """
    assert check_fwd_over_rev or check_rev_over_rev, (
        "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
    )
    inputs = _tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(func(*inputs))
        grad_outputs = _random_like(outputs, gen_non_contig_grad_outputs)
    grad_outputs = _tuple(grad_outputs)

    def backward(*args):
        inputs, grads = args[: -len(grad_outputs)], args[-len(grad_outputs) :]
        outputs = _differentiable(func(*inputs))
        wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
        results = grad(outputs, wanted, grads, create_graph=True, allow_unused=True)
        return tuple(g for g in results if g is not None)

    return gradcheck(
        backward, inputs + grad_outputs, eps=eps, atol=atol, rtol=rtol,
        raise_exception=raise_exception, nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev, fast_mode=fast_mode, masked=masked)  # fmt: skip


# ---- arguments ---------------------------------------------------------------------------------


def _tuple(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _differentiable(outputs):
    return tuple(out for out in _tuple(outputs) if out.requires_grad)


def _wanted(inputs):
    return [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]


def _check_inputs(inputs):
    for i, x in enumerate(inputs):
        if not (isinstance(x, Tensor) and x.requires_grad):
            continue
        if x.dtype is not float64:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ", UserWarning, stacklevel=3)  # fmt: skip
        if any(step == 0 and size > 1 for step, size in zip(x.stride(), x.shape)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that are non-overlapping to be able to compute the numerical gradients "
                "correctly. You should call .contiguous on the input before passing it to "
                "gradcheck."
            )
        x.retain_grad()
    if not _wanted(inputs):
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but "
                         "none of them have requires_grad=True.")  # fmt: skip


def _random_like(outputs, gaps):
    """Gradients between -1 and 1 for the outputs, from NumPy's generator: the user's own stays as
    it is. With `gaps` they do not lie in memory one after the other."""
    draw = np.random.default_rng(0)
    grads = []
    for out in outputs:
        values = draw.uniform(-1, 1, tuple(out.shape)).astype(out._array.dtype)
        if gaps and values.ndim:
            values = np.repeat(values, 2, axis=-1)[..., ::2]
        grads.append(wrap(values).requires_grad_())
    return tuple(grads)


# ---- the two sides -----------------------------------------------------------------------------


def _quotient(func, inputs, x, direction, eps):
    """The slope of every output as `x` moves along a direction: a central difference."""
    old, ends = x._array.copy(), []
    for step in (eps, -eps):
        x._array[...] = old + step * direction
        try:
            ends.append([out._array.copy() for out in _tuple(func(*inputs))])
        finally:
            x._array[...] = old
    return [(right - left) / (2 * eps) for right, left in zip(*ends)]


def _numerical(func, inputs, eps):
    """For each input that wants a gradient and each output, the matrix of slopes."""
    jacobians = []
    for x in _wanted(inputs):
        rows = []
        for where in np.ndindex(x._array.shape):
            one = np.zeros(x._array.shape)
            one[where] = 1
            rows.append([slope.ravel() for slope in _quotient(func, inputs, x, one, eps)])
        jacobians.append([np.stack(column) for column in zip(*rows)])
    return jacobians


def _analytical(inputs, output, check_dtypes):
    """For each input, the matrix of slopes of one output that backward gives."""
    wanted = _wanted(inputs)
    rows = [[] for _ in wanted]
    for where in np.ndindex(output._array.shape):
        seed = np.zeros_like(output._array)
        seed[where] = 1
        grads = grad(output, wanted, wrap(seed), retain_graph=True, allow_unused=True)
        for x, g, row in zip(wanted, grads, rows):
            if g is not None and g.shape != x.shape:
                raise GradcheckError("Analytical gradient has incorrect size")
            if g is not None and check_dtypes and g.dtype is not x.dtype:
                raise GradcheckError("Gradient has dtype mismatch")
            row.append(np.zeros(x._array.size, x._array.dtype) if g is None else g._array.ravel())
    return [np.stack(row, axis=1) for row in rows]


def _compare_elements(func, inputs, outputs, eps, atol, rtol, nondet_tol, check_dtypes):
    places = [k for k, out in enumerate(_tuple(func(*inputs))) if out.requires_grad]
    numerical = _numerical(func, inputs, eps)
    for i, (k, out) in enumerate(zip(places, outputs)):
        if out._array.size == 0:
            continue
        analytical, again = (_analytical(inputs, out, check_dtypes) for _ in range(2))
        for first, second in zip(analytical, again):
            if first.size and np.abs(first - second).max() > nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and "
                    "grad_output multiple times gives different values, although analytical "
                    "gradient matches numerical gradient.The tolerance for nondeterminism was "
                    f"{nondet_tol}."
                )
        for j, columns in enumerate(numerical):
            if columns and not np.allclose(analytical[j], columns[k], rtol, atol):
                raise _mismatch(i, j, wrap(columns[k]), wrap(analytical[j]))


def _mismatch(i, j, numerical, analytical):
    return GradcheckError(f"Jacobian mismatch for output {i} with respect to input {j},\n"
                          f"numerical:{numerical}\nanalytical:{analytical}\n")  # fmt: skip


def _compare_direction(func, inputs, outputs, eps, atol, rtol, nondet_tol, check_dtypes):
    """v^T J u for random directions u and v, both ways; what fails is compared in full."""
    draw = np.random.default_rng(0)
    places = [k for k, out in enumerate(_tuple(func(*inputs))) if out.requires_grad]
    wanted = _wanted(inputs)
    for j, x in enumerate(wanted):
        u = draw.standard_normal(x._array.shape)
        slopes = _quotient(func, inputs, x, u, eps)
        for i, (k, out) in enumerate(zip(places, outputs)):
            v = draw.standard_normal(out._array.shape)
            seed = wrap(v.astype(out._array.dtype))
            (g,) = grad(out, x, seed, retain_graph=True, allow_unused=True)
            numerical = float(np.sum(v * slopes[k]))
            analytical = 0.0 if g is None else float(np.sum(u * g._array))
            if not np.isclose(analytical, numerical, rtol, atol * max(1, x._array.size)):
                _compare_elements(func, inputs, outputs, eps, atol, rtol, nondet_tol, check_dtypes)
                raise _mismatch(i, j, numerical, analytical)


# ---- the rules that backward must keep ---------------------------------------------------------


def _expect_flat(func, inputs, eps):
    for columns in _numerical(func, inputs, eps):
        if any(np.any(slopes) for slopes in columns):
            raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_proportional(outputs, inputs):
    """A gradient of zero must come out as zero, in the input's shape and dtype."""
    wanted = _wanted(inputs)
    grads = grad(outputs, wanted, [zeros_like(out) for out in outputs], retain_graph=True,
                 allow_unused=True)  # fmt: skip
    for x, g in zip(wanted, grads):
        if g is None:
            continue
        if np.any(g._array):
            raise GradcheckError("backward not multiplied by grad_output")
        if g.dtype is not x.dtype:
            raise GradcheckError("grad is incorrect type")
        if g.shape != x.shape:
            raise GradcheckError("grad is incorrect size")


class _NoGradient(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return None


_SEE_NOTES = ('Please look at "Notes about undefined output gradients" in '
              '"tools/autograd/derivatives.yaml"')  # fmt: skip


def _check_undefined(func, inputs):
    """Backward must cope with outputs that nobody asked about: all of them, and each in turn."""
    count = len(_differentiable(func(*inputs)))
    for missing in [None, *range(count if count > 1 else 0)]:
        outputs = _differentiable(func(*inputs))
        outputs = [_NoGradient.apply(out) if missing in (None, k) else out
                   for k, out in enumerate(outputs)]  # fmt: skip
        try:
            grads = grad(outputs, _wanted(inputs), [zeros_like(out) for out in outputs],
                         allow_unused=True)  # fmt: skip
        except RuntimeError as error:
            raise GradcheckError("Expected backward function to handle undefined output grads. "
                                 f"{_SEE_NOTES}") from error  # fmt: skip
        if any(g is not None and np.any(g._array) for g in grads):
            raise GradcheckError("Expected all input grads to be undefined or zero when all output "
                                 f"grads are undefined or zero. {_SEE_NOTES}")  # fmt: skip
