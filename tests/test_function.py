"""autograd.Function: operations of the user's own. Each case holds on minitorch and on torch."""

import gc
import weakref

import pytest
from exact import raises
from test_autograd import FREED, leaf
from test_inplace import CUSTOM, stale


def make(lib, name="MyFunc", **functions):
    """A Function from plain functions, `forward=` and so on."""
    return type(name, (lib.autograd.Function,), {k: staticmethod(f) for k, f in functions.items()})


def double(ctx, x):
    return x * 2


def twice(ctx, g):
    return g * 2


# ---- both styles -------------------------------------------------------------------------------


def test_forward_with_ctx(lib):
    class Power(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, exponent):
            assert not lib.is_grad_enabled() and ctx.saved_tensors == ()
            ctx.save_for_backward(x)
            ctx.exponent = exponent
            return x**exponent

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            assert ctx.needs_input_grad == (True, False)
            return g * ctx.exponent * x ** (ctx.exponent - 1), None

    x = leaf(lib)
    y = Power.apply(x, 3)
    assert repr(y) == "tensor([ 1.,  8., 27.], grad_fn=<PowerBackward>)" and y.grad_fn.exponent == 3
    assert y.grad_fn.name() == type(y.grad_fn).__name__ == "PowerBackward"
    assert repr(y.grad_fn).startswith("<torch.autograd.function.PowerBackward object at 0x")
    assert y.grad_fn.next_functions[0][0].variable is x and len(y.grad_fn.next_functions) == 1
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    (gg,) = lib.autograd.grad(g.sum(), x)
    assert g.tolist() == [3, 12, 27] and gg.tolist() == [6, 12, 18]


