"""The operations: each a kernel on arrays with its gradients beside it. Floor 2."""
