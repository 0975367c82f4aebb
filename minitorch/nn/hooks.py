"""Hooks: what runs around `forward`.

`Hooked` is the calling half of Module: `model(x)` runs `forward` and the hooks registered on the
module, or on all modules by the functions at the end of this file; `model.forward(x)` runs none.
How a hook comes to see a module's gradients is in `backward_hooks.py`. May import floors 0-3.
Convention: a hook returns None to leave things as they are, or what to use instead.
"""

import warnings
import weakref
from collections import OrderedDict

from ..autograd import hooks as autograd_hooks
from .backward_hooks import BackwardHook, register_on_grad_fn

# ---- handles -----------------------------------------------------------------------------------


class RemovableHandle(autograd_hooks.RemovableHandle):
    """The handle of a hook that other dictionaries have notes about; it can be pickled.

    >>> from minitorch import nn
    >>> m = nn.Identity()
    >>> with m.register_forward_hook(lambda module, args, output: output + 1):
    ...     m(1)
    2
    >>> m(1)
    1
    """

    def __init__(self, hooks, notes=()):
        super().__init__(hooks)
        self.notes = [weakref.ref(marked) for marked in notes]

    def remove(self):
        """Take the hook out; a second call does nothing."""
        super().remove()
        for ref in self.notes:
            marked = ref()
            if marked is not None:
                marked.pop(self.id, None)

    def __getstate__(self):
        return self.id, [ref() for ref in (self.hooks, *self.notes)]

    def __setstate__(self, state):
        self.id, dicts = state
        kept = [OrderedDict() if d is None else d for d in dicts]
        self.hooks, *self.notes = [weakref.ref(d) for d in kept]


