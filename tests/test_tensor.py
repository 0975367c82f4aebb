"""A tensor as a Python object: what it is made from, what it turns into, what NumPy sees of it.
Each case holds on minitorch and on torch."""

import enum
import math
import warnings

import numpy as np
import pytest
from exact import raises

import minitorch

# ---- made from ---------------------------------------------------------------------------------


def test_new_tensor_has_the_dtype_of_the_old(lib):
    x = lib.ones(2, dtype=lib.int32).new_tensor([1.5, 2])
    assert x.dtype is lib.int32 and x.tolist() == [1, 2] and x.is_leaf
    y = lib.ones(2).new_tensor(5, dtype=lib.float64, requires_grad=True)
    assert y.dtype is lib.float64 and y.shape == () and y.requires_grad
    assert lib.ones(2, device="meta").new_tensor([1]).is_meta
    text = (
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() "
        "or sourceTensor.detach().clone().requires_grad_(True), rather than "
        "tensor.new_tensor(sourceTensor)."
    )
    with pytest.warns(UserWarning) as caught:
        z = lib.ones(2).new_tensor(lib.tensor([1, 2]))
    assert str(caught[0].message) == text and z.dtype is lib.float32


def test_requires_grad_is_a_bool(lib):
    with raises(TypeError, "tensor(): argument 'requires_grad' must be bool, not int"):
        lib.tensor([1.0], requires_grad=1)
    with raises(TypeError, "new_tensor(): argument 'requires_grad' must be bool, not int"):
        lib.ones(1).new_tensor([1.0], requires_grad=1)


def test_members_of_an_enum_are_numbers(lib):
    class Level(enum.IntEnum):
        LOW, HIGH = 1, 2

    assert lib.tensor(Level.HIGH).tolist() == 2
    assert lib.tensor([1.5, Level.LOW]).tolist() == [1.5, 1.0]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_of_numpy_is_shared_as_an_array(lib):
    matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    x = lib.from_numpy(matrix)
    assert (x * x).tolist() == [[1.0, 4.0], [9.0, 16.0]]
    x[0, 0] = 5
    assert matrix[0, 0] == 5


@pytest.mark.parametrize("share", [minitorch.from_numpy, minitorch.as_tensor])
def test_an_array_that_cannot_be_written_to(share):
    with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
        x = share(np.frombuffer(b"abc", dtype=np.uint8))
    assert (x + 1).tolist() == [98, 99, 100] and x.clone().add_(1).tolist() == [98, 99, 100]
    text = "the tensor shares the memory of a NumPy array that cannot be written to: use clone() "
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 5), x.zero_):
        with raises(RuntimeError, text + "first"):
            write()


# ---- turned into -------------------------------------------------------------------------------


