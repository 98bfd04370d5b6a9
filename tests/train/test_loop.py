import dataclasses
import functools
import itertools
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.apps import command
from tests.train import game
from tfgen.config import OptimizerConfig, TrainConfig
from tfgen.data import pipeline
from tfgen.errors import UserError
from tfgen.model import Model, Player
from tfgen.train import writers
from tfgen.train.brief import train_briefly
from tfgen.train.signals import Interrupted
from tfgen.train.strategy import make_strategy

ADAM = OptimizerConfig(learning_rate=0.05)
COSINE = OptimizerConfig(
    learning_rate=0.1, schedule="cosine", warmup_steps=3, clip_norm=0.5
)


class Crash(Exception):
    """Stands for a power cut: nothing is saved when it happens."""


def crash_at(step):
    def evaluate(model):
        if model.step == step:
            raise Crash
        return game.validation(model)

    return evaluate


def by_step(values):
    """Returns an evaluation that gives `values[step]`."""
    return lambda model: {"loss": values[model.step]}


def warnings(caplog):
    """Returns our own; TensorFlow's are of functions that it traces often."""
    return [r.getMessage() for r in caplog.records if r.name == "absl"]


def test_the_last_line_has_the_last_evaluation(tmp_path, capsys):
    values = {4: 0.5, 8: 0.25, 12: 0.125}
    game.train(tmp_path, evaluate=by_step(values))
    *_, before, last = capsys.readouterr().err.splitlines()
    assert "step 10/12" in before and "validation_loss 0.25," in before
    assert "step 12/12" in last and "validation_loss 0.125," in last


def test_what_takes_long_is_said(tmp_path, capsys):
    game.train(tmp_path, steps=4)
    assert capsys.readouterr().err.splitlines()[0] == "compiling"
    game.train(tmp_path, steps=8)
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert (first, second) == ("resumed at step 4 of 8", "compiling")
    game.train(tmp_path, steps=8)
    assert capsys.readouterr().err == "resumed at step 8 of 8\n"


def test_learning_rates_and_gradients_are_recorded(tmp_path):
    optimizer = OptimizerConfig(learning_rate=0.06, warmup_steps=12)
    game.train(tmp_path, steps=8, optimizer=optimizer)

    def recorded(name):
        records = game.records(tmp_path)
        return [(r["step"], r[name]) for r in records if name in r]

    rates = [(2, 0.015), (4, 0.025), (6, 0.035), (8, 0.045)]
    np.testing.assert_allclose(recorded("learning_rate_line"), rates, rtol=1e-6)
    norms = recorded("gradient_norm_line")
    assert [step for step, norm in norms if norm > 0] == [4, 8]


def test_tensorboard_groups_curves_by_player(tmp_path):
    game.train(tmp_path, steps=4)
    (path,) = tmp_path.glob("logs/*")
    tags = {
        value.tag
        for record in tf.data.TFRecordDataset(str(path))
        for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value
    }
    assert {
        "line/loss",
        "line/learning_rate",
        "line/gradient_norm",
        "validation/loss",
    } <= tags
    kernel = re.compile(r"line/game/dense\w*/kernel")
    assert any(map(kernel.fullmatch, tags))