def test_setup_context(lib):
    class Power(lib.autograd.Function):
        @staticmethod
        def forward(x, exponent=2):
            return x**exponent

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0], output)
            ctx.exponent = inputs[1]

        @staticmethod
        def backward(ctx, g):
            x, out = ctx.saved_tensors
            assert out.grad_fn is ctx and x.requires_grad
            return g * ctx.exponent * out / x, None

    x = leaf(lib)
    for y in (Power.apply(x, 2), Power.apply(x), Power.apply(x, exponent=2)):
        (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        (gg,) = lib.autograd.grad(g.sum(), x)  # through the saved result as well
        assert g.tolist() == [2, 4, 6] and gg.tolist() == [2, 2, 2]


def test_vjp_is_another_name(lib):
    x = leaf(lib)
    make(lib, forward=double, vjp=twice).apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    text = (
        "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should "
        "only implement one of them."
    )
    with raises(RuntimeError, text):
        make(lib, forward=double, vjp=twice, backward=twice).apply(x).sum().backward()


def test_parts_that_are_missing(lib):
    text = "You must implement the forward function for custom autograd.Function."
    with raises(NotImplementedError, text):
        make(lib, backward=twice).apply(leaf(lib))
    text = (
        "You must implement either the backward or vjp method for your custom autograd.Function to "
        "use it with backward mode AD."
    )
    with raises(NotImplementedError, text):
        make(lib, forward=double).apply(leaf(lib)).sum().backward()
    with pytest.warns(
        DeprecationWarning, match="should not be instantiated. Methods on autograd functions"
    ):
        make(lib, forward=double)()


# ---- what is returned --------------------------------------------------------------------------


def test_several_results_and_things_that_are_no_tensors(lib):
    seen = []

    def forward(ctx, x):
        return x * 2, x.long(), 3, None

    def backward(ctx, *grads):
        seen.extend(g if g is None else g.tolist() for g in grads)
        return grads[0]

    x = leaf(lib)
    a, b, c, d = make(lib, forward=forward, backward=backward).apply(x)
    assert (b.requires_grad, c, d) == (False, 3, None) and a.output_nr == 0
    a.sum().backward()
    assert seen == [[1, 1, 1], [0, 0, 0], None, None]
    assert make(lib, forward=lambda ctx, x: 3).apply(x) == 3


def test_gradients_nobody_computed(lib):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(materialize)
        return x * 2, x * 3

    def backward(ctx, a, b):
        seen.append(a if a is None else a.tolist())
        return b * 3

    for materialize in (True, False):  # noqa: B007 (forward reads it)
        x = leaf(lib)
        make(lib, forward=forward, backward=backward).apply(x)[1].sum().backward()
        assert x.grad.tolist() == [3, 3, 3]
    assert seen == [[0, 0, 0], None]


def test_no_gradient_from_above(lib):
    seen = []
    nothing = make(lib, forward=double, backward=lambda ctx, g: None)
    asked = make(lib, forward=double, backward=lambda ctx, g: seen.append(g.tolist()) or g)
    x = leaf(lib)
    nothing.apply(asked.apply(x) * 3).sum().backward()
    assert seen == [[0, 0, 0]] and x.grad.tolist() == [0, 0, 0]


def test_mark_non_differentiable(lib):
    def forward(ctx, x):
        y, z = x * 2, x * 3
        ctx.mark_non_differentiable(z)
        return y, z

    x = leaf(lib)
    y, z = make(lib, forward=forward, backward=lambda ctx, g, h: g + h).apply(x)
    assert y.requires_grad and not z.requires_grad and z.grad_fn is None
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_wrong_gradients(lib):
    x, y = leaf(lib), leaf(lib)
    for backward, text in (
        (lambda ctx, g: (g, g), "function MyFuncBackward returned an incorrect number of gradients "
                                "(expected 1, got 2)"),
        (lambda ctx, g: 3, "expected Variable or None (got int)"),
        (lambda ctx, g: g[:2], "Function MyFuncBackward returned an invalid gradient at index 0 - "
                               "got [2] but expected shape compatible with [3]"),
    ):  # fmt: skip
        with raises(RuntimeError, text):
            make(lib, forward=double, backward=backward).apply(x).sum().backward()
    text = "function MyFuncBackward returned an incorrect number of gradients (expected 2, got 1)"
    with raises(RuntimeError, text):
        make(lib, forward=lambda ctx, x, y: x * y, backward=twice).apply(x, y).sum().backward()
    text = (
        "function MyFuncBackward returned a gradient different than None at position 2, but the "
        "corresponding forward input was not a Variable"
    )
    with raises(RuntimeError, text):
        make(lib, forward=lambda ctx, x, k: x * k,
             backward=lambda ctx, g: (g, g)).apply(x, 3).sum().backward()  # fmt: skip


def test_gradients_that_are_made_to_fit(lib):
    for backward in (lambda ctx, g: (g, None, None), lambda ctx, g: g.double(),
                     lambda ctx, g: g.long()):  # fmt: skip
        x = leaf(lib)
        make(lib, forward=double, backward=backward).apply(x).sum().backward()
        assert x.grad.tolist() == [1, 1, 1] and x.grad.dtype is lib.float32
    x = leaf(lib)
    make(lib, forward=double, backward=lambda ctx, g: g.expand(4, 3)).apply(x).sum().backward()
    assert x.grad.tolist() == [4, 4, 4]


def test_an_error_in_backward(lib):
    def backward(ctx, g):
        raise KeyError("mine")

    with raises(KeyError, "mine"):
        make(lib, forward=double, backward=backward).apply(leaf(lib)).sum().backward()


# ---- what is saved -----------------------------------------------------------------------------


def keep(ctx, x):
    ctx.save_for_backward(x)
    return x * 2


def test_saved_tensors_are_checked_and_freed(lib):
    square = make(lib, name="Square", forward=lambda ctx, x: ctx.save_for_backward(x) or x * x,
                  backward=lambda ctx, g: 2 * g * ctx.saved_tensors[0])  # fmt: skip
    x = leaf(lib)
    w = x * 1
    y = square.apply(w)
    w.add_(1)
    with raises(RuntimeError, stale([3], "Add", 1, 0)):
        y.sum().backward()
    y = square.apply(x)
    assert y.grad_fn.saved_tensors[0] is x
    y.sum().backward()
    for again in (lambda: y.sum().backward(), lambda: y.grad_fn.saved_tensors):
        with raises(RuntimeError, FREED):
            again()


def test_a_saved_result_that_was_written_to(lib):
    def forward(ctx, x):
        out = x.exp()
        ctx.save_for_backward(out)
        return out

    y = make(
        lib, name="Exp2", forward=forward, backward=lambda ctx, g: g * ctx.saved_tensors[0]
    ).apply(leaf(lib))
    y.add_(1)
    with raises(RuntimeError, stale([3], "Exp2", 1, 0)):
        y.sum().backward()


def test_what_can_be_saved(lib):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_backward(None, x * 2)  # the last call counts
        return x * 2

    y = make(lib, forward=forward).apply(leaf(lib))
    nothing, t = y.grad_fn.saved_tensors
    assert nothing is None and t.tolist() == [2, 4, 6] and not t.requires_grad
    with raises(
        TypeError, "save_for_backward can only save variables, but argument 0 is of type int"
    ):
        make(lib, forward=lambda ctx, x: ctx.save_for_backward(3) or x * 2).apply(leaf(lib))


def test_nothing_is_recorded_where_nothing_is_wanted(lib):
    needs = []

    def forward(ctx, x):
        needs.append(ctx.needs_input_grad)
        ctx.save_for_backward(x)
        return x * 2

    f = make(lib, forward=forward, backward=twice)
    assert f.apply(lib.ones(3)).grad_fn is None
    with lib.no_grad():
        assert not f.apply(leaf(lib)).requires_grad
    assert needs == [(False,), (True,)]


def test_hooks_on_what_is_saved(lib):
    x = leaf(lib)
    f = make(lib, forward=keep, backward=lambda ctx, g: g * ctx.saved_tensors[0])
    with lib.autograd.graph.saved_tensors_hooks(lambda t: t * 10, lambda t: t):
        y = f.apply(x)
    y.sum().backward()
    assert x.grad.tolist() == [10, 20, 30]


def test_the_graph_goes_with_its_last_tensor():
    import minitorch

    f = make(minitorch, forward=lambda ctx, x: _save_both(ctx, x), backward=twice)
    gc.disable()
    try:
        y = f.apply(leaf(minitorch))
        alive = weakref.ref(y.grad_fn)
        del y
        assert alive() is None
    finally:
        gc.enable()


def _save_both(ctx, x):
    out = x * 2
    ctx.save_for_backward(x, out)
    return out


# ---- in place ----------------------------------------------------------------------------------


def write(ctx, x):
    x.mul_(2)
    ctx.mark_dirty(x)
    return x


def test_mark_dirty(lib):
    x = leaf(lib)
    w = x * 1
    y = make(lib, forward=write, backward=twice).apply(w)
    assert y is w and w.grad_fn.name() == "MyFuncBackward"
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_mark_dirty_through_a_view(lib):
    x = leaf(lib)
    w = x * 1
    y = make(lib, forward=write, backward=twice).apply(w[:2])
    assert (y._base is w, w.grad_fn.name(), y.grad_fn.name()) == (
        True, "torch::autograd::CopySlices", "AsStridedBackward0")  # fmt: skip
    w.sum().backward()
    assert x.grad.tolist() == [2, 2, 1]


def test_mark_dirty_wrongly(lib):
    with raises(
        RuntimeError, "a leaf Variable that requires grad has been used in an in-place operation."
    ):
        make(lib, forward=write, backward=twice).apply(leaf(lib))

    def not_returned(ctx, x):
        return write(ctx, x) * 1

    text = (
        "Some elements marked as dirty during the forward method were not returned as output. The "
        "inputs that are modified inplace must all be outputs of the Function."
    )
    with raises(RuntimeError, text):
        make(lib, forward=not_returned, backward=twice).apply(leaf(lib) * 1)

    def no_input(ctx, x):
        y = x * 1
        ctx.mark_dirty(y)
        return y

    with pytest.warns(UserWarning, match="received a tensor that was not an input"):
        make(lib, forward=no_input, backward=twice).apply(leaf(lib))
    with raises(RuntimeError, "mark_dirty can only accept variables, but argument "):
        make(lib, forward=lambda ctx, x: ctx.mark_dirty(3)).apply(leaf(lib))


def test_inputs_handed_through_and_views(lib):
    x = leaf(lib)
    same = make(lib, forward=lambda ctx, x: x, backward=twice)
    y = same.apply(x)
    y.sum().backward()
    assert y is not x and x.grad.tolist() == [2, 2, 2]
    plain = lib.ones(3)
    assert same.apply(plain)._base is plain and not same.apply(plain).requires_grad
    view = make(lib, forward=lambda ctx, x: x.view(3, 1), backward=lambda ctx, g: g.view(3))
    y = view.apply(x * 1)
    with raises(
        RuntimeError, f"Output 0 of MyFunc is a view and is being modified inplace.{CUSTOM}"
    ):
        y.add_(1)


# ---- second derivatives ------------------------------------------------------------------------


def test_once_differentiable(lib):
    grad_modes = []

    def backward(ctx, g):
        grad_modes.append(lib.is_grad_enabled())
        return g * 2

    once = lib.autograd.function.once_differentiable(backward)
    f = make(lib, forward=double, backward=once)
    x = leaf(lib)
    f.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    y = f.apply(x)
    (g,) = lib.autograd.grad((y * y).sum(), x, create_graph=True)
    assert repr(g).endswith("grad_fn=<Error>)") and grad_modes == [False, False]
    text = "trying to differentiate twice a function that was marked with @once_differentiable"
    with raises(RuntimeError, text):
        g.sum().backward()


def test_a_backward_that_is_itself_a_function(lib):
    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            return g * ThreeSquares.apply(*ctx.saved_tensors)

    class ThreeSquares(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 3 * x**2

        @staticmethod
        def backward(ctx, g):
            return g * 6 * ctx.saved_tensors[0]

    x = leaf(lib)
    (g,) = lib.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), x, create_graph=True)
    (k,) = lib.autograd.grad(h.sum(), x)
    assert [t.tolist() for t in (g, h, k)] == [[3, 12, 27], [6, 12, 18], [6, 6, 6]]


def test_hooks_and_notes_on_its_node(lib):
    x, log = leaf(lib), []
    y = make(lib, forward=double, backward=twice).apply(x)
    y.grad_fn.register_prehook(lambda go: log.append(go[0].tolist()))
    y.grad_fn.register_hook(lambda gi, go: log.append(gi[0].tolist()))
    y.sum().backward()
    assert log == [[1, 1, 1], [2, 2, 2]] and y.grad_fn.metadata == {}
