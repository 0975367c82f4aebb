"""What tests ask about recorded graphs, of either library."""


def nodes_below(tensor):
    """How many operations and leaves can be reached from a tensor."""
    seen, stack = set(), [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen.add(node)
            stack += [below for below, _ in node.next_functions]
    return len(seen)
