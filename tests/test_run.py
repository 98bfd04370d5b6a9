import json
import os
import shutil

import keras
import numpy as np
import pytest

from export.run import export_run
from tests.train import game
from tfgen import registry, saved_config
from tfgen import run as run_module
from tfgen.errors import UserError
from tfgen.evaluate.classifier import Described
from tfgen.measures import features, inception, samples
from tfgen.run import Run, default_workdir
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.lock import Lock
from tfgen.train.strategy import make_strategy

TINY = ("real_nvp", "tiny", "moons")
QUICK = ("num_examples=200", "evaluate_every=4", "log_every=4")


def start(workdir, *overrides):
    return Run.start(workdir, *TINY, [*QUICK, *overrides])


def save_untrained(run, *kinds):
    """Leaves a workdir as if training had ended at once."""
    saved_config.write(run.workdir, run.config)
    model = run.build_model()
    for kind in kinds or ("last", "best"):
        folder = run.workdir / "checkpoints"
        Checkpoints(folder, kind, 1, model=model.variables).save(
            10, {"step": 10}
        )
    return model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of four steps on the CPU."""
    run = start(tmp_path_factory.mktemp("runs") / "moons")
    run.train(make_strategy("cpu"))
    return run


def test_a_run_leaves_what_its_docstring_says(trained):
    names = {path.name for path in trained.workdir.iterdir()}
    figures = {"data.json", "metrics.jsonl", "logs"}
    assert names == {"config.json", "checkpoints", *figures, ".lock"}
    assert game.folders(trained.workdir, "last") == [2, 4]
    assert game.folders(trained.workdir, "best") == [4]
    assert saved_config.read(trained.workdir) == trained.config
    *_, last = game.records(trained.workdir)
    assert set(last) == {"step", "validation_bits_per_dim", "validation_nats"}


def test_the_same_seed_ends_with_the_same_weights(trained, tmp_path):
    start(tmp_path / "same").train(make_strategy("cpu"))
    game.assert_same_training(trained.workdir, tmp_path / "same")
    start(tmp_path / "other", "seed=1").train(make_strategy("cpu"))
    other = game.checkpoint(tmp_path / "other")
    assert any(
        np.any(value != other[name])
        for name, value in game.checkpoint(trained.workdir).items()
    )


def test_the_workdir_is_all_that_evaluation_needs(trained, tmp_path):
    shutil.copytree(trained.workdir, tmp_path / "moved")
    moved = Run.resume(tmp_path / "moved")
    values = moved.evaluate()
    assert values == trained.evaluate()
    assert set(values) == {
        "bits_per_dim",
        "bits_per_dim_two_std_errors",
        "nats",
        "nats_two_std_errors",
        "max_reconstruction_error",
        "pit_distance",
        "pit_distance_if_right",
    }
    text = (tmp_path / "moved" / "evaluation.json").read_text()
    assert json.loads(text) == values
    path, pit = moved.draw()
    assert pit.name == "pit.png"
    assert path == tmp_path / "moved" / "samples" / "samples.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_evaluating_again_compiles_nothing(trained, tmp_path, monkeypatch):
    """A graph each time is garbage that grows until Python collects it."""
    shutil.copytree(trained.workdir, tmp_path / "run")
    run, traced = Run.resume(tmp_path / "run"), []
    for name in ("per_example_metrics", "encode"):
        original = getattr(type(run.model), name)

        def counted(*arguments, name=name, original=original, **named):
            traced.append(name)
            return original(*arguments, **named)

        monkeypatch.setattr(type(run.model), name, counted)
    first = run.evaluate()
    compiled = list(traced)
    assert set(compiled) == {"per_example_metrics", "encode"}
    assert run.evaluate() == run.evaluate() == first
    assert traced == compiled
    # Other weights are another model.
    for variable in run.restore("last").trainable_variables:
        variable.assign(variable + 0.1)
    assert run.evaluate() != first
    assert len(traced) == 2 * len(compiled)


@pytest.mark.slow
def test_images_are_evaluated_over_draws_and_drawn(tmp_path):
    run = Run.start(tmp_path, "real_nvp", "tiny")
    save_untrained(run)
    values = run.evaluate(draws=2)
    assert 0 < values["bits_per_dim_std_error"] < 0.1
    assert values["max_reconstruction_error"] < 1e-3
    paths = {path.name for path in run.draw(count=5, temperature=0.5)}
    assert paths == {
        "beside_data.png",
        "interpolation.png",
        "manifold.png",
        "pit.png",
        "resampled.png",
        "samples.png",
    }


@pytest.mark.parametrize(
    "overrides",
    [
        ["mixed_precision=true"],
        ["jit_compile=true", "ema_decay=0.5", "clip_norm=1"],
        ["deterministic=false", "dequantize=false", "batch_norm=false"],
    ],
    ids=["mixed_precision", "jit_compile", "not_deterministic"],
)
def test_other_ways_to_train(tmp_path, overrides):
    run = start(tmp_path, *overrides)
    end = run.train(make_strategy("cpu"))
    assert end.step == 4 and np.isfinite(end.best)
    assert keras.config.dtype_policy().name == "float32"
    assert np.isfinite(run.evaluate()["nats"])


def test_two_replicas_train_as_one(trained, tmp_path):
    start(tmp_path).train(make_strategy("mirrored"))
    one, two = game.checkpoint(trained.workdir), game.checkpoint(tmp_path)
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(value, two[name], rtol=1e-4, atol=1e-5)


def test_a_batch_that_cannot_be_divided_leaves_the_workdir_free(tmp_path):
    run = start(tmp_path, "batch_size=7")
    with pytest.raises(UserError, match=r"train.batch_size=7: .*, 2,"):
        run.train(make_strategy("mirrored"))
    assert start(tmp_path).config.train.batch_size == 8


@pytest.mark.parametrize(
    "preset, data, expected",
    [
        (None, None, ("digits", "digits")),
        (None, "moons", ("toy", "moons")),
        (None, "rings", ("toy", "rings")),
        ("tiny", None, ("tiny", "digits")),
        ("tiny", "rings", ("tiny", "rings")),
    ],
)
def test_which_preset_and_data(tmp_path, preset, data, expected):
    config = Run.start(tmp_path, "real_nvp", preset, data).config
    assert (config.preset, config.data.name) == expected
    assert config.spec.shape == ((8, 8, 1) if "digits" in expected[1] else (2,))


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("real_nvq",), r"^model=real_nvq: unknown. Did you mean 'real_nvp'"),
        (("real_nvp", "digit"), r"^preset=digit: .*'digits'\? Known: digits"),
        (
            ("real_nvp", None, "moon"),
            r"^data=moon: .*'moons'\? Known images and points: digits",
        ),
        (
            ("real_nvp", None, None, ["step=1"]),
            "^setting step: .*'train.steps'",
        ),
        (
            (*TINY, ["num_examples=100", "batch_size=99"]),
            "^train.batch_size=99: expected at most the 80 training",
        ),
    ],
)
def test_unknown_names_and_settings(tmp_path, arguments, message):
    with pytest.raises(UserError, match=message) as error:
        Run.start(tmp_path / "new", *arguments)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "data, folder",
    [
        ("digits", "real_nvp-digits"),
        ("lsun/bedroom", "real_nvp-lsun-bedroom"),
        ("image_folder:/home/me/my images", "real_nvp-image_folder-home-me-my"),
    ],
)
def test_the_default_workdir_is_one_folder(data, folder):
    path = default_workdir("real_nvp", data)
    assert path.parts[0] == "runs" and len(path.parts) == 2
    assert path.name.startswith(folder)


def test_without_a_workdir_it_is_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Run.start(None, *TINY, QUICK)
    assert run.workdir == default_workdir("real_nvp", "moons")
    assert not list(tmp_path.iterdir())


def test_a_workdir_holds_one_run(tmp_path):
    save_untrained(start(tmp_path))
    free = ["steps=99", "log_every=1", "keep_checkpoints=9", "patience=1"]
    assert start(tmp_path, *free).config.train.steps == 99
    with pytest.raises(UserError) as error:
        start(tmp_path, "hidden=(9,)")
    assert str(error.value) == (
        f"workdir={tmp_path}: holds a run with network.hidden=(8,), not (9,);"
        " use another workdir, or the settings of its config.json."
    )


@pytest.mark.parametrize(
    "use",
    [
        lambda run: run.train(make_strategy("cpu")),
        lambda run: run.evaluate(),
        lambda run: run.draw(),
        lambda run: export_run(run, ["float32"]),
    ],
    ids=["train", "evaluate", "sample", "export"],
)
def test_a_workdir_belongs_to_one(trained, use):
    run = Run.resume(trained.workdir)
    before = tree(run.workdir)
    with Lock(run.workdir), pytest.raises(UserError) as error:
        use(run)
    assert str(error.value).startswith(
        f"workdir={run.workdir}: in use by process {os.getpid()} on "
    )
    before.pop(".lock", None)
    after = tree(run.workdir)
    after.pop(".lock")
    assert after == before


def tree(folder):
    """Path -> when it was written, of all files."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_several_methods_in_one_lock(trained):
    run, other = (Run.resume(trained.workdir) for _ in range(2))
    with run.locked(make_strategy("cpu")):
        run.train(make_strategy("cpu"))
        run.draw()
        with pytest.raises(UserError, match="in use by process"):
            other.draw()
    other.draw()


