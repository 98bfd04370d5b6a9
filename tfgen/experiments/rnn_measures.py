"""How deep a recurrent network is, and how far it skips.

Saizheng Zhang, Yuhuai Wu, Tong Che, Zhouhan Lin, Roland Memisevic, Ruslan
Salakhutdinov, Yoshua Bengio: Architectural Complexity Measures of Recurrent
Neural Networks. NIPS 2016. arXiv:1602.08210.

A network is a graph whose edges have a delay, in time steps. On a cycle or
path, l is the number of edges and sigma the sum of their delays.

    recurrent depth          d_r = max over cycles of l / sigma
    feedforward depth        d_f = max over paths from input to output of
                                   l - d_r sigma
    recurrent skip
    coefficient              s   = 1 / min over cycles of l / sigma

What is claimed: these are what the unrolled network shows. Over n steps, its
longest path from input to output has d_r n + d_f edges at most, as near as one
likes; its shortest path grows by 1 / s a step.

Here cycles and paths are enumerated, and the unrolled network is searched by
dynamic programming.

What deviates, and why:
- That the measures go with accuracy on tasks is not tried.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tfgen.tables.papers import Row, Table

PAPER = "Zhang et al. 2016, arXiv:1602.08210"


class Edge(NamedTuple):
    """An edge: the value of `start` is read `delay` steps later."""

    start: str
    end: str
    delay: int = 0


Graph = tuple[Edge, ...]
IN, OUT = "x", "y"


def _edges(text: str) -> Graph:
    """Reads `x>h h>h:1`."""
    found = []
    for word in text.split():
        ends, _, delay = word.partition(":")
        found.append(Edge(*ends.split(">"), int(delay or 0)))
    return tuple(found)


GRAPHS = {
    "simple": _edges("x>h h>h:1 h>y"),
    "stacked": _edges("x>a a>a:1 a>b b>b:1 b>y"),
    "deep transition": _edges("x>a a>b b>a:1 b>y"),
    "stacked, top to bottom": _edges("x>a a>a:1 a>b b>b:1 b>a:1 b>y"),
    "skips 3 steps": _edges("x>h h>h:1 h>h:3 h>y"),
}
UNROLLED = 400
_FIGURES = {
    "recurrent": "recurrent depth",
    "unrolled": f"longest of {UNROLLED} steps, a step",
    "feedforward": "feedforward depth",
    "rest": "longest without recurrent depth",
    "skip": "skip coefficient",
    "unrolled_skip": "steps an edge of the shortest",
}
TABLE = Table(
    tuple(Row(name, None) for name in GRAPHS),
    "paper",
    _FIGURES,
    units=dict.fromkeys(_FIGURES, ""),
)
CLAIMS = {
    "recurrent depth is that of the unrolled network": lambda r: _agree(
        r, "recurrent", "unrolled", 0.02
    ),
    "feedforward depth is what is left of it": lambda r: _agree(
        r, "feedforward", "rest", 1e-9
    ),
    "the skip coefficient is that of its shortest path": lambda r: _agree(
        r, "skip", "unrolled_skip", 0.02
    ),
}


def _agree(found, one, other, tolerance):
    pairs = [(values[one], values[other]) for values in found.values()]
    return all(abs(a - b) <= tolerance * a for a, b in pairs)


def walks(graph: Graph, start: str, end: str) -> Iterator[tuple[int, int]]:
    """Yields l and sigma of each walk that visits no node between twice.

    Args:
      graph: edges.
      start: where walks begin.
      end: where they stop; `start` itself for cycles.
    """

    def go(node, seen, length, delay):
        for edge in graph:
            if edge.start != node:
                continue
            after = length + 1, delay + edge.delay
            if edge.end == end:
                yield after
            elif edge.end not in seen:
                yield from go(edge.end, seen | {edge.end}, *after)

    yield from go(start, {start}, 0, 0)


def cycle_ratios(graph: Graph) -> list[float]:
    """Returns l / sigma of each cycle."""
    nodes = {edge.start for edge in graph}
    return [
        length / delay
        for node in nodes
        for length, delay in walks(graph, node, node)
    ]


def unrolled(graph: Graph, steps: int, best: Callable) -> np.ndarray:
    """Returns the length of a path from the first input to each output.

    Args:
      graph: edges.
      steps: how many.
      best: `max` or `min`, of paths.

    Returns:
      [steps + 1]; not finite where there is no path.
    """
    nodes = _in_order(graph)
    none = -np.inf if best is max else np.inf
    found = [dict.fromkeys(nodes, none) for _ in range(steps + 1)]
    for t, lengths in enumerate(found):
        for node in nodes:
            if node == IN and t == 0:
                lengths[IN] = 0
            for edge in graph:
                if edge.end == node and edge.delay <= t:
                    before = found[t - edge.delay][edge.start]
                    lengths[node] = best(lengths[node], before + 1)
    return np.array([lengths[OUT] for lengths in found])


def _in_order(graph):
    """The nodes, each after those that it reads without delay."""
    left, ordered = {n for e in graph for n in (e.start, e.end)}, []
    while left:
        waits = {e.end for e in graph if not e.delay and e.start in left}
        ordered += sorted(left - waits)
        left &= waits
    return ordered


def rows(seed: int) -> dict[str, dict[str, float]]:
    """Returns the figures of each row, which depend on no seed."""
    del seed
    found = {}
    for name, graph in GRAPHS.items():
        ratios = cycle_ratios(graph)
        depth = max(ratios)
        longest = unrolled(graph, UNROLLED, max)
        shortest = unrolled(graph, UNROLLED, min)
        n = np.arange(UNROLLED + 1)
        found[name] = {
            "recurrent": depth,
            "unrolled": longest[-1] / UNROLLED,
            "feedforward": max(
                length - depth * delay
                for length, delay in walks(graph, IN, OUT)
            ),
            "rest": (longest - depth * n).max(),
            "skip": 1 / min(ratios),
            "unrolled_skip": UNROLLED / shortest[-1],
        }
    return found
