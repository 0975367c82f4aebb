"""gradcheck, autograd.functional and Variable. Each case holds on minitorch and on torch."""

import pytest
from exact import raises
from test_autograd import leaf


def point(lib, *values):
    return lib.tensor(
        [float(v) for v in values or (1, 2, 3)], dtype=lib.float64, requires_grad=True
    )


def function(lib, forward, backward):
    functions = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("F", (lib.autograd.Function,), functions).apply


# ---- gradcheck ---------------------------------------------------------------------------------


def test_gradients_that_are_right(lib):
    check = lib.autograd.gradcheck
    x, y = point(lib), point(lib, 4, 5, 6)
    assert check(lambda x: x**3, x) is True
    assert check(lambda x, y, k: (x * y * k, (x - y).sum()), (x, y, 2.0))
    assert check(lambda x: x.exp().sum(), [x], fast_mode=True)
    assert check(lambda x: (x * x, x.long()), x)
    assert check(lambda x: x.view(3, 1).expand(3, 2), x)
    assert x.tolist() == [1, 2, 3] and x.grad is None


TRIPLE = """Jacobian mismatch for output 0 with respect to input 0,
numerical:tensor([[2.0000, 0.0000, 0.0000],
        [0.0000, 2.0000, 0.0000],
        [0.0000, 0.0000, 2.0000]], dtype=torch.float64)
analytical:tensor([[3., 0., 0.],
        [0., 3., 0.],
        [0., 0., 3.]], dtype=torch.float64)
"""


def test_a_gradient_that_is_wrong(lib):
    from_tools = lib.autograd.gradcheck.__module__
    wrong = function(lib, lambda ctx, x: x * 2, lambda ctx, g: g * 3)
    with pytest.raises(RuntimeError) as caught:
        lib.autograd.gradcheck(wrong, point(lib))
    assert type(caught.value).__name__ == "GradcheckError" and from_tools.endswith(
        "autograd.gradcheck"
    )
    assert str(caught.value) == TRIPLE
    assert lib.autograd.gradcheck(wrong, point(lib), raise_exception=False) is False
    with pytest.raises(
        RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0,\nnumer"
    ):
        lib.autograd.gradcheck(wrong, point(lib), fast_mode=True)


@pytest.mark.filterwarnings("ignore:Backwards compatibility")  # torch's, of 2019
def test_gradients_that_break_a_rule(lib):
    turn = []

    def backward(ctx, g):
        turn.append(0)
        return g * 2 * (1 + 1e-9 * len(turn))

    restless = function(lib, lambda ctx, x: x * 2, backward)
    text = (
        "Backward is not reentrant, i.e., running backward with same input and grad_output "
        "multiple times gives different values, although analytical gradient matches numerical "
        "gradient.The tolerance for nondeterminism was 0.0."
    )
    with pytest.raises(RuntimeError, match=text):
        lib.autograd.gradcheck(restless, point(lib))
    assert lib.autograd.gradcheck(restless, point(lib), nondet_tol=1e-5)
    fixed = function(lib, lambda ctx, x: x * 2, lambda ctx, g: g * 0 + 2)
    with raises_gradcheck("backward not multiplied by grad_output"):
        lib.autograd.gradcheck(fixed, point(lib, 1))
    with raises_gradcheck("Numerical gradient for function expected to be zero"):
        lib.autograd.gradcheck(lambda x: (x * x).detach(), point(lib))

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx, g, h):
        if g is None or h is None:
            raise RuntimeError("I need both")
        return g * 2 + h * 3

    text = (
        'Expected backward function to handle undefined output grads. Please look at "Notes about '
        'undefined output gradients" in "tools/autograd/derivatives.yaml"'
    )
    with raises_gradcheck(text):
        lib.autograd.gradcheck(lambda x: sum(function(lib, forward, backward)(x)), point(lib))


class raises_gradcheck:
    def __init__(self, text):
        self.text = text

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        assert kind is not None and kind.__name__ == "GradcheckError" and str(error) == self.text
        return True


def test_inputs_that_gradcheck_cannot_use(lib):
    check = lib.autograd.gradcheck
    text = (
        "gradcheck expects at least one input tensor to require gradient, but none of them have "
        "requires_grad=True."
    )
    with raises(ValueError, text):
        check(lambda x: x, lib.ones(2))
    text = (
        "The 0th input has a dimension with stride 0. gradcheck only supports inputs that are "
        "non-overlapping to be able to compute the numerical gradients correctly. You should call "
        ".contiguous on the input before passing it to gradcheck."
    )
    with raises(RuntimeError, text):
        check(lambda x: x, lib.ones(1, dtype=lib.float64).expand(3).requires_grad_())
    with pytest.warns(
        UserWarning, match="Input #0 requires gradient and is not a double precision"
    ):
        check(lambda x: x * 2, leaf(lib), atol=0.1)