def test_workers_leave_the_lock_to_their_chief(trained, monkeypatch):
    chief, worker = (Run.resume(trained.workdir) for _ in range(2))
    with chief.locked(make_strategy("cpu")):
        monkeypatch.setattr(run_module, "is_chief", lambda strategy: False)
        worker.train(make_strategy("cpu"))
        assert worker.evaluate() == chief.evaluate()


def test_what_another_process_began_in_between_is_not_spoilt(tmp_path):
    late = start(tmp_path, "hidden=(9,)")
    save_untrained(start(tmp_path))
    before = tree(tmp_path)
    with pytest.raises(UserError, match=r"holds a run with network.hidden=\(8"):
        late.train(make_strategy("cpu"))
    assert before.items() <= tree(tmp_path).items()


def test_schedules_keep_the_length_that_they_began_with(tmp_path):
    save_untrained(start(tmp_path, "steps=8"))
    for steps in (20, 4, 8):
        run = start(tmp_path, f"steps={steps}")
        assert run.config.train.schedule_steps == 8
        saved_config.write(tmp_path, run.config)
    again = Run.resume(tmp_path, ["train.steps=20"])
    assert again.config.train.schedule_steps == 8
    with pytest.raises(UserError, match="with train.schedule_steps=8, not 20"):
        start(tmp_path, "steps=20", "schedule_steps=20")
    # A new run may choose.
    new = start(tmp_path / "new", "steps=20", "schedule_steps=8")
    assert new.config == again.config
    assert start(tmp_path / "new").config.train.schedule_steps == 4