def training_losses(workdir):
    records = game.records(workdir)
    return [r["loss_line"] for r in records if "loss_line" in r]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Settings -> workdir of a training that nobody stopped; made once."""

    @functools.cache
    def trained(**settings):
        workdir = tmp_path_factory.mktemp("whole")
        game.train(workdir, **settings)
        return workdir

    return trained


def test_the_loss_falls(tmp_path):
    model, state = game.train(tmp_path, steps=60)
    assert state.step == 60
    losses = training_losses(tmp_path)
    assert losses[-1] < 0.5 * losses[0]
    assert game.validation(model)["loss"] < 0.5 * losses[0]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ema_decay": 0.5, "optimizer": COSINE},
        {"steps": 13, "steps_per_call": 3, "evaluate_every": 4},
        {"steps_per_call": 5, "log_every": 4, "checkpoint_every": 3},
        {"optimizer": OptimizerConfig("rmsprop", momentum=0.5)},
    ],
    ids=["plain", "ema_cosine_clip", "uneven", "long_calls", "rmsprop"],
)
def test_a_killed_training_resumes_bit_by_bit(tmp_path, whole, settings):
    expected = whole(**settings)
    records = game.records(expected)
    *_, step, _ = [r["step"] for r in records if "validation_loss" in r]
    with pytest.raises(Crash):
        game.train(tmp_path, evaluate=crash_at(step), **settings)
    assert 0 < game.folders(tmp_path)[-1] < step
    game.train(tmp_path, **settings)
    game.assert_same_training(expected, tmp_path)


def test_more_steps_end_as_if_they_had_been_asked_for_at_once(tmp_path, whole):
    game.train(tmp_path, steps=7)
    _, state = game.train(tmp_path, steps=12)
    assert state.step == 12
    expected = game.checkpoint(whole())
    for name, value in game.checkpoint(tmp_path).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


@pytest.mark.parametrize(
    "decay, stays",
    [
        ({"schedule": "cosine"}, "0"),
        ({"schedule": "linear", "final_learning_rate": 0.02}, "0.02"),
        ({"schedule": "exponential"}, "0.001"),
    ],
    ids=["cosine", "linear", "exponential"],
)
def test_rates_that_have_decayed_stay_where_they_are(
    tmp_path, caplog, decay, stays
):
    sgd = OptimizerConfig("sgd", learning_rate=0.1, **decay)
    game.train(tmp_path, steps=8, optimizer=sgd)
    assert not warnings(caplog)
    weights = {}

    def evaluate(model):
        weights[model.step] = model.dense.kernel.numpy()
        return game.validation(model)

    game.train(
        tmp_path,
        steps=12,
        schedule_steps=8,
        optimizer=sgd,
        evaluate=evaluate,
        evaluate_every=2,
    )
    moved = np.abs(weights[12] - weights[10]).max()
    assert moved == 0 if stays == "0" else 0 < moved < 0.1
    assert warnings(caplog) == [
        "train.steps=12: learning rates decay over the 8 steps that the run"
        f" began with, and then stay, line at {stays}."
    ]


@pytest.mark.parametrize("steps", [8, 16])
def test_another_length_ends_as_if_it_had_been_asked_for_at_once(
    tmp_path, whole, caplog, steps
):
    """The schedule is that of 12 steps, whatever the lengths in between."""
    settings = {"schedule_steps": 12, "optimizer": COSINE}
    expected = game.checkpoint(whole(steps=16, **settings))
    caplog.clear()
    game.train(tmp_path, steps=4, **settings)
    game.train(tmp_path, steps=steps, **settings)
    game.train(tmp_path, steps=16, **settings)
    for name, value in game.checkpoint(tmp_path).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    assert warnings(caplog)[0] == (
        "train.steps=4: learning rates decay over the 12 steps that the run"
        " began with, not to the end."
    )


def test_without_a_decay_nothing_is_said_of_schedules(tmp_path, caplog):
    game.train(tmp_path, schedule_steps=4)
    assert not warnings(caplog)


def test_a_finished_training_is_left_as_it_is(tmp_path):
    _, first = game.train(tmp_path)
    before = sorted((p, p.stat().st_mtime_ns) for p in tmp_path.rglob("*"))
    _, second = game.train(tmp_path)
    assert first == second
    assert before == sorted(
        (p, p.stat().st_mtime_ns) for p in tmp_path.rglob("*")
    )


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_the_same_call_resumes(tmp_path, whole, signum):
    def evaluate(model):
        if model.step == 4:
            os.kill(os.getpid(), signum)
        return game.validation(model)

    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    name = signal.Signals(signum).name
    with pytest.raises(Interrupted, match=f"stopped by {name} at step 4; sav"):
        game.train(tmp_path, evaluate=evaluate, checkpoint_every=100)
    assert game.folders(tmp_path) == [4]
    assert handlers == (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
    )
    game.train(tmp_path, checkpoint_every=100)
    game.assert_same_training(tmp_path, whole(checkpoint_every=100))


def test_a_second_signal_acts_at_once(tmp_path):
    def evaluate(model):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        return game.validation(model)

    # In a job in the background SIGINT is ignored, and Python leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt) as stopped:
            game.train(tmp_path, evaluate=evaluate)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not isinstance(stopped.value, Interrupted)
    assert game.folders(tmp_path) == []


@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer": COSINE, "ema_decay": 0.5, "steps_per_call": 3}],
    ids=["plain", "ema_cosine_clip"],
)
def test_two_replicas_train_as_one(tmp_path, whole, settings):
    model, state = game.train(
        tmp_path, strategy=make_strategy("mirrored"), **settings
    )
    assert state.step == 12
    one, two = game.checkpoint(whole(**settings)), game.checkpoint(tmp_path)
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(
            value, two[name], err_msg=name, **tolerances.SAME
        )
    for variable in model.variables:
        np.testing.assert_array_equal(*(v for v in variable.value.values))


def test_two_replicas_resume_bit_by_bit(tmp_path):
    settings = {"ema_decay": 0.5, "optimizer": COSINE}
    game.train(
        tmp_path / "whole", strategy=make_strategy("mirrored"), **settings
    )
    with pytest.raises(Crash):
        game.train(
            tmp_path / "cut",
            strategy=make_strategy("mirrored"),
            evaluate=crash_at(8),
            **settings,
        )
    game.train(tmp_path / "cut", strategy=make_strategy("mirrored"), **settings)
    game.assert_same_training(tmp_path / "whole", tmp_path / "cut")


def test_one_replica_goes_on_where_two_were_stopped(tmp_path, whole):
    mirrored = make_strategy("mirrored")
    with pytest.raises(Crash):
        game.train(tmp_path, strategy=mirrored, evaluate=crash_at(8))
    game.train(tmp_path)
    one = game.checkpoint(whole())
    for name, value in game.checkpoint(tmp_path).items():
        np.testing.assert_allclose(
            value, one[name], err_msg=name, **tolerances.SAME
        )


def test_the_best_checkpoint_holds_the_averaged_weights(tmp_path):
    # By hand: a_0 = w_1, a_t = 0.5 a_{t-1} + 0.5 w_t, for three steps.
    def train(name, seen, **settings):
        def evaluate(model):
            seen.append(model.dense.kernel.numpy())
            return {"loss": -model.step}

        each = {"steps": 3, "steps_per_call": 1, "evaluate_every": 1}
        settings |= each
        return game.train(tmp_path / name, evaluate=evaluate, **settings)[0]

    weights, seen = [], []
    train("plain", weights)
    model = train("ema", seen, ema_decay=0.5)
    average = weights[0]
    for step in range(3):
        average = 0.5 * average + 0.5 * weights[step]
        np.testing.assert_allclose(seen[step], average, **tolerances.SAME)
    best = game.checkpoint(tmp_path / "ema", "best")
    assert any(np.array_equal(v, seen[-1]) for v in best.values())
    # The training itself does not notice.
    np.testing.assert_array_equal(model.dense.kernel.numpy(), weights[-1])
    last = game.checkpoint(tmp_path / "ema")
    assert any(np.array_equal(v, weights[-1]) for v in last.values())


def test_the_weights_are_put_back_after_a_failed_validation(tmp_path):
    kept = {}

    def evaluate(model):
        kept["model"] = model
        kept["averaged"] = model.dense.kernel.numpy()
        raise Crash

    game.train(tmp_path / "plain", steps=4)
    plain = game.checkpoint(tmp_path / "plain")
    with pytest.raises(Crash):
        game.train(tmp_path / "ema", ema_decay=0.9, evaluate=evaluate)
    kernel = kept["model"].dense.kernel.numpy()
    assert np.abs(kernel - kept["averaged"]).max() > 1e-3
    assert any(np.array_equal(kernel, value) for value in plain.values())


def test_best_is_the_lowest_and_patience_stops(tmp_path):
    values = {2: 3.0, 4: 1.0, 6: 2.0, 8: 1.0, 10: 0.0}
    _, state = game.train(
        tmp_path, evaluate=by_step(values), evaluate_every=2, patience=2
    )
    assert (state.step, state.best, state.best_step) == (8, 1.0, 4)
    assert game.folders(tmp_path, "best") == [4]
    assert game.folders(tmp_path)[-1] == 8


def test_the_last_is_the_best_where_a_model_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(game.Line, "selected_by", "last")
    values = {4: 1.0, 8: 2.0, 12: np.nan}
    _, state = game.train(tmp_path, evaluate=by_step(values))
    assert (state.best, state.best_step) == (2.0, 8)


def test_patience_is_remembered(tmp_path):
    values = {2: 3.0, 4: 1.0, 6: 2.0, 8: 1.0, 10: 0.0, 12: 0.5}
    settings = {"evaluate_every": 2, "checkpoint_every": 2}

    def evaluate(model):
        if model.step == 8:
            raise Crash
        return by_step(values)(model)

    with pytest.raises(Crash):
        game.train(tmp_path, evaluate=evaluate, patience=2, **settings)
    evaluate = by_step(values)
    _, state = game.train(tmp_path, evaluate=evaluate, patience=2, **settings)
    assert state.step == 8
    # It is a setting that may be changed.
    _, state = game.train(tmp_path, evaluate=evaluate, patience=0, **settings)
    assert (state.step, state.best_step) == (12, 10)


def test_a_validation_that_is_nan_is_never_the_best(tmp_path):
    values = {4: 1.0, 8: np.nan, 12: 2.0}
    _, state = game.train(tmp_path, evaluate=by_step(values))
    assert (state.best, state.best_step) == (1.0, 4)
    assert state.evaluations_since_best == 2


def nan_at(step):
    """Batches whose step `step` (of calls of 2 steps) is not a number."""

    def change(dataset):
        def poison(call, batch):
            steps = tf.range(tf.shape(batch["x"])[0]) + 2 * tf.cast(
                call, tf.int32
            )
            bad = tf.where(steps == step, np.nan, 0.0)
            return {"x": batch["x"] + tf.cast(bad, tf.float32)[:, None, None]}

        return dataset.enumerate().map(poison)

    return change


@pytest.mark.parametrize("step", [6, 7])
def test_a_loss_that_is_nan_stops_before_it_is_saved(tmp_path, step):
    with pytest.raises(UserError) as error:
        game.train(
            tmp_path, change=nan_at(step), checkpoint_every=2, seed=5, steps=20
        )
    good = tmp_path / "checkpoints" / "last-0000000006"
    assert f"player 'line' is nan at step {step}" in str(error.value)
    assert f"(batch seed [5, {step}])" in str(error.value)
    assert f"last good checkpoint: {good}." in str(error.value)
    assert str(error.value).endswith(
        "try a lower learning_rate or clip_norm=1 of the player's optimizer"
        " (set; names as in config.json)."
    )
    assert "\n" not in str(error.value)
    assert game.folders(tmp_path)[-1] == 6
    values = game.checkpoint(tmp_path).values()
    assert all(np.isfinite(value).all() for value in values)


def test_an_update_that_is_infinite_is_not_saved(tmp_path):
    sgd = OptimizerConfig("sgd", learning_rate=3e38)
    with pytest.raises(UserError, match="not finite after the .* at step 0 "):
        game.train(
            tmp_path, optimizer=sgd, steps_per_call=1, checkpoint_every=1
        )
    assert game.folders(tmp_path) == []


def test_damaged_checkpoints_fall_back_and_are_replaced(tmp_path, whole):
    game.train(tmp_path, steps=8)
    newest = tmp_path / "checkpoints" / "last-0000000008"
    (newest / "state.json").write_text("{")
    game.train(tmp_path, keep_checkpoints=1)
    assert game.folders(tmp_path) == [12]
    game.assert_same_training(whole(), tmp_path)


@pytest.mark.parametrize(
    "name, make",
    [
        ("checkpoints", pathlib.Path.touch),
        ("logs", pathlib.Path.touch),
        ("metrics.jsonl", pathlib.Path.mkdir),
    ],
)
def test_a_file_in_the_place_of_a_folder(tmp_path, name, make):
    make(tmp_path / name)
    with pytest.raises(
        UserError, match=f"^cannot write {tmp_path}/{name}"
    ) as e:
        game.train(tmp_path, steps=4)
    assert "\n" not in str(e.value)
    shutil.move(tmp_path / name, tmp_path / "away")
    game.train(tmp_path, steps=4)
    assert game.folders(tmp_path) == [4]


def test_a_training_does_not_start_over_above_damaged_checkpoints(tmp_path):
    game.train(tmp_path, steps=4)
    for path in tmp_path.glob("checkpoints/last-*/state.json"):
        path.unlink()
    with pytest.raises(
        UserError, match="no good checkpoint .*/last-0000000004"
    ):
        game.train(tmp_path)


def test_a_training_does_not_start_over_beside_a_best_checkpoint(tmp_path):
    game.train(tmp_path, steps=8)
    for path in tmp_path.glob("checkpoints/last-*"):
        shutil.rmtree(path)
    before = game.records(tmp_path)
    with pytest.raises(
        UserError, match="no good checkpoint .*/best-0000000008"
    ):
        game.train(tmp_path)
    assert game.folders(tmp_path, "best") == [8]
    assert game.records(tmp_path) == before


def test_a_kill_before_the_first_checkpoint_starts_over(
    tmp_path, whole, caplog
):
    """Between the best and the last of step 4."""
    game.train(tmp_path, steps=4)
    shutil.rmtree(tmp_path / "checkpoints" / "last-0000000004")
    with caplog.at_level("WARNING", "absl"):
        game.train(tmp_path)
    assert "starting over from step 0" in caplog.text
    game.assert_same_training(whole(), tmp_path)


def test_metrics_hold_each_step_once_and_in_order(tmp_path):
    game.train(tmp_path, steps=8)
    game.train(tmp_path, steps=12)
    steps = [r["step"] for r in game.records(tmp_path) if "loss_line" in r]
    assert steps == [2, 4, 6, 8, 10, 12]


def test_the_first_call_is_not_in_the_rate(tmp_path, monkeypatch):
    # A clock that moves when it is read: a second for each call.
    clock = types.SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr(writers, "time", clock)
    game.train(tmp_path, steps=8)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    rates = [
        json.loads(line).get("steps_per_second")
        for line in lines
        if "loss_line" in line
    ]
    assert rates == [None, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "settings", [{"jit_compile": True}, {"keep_checkpoints": 1}]
)
def test_settings_that_change_no_result(tmp_path, whole, settings):
    game.train(tmp_path, **settings)
    plain = game.checkpoint(whole())
    for name, value in game.checkpoint(tmp_path).items():
        np.testing.assert_allclose(
            value, plain[name], err_msg=name, **tolerances.SAME
        )


def test_keep_checkpoints(tmp_path):
    game.train(tmp_path, checkpoint_every=2, keep_checkpoints=2)
    assert game.folders(tmp_path) == [10, 12]


def test_mixed_precision_trains_float32_weights(tmp_path, mixed_bfloat16):
    model, _ = game.train(tmp_path, steps=60)
    assert model.dense.compute_dtype == "bfloat16"
    # Statistics are float32, too; their number is a whole one.
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert {v.dtype for v in model.variables} == {"float32", "int32"}
    losses = training_losses(tmp_path)
    assert losses[-1] < 0.5 * losses[0]


def test_a_bad_model_is_reported_once_and_never_the_best(tmp_path, caplog):
    """The loss falls, but the figures of some steps are complained of."""
    bad = {4: "samples collapsed", 6: "samples collapsed", 10: "diverged"}

    def complaint(values):
        return bad.get(round(values["step"]))

    _, state = game.train(
        tmp_path,
        steps=12,
        evaluate_every=2,
        evaluate=lambda model: {"loss": -model.step, "step": model.step},
        complaint=complaint,
    )
    assert state.best_step == 12
    said = warnings(caplog)
    assert [line.split(";")[0] for line in said] == [
        "Step 4: samples collapsed",
        "Step 10: diverged",
    ]
    assert "best-0000000002" in said[0] and "best-0000000008" in said[1]
    assert state.found == "best validation -12.0000 at step 12"


@pytest.mark.parametrize(
    "bad, said", [((2,), []), ((2, 4), [4]), ((6,), [6]), ((12,), [12])]
)
def test_one_bad_validation_before_a_good_one_is_not_said(
    tmp_path, caplog, bad, said
):
    game.train(
        tmp_path,
        steps=12,
        evaluate_every=2,
        evaluate=lambda model: {"loss": -model.step, "step": model.step},
        complaint=lambda v: "noise" if round(v["step"]) in bad else None,
    )
    steps = [f"Step {step}: noise" for step in said]
    assert [line.split(";")[0] for line in warnings(caplog)] == steps


def test_where_all_are_bad_the_last_one_is_all_there_is(tmp_path):
    _, state = game.train(tmp_path, complaint=lambda values: "bad")
    assert state.found == "no good validation, the last weights are used"
    assert not game.folders(tmp_path, "best")


class Staged(Model):
    """Two numbers that fall by 1 a move; b moves in its stage."""

    def __init__(self, optimizer):
        del optimizer
        super().__init__()
        self.a, self.b = (self.add_weight(name=n, shape=()) for n in "ab")
        self.a.assign(0.0)
        self.b.assign(0.0)

    def players(self):
        sgd = OptimizerConfig("sgd", learning_rate=1.0)
        return {
            "a": Player([self.a], sgd),
            "b": Player([self.b], sgd, since=3, until=7),
        }

    def per_example_losses(self, batch, training):
        ones = tf.ones_like(batch["x"][:, 0])
        losses = {"a": self.a * ones, "b": self.b * ones}
        return losses | {"kl": 2 * ones}


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_player_moves_in_its_stage(tmp_path, caplog, replicas, two_replicas):
    """Calls of 4 steps are cut where stages begin and end."""
    caplog.set_level(logging.INFO, "absl")
    options = {
        "build": Staged,
        "strategy": two_replicas if replicas == 2 else None,
        "evaluate": lambda model: {"none": 0.0},
        "steps_per_call": 4,
        "log_every": 1,
    }
    game.train(tmp_path, steps=5, **options)
    model, _ = game.train(tmp_path, **options)
    assert (model.a.numpy(), model.b.numpy()) == (-12.0, -4.0)
    lines = [r for r in game.records(tmp_path) if "kl" in r]
    assert [r["step"] for r in lines] == [3, 4, 5, 7, 9, 12]
    assert all(r["kl"] == 2 for r in lines)
    # Of each call: the mean before the player's move.
    assert [r["loss_b"] for r in lines] == [0, 0, -1, -2.5, -4, -4]
    said = [r.message for r in caplog.records if "rests" in r.message]
    assert said == [f"From step {t} b rests." for t in (0, 7)]


@pytest.mark.parametrize("rate, finite", [(0.05, True), (1e30, False)])
def test_a_brief_training_leaves_nothing_behind(tmp_path, rate, finite):
    """It ends with the weights of any other."""
    optimizer = OptimizerConfig("sgd", learning_rate=rate)
    config = TrainConfig(**game.SETTINGS)
    batches = pipeline.train_batches(
        game.source(), batch_size=8, seed=0, num_steps=12, steps_per_call=2
    )
    keras.utils.set_random_seed(0)
    model = game.Line(optimizer)
    assert train_briefly(model, config, batches, make_strategy("cpu")) == finite
    if finite:
        other, _ = game.train(tmp_path, optimizer=optimizer)
        for value, expected in zip(model.variables, other.variables):
            np.testing.assert_array_equal(value, expected)


def test_a_player_that_has_not_moved_keeps_its_weights(tmp_path):
    """There is no average of them yet."""
    values = []

    class Started(Staged):
        def __init__(self, optimizer):
            super().__init__(optimizer)
            self.b.assign(5.0)

        def players(self):
            players = super().players()
            resting = dataclasses.replace(players["b"], since=0, until=0)
            return players | {"b": resting}

    def evaluate(model):
        values.append(model.b.numpy())
        return {"none": 0.0}

    game.train(tmp_path, build=Started, ema_decay=0.5, evaluate=evaluate)
    assert values and set(values) == {5.0}


@pytest.mark.parametrize(
    "accumulate, expected",
    [
        (3, "^train.accumulate=3: cannot divide the 8 examples"),
        # Raised while a layer is traced: neither Keras nor AutoGraph alters it.
        (2, "^train.accumulate: this model has .* batch, .* expected 1.$"),
    ],
)
def test_what_cannot_be_had_in_pieces(tmp_path, accumulate, expected):
    with pytest.raises(UserError, match=expected):
        game.train(tmp_path, accumulate=accumulate)


def test_players_in_turn_see_the_whole_batch(tmp_path):
    code, _, error = command.run_here(
        "apps.train",
        "--model=gan",
        "--preset=tiny",
        "--set=accumulate=2",
        f"--workdir={tmp_path}",
    )
    assert code == 2
    assert error[-1] == (
        "error: --set train.accumulate=2: players of gan move in turn, each on"
        " the whole batch; expected 1."
    )
