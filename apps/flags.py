"""Flags that the apps share, and how an app runs and fails."""

import atexit
import dataclasses
import math
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from absl import app, flags

from tfgen.config import AUTO
from tfgen.data import catalog
from tfgen.errors import UserError
from tfgen.nli import catalog as pairs
from tfgen.processes import start_tensorflow, unwind_on_sigterm
from tfgen.registry import MODELS

FLAGS = flags.FLAGS

# Where a process begins, but for Python's own start: before TensorFlow's.
BEGAN = time.monotonic()

_DATA = catalog.DATA | pairs.DATA

# Flags that say how to train, and change nothing else.
WHERE = ("strategy", "worker_timeout", "jit_compile", "mixed_precision")

# Flags of a new run, and of reading data.
NEW = ("steps", "batch_size", "seed", "learning_rate", "init_from", *WHERE)
READING = ("data_dir", "download", "skip_bad_records")

# Flags that hold paths, maybe after the name of data, a setting or an input.
_PATHS = (
    "workdir data data_dir set input output inception publish page folder"
    " model_base_path out ca_file cert_file key_file cache_dir from to"
    " init_from litert saved_model"
).split()

# Settings that have a flag of their own.
_SETTINGS = {
    "train.seed": (flags.DEFINE_integer, "Of weights, data and noise"),
    "train.steps": (flags.DEFINE_integer, "How long to train"),
    "train.batch_size": (flags.DEFINE_integer, "Examples of a step"),
    "*.learning_rate": (flags.DEFINE_float, "Of all players; may change later"),
    "train.jit_compile": (flags.DEFINE_bool, "Compile training with XLA"),
    "train.mixed_precision": (flags.DEFINE_bool, "Networks in bfloat16"),
    "train.init_from": (flags.DEFINE_string, "Run to take first weights from"),
    "data.data_dir": (flags.DEFINE_string, "Where TFDS prepares data"),
    "data.download": (flags.DEFINE_bool, "Let TFDS download what is missing"),
    "data.skip_bad_records": (flags.DEFINE_bool, "Skip and count bad files"),
    "data.data_service": (flags.DEFINE_string, "HOST:PORT that makes batches"),
}


def _names_of_data() -> list[str]:
    """All; what neighbours share is said once.

    `a_1 to 4`, `a/b|c` and `b|c_a` are several names.
    """
    found, before = [], ""
    for name in _DATA:
        (stem, _, last), (folder, slash, rest) = (
            name.rpartition("_"),
            name.partition("/"),
        )
        if last.isdigit() and int(last) > 1:
            found[-1] = f"{stem}_1 to {last}"
        elif slash and before.startswith(f"{folder}/"):
            found[-1] += f"|{rest}"
        elif stem and before.endswith(f"_{last}"):
            found[-1] = f"{found[-1].removesuffix(f'_{last}')}|{name}"
        else:
            found.append(name)
        before = name
    return found


def define_debug() -> None:
    """Defines --debug."""
    flags.DEFINE_bool("debug", None, "Show tracebacks and TensorFlow's log.")


def define_workdir(default: str = "") -> None:
    """Defines --workdir and --debug.

    Args:
      default: what None stands for, in words; without, the flag is required.
    """
    define_debug()
    text = f" Default: {default}." if default else ""
    flags.DEFINE_string("workdir", None, f"Folder that holds the run.{text}")
    if not default:
        flags.mark_flag_as_required("workdir")


def define_cache_dir() -> None:
    """Defines --cache_dir."""
    flags.DEFINE_string(
        "cache_dir",
        None,
        "Classifiers that measure samples. Default: the user's cache.",
    )


def use_cache_dir(run, evaluated: bool = False) -> None:
    """Hands --cache_dir to a run.

    Args:
      run: to be trained.
      evaluated: and to be evaluated.

    Raises:
      UserError: it is given, and nothing reads it.
    """
    run.cache_dir = FLAGS.cache_dir
    if FLAGS["cache_dir"].present:
        why = f"no classifier measures {run.config.model}; leave it out."
        refuse(["cache_dir"], why, unless=run.reads_cache(evaluated))


def define_training(model: str | None = "real_nvp") -> None:
    """Defines the flags that say what to train, and where.

    Args:
      model: the default of --model; None defines no such flag.
    """
    if model:
        flags.DEFINE_string("model", model, f"One of: {', '.join(MODELS)}.")
    text = f"One of: {', '.join(_names_of_data())}. Default: the preset's."
    flags.DEFINE_string("data", None, text)
    flags.DEFINE_string("preset", None, _presets(model))
    flags.DEFINE_multi_string(
        "set",
        [],
        "name=value of a setting, as in config.json: train.steps=500, …",
    )
    for path, (define, text) in _SETTINGS.items():
        define(path.partition(".")[2], None, f"{text}: {path}.")
    flags.DEFINE_enum(
        "strategy",
        "auto",
        ["auto", "cpu", "gpu", "mirrored", "multi_worker"],
        "Where to train; auto takes all GPUs there are, else the CPU.",
    )
    flags.DEFINE_float(
        "worker_timeout",
        300,
        "Seconds for all workers to start, of multi_worker.",
        1,
    )


