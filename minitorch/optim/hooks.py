"""Hooks of optimizers: what runs around a step, and around saving and loading.

Floor 4: may import floors 0-3, and `nn.hooks` beside it. Convention: a hook returns None to leave
things as they are, or, where its function says so, what to use instead.
"""

from collections import OrderedDict
from functools import wraps

from ..nn.hooks import add_hook

HOOKS = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks", "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks",
)  # fmt: skip

# ---- of one optimizer --------------------------------------------------------------------------


class Hooked:
    """The half of Optimizer that takes hooks."""

    def register_step_pre_hook(self, hook):
        """Run `hook(optimizer, args, kwargs)` before each step; may return new (args, kwargs)."""
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """Run `hook(optimizer, args, kwargs)` after each step."""
        return add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Run `hook(optimizer)` before `state_dict()`."""
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Run `hook(optimizer, state_dict)` after `state_dict()`; may return another dict."""
        return add_hook(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Run `hook(optimizer, state_dict)` before loading; may return another dict."""
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Run `hook(optimizer)` after loading."""
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend)


# ---- of all optimizers -------------------------------------------------------------------------

_global_step_pre_hooks = OrderedDict()
_global_step_post_hooks = OrderedDict()


def register_optimizer_step_pre_hook(hook):
    """Run `hook(optimizer, args, kwargs)` before each step of any optimizer.

    It returns None, or the (args, kwargs) to use instead; `args` begins with the optimizer.
    """
    return add_hook(_global_step_pre_hooks, hook)


def register_optimizer_step_post_hook(hook):
    """Run `hook(optimizer, args, kwargs)` after each step of any optimizer."""
    return add_hook(_global_step_post_hooks, hook)


# ---- running them around a step ----------------------------------------------------------------


def with_hooks(step):
    """`step` with the hooks around it."""

    @wraps(step)
    def hooked_step(*args, **kwargs):
        self = args[0]
        for hook in (*_global_step_pre_hooks.values(), *self._optimizer_step_pre_hooks.values()):
            new = hook(self, args, kwargs)
            if new is not None:
                if not (isinstance(new, tuple) and len(new) == 2):
                    raise RuntimeError(f"{step} must return None or a tuple of "
                                       f"(new_args, new_kwargs), but got {new}.")  # fmt: skip
                args, kwargs = new
        result = step(*args, **kwargs)
        for hook in (*self._optimizer_step_post_hooks.values(), *_global_step_post_hooks.values()):
            hook(self, args, kwargs)
        return result

    hooked_step.hooked = True
    return hooked_step
