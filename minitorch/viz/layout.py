"""Where to draw the boxes of a graph: rows from top to bottom, few crossings, straight edges.

Floor 5. The usual four steps (Sugiyama, Tagawa and Toda, 1981): a row for each node; a bend in
each row that an edge passes through; an order within each row; a place for each. Convention: edges
are pairs (from, to) and go down; nodes are given so that each comes after those it comes from.
"""

from collections import defaultdict

__all__ = ["layered"]

SWEEPS = 8
GAP, BEND = 18, 10  # between neighbours in a row; the width kept free for a passing edge


def layered(sizes, edges, spread=34):
    """The centres of boxes of these sizes {node: (width, height)}, and the ways of the edges.

    Returns ({node: (x, y)}, {edge: [point, ...]}, (width, height)).

    >>> layered({"a": (20, 10), "b": (20, 10)}, [("a", "b")], spread=30)[0]
    {'a': (10.0, 5.0), 'b': (10.0, 45.0)}
    """
    rows, ways = with_bends(rank(list(sizes), edges), edges)
    above, below = neighbours([pair for way in ways.values() for pair in zip(way, way[1:])])
    sort_rows(rows, above, below)
    widths = {node: sizes[node][0] if node in sizes else BEND for row in rows for node in row}
    x = straightened(rows, widths, above, below)
    spans, bottom = {}, 0  # {node: (top and bottom of its row)}
    for row in rows:
        height = max(sizes[node][1] if node in sizes else 0 for node in row)
        spans.update(dict.fromkeys(row, (bottom, bottom + height)))
        bottom += height + spread
    centres = {node: (x[node], mean(spans[node])) for node in sizes}
    # An edge passes through a row upright, so that it touches no box there.
    through = lambda node: [centres[node]] if node in sizes else [(x[node], y) for y in spans[node]]
    points = {
        edge: [point for node in way for point in through(node)] for edge, way in ways.items()
    }
    width = max(x[node] + widths[node] / 2 for node in x)
    return centres, points, (width, bottom - spread)


def neighbours(edges):
    """{node: those above it} and {node: those below it}."""
    above, below = defaultdict(list), defaultdict(list)
    for a, b in edges:
        above[b].append(a)
        below[a].append(b)
    return above, below


def rank(nodes, edges):
    """{node: its row}: below all that it comes from; what comes from nothing, next to its use."""
    above, below = neighbours(edges)
    row = {}
    for node in nodes:
        row[node] = 1 + max((row[a] for a in above[node]), default=-1)
    for node in nodes:
        if not above[node] and below[node]:
            row[node] = min(row[b] for b in below[node]) - 1
    top = min(row.values())
    return {node: r - top for node, r in row.items()}


def with_bends(row, edges):
    """The rows as lists, and for each edge its way: the two nodes, a bend in each row between."""
    rows = [[] for _ in range(1 + max(row.values()))]
    for node, r in row.items():
        rows[r].append(node)
    ways = {}
    for a, b in edges:
        bends = [((a, b), r) for r in range(row[a] + 1, row[b])]
        for bend in bends:
            rows[bend[1]].append(bend)
        ways[a, b] = [a, *bends, b]
    return rows, ways


def sort_rows(rows, above, below):
    """Down and up again, each row in the order of the middles of its neighbours."""
    place = {node: i for row in rows for i, node in enumerate(row)}
    for sweep in range(SWEEPS):
        near, order = (above, rows) if sweep % 2 == 0 else (below, rows[::-1])
        for row in order:
            row.sort(key=lambda node: mean([place[n] for n in near[node]], place[node]))
            place.update((node, i) for i, node in enumerate(row))


def straightened(rows, widths, above, below):
    """{node: x}: as near to the middle of its neighbours as the others in its row allow."""
    apart = lambda a, b: (widths[a] + widths[b]) / 2 + GAP
    x = {}
    for row in rows:
        for i, node in enumerate(row):
            x[node] = x[row[i - 1]] + apart(row[i - 1], node) if i else widths[node] / 2
    for sweep in range(SWEEPS):
        near, order = (above, rows) if sweep % 2 == 0 else (below, rows[::-1])
        for row in order:
            wish = [mean([x[n] for n in near[node]], x[node]) for node in row]
            right, left = list(wish), list(wish)
            for i in range(1, len(row)):
                right[i] = max(wish[i], right[i - 1] + apart(row[i - 1], row[i]))
                left[-1 - i] = min(wish[-1 - i], left[-i] - apart(row[-1 - i], row[-i]))
            # Pushed to the right and pushed to the left; half way between is fair to both sides.
            x.update((node, (a + b) / 2) for node, a, b in zip(row, left, right))
    edge = min(x[node] - widths[node] / 2 for node in x)
    return {node: place - edge for node, place in x.items()}


def mean(values, default=None):
    """The mean, or `default` for none."""
    return sum(values) / len(values) if values else default
