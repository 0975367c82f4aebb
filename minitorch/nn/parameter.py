"""Parameter and Buffer: tensors that say what kind of state they are.

A Module looks at the type of what is assigned to it: a Parameter is learned, a Buffer is kept and
moved but not learned, and a plain tensor is left alone (a cached hidden state must not become
trainable). May import floors 0-3. Convention: both are leaves that share their argument's memory.
"""

from collections import OrderedDict

from ..ops.creation import empty
from ..tensor import Tensor

# ---- parameters --------------------------------------------------------------------------------


class _ParameterMeta(type(Tensor)):
    """Lets `isinstance(t, Parameter)` say yes to a tensor subclass that was marked as one."""

    def __instancecheck__(cls, instance):
        if cls is Parameter and isinstance(instance, Tensor):
            if getattr(instance, "_is_param", False):
                return True
        return super().__instancecheck__(instance)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that a Module registers as learnable when it is assigned as an attribute.

    `requires_grad` is True unless said otherwise, whatever `data` says and even under `no_grad`.
    Results of operations on it are plain tensors. Integer data with `requires_grad=True` raises
    RuntimeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Parameter(minitorch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = empty(0)
        if type(data) is Tensor or type(data) is Parameter:
            if requires_grad and not data.is_floating_point():
                raise RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients"
                )
            return Tensor._make_subclass(cls, data, requires_grad)
        # A subclass keeps its own class, or it would lose its behaviour: it is marked instead.
        marked = data.detach().requires_grad_(requires_grad)
        if type(marked) is not type(data):
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {type(data).__name__} requires "
                "that detach() returns an instance of the same type, but return type "
                f"{type(marked).__name__} was found instead. To use the type as a Parameter, "
                "please correct the detach() semantics defined by its __torch_dispatch__() "
                "implementation."
            )
        marked._is_param = True
        return marked

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        # The empty dictionary is where torch's format has the backward hooks, never saved.
        fields = (self.data, self.requires_grad, OrderedDict())
        if self.__dict__:
            return _rebuild_parameter_with_state, (*fields, self.__dict__)
        return _rebuild_parameter, fields


def _rebuild_parameter(data, requires_grad, backward_hooks):
    parameter = Parameter(data, requires_grad)
    parameter._backward_hooks = backward_hooks
    return parameter


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    parameter = _rebuild_parameter(data, requires_grad, backward_hooks)
    parameter.__dict__.update(state)
    return parameter


# ---- buffers -----------------------------------------------------------------------------------


class _BufferMeta(type(Tensor)):
    """Makes `isinstance(t, Buffer)` ask for the mark: there are no instances of the class."""

    def __instancecheck__(cls, instance):
        if cls is Buffer and isinstance(instance, Tensor):
            if getattr(instance, "_is_buffer", False):
                return True
        return super().__instancecheck__(instance)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that a Module registers as a buffer: moved and saved with it, never learned.

    `persistent=False` keeps it out of the state dict. What comes back is a tensor of the type of
    `data`, marked (`isinstance(t, nn.Buffer)` is True); assigning it to a module is the same as
    `register_buffer`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.Module()
    >>> m.mean = nn.Buffer(minitorch.zeros(2))
    >>> m.mask = nn.Buffer(minitorch.ones(2), persistent=False)
    >>> [name for name, _ in m.named_buffers()], list(m.state_dict())
    (['mean', 'mask'], ['mean'])
    """

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = empty(0)
        marked = data.detach().requires_grad_(data.requires_grad)
        marked.persistent = persistent
        marked._is_buffer = True
        return marked
