"""Choices of how to compute are measured, and change nothing else."""

import json
import re

import pytest
import tensorflow as tf

from tests.apps import command
from tests.train import game
from tfgen import run as run_lib
from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.run import Run
from tfgen.saved_config import tuned
from tfgen.train import tune
from tfgen.train.tune import Timing, fastest

PLAIN = Timing(False, False, 1.0, 100.0)
XLA = Timing(True, False, 20.0, 200.0)
HALF = Timing(False, True, 1.0, 104.0)
BOTH = Timing(True, True, problem="failed (no such kernel)")


@pytest.mark.parametrize(
    "steps, best",
    [
        (100, PLAIN),  # compiling takes longer than it saves
        (1_000_000, XLA),
    ],
)
def test_the_whole_time_counts(steps, best):
    assert fastest([PLAIN, XLA, HALF, BOTH], steps) is best


def test_a_small_gain_is_none():
    assert fastest([PLAIN, HALF, BOTH, BOTH], 1_000_000) is PLAIN
    failed = Timing(False, False, problem="failed")
    assert fastest([failed, HALF, BOTH, BOTH], 10) is HALF
    with pytest.raises(
        UserError, match="^tune: nothing could be tried: failed"
    ):
        fastest([failed, BOTH, BOTH, BOTH], 10)


def test_each_choice_is_tried(monkeypatch):
    """In fresh conditions; what fails says why."""
    built = []
    monkeypatch.setattr(tune, "CALLS", 1)

    def build(config):
        if config.mixed_precision:
            raise ValueError("no bfloat16\nhere")
        model = game.Line()
        model.dynamic_shapes = config.jit_compile
        built.append(model)
        return model

    config = TrainConfig(**game.SETTINGS)
    x = tf.random.stateless_normal([2, 8, 3], [0, 1])
    batches = tf.data.Dataset.from_tensors({"x": x})
    trials = tune.tune(
        build, lambda *_: batches, config, tf.distribute.get_strategy()
    )
    plain, xla, *half = trials
    assert plain.steps_per_second > 0 and not plain.problem
    assert built[0].step == 4  # two calls of two steps
    assert xla.problem == "failed (shapes depend on the data)"
    assert {trial.problem for trial in half} == {"failed (no bfloat16)"}


def test_the_loss_curve_is_that_of_the_settings(tmp_path, monkeypatch):
    """What was tried leaves no trace, and the same command resumes."""
    flags = ["--data=moons", "--preset=tiny", "--set=num_examples=200"]

    def losses(name, *more):
        workdir = f"--workdir={tmp_path}/{name}"
        code, out, error = command.run_here(
            "apps.train", workdir, *flags, *more
        )
        assert code == 0, error
        lines = (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines]
        return out, [row["loss_flow"] for row in found if "loss_flow" in row]

    def tried(build, batches, config, strategy):
        next(iter(batches(config, build(config))))
        return [PLAIN, HALF, XLA, BOTH]

    monkeypatch.setattr(run_lib, "tune", tried)
    _, expected = losses("plain")
    out, found = losses("tuned", "--tune")
    assert out[0].startswith("tuned: neither 100.0 steps/s, of neither 100.0")
    assert "jit_compile and mixed_precision failed (no such" in out[0]
    assert found == expected
    run = Run.start(
        tmp_path / "tuned", "real_nvp", "tiny", "moons", ["num_examples=200"]
    )
    again = run.tune(tf.distribute.get_strategy())
    assert again.startswith("tuned before: train.jit_compile=False, train.mi")
    held = json.loads((tmp_path / "tuned" / "tune.json").read_text())
    assert held["settings"] == {"jit_compile": False, "mixed_precision": False}
    assert len(held["trials"]) == 4
    for name, more, message in (
        ("plain", ["--tune"], "tune: .* holds a run that began without"),
        ("a", ["--tune", "--jit_compile"], "--jit_compile: --tune chooses it"),
    ):
        code, _, error = command.run_here(
            "apps.train", f"--workdir={tmp_path}/{name}", *flags, *more
        )
        assert code == 2 and re.search(message, error[-1])


def test_what_was_chosen_is_what_trains(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lib, "tune", lambda *_: [PLAIN, BOTH, HALF, XLA])
    settings = ["num_examples=200", "train.steps=1000000"]
    run = Run.start(tmp_path, "real_nvp", "tiny", "moons", settings)
    run.tune(tf.distribute.get_strategy())
    assert run.config.train.jit_compile
    assert tuned(tmp_path) == [
        "train.jit_compile=True",
        "train.mixed_precision=False",
    ]
    assert tuned(None) == []
