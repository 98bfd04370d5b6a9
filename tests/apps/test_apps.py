import json
import pathlib
import re
import shutil
import signal

import pytest

from tests.apps import command
from tests.train import game
from tfgen.errors import UserError
from tfgen.run import Run
from tfgen.tables import reproduce
from tfgen.train.strategy import make_strategy

APPS = (
    "train",
    "evaluate",
    "sample",
    "score",
    "translate",
    "export",
    "run",
    "snli",
    "reproduce",
)
TINY = ("--preset=tiny", "--data=moons", "--set=num_examples=200")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A workdir with checkpoints of steps 2 and 4."""
    workdir = tmp_path_factory.mktemp("trained") / "run"
    settings = ["num_examples=200"]
    run = Run.start(workdir, "real_nvp", "tiny", "moons", settings)
    run.train(make_strategy("cpu"))
    return workdir


@pytest.mark.parametrize("app", APPS)
def test_help(app):
    code, out, error = command.run(f"apps.{app}", "--help")
    text = "\n".join(out)
    assert code in (0, 1) and not error  # absl's help exits with 1
    assert "--workdir" in text and "--[no]debug" in text
    assert ("--preset" in text) == (
        app in ("train", "run", "snli", "reproduce")
    )
    default = "Default: runs/<model>-<data>." in text
    assert default == (app in ("run", "snli"))
    # The docstring's example is a command for this app.
    assert f"python -m apps.{app}" in text


@pytest.mark.parametrize("app", APPS)
def test_apps_are_short(app):
    text = (command.ROOT / "apps" / f"{app}.py").read_text()
    assert len(text.splitlines()) <= 80


@pytest.mark.parametrize("app", ["train", "evaluate", "sample"])
def test_the_workdir_must_be_named(app):
    code, out, error = command.run_here(f"apps.{app}")
    assert code == 1 and not out
    assert "flag --workdir=None" in error[0]


@pytest.mark.parametrize(
    "app, arguments, expected",
    [
        (
            "train",
            ["--set=step=3"],
            r"error: setting step: unknown\. Did you mean 'train.steps'",
        ),
        ("evaluate", [], r"error: --workdir=.*: there is no config.json; name"),
    ],
)
def test_an_error_is_one_line_and_leaves_nothing(
    tmp_path, app, arguments, expected
):
    workdir = tmp_path / "new"
    arguments = [f"--workdir={workdir}", *arguments]
    code, out, error = command.run_here(f"apps.{app}", *arguments)
    assert (code, out, len(error)) == (2, [], 1)
    assert re.match(expected, error[0])
    assert not workdir.exists()


@pytest.mark.parametrize("app", ["train", "evaluate", "run", "reproduce"])
def test_the_cache_of_classifiers_can_be_named(app, tmp_path, monkeypatch):
    """It reaches the run before anything is measured."""
    named = []

    def noted(run, *_):
        named.append(run.cache_dir)
        raise UserError("seen.")

    def here(function, jobs, parallel):
        yield from ((job, function(job)) for job in jobs)

    monkeypatch.setattr(Run, "train", noted)
    monkeypatch.setattr(Run, "evaluate", noted)
    found = Run.start(tmp_path / "found", "gan", "tiny", "digits")
    monkeypatch.setattr(Run, "resume", lambda workdir: found)
    monkeypatch.setattr(Run, "model", property(Run.build_model))
    monkeypatch.setattr(reproduce, "each_in_a_process", here)
    arguments = [f"--workdir={tmp_path}", "--cache_dir=some/folder"]
    if app == "reproduce":
        arguments += ["--table=bigan_1", "--seeds=1", "--preset=tiny"]
    elif app != "evaluate":
        arguments += ["--model=gan", "--data=digits", "--preset=tiny"]
    code, _, error = command.run_here(f"apps.{app}", *arguments)
    assert (code, error[-1]) == (2, "error: seen.")
    assert named == ["some/folder"]


@pytest.mark.parametrize(
    "app, model, data",
    [
        ("train", "gan", "moons"),
        ("train", "nice", "digits"),
        ("evaluate", "gan", "moons"),
        ("evaluate", "nice", "digits"),
        ("run", "gan", "moons"),
    ],
)
def test_a_cache_that_nothing_reads_is_refused(
    app, model, data, tmp_path, monkeypatch
):
    """Points are measured as they are; a flow by its density."""
    found = Run.start(tmp_path / "found", model, "tiny", data)
    monkeypatch.setattr(Run, "resume", lambda workdir: found)
    monkeypatch.setattr(Run, "model", property(Run.build_model))
    arguments = [f"--workdir={tmp_path / 'run'}", "--cache_dir=some/folder"]
    if app != "evaluate":
        arguments += [f"--model={model}", f"--data={data}", "--preset=tiny"]
    elif model == "nice":
        arguments.append("--measure=log_likelihood")
    code, _, error = command.run_here(f"apps.{app}", *arguments)
    assert code == 2, error
    assert re.match(
        "error: --cache_dir=some/folder: (no classifier measures|not read by)",
        error[-1],
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "table, flag, right",
    [
        ("ebgan_grid", "--seeds=5", "--budget or --fraction"),
        ("ebgan_grid", "--preset=tiny", "--budget or --fraction"),
        ("bigan_1", "--budget=5", "--seeds"),
        ("inner_attention_2", "--fraction=0.5", "--seeds"),
    ],
)
def test_a_table_takes_no_flag_of_the_other_kind(tmp_path, table, flag, right):
    arguments = [f"--workdir={tmp_path}", f"--table={table}", flag]
    code, out, error = command.run_here("apps.reproduce", *arguments)
    assert (code, out) == (2, [])
    assert error == [f"error: {flag}: --table={table} takes {right} instead."]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "app, flags, expected",
    [
        ("export", ["--wait=3"], "--wait=3.0: only with --promote."),
        ("export", ["--all", "--publish=x"], "--publish=x: not with --all."),
        (
            "export",
            ["--publish=x", "--promote=m", "--quantize=int8"],
            "--quantize=int8: only with --workdir.",
        ),
        (
            "export",
            ["--workdir=x", "--target=size"],
            "--target=size: only with --quantize=auto.",
        ),
        ("query", ["--model=m", "--out=x"], "--out=x: only with --input."),
        (
            "train",
            ["--workdir=x", "--summary", "--strategy=cpu"],
            "--strategy=cpu: not with --summary.",
        ),
    ],
)
def test_a_flag_that_would_do_nothing_is_refused(app, flags, expected):
    code, out, error = command.run_here(f"apps.{app}", *flags)
    assert (code, out, error) == (2, [], [f"error: {expected}"])


def test_noise_that_is_not_drawn_is_refused(trained):
    code, out, error = command.run_here(
        "apps.evaluate", f"--workdir={trained}", "--draws=3"
    )
    assert (code, out) == (2, [])
    assert error[0].startswith(
        "error: --draws=3: nothing is drawn; leave it out."
    )


@pytest.mark.parametrize(
    "flags, measures",
    [
        (["--importance=9"], "metrics"),
        (["--measure=samples", "--draws=3"], "samples"),
    ],
)
def test_an_option_that_no_measure_reads_is_refused(trained, flags, measures):
    """The last flag."""
    code, out, error = command.run_here(
        "apps.evaluate", f"--workdir={trained}", *flags
    )
    assert (code, out) == (2, [])
    start, _, end = error[0].partition(": not read by ")
    assert start == f"error: {flags[-1]}"
    assert measures in end and end.endswith("; leave it out.")


def test_a_table_is_not_trained_by_several_workers(tmp_path):
    arguments = [f"--workdir={tmp_path}", "--table=bigan_1"]
    code, out, error = command.run_here(
        "apps.reproduce", *arguments, "--strategy=multi_worker"
    )
    assert (code, out, len(error)) == (2, [], 1)
    assert error[0].startswith("error: --strategy=multi_worker: a table's runs")
    assert not list(tmp_path.iterdir())


def test_debug_shows_where(tmp_path):
    with pytest.raises(UserError, match="^workdir="):
        command.run_here("apps.evaluate", f"--workdir={tmp_path}", "--debug")


def test_help_of_which_nobody_reads_all():
    process = command.start("apps.train", "--help", PYTHONUNBUFFERED="1")
    process.stdout.close()
    error = process.stderr.read()
    assert (process.wait(60), error) == (128 + signal.SIGPIPE, "")
    process.stderr.close()


def test_training_goes_on_from_the_checkpoint_before_a_damaged_one(
    trained, tmp_path, caplog
):
    shutil.copytree(trained, tmp_path / "run")
    damaged = tmp_path / "run" / "checkpoints" / "last-0000000004"
    (damaged / "state.json").write_text("{")
    code, out, error = command.run_here(
        "apps.train", f"--workdir={tmp_path / 'run'}", *TINY, "--steps=6"
    )
    assert code == 0
    (line,) = out
    assert re.match(r"6 steps; best validation \d\.\d+ at step \d; see ", line)
    # Whose stream absl logs to depends on the tests before.
    logged = [r.getMessage() for r in caplog.records if r.name == "absl"]
    assert logged == [
        f"{damaged}: state.json is truncated or damaged;"
        " trying the checkpoint before it."
    ]
    lines = [line for line in error if not line.startswith("WARNING: ")]
    assert lines[:2] == ["resumed at step 2 of 6", "compiling"]
    steps = [re.match(r"step (\d)/6, loss_flow \d", line) for line in lines[2:]]
    assert [int(step[1]) for step in steps] == [4, 6]
    assert game.folders(tmp_path / "run")[-2:] == [4, 6]


def test_evaluate(trained):
    code, out, error = command.run_here("apps.evaluate", f"--workdir={trained}")
    assert (code, error) == (0, [])
    values = json.loads((trained / "evaluation.json").read_text())
    found = {}
    for line in out:
        name, value, *error = line.split()
        found[name] = float(value)
        if error:  # ± 0.01 (2 standard errors)
            found[f"{name}_two_std_errors"] = float(error[1])
    assert found.keys() == values.keys()
    for name, value in found.items():
        digits = 0.1 if name.endswith("_two_std_errors") else 1e-5
        assert value == pytest.approx(values[name], rel=digits)


def test_sample(trained):
    code, out, error = command.run_here(
        "apps.sample", f"--workdir={trained}", "--count=9", "--seed=1"
    )
    assert (code, error) == (0, [])
    folder = trained / "samples"
    assert out == [str(folder / name) for name in ("samples.png", "pit.png")]
    _, _, error = command.run_here(
        "apps.sample", f"--workdir={trained}", "--seed=-1"
    )
    assert error == ["error: --seed=-1: expected 0 to 2^32 - 1."]
    assert pathlib.Path(out[0]).read_bytes().startswith(b"\x89PNG")
