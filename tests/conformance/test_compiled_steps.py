"""Every model's compiled training step, and the graph that is left of it."""

from benchmarks.compiled_steps import Steps, deviation, eager
from tests.conformance.zoo import every
from tests.train import graphs

# Without a part that its compiled step has several times.
SMALLER = {"real_nvp": ("network.scales=1",)}


@every
def test_compiled_steps_are_the_eager_ones(name):
    """Two fresh traces: as it is trained, and in double precision."""
    single, double = (
        Steps(name, dtype, settings=SMALLER.get(name, ()))
        for dtype in ("float32", "float64")
    )
    expected = eager(double)
    for steps, most in ((single, 1e-4), (double, 1e-6)):
        results = []
        graph = graphs.optimized(lambda: results.append(steps.run()))  # noqa: B023
        assert not graphs.unordered(graph)
        # Same seed, same weights: sums of three terms come out either way.
        assert not graphs.long_sums(graph)
        assert deviation(results[0], expected) < most
