"""torch.cuda, as far as a program that runs on the CPU as well asks for it.

Floor 3. The arrays are CuPy's (see `devices.py`). There is one stream of random numbers: what is
drawn for a GPU is drawn on the CPU and moved, so a program has the same numbers on either.
"""

from . import devices
from .generator import default_generator

__all__ = ["current_device", "device_count", "empty_cache", "get_device_name", "is_available",
           "manual_seed", "manual_seed_all", "memory_allocated", "synchronize"]  # fmt: skip


def is_available():
    """Whether there is a GPU, and CuPy to use it."""
    return device_count() > 0


def device_count():
    """How many GPUs CuPy can use; 0 without CuPy."""
    return devices.cuda_count()


def current_device():
    """The index of the GPU that "cuda" means; an AssertionError if there is none."""
    return devices.cupy().cuda.runtime.getDevice()


def get_device_name(device=None):
    """The name of a GPU, such as 'NVIDIA H100'; an AssertionError if there is none."""
    runtime = devices.cupy().cuda.runtime
    index = device if isinstance(device, int) else device and devices.check(device).index
    return runtime.getDeviceProperties(index or 0)["name"].decode()


def synchronize(device=None):
    """Wait until the GPU has done all it was given; an AssertionError if there is none."""
    cuda = devices.cupy().cuda
    cuda.Device(device if isinstance(device, int) else None).synchronize()


def manual_seed(seed):
    """Start the stream of random numbers anew; nothing, where there is no GPU."""
    if is_available():
        default_generator.manual_seed(int(seed))


manual_seed_all = manual_seed


def empty_cache():
    """Give memory that no tensor uses back to the GPU."""
    if is_available():
        devices.cupy().get_default_memory_pool().free_all_blocks()


def memory_allocated(device=None):
    """The bytes of GPU memory that tensors use."""
    return devices.cupy().get_default_memory_pool().used_bytes() if is_available() else 0