def add_hook(hooks, hook, prepend=False, flags=()):
    """Register `hook`; `flags` are (dictionary of the hooks so marked, whether this one is)."""
    handle = RemovableHandle(hooks, [marked for marked, _ in flags])
    while handle.id in hooks:  # a number given in the process that pickled these hooks
        handle.id = handle.next_id()
    hooks[handle.id] = hook
    for marked, wanted in flags:
        if wanted:
            marked[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# ---- hooks of all modules ----------------------------------------------------------------------

_global_forward_pre_hooks = OrderedDict()
_global_forward_hooks = OrderedDict()
_global_forward_hooks_with_kwargs = OrderedDict()
_global_forward_hooks_always_called = OrderedDict()
_global_backward_pre_hooks = OrderedDict()
_global_backward_hooks = OrderedDict()
_global_backward_is_full = None  # None until the first backward hook decides the kind
_global_parameter_registration_hooks = OrderedDict()
_global_buffer_registration_hooks = OrderedDict()
_global_module_registration_hooks = OrderedDict()


def through(registration_hooks, module, name, value):
    """`value` after the hooks of all modules that watch registrations."""
    for hook in registration_hooks.values():
        replacement = hook(module, name, value)
        if replacement is not None:
            value = replacement
    return value


def register_module_parameter_registration_hook(hook):
    """Run `hook(module, name, parameter)` before any module registers a parameter."""
    return add_hook(_global_parameter_registration_hooks, hook)


def register_module_buffer_registration_hook(hook):
    """Run `hook(module, name, buffer)` before any module registers a buffer."""
    return add_hook(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook):
    """Run `hook(module, name, submodule)` before any module registers a submodule."""
    return add_hook(_global_module_registration_hooks, hook)


def register_module_forward_pre_hook(hook):
    """Run `hook(module, args)` before every module's own forward pre-hooks."""
    return add_hook(_global_forward_pre_hooks, hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Run `hook(module, args, output)` before every module's own forward hooks.

    >>> from minitorch import nn
    >>> from minitorch.nn.modules.module import register_module_forward_hook
    >>> with register_module_forward_hook(lambda module, args, output: print(module)):
    ...     out = nn.Sequential(nn.Identity())(1)
    Identity()
    Sequential(
      (0): Identity()
    )
    """
    flags = [
        (_global_forward_hooks_with_kwargs, with_kwargs),
        (_global_forward_hooks_always_called, always_call),
    ]
    return add_hook(_global_forward_hooks, hook, flags=flags)


def register_module_full_backward_pre_hook(hook):
    """Run `hook(module, grad_output)` before every module's own backward pre-hooks."""
    return add_hook(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook):
    """Run `hook(module, grad_input, grad_output)` before every module's own backward hooks."""
    return _register_global_backward(hook, full=True)


def register_module_backward_hook(hook):
    """Deprecated: the kind of backward hook that sees one operation, for all modules."""
    return _register_global_backward(hook, full=False)


def _register_global_backward(hook, full):
    global _global_backward_is_full
    if _global_backward_is_full is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module "
            "hook. Please use only one of them."
        )
    _global_backward_is_full = full
    return add_hook(_global_backward_hooks, hook)


# ---- hooks of one module -----------------------------------------------------------------------


class Hooked:
    """The calling half of Module: hooks, and `__call__` that runs them around `forward`."""

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Run `hook(module, args)` before `forward`; what it returns replaces `args`.

        With `with_kwargs` it is `hook(module, args, kwargs)` and returns None or both, new.

        >>> from minitorch import nn
        >>> m = nn.Identity()
        >>> handle = m.register_forward_pre_hook(lambda module, args: args[0] * 10)
        >>> m(2)
        20
        """
        hooks = self._forward_pre_hooks
        flags = [(self._forward_pre_hooks_with_kwargs, with_kwargs)]
        return add_hook(hooks, hook, prepend, flags)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Run `hook(module, args, output)` after `forward`; what it returns replaces `output`.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`; with `always_call` it runs
        also when `forward` raised, `output` then being None.

        >>> from minitorch import nn
        >>> m = nn.Identity()
        >>> handle = m.register_forward_hook(lambda module, args, output: (args, output))
        >>> m(2)
        ((2,), 2)
        """
        hooks = self._forward_hooks
        flags = [
            (self._forward_hooks_with_kwargs, with_kwargs),
            (self._forward_hooks_always_called, always_call),
        ]
        return add_hook(hooks, hook, prepend, flags)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Run `hook(module, grad_output)` when the gradient of the output is known.

        What it returns is used as the gradient of the output instead.
        """
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Run `hook(module, grad_input, grad_output)` when the gradient of the input is known.

        Both are tuples, None standing for what is no tensor; a returned tuple replaces
        `grad_input`. The parameters' `grad` may not be there yet: they are accumulated later.

        >>> import minitorch
        >>> from minitorch import nn
        >>> m = nn.ReLU()
        >>> handle = m.register_full_backward_hook(lambda module, gi, go: print(gi, go))
        >>> m(minitorch.tensor([-1., 1.], requires_grad=True)).sum().backward()
        (tensor([0., 1.]),) (tensor([1., 1.]),)
        """
        self._decide_backward_kind(full=True)
        return add_hook(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook):
        """Deprecated: a hook on the last operation of `forward` only."""
        self._decide_backward_kind(full=False)
        return add_hook(self._backward_hooks, hook)

    def _decide_backward_kind(self, full):
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single "
                "Module. Please use only one of them."
            )
        self._is_full_backward_hook = full

    # ---- calling -------------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if not (
            self._backward_hooks or self._backward_pre_hooks
            or self._forward_hooks or self._forward_pre_hooks
            or _global_backward_hooks or _global_backward_pre_hooks
            or _global_forward_hooks or _global_forward_pre_hooks
        ):  # fmt: skip
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args, kwargs):
        result, done = None, set()
        try:
            args, kwargs = self._run_forward_pre_hooks(args, kwargs)
            full, last_operation = self._backward_hooks_by_kind()
            before = [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
            watch = BackwardHook(self, full, before) if full or before else None
            if watch:
                args = watch.inputs(args)
            result = self.forward(*args, **kwargs)
            for hook_id, hook in self._all_forward_hooks():
                done.add(hook_id)
                result = self._run_forward_hook(hook_id, hook, args, kwargs, result)
            if watch:
                result = watch.outputs(result)
            if last_operation:
                register_on_grad_fn(self, last_operation, args, result)
            return result
        except Exception:
            self._run_always_called(done, args, kwargs, result)
            raise

    def _run_forward_pre_hooks(self, args, kwargs):
        for hook_id, hook in (*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if hook_id in self._forward_pre_hooks_with_kwargs:
                new = hook(self, args, kwargs)
                if new is None:
                    continue
                if not (isinstance(new, tuple) and len(new) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {new}."
                    )
                args, kwargs = new
            else:
                new = hook(self, args)
                if new is not None:
                    args = new if isinstance(new, tuple) else (new,)
        return args, kwargs

    def _all_forward_hooks(self):
        return (*_global_forward_hooks.items(), *self._forward_hooks.items())

    def _run_forward_hook(self, hook_id, hook, args, kwargs, result):
        if (
            hook_id in self._forward_hooks_with_kwargs
            or hook_id in _global_forward_hooks_with_kwargs
        ):
            new = hook(self, args, kwargs, result)
        else:
            new = hook(self, args, result)
        return result if new is None else new

    def _run_always_called(self, done, args, kwargs, result):
        """After an error: the hooks that asked to run all the same, and had no turn yet."""
        for hook_id, hook in self._all_forward_hooks():
            own = hook_id in self._forward_hooks_always_called
            if hook_id in done or not (own or hook_id in _global_forward_hooks_always_called):
                continue
            try:
                result = self._run_forward_hook(hook_id, hook, args, kwargs, result)
            except Exception as error:
                warnings.warn(
                    f"{'' if own else 'global '}module forward hook with ``always_call=True`` "
                    "raised an exception that was silenced as another error was raised in "
                    f"forward: {error}",
                    stacklevel=4,
                )

    def _backward_hooks_by_kind(self):
        """(full hooks, hooks on the last operation), those of all modules first."""
        full, last_operation = [], []
        for hooks, is_full in (
            (_global_backward_hooks, _global_backward_is_full),
            (self._backward_hooks, self._is_full_backward_hook),
        ):
            (full if is_full else last_operation).extend(hooks.values())
        return full, last_operation
