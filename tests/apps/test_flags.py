import signal
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from apps import flags as common
from tests.apps import command
from tfgen.config import Preset, TrainConfig, apply_overrides, flatten
from tfgen.data import catalog
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.nli import catalog as pairs
from tfgen.registry import MODELS
from tfgen.train import strategy
from tfgen.train.signals import Interrupted

FLAGS = flags.FLAGS


@pytest.fixture(autouse=True, scope="module")
def training_flags():
    with command.own_flags():
        common.define_workdir()
        common.define_training()
        yield


@pytest.fixture(autouse=True)
def saved_flags():
    """Flags have their defaults, and the values of a test do not stay."""
    FLAGS.mark_as_parsed()
    with flagsaver.flagsaver():
        yield


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs an app with this main; returns exit code and standard error."""

    def call(main, *arguments, debug=False):
        FLAGS.debug = debug
        monkeypatch.setattr(
            common.app, "run", lambda guarded: guarded(["app", *arguments])
        )
        code = 0
        try:
            common.run(main)
        except SystemExit as stopped:
            code = stopped.code
        return code, capsys.readouterr().err

    return call


def fail(error):
    def main():
        raise error

    return main


def test_an_app_that_ends_well_says_nothing(call):
    assert call(lambda: None) == (0, "")


@pytest.mark.parametrize(
    "error, code, line",
    [
        (UserError("--x=1: no."), 2, "error: --x=1: no."),
        # The library names settings; those that are flags get dashes.
        (
            UserError("steps=2 seed=x: no: steps=1; x=1"),
            2,
            "error: --steps=2 --seed=x: no: --steps=1; x=1",
        ),
        (
            UserError("train.log_every=0 other=1: no."),
            2,
            "error: --set train.log_every=0 other=1: no.",
        ),
        # A setting that has a flag.
        (UserError("train.seed=-1: no."), 2, "error: --seed=-1: no."),
        (
            UserError("seed: none; name data.labels=9."),
            2,
            "error: --seed: none; name --set data.labels=9.",
        ),
        (
            RuntimeError("first\nsecond"),
            1,
            "error: RuntimeError: first (--debug shows the traceback)",
        ),
        (OSError(), 1, "error: OSError:  (--debug shows the traceback)"),
        (KeyboardInterrupt(), 130, "stopped by SIGINT."),
        (
            Interrupted(signal.SIGTERM, 7),
            143,
            "stopped by SIGTERM at step 7; saved. The same command resumes.",
        ),
        (
            Interrupted(signal.SIGINT, 7),
            130,
            "stopped by SIGINT at step 7; saved. The same command resumes.",
        ),
    ],
)
def test_an_app_that_fails_says_why_in_one_line(call, error, code, line):
    assert call(fail(error)) == (code, line + "\n")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_half_done_be_removed(call, signum):
    removed = []

    def main():
        try:
            signal.raise_signal(signum)
            raise AssertionError("it must not go on")
        finally:
            removed.append("partial")

    name = signal.Signals(signum).name
    # In a job in the background SIGINT is ignored, and Python leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert call(main) == (128 + signum, f"stopped by {name}.\n")
    finally:
        signal.signal(signal.SIGINT, before)
    assert removed == ["partial"]


@pytest.mark.parametrize("error", [UserError("a"), RuntimeError("b")])
def test_debug_shows_the_traceback(call, error):
    with pytest.raises(type(error)):
        call(fail(error), debug=True)


# Functions of `atexit` run in the order opposite to that of their registration.
_SIGNAL_AT_THE_END = """
import atexit, os, signal
from apps import flags
flags.define_debug()
flags.start_tensorflow = lambda debug: None
atexit.register(os.kill, os.getpid(), signal.{})
flags.run(lambda: print("done"))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_after_the_end_is_no_failure(name):
    code = _SIGNAL_AT_THE_END.format(name)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=command.ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_an_argument_that_is_no_flag(call):
    def main():
        raise AssertionError("it must not run")

    expected = "moons: unknown argument; flags begin with --.\n"
    assert call(main, "moons") == (2, expected)


def test_flags_become_settings():
    FLAGS.set = ["network.width=3", "steps=1"]
    FLAGS.steps = 500
    FLAGS.jit_compile = True
    FLAGS.download = False
    FLAGS.data_dir = "/some where"
    assert common.overrides() == [
        "network.width=3",
        "steps=1",
        "train.steps=500",
        "train.jit_compile=True",
        "data.data_dir=/some where",
        "data.download=False",
    ]
    config = apply_overrides(
        Preset(TrainConfig(), DataConfig()), common.overrides()[2:]
    )
    assert (config.train.steps, config.train.jit_compile) == (500, True)
    assert config.data.data_dir == "/some where"