def test_more_than_one_element_is_no_number(lib):
    for convert in (int, float):
        for x in (lib.ones(2), lib.ones(0)):
            with raises(ValueError, "only one element tensors can be converted to Python scalars"):
                convert(x)
        assert convert(lib.ones(1, 1)) == 1
    with raises(RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar"):
        lib.ones(2).item()


def test_what_is_in_a_tensor(lib):
    x = lib.tensor([1.0, 2.0])
    assert 1 in x and 3 not in x and np.float32(2) in x and True in x and lib.tensor(2) in x
    for element in ("a", None, [1]):
        with raises(RuntimeError, "Tensor.__contains__ only supports Tensor or scalar, but you "
                    f"passed in a {type(element)}."):  # fmt: skip
            x.__contains__(element)
    with raises(RuntimeError, "The size of tensor a (3) must match the size of tensor b (2) at "
                "non-singleton dimension 0"):  # fmt: skip
        x.__contains__(lib.ones(3))
    with raises(TypeError, "Tensor does not support deleting items"):
        del x[0]


def test_sizes_stay_sizes(lib):
    shape = lib.ones(2, 3).shape
    for size in ((1,) + shape, shape + (1,), shape * 2, 2 * shape, shape[1:]):
        assert type(size) is lib.Size
    assert (1,) + shape == (1, 2, 3) and 2 * shape == (2, 3, 2, 3)


# ---- seen by NumPy -----------------------------------------------------------------------------


def test_without_recording_numpy_may_see_what_requires_grad(lib):
    x = lib.ones(2, requires_grad=True)
    text = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
    for look in (x.numpy, lambda: np.asarray(x)):
        with raises(RuntimeError, text):
            look()
        for mode in (lib.no_grad, lib.inference_mode):
            with mode():
                assert look().tolist() == [1, 1]


def test_functions_of_numpy_give_tensors(lib):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's __array_wrap__ is an old one
        y = np.sqrt(lib.tensor([4.0, 9.0]))
        z = np.isnan(y)
        total = np.add(lib.tensor(1.0), 1)
    assert isinstance(y, lib.Tensor) and y.dtype is lib.float32 and y.tolist() == [2, 3]
    assert z.dtype is lib.uint8 and z.tolist() == [0, 0]
    assert isinstance(total, lib.Tensor) and total.shape == () and total.item() == 2


# ---- arguments that are nearly plain -----------------------------------------------------------


def test_a_dimension_may_be_a_number_of_numpy_or_a_tensor(lib):
    x = lib.arange(6.0).view(2, 3)
    for dim in (np.int64(1), lib.tensor(1)):
        assert x.sum(dim).tolist() == [3, 12]
        assert x.amax(dim).tolist() == [2, 5]
        assert x.softmax(dim).sum(1).tolist() == pytest.approx([1, 1])
        assert x.mean(dim=dim, keepdim=True).shape == (2, 1)


def test_no_dimension_may_be_none(lib):
    x = lib.tensor([[1, 2], [4, 3]])
    assert x.amax(dim=None).item() == 4 and lib.amin(x, None, True).tolist() == [[1]]
    assert lib.roll(x, 1, None).tolist() == x.roll(1, dims=None).tolist() == [[3, 1], [2, 4]]
    assert x.sum(dim=None).item() == 10 and x.any(None).item()


def test_two_numbers_make_a_tensor(lib):
    assert lib.add(1, 2).dtype is lib.int64 and lib.add(1, 2).item() == 3
    assert lib.mul(2.0, 3).dtype is lib.float32 and lib.div(1, 2).item() == 0.5
    assert lib.floor_divide(5, 3).item() == 1


def test_names_of_second_arguments(lib):
    x = lib.arange(3)
    assert lib.clamp_min(x, min=1).tolist() == x.clamp_min(min=1).tolist() == [1, 1, 2]
    assert lib.clamp_max(x, max=1).tolist() == lib.arange(3).clamp_max_(max=1).tolist() == [0, 1, 1]
    assert lib.max(x, other=lib.tensor([1])).tolist() == [1, 1, 2]
    assert x.min(other=lib.tensor(1)).tolist() == [0, 1, 1]
    assert lib.zeros(3).copy_(other=x).tolist() == [0, 1, 2]


def test_numbers_that_do_not_fit(lib):
    mask = lib.tensor([True, False])
    byte = lib.ones(2, dtype=lib.int8)
    for x, value, name in ((byte, 300, "int8_t"), (lib.ones(2), 1e300, "float")):
        with raises(RuntimeError, f"value cannot be converted to type {name} without overflow"):
            lib.where(mask, x, value)
        with raises(RuntimeError, f"value cannot be converted to type {name} without overflow"):
            x[0] = value
    half = lib.ones(2, dtype=lib.float16)
    half[0] = 7e4
    assert half.tolist() == lib.where(mask, 7e4, half).tolist() == [math.inf, 1]


def test_integers_without_dimensions_divided_by_zero(lib):
    x = lib.tensor(3)
    for divide in (lib.floor_divide, lib.remainder, lib.fmod):
        for zero in (0, lib.tensor(0), lib.tensor([0])):
            with raises(RuntimeError, "ZeroDivisionError"):
                divide(x, zero)
    assert (x // 2).item() == 1 and (x % 2).item() == 1 and (x.float() // 0).item() == math.inf


def test_isin_takes_no_lists(lib):
    assert lib.isin(2, lib.tensor([1, 2])).item() and not lib.isin(lib.tensor(2), 1).item()
    for elements, test_elements in ((lib.tensor([1]), [1]), ([1], lib.tensor([1]))):
        with pytest.raises(TypeError, match="invalid combination of arguments"):
            lib.isin(elements, test_elements)


def test_new_tensors_like_an_expanded_one_have_memory_of_their_own(lib):
    x = lib.ones(3).expand(2, 3)
    for like in (lib.zeros_like, lib.ones_like, lib.empty_like, lib.rand_like, lib.clone):
        assert like(x).stride() == (3, 1)
    assert lib.full_like(x, 5).stride() == (3, 1)