def _presets(model: str | None) -> str:
    """The help of --preset: of the model that the command line names."""
    if not model:
        return "Settings by name, of each row's model."
    named = re.findall(r" --?model[ =](\S+)", " ".join(sys.argv))
    model = named[-1] if named else model
    if model not in MODELS:
        return "Settings by name."
    names = ", ".join([*MODELS[model].presets, AUTO])
    return (
        f"Settings of {model} by name: {names}. Those of another model:"
        " --model=NAME --help."
    )


def strategy():
    """Returns the `tf.distribute.Strategy` that --strategy names."""
    from tfgen.train.strategy import make_strategy

    return make_strategy(FLAGS.strategy, FLAGS.worker_timeout)


def define_quantize() -> None:
    """Defines --quantize, --target and --max_error."""
    flags.DEFINE_multi_string(
        "quantize",
        ["float32", "float16", "dynamic_range"],
        "Kind of TFLite file; repeat for more: float32, float16, dynamic_range,"
        " int8, int8_io; or auto, which tries all and keeps one.",
    )
    flags.DEFINE_enum(
        "target", "latency", ["latency", "size"], "What auto minimizes."
    )
    flags.DEFINE_float(
        "max_error",
        None,
        "Largest error that auto allows, as it is reported. Default: each"
        " kind's own.",
    )


def define_export() -> None:
    """Defines what `define_quantize` does, --complete and --format."""
    define_quantize()
    flags.DEFINE_bool(
        "complete",
        False,
        "Servers also complete and project examples: signatures of a model that"
        " decodes.",
    )
    flags.DEFINE_enum("format", None, ["web"], "Also a page for browsers.")
    flags.DEFINE_string("litert", None, "Where npm installed LiteRT.js for it.")


def define_runner() -> None:
    """Defines --runner and --beam."""
    flags.DEFINE_string(
        "runner",
        "",
        "Of Apache Beam, whose workers do it: DirectRunner, FlinkRunner,"
        " SparkRunner, DataflowRunner. Default: this process.",
    )
    flags.DEFINE_multi_string(
        "beam",
        [],
        "Another option of Beam's pipeline, --name=value; repeatable.",
    )


def runner() -> list[str] | None:
    """Returns the options of Beam's pipeline, if there is one."""
    refuse_without(runner="beam")
    return [f"--runner={FLAGS.runner}", *FLAGS.beam] if FLAGS.runner else None


def overrides() -> list[str]:
    """Returns the settings given by flags, as `name=value`."""
    named = {path: FLAGS[path.partition(".")[2]].value for path in _SETTINGS}
    given = [f"{p}={value}" for p, value in named.items() if value is not None]
    return FLAGS.set + given


def run_settings(default_model: bool = True) -> tuple:
    """Returns the arguments of `Run.start` that the flags give.

    Args:
      default_model: --model has a default; else it is None if not given.
    """
    model = FLAGS["model"]
    model = model.value if default_model or model.present else None
    return FLAGS.workdir, model, FLAGS.preset, FLAGS.data, overrides()


def arguments_of(settings: type) -> dict[str, Any]:
    """Returns the flags that are named as fields of a dataclass, by name."""
    names = [field.name for field in dataclasses.fields(settings)]
    return {name: FLAGS[name].value for name in names if name in FLAGS}


def refuse(flag_names: Iterable[str], why: str, unless: object = False) -> None:
    """Raises `UserError` if one of these flags is given.

    Args:
      flag_names: without dashes.
      why: ends the line of the error.
      unless: it is true, and the flags are right.
    """
    for name in () if unless else flag_names:
        if FLAGS[name].present:
            raise UserError(f"{FLAGS[name].serialize()}: {why}")


def refuse_training(why: str) -> None:
    """Raises `UserError` if a flag of `define_training` is given.

    Args:
      why: ends the line of the error.
    """
    settings = (path.partition(".")[2] for path in _SETTINGS)
    others = "data", "preset", "set", "strategy", "worker_timeout"
    refuse([*others, *settings], why)


def one_flag_of(*flag_names: str) -> None:
    """Raises `UserError` unless exactly one of these flags is given."""
    given = [name for name in flag_names if FLAGS[name].value]
    if len(given) != 1:
        both = " and ".join(f"--{name}" for name in given) or "none"
        raise UserError(
            f"{both}: expected one of"
            f" {', '.join(f'--{name}' for name in flag_names)}."
        )


