"""How a backward hook sees the gradients of a whole module.

An identity operation is put around the module, once over all its inputs and once over all its
outputs. When backward reaches the second, the gradients of the outputs are known; when it reaches
the first, those of the inputs are. May import floors 0-3.
"""

import warnings
from functools import partial, update_wrapper

from ..autograd import Function
from ..modes import is_grad_enabled
from ..ops.creation import zeros
from ..tensor import Tensor

# ---- the module as one operation ---------------------------------------------------------------


class BackwardHookFunction(Function):
    """The identity on several tensors: one node of the graph, through which all gradients pass."""

    @staticmethod
    def forward(ctx, *tensors):
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        return grads


class BackwardHook:
    """The watch over one call of a module: `inputs` before `forward`, `outputs` after it.

    `hooks` are called as (module, grad_input, grad_output), `pre_hooks` as (module, grad_output).
    """

    def __init__(self, module, hooks, pre_hooks):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.inputs_watched = False
        self.n_inputs = 0
        self.grad_outputs = None

    def inputs(self, args):
        """The arguments, seen through an identity whose gradients are those of the inputs."""
        self.n_inputs = len(args)
        node, places, seen = _through_identity(args)
        if node is not None:
            self.inputs_watched = True
            kinds = [(args[i].shape, args[i].dtype) for i in places]

            def hook(grads, _):
                return self._on_grad_inputs(places, kinds, grads)

            node.register_hook(hook)
        return seen

    def outputs(self, result):
        """The result, seen through an identity whose gradients are those of the outputs."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        outputs = result if isinstance(result, tuple) else (result,)
        node, places, outputs = _through_identity(outputs)
        if node is not None:
            size = len(outputs)  # the hook must not hold the outputs: they hold the hook's node

            def hook(_, grads):
                return self._on_grad_outputs(places, size, grads)

            node.register_hook(hook)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _on_grad_outputs(self, places, size, grads):
        self.grad_outputs = _spread(grads, places, size)
        for hook in self.pre_hooks:
            new = hook(self.module, self.grad_outputs)
            if new is None:
                continue
            if len(new) != size:
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, got "
                    f"{len(new)}, but expected {size}"
                )
            self.grad_outputs = new
        grad_outputs = self.grad_outputs
        if not self.inputs_watched:
            self._fire_without_inputs()
        return tuple(grad_outputs[i] for i in places)

    def _fire_without_inputs(self):
        """No input has a gradient to wait for: the hooks run as soon as the outputs have theirs."""
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients. See https://docs.pytorch.org/docs/main/"
            "generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook for more "
            "details.",
            stacklevel=10,  # the line of `loss.backward()`
        )
        for hook in self.hooks:
            new = hook(self.module, (None,) * self.n_inputs, self.grad_outputs)
            if new is not None and not (isinstance(new, tuple) and all(g is None for g in new)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )
        self.grad_outputs = None

    def _on_grad_inputs(self, places, kinds, grads):
        if self.grad_outputs is None:  # backward came to the inputs by a way around the outputs
            return None
        # A tensor without a gradient is shown with one of zeros.
        shown = [
            zeros(shape, dtype=dtype) if grad is None else grad
            for grad, (shape, dtype) in zip(grads, kinds)
        ]
        grad_inputs = _spread(shown, places, self.n_inputs)
        for hook in self.hooks:
            new = hook(self.module, grad_inputs, self.grad_outputs)
            if new is None:
                continue
            if len(new) != len(grad_inputs):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, got "
                    f"{len(new)}, but expected {len(grad_inputs)}"
                )
            grad_inputs = new
        self.grad_outputs = None
        return tuple(None if g is None else grad_inputs[i] for i, g in zip(places, grads))


def _through_identity(values):
    """(node, places of the tensors, values): node is None where nothing needs a gradient."""
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    if not (is_grad_enabled() and any(values[i].requires_grad for i in places)):
        return None, places, values
    tensors = BackwardHookFunction.apply(*[values[i] for i in places])
    seen = list(values)
    for i, tensor in zip(places, tensors):
        seen[i] = tensor
    node = next(t.grad_fn for t in tensors if t.grad_fn is not None)
    # A namedtuple of outputs stays one.
    seen = tuple(seen) if type(values) is tuple else type(values)(*seen)
    return node, places, seen


def _spread(grads, places, size):
    """The gradients at the places of their tensors, None elsewhere."""
    spread = [None] * size
    for i, grad in zip(places, grads):
        spread[i] = grad
    return tuple(spread)


# ---- the older kind, on the last operation -----------------------------------------------------


def register_on_grad_fn(module, hooks, args, result):
    """Put the deprecated backward hooks on the operation that made the (first) result."""
    first = result
    while not isinstance(first, Tensor):
        if isinstance(first, dict):
            first = next(value for value in first.values() if isinstance(value, Tensor))
        else:
            first = first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(update_wrapper(partial(hook, module), hook))  # errors say its name
    problem = _what_it_will_miss(node, args, result)
    if problem:
        warnings.warn(f"Using {problem}", FutureWarning, stacklevel=4)


def _what_it_will_miss(node, args, result):
    """torch's warning (after "Using ") if `node` is not the whole module, else None."""
    deprecated = "is deprecated and will be removed in future versions. This hook will be missing"
    advice = "Please use register_full_backward_hook to get the documented behavior."
    outputs = (result,) if isinstance(result, Tensor) else result
    if not _all_tensors(outputs):
        return (
            "non-full backward hooks on a Module that does not return a single Tensor or a tuple "
            f"of Tensors {deprecated} some of the grad_output. {advice}"
        )
    if not _all_tensors(args):
        return (
            "non-full backward hooks on a Module that does not take as input a single Tensor or a "
            f"tuple of Tensors {deprecated} some of the grad_input. {advice}"
        )
    makers = {t.grad_fn for t in outputs if t.grad_fn is not None}
    if len(makers) > 1:
        return (
            "a non-full backward hook when outputs are generated by different autograd Nodes "
            f"{deprecated} some grad_output. {advice}"
        )
    if {t.grad_fn for t in args if t.grad_fn is not None} != {n for n, _ in node.next_functions}:
        return (
            "a non-full backward hook when the forward contains multiple autograd Nodes "
            f"{deprecated} some grad_input. {advice}"
        )
    return None


def _all_tensors(values):
    return isinstance(values, tuple) and all(isinstance(value, Tensor) for value in values)
