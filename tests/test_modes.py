"""Grad modes: as context managers, as decorators, of generators, in threads. Each case holds on
minitorch and on torch."""

import threading

import pytest
from exact import raises


def on(lib):
    return lib.is_grad_enabled()


def test_context_managers(lib):
    x = lib.ones(1, requires_grad=True)
    with lib.no_grad():
        assert not on(lib) and not (x * 2).requires_grad
        with lib.enable_grad():
            assert on(lib) and (x * 2).requires_grad
        assert not on(lib)
    assert on(lib)


def test_they_go_back_after_an_error(lib):
    with pytest.raises(KeyError), lib.no_grad():
        raise KeyError
    assert on(lib)


@pytest.mark.parametrize("inner", [False, True])
def test_set_grad_enabled(lib, inner):
    with lib.set_grad_enabled(inner):
        assert on(lib) is inner
    assert on(lib)
    switch = lib.set_grad_enabled(inner)  # a call switches at once
    try:
        assert on(lib) is inner
        with switch:
            assert on(lib) is inner
        assert on(lib)
    finally:
        lib.set_grad_enabled(True)
    assert (
        repr(lib.set_grad_enabled(True)) == "torch.autograd.grad_mode.set_grad_enabled(mode=True)"
    )
    with raises(
        TypeError, "set_grad_enabled(): argument 'enabled' (position 1) must be bool, not int"
    ):
        lib.set_grad_enabled(1)


def test_decorators(lib):
    @lib.no_grad()
    def called():
        """Its own words."""
        return on(lib)

    @lib.no_grad
    def bare():
        return on(lib)

    @lib.set_grad_enabled(False)
    def by_flag():
        return on(lib)

    @lib.enable_grad()
    def back(n):
        return [on(lib)] + (back(n - 1) if n else [])

    assert on(lib)
    assert [called(), bare(), by_flag()] == [False] * 3
    with lib.no_grad():
        assert back(2) == [True] * 3 and not on(lib)
    assert (called.__name__, called.__doc__) == ("called", "Its own words.")


def test_a_decorated_class_decorates_its_constructor(lib):
    text = "Decorating classes is deprecated and will be disabled in future versions."
    with pytest.warns(FutureWarning, match=text):

        @lib.no_grad()
        class Maker:
            def __init__(self):
                self.made_with = on(lib)

    assert Maker().made_with is False


def test_generators(lib):
    @lib.no_grad()
    def counting():
        got = yield on(lib)
        try:
            yield got, on(lib)
        except ValueError:
            yield "caught", on(lib)
        return "end"

    steps = counting()
    assert next(steps) is False and on(lib)  # paused, it leaves the mode of the others alone
    assert steps.send("sent") == ("sent", False) and on(lib)
    assert steps.throw(ValueError()) == ("caught", False) and on(lib)
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert stop.value.value == "end" and on(lib)


def test_closing_a_generator(lib):
    seen = []

    @lib.no_grad()
    def generator():
        try:
            yield 1
        finally:
            seen.append(on(lib))

    steps = generator()
    next(steps)
    steps.close()
    assert seen == [False] and on(lib)


def test_each_thread_has_its_own(lib):
    seen = []
    with lib.no_grad():
        thread = threading.Thread(target=lambda: seen.append(on(lib)))
        thread.start()
        thread.join()
    assert seen == [True]


def test_backward_records_nothing_by_itself(lib):
    seen = []
    x = lib.ones(1, requires_grad=True)
    x.register_hook(lambda g: seen.append(on(lib)))
    (x * 2).backward()
    (g,) = lib.autograd.grad(x * x, x, create_graph=True)
    assert seen == [False, True] and g.requires_grad and on(lib)


def test_inference_mode(lib):
    x = lib.ones(1, requires_grad=True)
    with lib.inference_mode():
        assert lib.is_inference_mode_enabled() and not on(lib)
        y = x * 2
        with lib.enable_grad():  # says so, but nothing is recorded
            assert on(lib) and not (x * 2).requires_grad
        with lib.set_grad_enabled(True):
            assert on(lib) and not (x * 2).requires_grad
        with lib.inference_mode(False):
            assert on(lib) and not lib.is_inference_mode_enabled() and (x * 2).requires_grad
        assert lib.is_inference_mode_enabled()
    assert y.is_inference() and not y.requires_grad and on(lib)
    assert not lib.is_inference_mode_enabled()


def test_inference_mode_as_a_decorator(lib):
    @lib.inference_mode
    def bare():
        return lib.is_inference_mode_enabled()

    @lib.inference_mode(mode=False)
    def off():
        return lib.is_inference_mode_enabled()

    @lib.inference_mode()
    def steps():
        yield lib.is_inference_mode_enabled()

    assert (bare(), off(), list(steps())) == (True, False, [True])


def test_parameters_made_without_recording(lib):
    with lib.no_grad():
        x = lib.ones(3, requires_grad=True)
        y = x * 2
        v = x.view(3, 1)
    assert x.requires_grad and not y.requires_grad and v.requires_grad and v.is_leaf


def test_a_layer_made_in_inference_mode(lib):
    with lib.inference_mode():
        m = lib.nn.Linear(2, 2)
    m(lib.ones(3, 2)).sum().backward()
    assert m.bias.grad.tolist() == [3, 3]
    with raises(RuntimeError, "Inference tensors cannot be saved for backward. Please do not use "
                "Tensors created in inference mode in computation tracked by autograd. To work "
                "around this, you can make a clone to get a normal tensor and use it in autograd, "
                "or use `torch.no_grad()` instead of `torch.inference_mode()`."):
        m(lib.ones(3, 2, requires_grad=True))
