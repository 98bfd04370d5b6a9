"""Which library does what; ours, of which one call is made."""

import importlib
import itertools
import pathlib

import numpy as np
import pytest

from benchmarks import flow_task, flows, pixels, worker

ROOT = pathlib.Path(flow_task.__file__).parent


def test_who_takes_part():
    assert flows.chosen("spline", None) == list(flow_task.PEERS["spline"])
    assert flows.chosen("image_8", ["freia"]) == ["freia"]
    with pytest.raises(ValueError, match="flowjax: has no image_28"):
        flows.chosen("image_28", ["flowjax"])


@pytest.mark.parametrize("name", flow_task.LIBRARIES)
def test_each_has_a_function_a_kind(name):
    """The file is read, as its library may not be here."""
    path = ROOT / "peers" / f"{flow_task.LIBRARIES[name]}.py"
    for kind, names in flow_task.PEERS.items():
        assert (f"\ndef {kind}(" in path.read_text()) == (name in names)


def test_ours_and_tfp_have_the_same_network(monkeypatch):
    """MADEs of D = 8: inputs and outputs of 8 and 16, and biases."""
    monkeypatch.setattr(flow_task, "HIDDEN", (6, 6))
    monkeypatch.setattr(flow_task, "LAYERS", 2)
    x = flow_task.examples(4, 8, seed=0)
    expected = 2 * (8 * 6 + 6 + 6 * 6 + 6 + 6 * 16 + 16)
    for name in ("tfgen", "tfp"):
        module = importlib.import_module(f"benchmarks.peers.flows_{name}")
        made = module.maf(np.tile(x, (80, 1)), x)
        assert made.parameters == expected
        (work, *_) = made.log_prob.values()
        (result,) = worker.run(work, 1)
        assert result.shape == (4,) and np.isfinite(result).all()


def test_milliseconds_of_pixels():
    assert pixels.milliseconds(2.0, 10) == 5
    found = {"made": {8: [1.0, 3.0, 2.0], 16: [2.0, 2.0, 5.0]}}
    *_, row = pixels.table(found).splitlines()
    assert row == (
        "| made | 2.0000 (1.0000-3.0000) | 2.0000 (2.0000-5.0000) | 1.00 |"
    )


def test_repeats_take_turns(monkeypatch):
    calls, clock = [], itertools.count(1)
    monkeypatch.setattr(
        pixels, "rate", lambda work, _: calls.append(work) or next(clock)
    )
    found = pixels.measure({("a", 1): "A", ("a", 2): "B"}, 1.0, 2)
    assert calls == ["A", "B"] * 3
    assert found == {"a": {1: [1000 / 3, 1000 / 5], 2: [250 / 4, 250 / 6]}}
