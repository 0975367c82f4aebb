"""Modes: what this thread records.

Floor 0. Each thread has its own modes, as in torch. Whether to record is asked by every operation:
it is a context variable, which is read in a quarter of the time of a thread-local attribute.
"""

import functools
import threading
import warnings
from contextvars import ContextVar

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled",
           "no_grad", "set_grad_enabled"]  # fmt: skip


_grad = ContextVar("grad", default=True)  # record operations? None: inference mode
recording_mode = _grad.get


def unrecorded_mode():
    """`recording_mode` for an operation without a gradient: None in inference mode, else False."""
    return None if _grad.get() is None else False


class _Modes(threading.local):
    grad = property(lambda self: _grad.get(), lambda self, mode: _grad.set(mode))
    shown = True  # what is_grad_enabled() says in inference mode, where nothing is recorded
    anomaly = False
    check_nan = True
    evaluating = None  # the node at work, in anomaly mode
    walk = None  # the backward at work
    packing = ()  # pairs of hooks on saved tensors; the last one counts
    devices = ()  # defaults for new tensors; the last one counts
    packing_forbidden = None  # the text of the error for more of them


modes = _Modes()


_GENERATOR = 0x20  # inspect.CO_GENERATOR, without the import


class _Switch:
    """A context manager and decorator that records or not, and goes back to how it was."""

    flag = None  # record?

    def __enter__(self):
        self.__dict__.setdefault("_saved", []).append((modes.grad, modes.shown))
        modes.shown = self.flag
        if modes.grad is not None:  # inference mode goes on as it is
            modes.grad = self.flag

    def __exit__(self, *exc):
        modes.grad, modes.shown = self._saved.pop()

    def clone(self):
        return type(self)()

    def __call__(self, func):
        if isinstance(func, type):  # torch: decorating a class decorates its constructor
            warnings.warn(_CLASS_DECORATED, FutureWarning, stacklevel=2)
            func.__init__ = self(func.__init__)
            return func
        if getattr(func, "__code__", None) and func.__code__.co_flags & _GENERATOR:
            return _switched_generator(self, func)

        @functools.wraps(func)
        def switched(*args, **kwargs):
            with self.clone():
                return func(*args, **kwargs)

        return switched


_CLASS_DECORATED = (
    "Decorating classes is deprecated and will be disabled in future versions. You should only "
    "decorate functions or methods. To preserve the current behavior of class decoration, you can "
    "directly decorate the `__init__` method and nothing else."
)


def _switched_generator(switch, func):
    """The generator function `func` with the modes set while it runs, not while it is paused."""

    @functools.wraps(func)
    def generator(*args, **kwargs):
        inner = func(*args, **kwargs)
        step, value = inner.send, None
        while True:
            try:
                with switch.clone():
                    result = step(value)
            except StopIteration as stop:
                return stop.value
            try:
                value = yield result
                step = inner.send
            except GeneratorExit:
                with switch.clone():
                    inner.close()
                raise
            except BaseException as error:
                step, value = inner.throw, error

    return generator


class _PlainSwitch(_Switch):
    """A switch without arguments, also usable as a bare decorator: `@no_grad`."""

    def __new__(cls, orig_func=None):
        self = super().__new__(cls)
        return self if orig_func is None else self(orig_func)


class no_grad(_PlainSwitch):
    """Operations inside are not recorded, so their results do not require gradients.

    >>> import minitorch
    >>> x = minitorch.ones(1, requires_grad=True)
    >>> with minitorch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    flag = False


class enable_grad(_PlainSwitch):
    """Operations inside are recorded again, within `no_grad`.

    >>> import minitorch
    >>> x = minitorch.ones(1, requires_grad=True)
    >>> with minitorch.no_grad(), minitorch.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    flag = True


class set_grad_enabled(_Switch):
    """Record operations, or not, by a flag: at once, and until the end of a `with` block.

    >>> import minitorch
    >>> with minitorch.set_grad_enabled(False):
    ...     minitorch.is_grad_enabled()
    False
    """

    def __init__(self, mode):
        if not isinstance(mode, bool):
            raise TypeError("set_grad_enabled(): argument 'enabled' (position 1) must be bool, not "
                            f"{type(mode).__name__}")  # fmt: skip
        self.mode = self.flag = mode
        self._set_by_call = True
        super().__enter__()

    def __enter__(self):
        if self._set_by_call:  # the call itself already switched, and saved what was there
            self._set_by_call = False
        else:
            super().__enter__()

    def __call__(self, func):
        if self._set_by_call:  # as a decorator it must not switch the code around the function
            super().__exit__()
            self._set_by_call = False
        return super().__call__(func)

    def clone(self):
        return type(self)(self.mode)

    def __repr__(self):
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


class inference_mode(_Switch):
    """As `no_grad`, and the tensors made inside never take part in a graph.

    >>> import minitorch
    >>> with minitorch.inference_mode():
    ...     minitorch.ones(1).is_inference()
    True
    """

    def __new__(cls, mode=True):
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode=True):
        self.mode = mode
        self.flag = not self.mode

    def __enter__(self):
        super().__enter__()
        modes.grad = None if self.mode else True

    def clone(self):
        return type(self)(self.mode)


def is_grad_enabled():
    """Whether operations are recorded in this thread now.

    >>> import minitorch
    >>> minitorch.is_grad_enabled()
    True
    """
    return modes.shown if modes.grad is None else modes.grad


def is_inference_mode_enabled():
    """Whether inference mode is on in this thread now.

    >>> import minitorch
    >>> minitorch.is_inference_mode_enabled()
    False
    """
    return modes.grad is None