def test_gradgradcheck(lib):
    check = lib.autograd.gradgradcheck
    assert check(lambda x: x**3, point(lib))
    assert check(
        lambda x, y: x * y.exp(), (point(lib), point(lib)), gen_non_contig_grad_outputs=True
    )
    assert check(lambda x: x**3, point(lib), point(lib, 1, 0, 2))

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    forgets = function(lib, forward, lambda ctx, g: g * 2 * ctx.saved_tensors[0].detach())
    with pytest.raises(
        RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"
    ):
        check(forgets, point(lib))


def test_what_needs_forward_mode_is_refused():
    import minitorch

    with pytest.raises(NotImplementedError, match="neither forward mode nor vmap"):
        minitorch.autograd.gradcheck(lambda x: x, point(minitorch), check_forward_ad=True)


# ---- functional --------------------------------------------------------------------------------


def nested(t):
    return tuple(map(nested, t)) if isinstance(t, tuple) else t.tolist()


def test_vjp(lib):
    vjp = lib.autograd.functional.vjp
    x = leaf(lib)
    assert nested(vjp(lambda x: x * x, x, lib.ones(3))) == ([1, 4, 9], [2, 4, 6])
    assert nested(vjp(lambda x: (x * x).sum(), x)) == (14, [2, 4, 6])
    out, grads = vjp(lambda x, y: (x * y, x), (x, x), (lib.ones(3), lib.zeros(3)))
    assert nested((out, grads)) == (([1, 4, 9], [1, 2, 3]), ([1, 2, 3], [1, 2, 3]))
    assert not grads[0].requires_grad
    _, g = vjp(lambda x: x**3, x, lib.ones(3), create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), x)
    assert h.tolist() == [6, 12, 18]
    assert vjp(lambda x: lib.ones(3), x, lib.ones(3))[1].tolist() == [0, 0, 0]


def test_wrong_arguments_of_vjp(lib):
    vjp, x = lib.autograd.functional.vjp, leaf(lib)
    text = (
        "The vector v can only be None if the user-provided function returns a single Tensor with "
        "a single element."
    )
    with raises(RuntimeError, text):
        vjp(lambda x: x, x)
    with raises(
        RuntimeError, "v has invalid size: should be torch.Size([3]) but got torch.Size([2])."
    ):
        vjp(lambda x: x * 1, x, lib.ones(2))
    with raises(RuntimeError, "The given v should contain a single Tensor."):
        vjp(lambda x: x * 1, x, (lib.ones(3), lib.ones(3)))
    text = (
        "The outputs of the user-provided function given to vjp must be either a Tensor or a tuple "
        "of Tensors but the given outputs of the user-provided function has type <class 'int'>."
    )
    with raises(TypeError, text):
        vjp(lambda x: 3, x, lib.ones(3))
    text = (
        "The inputs given to vjp must be either a Tensor or a tuple of Tensors but the value at "
        "index 1 has type <class 'int'>."
    )
    with raises(TypeError, text):
        vjp(lambda x, y: x, (x, 3), lib.ones(3))
    text = (
        "The output of the user-provided function is independent of input 1. This is not allowed "
        "in strict mode."
    )
    with raises(RuntimeError, text):
        vjp(lambda x, y: x * 1, (x, x), lib.ones(3), strict=True)


def test_jacobian(lib):
    jacobian, x = lib.autograd.functional.jacobian, leaf(lib)
    assert jacobian(lambda x: x * x, x).tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    assert jacobian(lambda x: x.sum(), x).tolist() == [1, 1, 1]
    rows = jacobian(lambda x, y: (x * y, x[:1]), (x, x))
    diagonal = [[1, 0, 0], [0, 2, 0], [0, 0, 3]]
    assert nested(rows) == ((diagonal, diagonal), ([[1, 0, 0]], [[0, 0, 0]]))
    m = lib.arange(6.0).view(2, 3)
    assert jacobian(lambda m: m.t() * 2, m).shape == (3, 2, 2, 3)
    j = jacobian(lambda x: x * x, x, create_graph=True)
    assert lib.autograd.grad(j.sum(), x)[0].tolist() == [2, 2, 2]