def refuse_without(**flags_of: str) -> None:
    """Raises `UserError` if a flag is given without the one that it is for.

    Args:
      **flags_of: a flag -> others, which say more about it.
    """
    for flag, names in flags_of.items():
        refuse(names.split(), f"only with --{flag}.", unless=FLAGS[flag].value)


def refuse_with(flag: str, *names: str) -> None:
    """Raises `UserError` if a flag is given beside one that makes it idle.

    Args:
      flag: the other one.
      *names: of flags that say nothing then.
    """
    refuse(names, f"not with --{flag}.", unless=FLAGS[flag].value is None)


def refuse_in_other_modes(flags_of: Mapping[str, str]) -> None:
    """Raises `UserError` if a flag is given that --mode does not read.

    Args:
      flags_of: "one or several" modes -> flags of theirs alone.
    """
    for modes, names in flags_of.items():
        why = f"only for --mode={modes}."
        refuse(names.split(), why, unless=FLAGS.mode in modes.split())


def run(main: Callable[[], None], tensorflow: bool = True) -> None:
    """Runs an app: errors become one line and an exit code that is not 0.

    Args:
      main: what it does.
      tensorflow: it needs TensorFlow.
    """

    def guarded(argv):
        if len(argv) > 1:
            _fail(f"{argv[1]}: unknown argument; flags begin with --.", 2)
        try:
            _check_finite()
            _expand_home()
            _refuse_idle()
            unwind_on_sigterm()
            if "strategy" in FLAGS and FLAGS.strategy == "multi_worker":
                # Of a worker that is gone, the error says it in one line.
                os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            if tensorflow:
                start_tensorflow(FLAGS.debug)
            main()
        except KeyboardInterrupt as stopped:  # or the loop's `Interrupted`
            signum = getattr(stopped, "signum", signal.SIGINT)
            _fail(str(stopped) or "stopped by SIGINT.", 128 + signum)
        except Exception as error:
            if FLAGS.debug:
                raise
            if isinstance(error, UserError):
                _fail(f"error: {_as_flags(str(error))}", 2)
            text = (str(error).strip().splitlines() or [""])[0]
            _fail(
                f"error: {type(error).__name__}: {text}"
                " (--debug shows the traceback)",
                1,
            )

    # What is done is done: Python's own end, a second long, is no failure.
    for signum in (signal.SIGINT, signal.SIGTERM):
        atexit.register(signal.signal, signum, signal.SIG_IGN)
    try:
        app.run(guarded)
    except BrokenPipeError:  # of --help, whose reader has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


def _check_finite() -> None:
    """Raises `UserError` of a flag that is no number: bounds let NaN through.

    No flag of ours means anything by an infinity.
    """
    for name in FLAGS:
        value = FLAGS[name].value
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(f"--{name}={value}: expected a finite number.")


def _refuse_idle() -> None:
    """Raises `UserError` if a flag is given that another one makes idle."""
    for name, other, value in (
        ("worker_timeout", "strategy", "multi_worker"),
        ("target", "quantize", "auto"),
    ):
        if name in FLAGS:
            why = f"only with --{other}={value}."
            refuse([name], why, unless=value in FLAGS[other].value)


def _expand_home() -> None:
    """Puts the home folder in the place of ~, which shells leave after =."""

    def home(match):
        return os.path.expanduser(match[0])

    def expanded(text):
        return re.sub(r"(?<![^:=@])~[\w.-]*(?=/|$)", home, text)

    for name in _PATHS:
        value = FLAGS[name].value if name in FLAGS else None
        if isinstance(value, str):
            FLAGS[name].value = expanded(value)
        elif isinstance(value, list):
            FLAGS[name].value = [expanded(text) for text in value]


def _as_flags(message: str) -> str:
    """Returns an error of the library as the command line says it.

    The library names settings: `data=moon`, `network.margin=-1`. Here flags get
    their dashes, and other settings --set.
    """

    def dashed(match):
        name = match[2]
        if "set" in FLAGS and name in _SETTINGS:
            name = name.partition(".")[2]
        if name in FLAGS:
            return f"{match[1]}--{name}{match[3]}"
        is_setting = re.match(r"(network|train|data)\.", name)
        return f"{match[1]}--set {name}{match[3]}" if is_setting else match[0]

    text = re.sub(r"(^| )([a-z][\w.]*)(=)", dashed, message)
    # At the beginning also a setting without a value: `data: no labels`.
    return re.sub(r"^()([a-z][\w.]*)(:)", dashed, text)


def _fail(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