def test_an_older_run_keeps_its_last_length(tmp_path):
    save_untrained(start(tmp_path, "steps=8"))
    path = tmp_path / "config.json"
    values = json.loads(path.read_text())
    del values["train"]["schedule_steps"]
    path.write_text(json.dumps(values))
    assert start(tmp_path, "steps=20").config.train.schedule_steps == 8


def test_a_workdir_of_another_model(tmp_path, monkeypatch):
    entry = registry.MODELS["real_nvp"]
    monkeypatch.setitem(registry.MODELS, "other", entry)
    save_untrained(start(tmp_path))
    with pytest.raises(UserError, match="with model=real_nvp, not other; use"):
        Run.start(tmp_path, "other", *TINY[1:])


def test_without_a_checkpoint_the_settings_may_change(tmp_path):
    saved_config.write(tmp_path, start(tmp_path).config)
    assert start(tmp_path, "hidden=(9,)").config.network.hidden == (9,)


def test_a_workdir_without_settings(tmp_path):
    message = "^workdir=.*: there is no config.json; name the folder"
    with pytest.raises(UserError, match=message):
        Run.resume(tmp_path)


def test_a_workdir_that_is_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(UserError, match=f"^workdir={path}: there is no con"):
        Run.resume(path)
    with pytest.raises(UserError, match=f"cannot write {path}/config.json "):
        saved_config.write(path, start(tmp_path / "new").config)


def test_a_workdir_that_cannot_be_written():
    run = start("/proc/nowhere")
    with pytest.raises(UserError, match="^cannot write /proc/nowh"):
        run.train(make_strategy("cpu"))


def damage(workdir, kind):
    for path in workdir.glob(f"checkpoints/{kind}-*/state.json"):
        path.unlink()


def test_without_checkpoints_training_comes_first(tmp_path):
    run = start(tmp_path)
    with pytest.raises(UserError, match="no good checkpoint; train it first"):
        run.evaluate()


def test_without_the_best_checkpoint_the_last_is_used(tmp_path, monkeypatch):
    lines = []
    monkeypatch.setattr(
        run_module.logging, "warning", lambda f, *a: lines.append(f % a)
    )
    run = start(tmp_path)
    save_untrained(run, "best")
    model = save_untrained(run, "last")
    for variable in model.variables:
        variable.assign(variable + 1)
    folder = tmp_path / "checkpoints"
    Checkpoints(folder, "last", 1, model=model.variables).save(11, {"step": 11})
    damage(tmp_path, "best")
    for got, expected in zip(run.model.variables, model.variables):
        np.testing.assert_array_equal(got, expected)
    assert lines[-1] == "Using the last checkpoint, step 11."


def test_without_a_good_checkpoint_there_is_nothing_to_use(tmp_path):
    save_untrained(start(tmp_path))
    for kind in ("best", "last"):
        damage(tmp_path, kind)
    run = Run.resume(tmp_path)
    for use in (run.evaluate, run.draw):
        with pytest.raises(UserError, match="no good checkpoint; put a copy"):
            use()
    assert not (tmp_path / "evaluation.json").exists()


