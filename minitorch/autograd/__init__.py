"""`minitorch.autograd`: gradients of what was computed."""

from ..modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from . import function, functional, graph, variable
from .anomaly import detect_anomaly, set_detect_anomaly
from .function import Function
from .gradcheck import gradcheck, gradgradcheck
from .gradients import backward, grad
from .variable import Variable

__all__ = ["Function", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck",
           "gradgradcheck", "inference_mode", "no_grad", "set_detect_anomaly",
           "set_grad_enabled"]  # fmt: skip
