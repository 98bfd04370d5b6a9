"""Every model's compiled training step, and the graph that is left of it."""

from benchmarks.compiled_steps import deviation
from tests.conformance.zoo import eager, every, restored, steps
from tests.train import graphs


@every
def test_compiled_steps_are_the_eager_ones(name):
    """A fresh trace as it is trained, beside double precision."""
    single, results = steps(name), []
    with restored(single.model):
        graph = graphs.optimized(lambda: results.append(single.run()))
    assert not graphs.unordered(graph)
    # Same seed, same weights: sums of three terms come out either way.
    assert not graphs.long_sums(graph)
    # A dropped order shows in the third digit.
    assert deviation(results[0], eager(name)) < 3e-5