def test_jacobian_in_strict_mode(lib):
    jacobian, x = lib.autograd.functional.jacobian, leaf(lib)
    text = (
        "Output 0 of the user-provided function does not require gradients. The outputs must be "
        "computed in a differentiable manner from the input when running in strict mode."
    )
    with raises(RuntimeError, text):
        jacobian(lambda x: lib.ones(3), x, strict=True)
    text = (
        "Output 0 of the user-provided function is independent of input 1. This is not allowed in "
        "strict mode."
    )
    with raises(RuntimeError, text):
        jacobian(lambda x, y: x * 1, (x, x), strict=True)
    text = (
        "The jacobian of the user-provided function is independent of input 0. This is not allowed "
        "in strict mode when create_graph=True."
    )
    with raises(RuntimeError, text):
        jacobian(lambda x: x * 2, x, strict=True, create_graph=True)
    text = (
        "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported "
        "together. Please either set `strict=False` or `vectorize=False`."
    )
    with raises(RuntimeError, text):
        jacobian(lambda x: x, x, strict=True, vectorize=True)
    text = (
        "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented "
        "for `vectorize=True`."
    )
    with raises(NotImplementedError, text):
        jacobian(lambda x: x, x, strategy="forward-mode")


def test_vectorize_is_refused():
    import minitorch

    with pytest.raises(NotImplementedError, match="vectorize=True needs vmap"):
        minitorch.autograd.functional.jacobian(lambda x: x, leaf(minitorch), vectorize=True)


def test_hessian(lib):
    hessian, x = lib.autograd.functional.hessian, leaf(lib)
    cube = [[6, 0, 0], [0, 12, 0], [0, 0, 18]]
    assert hessian(lambda x: (x**3).sum(), x).tolist() == cube
    assert hessian(lambda x: (x**3).sum().reshape(1), x, create_graph=True).requires_grad
    h = hessian(lambda x, y: (x * y * y).sum(), (x, x))
    zero, d = [[0, 0, 0]] * 3, [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    assert nested(h) == ((zero, d), (d, d))
    assert hessian(lambda x: x.sum(), x).tolist() == zero
    text = "The Tensor returned by the function given to hessian should contain a single element"
    with raises(RuntimeError, text):
        hessian(lambda x: x**3, x)
    with raises(RuntimeError, "The function given to hessian should return a single Tensor"):
        hessian(lambda x: (x.sum(),), x)
    text = (
        "While computing the hessian, found that the jacobian of the user-provided function with "
        "respect to input 0 is independent of the input. This is not allowed in strict mode. You "
        "should ensure that your function is twice differentiable and that the jacobian depends on "
        "the inputs (this would be violated by a linear function for example)."
    )
    with raises(RuntimeError, text):
        hessian(lambda x: x.sum(), x, strict=True)


def test_create_graph_at_a_point_that_requires_no_gradient(lib):
    x = lib.tensor([1.0, 2.0])
    f = lib.autograd.functional
    out, g = f.vjp(lambda x: x * x, x, lib.ones(2), create_graph=True)
    assert g.tolist() == [2, 4] and out.requires_grad and g.requires_grad
    assert f.jacobian(lambda x: x * x, x, create_graph=True).tolist() == [[2, 0], [0, 4]]
    h = f.hessian(lambda x: (x**3).sum(), x, create_graph=True)
    assert h.tolist() == [[6, 0], [0, 12]] and h.requires_grad and not x.requires_grad


# ---- Variable ----------------------------------------------------------------------------------


def test_variable(lib):
    Variable = lib.autograd.Variable
    x = lib.ones(2)
    v = Variable(x, requires_grad=True)
    assert type(v) is lib.Tensor and isinstance(v, Variable) and isinstance(x, Variable)
    assert not isinstance(3, Variable) and not issubclass(lib.Tensor, Variable)
    assert v.requires_grad and not x.requires_grad and v.data_ptr() == x.data_ptr()
    y = Variable(v * 2)
    assert y.is_leaf and not y.requires_grad
    y.add_(1)
    assert Variable(y)._version == y._version == 1
    assert Variable().tolist() == []
    with raises(TypeError, "Variable data has to be a tensor, but got list"):
        Variable([1.0])


def test_volatile(lib):
    with pytest.warns(UserWarning, match="volatile was removed and now has no effect. Use `with "
                                         "torch.no_grad\\(\\):` instead."):  # fmt: skip
        lib.autograd.Variable(lib.ones(1), volatile=True)
    lib.autograd.Variable(lib.ones(1), volatile=False)
