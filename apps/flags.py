"""Flags that the apps share, and how an app runs and fails."""

import atexit
import math
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable

from absl import app, flags

from tfgen.config import AUTO
from tfgen.data import catalog
from tfgen.errors import UserError
from tfgen.nli import catalog as pairs
from tfgen.processes import start_tensorflow, unwind_on_sigterm
from tfgen.registry import MODELS

FLAGS = flags.FLAGS

_DATA = catalog.DATA | pairs.DATA


def define_debug() -> None:
    """Defines --debug."""
    flags.DEFINE_bool("debug", False, "Show tracebacks and TensorFlow's log.")


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
        "Folder of what runs on the same data share: the classifier that"
        " samples are measured by. Default: ~/.cache/tfgen, or tfgen in"
        " $XDG_CACHE_HOME.",
    )


def define_training(model: str | None = "real_nvp") -> None:
    """Defines the flags that say what to train, and where.

    Args:
      model: the default of --model; None defines no such flag.
    """
    if model:
        flags.DEFINE_string("model", model, f"One of: {', '.join(MODELS)}.")
    flags.DEFINE_string(
        "data",
        None,
        f"One of: {', '.join(_DATA)}. Default: the preset's.",
    )
    flags.DEFINE_string("preset", None, _presets(model))
    flags.DEFINE_multi_string(
        "set",
        [],
        "name=value of one setting; repeat for more. Names are those"
        " in config.json: train.steps=500, network.features=32, …",
    )
    flags.DEFINE_integer("seed", None, "Same as --set train.seed=N.")
    flags.DEFINE_integer("steps", None, "Same as --set train.steps=N.")
    flags.DEFINE_integer(
        "batch_size", None, "Same as --set train.batch_size=N."
    )
    flags.DEFINE_bool("jit_compile", None, "Compile training with XLA.")
    flags.DEFINE_bool("mixed_precision", None, "Networks in bfloat16.")
    flags.DEFINE_string("data_dir", None, "Where TFDS data sets are prepared.")
    flags.DEFINE_bool("download", None, "Let TFDS download what is missing.")
    flags.DEFINE_bool(
        "skip_bad_records", None, "Skip and count unreadable files."
    )
    flags.DEFINE_enum(
        "strategy",
        "auto",
        ["auto", "cpu", "gpu", "mirrored", "multi_worker"],
        "Where to train; auto takes all GPUs there are, else the CPU.",
    )
    flags.DEFINE_float(
        "worker_timeout",
        300,
        "Seconds in which all workers of multi_worker must have started.",
        1,
    )


def _presets(model: str | None) -> str:
    """The help of --preset: of the model that the command line names."""
    if not model:
        return "Settings by name, of each row's model."
    for argument, after in zip(sys.argv, [*sys.argv[1:], ""]):
        if argument.lstrip("-") == "model":
            model = after
        elif argument.lstrip("-").startswith("model="):
            model = argument.partition("=")[2]
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
        "Largest error that auto allows, |a - b| / max(1, |b|). Default: each"
        " kind's own.",
    )


_SETTINGS = {
    "seed": "train.seed",
    "steps": "train.steps",
    "batch_size": "train.batch_size",
    "jit_compile": "train.jit_compile",
    "mixed_precision": "train.mixed_precision",
    "data_dir": "data.data_dir",
    "download": "data.download",
    "skip_bad_records": "data.skip_bad_records",
}


def overrides() -> list[str]:
    """Returns the settings given by flags, as `name=value`."""
    named = [
        f"{path}={FLAGS[flag].value}"
        for flag, path in _SETTINGS.items()
        if FLAGS[flag].value is not None
    ]
    return FLAGS.set + named


def refuse(flag_names: Iterable[str], why: str) -> None:
    """Raises `UserError` if one of these flags is given.

    Args:
      flag_names: without dashes.
      why: ends the line of the error.
    """
    for name in flag_names:
        if FLAGS[name].present:
            raise UserError(f"--{name}={FLAGS[name].value}: {why}")


def run(main: Callable[[], None]) -> None:
    """Runs an app: errors become one line and an exit code that is not 0."""

    def guarded(argv):
        if len(argv) > 1:
            _fail(f"{argv[1]}: unknown argument; flags begin with --.", 2)
        try:
            _check_finite()
            unwind_on_sigterm()
            if "strategy" in FLAGS and FLAGS.strategy == "multi_worker":
                # Of a worker that is gone, the error says it in one line.
                os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            start_tensorflow(FLAGS.debug)
            main()
        except KeyboardInterrupt as stopped:  # or the loop's `Interrupted`
            signum = getattr(stopped, "signum", signal.SIGINT)
            _fail(str(stopped) or "stopped by SIGINT.", 128 + signum)
        except UserError as error:
            if FLAGS.debug:
                raise
            _fail(f"error: {_as_flags(str(error))}", 2)
        except Exception as error:
            if FLAGS.debug:
                raise
            text = (str(error).strip().splitlines() or [""])[0]
            _fail(
                f"error: {type(error).__name__}: {text}"
                " (--debug shows the traceback)",
                1,
            )

    # What is done is done: Python's own end, a second long, is no failure.
    for signum in (signal.SIGINT, signal.SIGTERM):
        atexit.register(signal.signal, signum, signal.SIG_IGN)
    app.run(guarded)


def _check_finite() -> None:
    """Raises `UserError` of a flag that is no number: bounds let NaN through.

    No flag of ours means anything by an infinity.
    """
    for name in FLAGS:
        value = FLAGS[name].value
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(f"--{name}={value}: expected a finite number.")


def _as_flags(message: str) -> str:
    """Returns an error of the library as the command line says it.

    The library names settings: `data=moon`, `network.margin=-1`. Here flags get
    their dashes, and other settings --set.
    """

    def dashed(match):
        name = match[2]
        if name in FLAGS:
            return f"{match[1]}--{match[2]}{match[3]}"
        is_setting = re.match(r"(network|train|data)\.", name)
        return f"{match[1]}--set {name}{match[3]}" if is_setting else match[0]

    text = re.sub(r"(^| )([a-z][\w.]*)(=)", dashed, message)
    # At the beginning also a setting without a value: `data: no labels`.
    return re.sub(r"^()([a-z][\w.]*)(:)", dashed, text)


def _fail(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