@pytest.mark.parametrize(
    "use, message",
    [
        (lambda run: run.evaluate(draws=0), "^draws=0: expected at least 1"),
        (
            lambda run: run.evaluate(samples=5),
            "^samples=5: expected at least 6",
        ),
        (
            lambda run: run.evaluate(samples=6),
            "^samples=6: real_nvp is not measured by samples",
        ),
        (lambda run: run.draw(count=0), "^count=0: expected at least 1"),
        (lambda run: run.draw(temperature=-1), "^temperature=-1: expected"),
        (lambda run: run.draw(temperature=np.nan), "^temperature=nan: exp"),
        (lambda run: run.draw(temperature=np.inf), "^temperature=inf: exp"),
    ],
)
def test_arguments_of_evaluation_and_pictures(trained, use, message):
    with pytest.raises(UserError, match=message):
        use(trained)


@pytest.mark.slow
def test_an_autoencoder_is_not_selected_by_samples(tmp_path, monkeypatch):
    """It never sees a z of the prior, of which samples are made."""
    monkeypatch.setattr(features, "applies", lambda *_: False)
    overrides = ["objective=autoencoder_l2"]
    run = Run.start(tmp_path, "bigan", "tiny", None, overrides)
    run.train(make_strategy("cpu"))
    records = [r for r in game.records(tmp_path) if len(r) == 2]
    assert [set(r) for r in records] == [
        {"step", "validation_reconstruction_l2"}
    ] * 2
    best = min(records, key=lambda r: r["validation_reconstruction_l2"])
    assert game.folders(tmp_path, "best") == [best["step"]]
    assert set(run.evaluate()) == {"reconstruction_l2"}
    assert not (tmp_path / "classifier.npz").exists()


def test_named_measures(trained):
    """They are measured alone; the file keeps what is of the same weights."""
    path = trained.workdir / "evaluation.json"
    path.unlink(missing_ok=True)
    whole = trained.evaluate(draws=2)
    found = trained.evaluate(["inverse"])
    assert list(found) == ["max_reconstruction_error"]
    assert json.loads(path.read_text()) == whole
    for name, message in (
        ("invers", "^measure=invers: unknown. Did you mean 'inverse'"),
        ("features", "^measure=features: real_nvp on moons has no such"),
        ("transfer", "^measure=transfer: expected"),
        ("inception", "^measure=inception: expected inception=FILE"),
    ):
        with pytest.raises(UserError, match=message):
            trained.evaluate([name])
    assert json.loads(path.read_text()) == whole


def test_evaluation_has_the_published_figures(tmp_path, monkeypatch):
    class Means:
        def __init__(self, weights, shape, levels):
            assert (weights, shape, levels) == ("w.h5", (8, 8, 1), 17)

        def describe(self, x):
            features = np.mean(x, axis=(2, 3))
            share = features.astype(np.float64) + 1
            return Described(features, share / share.sum(1, keepdims=True))

    monkeypatch.setattr(inception, "Inception", Means)
    run = Run.start(tmp_path, "gan", "tiny")
    run.__dict__["model"] = run.build_model()
    monkeypatch.setattr(samples, "measure", lambda *_: {"own": 1.0})
    values = run.evaluate((), 1, inception="w.h5", samples=700)
    figures = {"fid", "kid", "kid_std_error", "inception_v3_score"}
    assert {"own", *figures} < set(values)
    assert values["fid"] > 0

    run = Run.start(tmp_path / "pairs", "sentence_encoder", "tiny")
    run.__dict__["model"] = run.build_model()
    with pytest.raises(UserError, match="inception: sentence_encoder"):
        run.evaluate((), 1, inception="w.h5")


def test_a_learning_rate_may_change_and_is_remembered(tmp_path, caplog):
    start(tmp_path, "steps=4").train(make_strategy("cpu"))
    before = start(tmp_path, "steps=8", "*.learning_rate=0.5")
    before.train(make_strategy("cpu"))
    name = "network.optimizer.learning_rate"
    (change,) = saved_config.read(tmp_path).history
    assert (change.step, change.setting) == (4, name)
    assert (change.before, change.after) == (0.001, 0.5)
    assert f"{name}=0.5: it was 0.001 until step 4." in caplog.text
    rates = [
        (r["step"], r["learning_rate_flow"])
        for r in game.records(tmp_path)
        if "learning_rate_flow" in r
    ]
    assert rates == [(4, pytest.approx(0.001)), (8, 0.5)]
    # Another setting may not.
    with pytest.raises(UserError, match="holds a run with network.optimizer.b"):
        start(tmp_path, "steps=8", "*.beta_1=0.5")
