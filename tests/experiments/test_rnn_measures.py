import numpy as np
import pytest

from tfgen.experiments import rnn_measures
from tfgen.experiments.rnn_measures import GRAPHS, Edge


def test_measures_of_the_graphs():
    found = rnn_measures.rows(0)
    measures = {
        name: tuple(
            found[name][n] for n in ("recurrent", "feedforward", "skip")
        )
        for name in GRAPHS
    }
    assert measures == {
        "simple": (1, 2, 1),
        "stacked": (1, 3, 1),
        "deep transition": (2, 3, 0.5),
        "stacked, top to bottom": (2, 3, 1),
        "skips 3 steps": (1, 2, 3),
    }
    assert all(holds(found) for holds in rnn_measures.CLAIMS.values())
    for values in found.values():
        values |= {"unrolled": 0.0, "rest": 0.0, "unrolled_skip": 0.0}
    assert not any(holds(found) for holds in rnn_measures.CLAIMS.values())


def test_a_delay_on_the_way_costs_recurrent_depth(monkeypatch):
    """A path of four edges and one step, beside a cycle of two a step."""
    graph = tuple(
        Edge(*edge, delay)
        for edge, delay in zip(("xa", "ab", "ba", "bc", "cy"), (0, 0, 1, 1, 0))
    )
    monkeypatch.setattr(rnn_measures, "GRAPHS", {"delayed": graph})
    found = rnn_measures.rows(0)
    assert found["delayed"]["recurrent"] == 2
    assert found["delayed"]["feedforward"] == 4 - 2 * 1
    assert all(holds(found) for holds in rnn_measures.CLAIMS.values())


def all_paths(graph, steps):
    """Lengths of all paths from (x, 0) to (y, steps), one by one."""
    found = []

    def go(node, t, length):
        if (node, t) == ("y", steps):
            found.append(length)
        for edge in graph:
            if edge.start == node and t + edge.delay <= steps:
                go(edge.end, t + edge.delay, length + 1)

    go("x", 0, 0)
    return found


@pytest.mark.parametrize("name", GRAPHS)
def test_the_unrolled_paths_are_those_of_all(name):
    graph = GRAPHS[name]
    for steps in (0, 1, 5):
        lengths = all_paths(graph, steps)
        for best in (max, min):
            found = rnn_measures.unrolled(graph, steps, best)[-1]
            assert found == best(lengths)


def test_where_there_is_no_path():
    graph = (Edge("x", "h"), Edge("h", "h", 2), Edge("h", "y"))
    longest = rnn_measures.unrolled(graph, 3, max)
    np.testing.assert_array_equal(longest, [2, -np.inf, 3, -np.inf])