def test_flags_that_are_refused_when_given():
    common.refuse(("seed", "steps"), "no.")
    FLAGS(["app", "--workdir=x", "--steps=3"])
    with pytest.raises(UserError, match="^--steps=3: no.$"):
        common.refuse(("seed", "steps"), "no.")


def test_flags_of_other_flags():
    common.refuse_without(workdir="seed")
    common.refuse_without(data="seed")
    FLAGS(["app", "--workdir=x", "--seed=3", "--nojit_compile"])
    common.refuse_without(workdir="seed jit_compile")
    with pytest.raises(UserError, match="^--seed=3: only with --data.$"):
        common.refuse_without(workdir="seed", data="steps seed")
    with pytest.raises(UserError, match="^--nojit_compile: only with --preset"):
        common.refuse_without(preset="jit_compile")


def test_flags_that_another_one_makes_idle(call):
    FLAGS(["app", "--workdir=x", "--worker_timeout=9"])
    message = (
        "error: --worker_timeout=9.0: only with --strategy=multi_worker.\n"
    )
    assert call(fail(AssertionError())) == (2, message)
    FLAGS.strategy = "multi_worker"
    assert call(lambda: None) == (0, "")


def test_home_is_found_where_a_shell_leaves_it(call, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    FLAGS.workdir = "~/runs"
    FLAGS.data = "npz:~/mine.npz"
    FLAGS.data_dir = "~"
    FLAGS.set = ["data.glove=~/g.txt", "train.steps=3", "data.glove=a~/b"]
    assert call(lambda: None) == (0, "")
    assert (FLAGS.workdir, FLAGS.data) == (
        "/home/me/runs",
        "npz:/home/me/mine.npz",
    )
    assert FLAGS.data_dir == "/home/me"
    assert FLAGS.set[0] == "data.glove=/home/me/g.txt"
    assert FLAGS.set[1:] == ["train.steps=3", "data.glove=a~/b"]


def test_paths_are_flags_of_apps():
    """A flag that is renamed must not lose its home."""
    text = "".join(p.read_text() for p in (command.ROOT / "apps").glob("*.py"))
    # Those of settings are named after these.
    names = {*common._PATHS} - {"data_dir", "init_from"}
    assert not [n for n in names if f'"{n}"' not in text]


def test_each_flag_has_its_setting():
    paths = flatten(Preset(TrainConfig(), DataConfig()))
    for path in common._SETTINGS:
        if path == "*.learning_rate":  # of a model's players
            continue
        assert path in paths
        assert FLAGS[path.rpartition(".")[2]].default is None


def test_help_lists_what_there_is(monkeypatch):
    text = "".join(FLAGS[name].help for name in ("model", "data"))
    for name in [*MODELS, *catalog.DATA, *pairs.DATA]:
        stem, _, number = name.rpartition("_")
        numbered = number.isdigit()
        folder, slash, last = name.partition("/")
        known = [folder, last] if slash else [stem or name]
        assert all(part in text for part in known)
        assert not numbered or f"{stem}_1 to " in text
    assert "energy_1 to 4, mixed_sources_1 to 3, " in text
    assert ", two_coloured|moving|captioned_scenes, " in text
    assert ", lsun/bedroom|tower|church_outdoor, " in text
    assert tuple(FLAGS["strategy"].parser.enum_values) == strategy.NAMES
    assert FLAGS["worker_timeout"].default == strategy.WORKER_TIMEOUT


@pytest.mark.parametrize(
    "arguments, model",
    [
        ([], "real_nvp"),
        (["--model=bigan", "--help"], "bigan"),
        (["--help", "-model", "wgan"], "wgan"),
    ],
)
def test_presets_are_those_of_the_model_asked_for(
    monkeypatch, arguments, model
):
    monkeypatch.setattr("sys.argv", ["train", *arguments])
    text = common._presets("real_nvp")
    assert text.startswith(f"Settings of {model} by name: ")
    assert ", ".join(MODELS[model].presets) in text
    assert common._presets(None) == "Settings by name, of each row's model."


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_of_flags_are_finite(call, value):
    """Bounds alone let NaN through: it is neither below nor above."""
    with command.own_flags():
        flags.DEFINE_float("a_number", 1, "", lower_bound=0)
        FLAGS.mark_as_parsed()
        FLAGS["a_number"].value = value
        code, error = call(lambda: pytest.fail("it has run"))
    assert code == 2
    assert error == f"error: --a_number={value}: expected a finite number.\n"
