"""Every model's compiled training step, and the graph that is left of it."""

from benchmarks.compiled_steps import Steps, deviation, eager
from tests.conformance.zoo import every
from tests.train import graphs


@every
def test_compiled_steps_are_the_eager_ones(name):
    """Two fresh traces: as it is trained, and in double precision."""
    expected = eager(name)
    for dtype, most in (("float32", 1e-4), ("float64", 1e-6)):
        steps, results = Steps(name, dtype), []
        graph = graphs.optimized(lambda: results.append(steps.run()))
        assert not graphs.unordered(graph)
        # Same seed, same weights: sums of three terms come out either way.
        assert not graphs.long_sums(graph)
        assert deviation(results[0], expected) < most
