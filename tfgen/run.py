"""A run: settings, data and model of one workdir, and what is done with them.

workdir/
  config.json      all settings; evaluation and export need nothing else
  checkpoints/     last-<step>/ (to resume) and best-<step>/ (to use)
  metrics.jsonl    figures of the training, one JSON object a line
  logs/            the same for TensorBoard, with histograms and pictures
  data.json        which data: names, sizes and hashes of the splits
  tune.json        what `--tune` measured
  evaluation.json  figures on the test split
  samples/         PNG files; of tables, CSV
  export/          SavedModel and TFLite files
  .lock            who writes to it
"""

import contextlib
import functools
import json
import math
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgen import pictures, registry, saved_config
from tfgen.choice import choose
from tfgen.config import RunConfig, apply_overrides
from tfgen.data import arrays, catalog, loaded
from tfgen.data.source import ArraySource
from tfgen.errors import UserError, one_of
from tfgen.evaluate.samples import FEWEST
from tfgen.files import read_json, write_text
from tfgen.measures import MEASURES, Options, chosen, options_of
from tfgen.measures import module as measure_module
from tfgen.measures.metrics import MeanMetrics
from tfgen.measures.samples import SampleQuality, complaint
from tfgen.model import Model
from tfgen.train import loop
from tfgen.train.checkpoint import Checkpoints, step_of
from tfgen.train.hooks import Hooks
from tfgen.train.lock import Lock, alone
from tfgen.train.strategy import is_chief, workers_of
from tfgen.train.tune import fastest, tune
from tfgen.train.warm_start import copy_weights
from tfgen.train.workers import lost_in_words
from tfgen.train.writers import TensorBoard

T = TypeVar("T")
Arrays = np.ndarray | Mapping[str, np.ndarray] | tf.data.Dataset


class Run:
    """One workdir with its settings; data and model are made when needed."""

    def __init__(self, workdir: str | os.PathLike, config: RunConfig):
        """Use `start` or `resume`."""
        self.workdir = pathlib.Path(workdir)
        self.config = config
        self._kept: dict[str, tuple[Any, Any]] = {}
        self.checkpoint: pathlib.Path | None = None  # of the model's weights
        self.source: ArraySource | None = None  # of arrays from Python
        self.resumed = False  # whether the settings are those of the workdir
        self.cache_dir: str | os.PathLike | None = None  # None: the user's
        self.chosen = ""  # which settings and why, unless they were named
        self.lock: contextlib.AbstractContextManager = Lock(workdir)

    @classmethod
    def start(
        cls,
        workdir: str | os.PathLike | None,
        model: str,
        preset: str | None = None,
        data: str | Arrays | None = None,
        overrides: Iterable[str] = (),
    ) -> "Run":
        """Returns the run of these settings, new or to be resumed.

        Args:
          workdir: its folder; may be empty or hold a run of the same settings.
            None is `runs/<model>-<data>`.
          model: name in the registry.
          preset: name in the model's `PRESETS`; None is that for the data, or
            "auto": what the model chooses by their shape and number.
          data: name of the data; None is the preset's. Or arrays, see
            `tfgen.data.arrays`: x, a dict of them, or a `tf.data.Dataset` of
            examples.
          overrides: `name=value` strings.

        Raises:
          UserError: an unknown name, or a workdir with other settings.
        """
        name, source = _named(data)
        preset, settings, examples, chosen = choose(
            model, preset, name, overrides, source
        )
        if settings.train.batch_size > examples.size("train"):
            raise UserError(
                f"train.batch_size={settings.train.batch_size}: expected"
                f" at most the {examples.size('train')} training examples."
            )
        workdir = workdir or default_workdir(model, settings.data.name)
        config = RunConfig(
            model=model,
            preset=preset,
            spec=examples.spec,
            data=settings.data,
            network=settings.network,
            train=settings.train,
        )
        run = cls(workdir, _going_on(workdir, config))
        run.__dict__["data"] = examples
        run.chosen = chosen
        return run

    @classmethod
    def resume(
        cls,
        workdir: str | os.PathLike,
        overrides: Iterable[str] = (),
        data: Arrays | None = None,
    ) -> "Run":
        """Returns the run that a workdir holds.

        Args:
          workdir: its folder.
          overrides: `name=value` strings, of settings that may change.
          data: the arrays that the run was trained on, if it was on arrays.

        Raises:
          UserError: the folder holds none, or it is of other settings.
        """
        held = saved_config.read(workdir)
        config = apply_overrides(held, overrides)
        saved_config.check_same(held, config, workdir)
        run = cls(workdir, config)
        run.resumed = True
        if data is not None:
            _, run.source = _named(data)
        return run

    def locked(
        self, strategy: tf.distribute.Strategy
    ) -> contextlib.AbstractContextManager:
        """Keeps other processes out of the workdir for several methods.

        Each that writes there does so by itself. Of several workers the chief
        locks, for them all.

        Args:
          strategy: of the training.
        """
        if not is_chief(strategy):
            self.lock = contextlib.nullcontext()
        return self.lock

    @functools.cached_property
    def data(self) -> loaded.Data:
        """The data."""
        config = self.config
        with self._named():
            seed, spec = config.train.seed, config.spec
            data = config.data.load(seed, spec, self.source)
            for name, value in vars(data.spec).items():
                # Older versions kept no names of images' classes.
                if name == "labels" and not config.spec.labels:
                    continue
                if (held := getattr(config.spec, name)) != value:
                    raise UserError(
                        f"spec.{name}={held!s:.60}: expected {value!s:.60},"
                        " as the data have."
                    )
        return data

    def build_model(self) -> Model:
        """Returns the model with its initial weights.

        From then on what this process computes is reproducible, if the settings
        say so.
        """
        if self.config.train.deterministic:
            tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(self.config.train.seed)
        entry = registry.get(self.config.model)
        with self._named():
            model = entry.build(self.config.network, self.config.spec)
        model.dequantized = self.is_noisy and not model.discrete
        return model

    @property
    def is_noisy(self) -> bool:
        """Whether noise is added to examples, which have steps between them."""
        config = self.config
        return config.spec.x.discrete and config.data.dequantize

    @contextlib.contextmanager
    def _named(self):
        """Errors name the file that the settings are of, if it is a file."""
        try:
            yield
        except UserError as error:
            if not self.resumed:
                raise
            path = self.workdir / "config.json"
            raise UserError(f"{path}: {error}") from error

    @functools.cached_property
    def model(self) -> Model:
        """The model with the best weights so far, else the last ones.

        Raises:
          UserError: there is no good checkpoint.
        """
        return self._restored("best", "last")

    def restore(self, *kinds: str) -> Model:
        """Returns the model, from now on with the "best" or "last" weights.

        Args:
          *kinds: the first that there is.

        Raises:
          UserError: there is no good checkpoint.
        """
        self.__dict__["model"] = model = self._restored(*kinds)
        return model

    def _restored(self, *kinds):
        model = self.build_model()
        damaged: list[pathlib.Path] = []
        for kind in kinds:
            checkpoints = Checkpoints(
                self.workdir / "checkpoints", kind, 1, model=model.variables
            )
            state = checkpoints.restore()
            if state is not None:
                say = logging.warning if damaged else logging.info
                say("Using the %s checkpoint, step %d.", kind, state.step)
                self.checkpoint = checkpoints.latest
                return model
            damaged += checkpoints.folders()
        if damaged:
            raise UserError(
                f"workdir={self.workdir}: no good checkpoint; put a copy of a"
                f" good one in the place of {damaged[0]}, or train in another"
                " workdir."
            )
        raise UserError(
            f"workdir={self.workdir}: no good checkpoint; train it first."
        )

    @loaded.reads_data
    def train(self, strategy: tf.distribute.Strategy) -> loop.Progression:
        """Trains, or goes on training; see `tfgen.train.loop.train`.

        Raises:
          UserError: see there; the workdir is in use or has got other settings;
            held-out data too few to measure samples by; or another worker is
            gone.
        """
        lost = lost_in_words(*workers_of(strategy), self.workdir)
        with lost, self.locked(strategy):
            # Another process may have trained in between.
            self.config = _going_on(self.workdir, self.config)
            return self._train(strategy)

    def _train(self, strategy):
        config = self.config.train
        self.__dict__.pop("model", None)  # there will be better weights
        new = not any(self.workdir.glob("checkpoints/*-[0-9]*[0-9]"))
        # Before the model: each sets the seed of its initial weights.
        first = _first(config.init_from) if new and config.init_from else None
        model = self._new_model(config, strategy)
        self.data.initialize(model)
        copied = self._begin_with(model, first) if first else ()
        if model.selected_by == "samples":
            self.sample_quality.check("validation", "test")

        def batches(start_step, num_replicas, worker, num_workers):
            return self.data.train_batches(
                config,
                model.noise,
                start_step,
                num_replicas=num_replicas,
                worker=worker,
                num_workers=num_workers,
            )

        mean_metrics = MeanMetrics(model)

        def evaluate(model):
            model.settle(lambda: self.held_out(model, "train"))
            values = mean_metrics(self.held_out(model, "validation"))
            if model.selected_by == "samples":
                found = self.sample_quality.measure(model, "validation")
                values = found | values
            return values

        def picture(model):
            drawing = pictures.Drawing(self.data, self.config, model)
            return pictures.sheet(drawing)

        images = len(self.config.spec.shape) == 3
        draws = images and model.can("sample", "translate")
        hooks = Hooks(
            batches=batches,
            evaluate=evaluate,
            picture=picture if draws else None,
            complaint=complaint,
            settings=saved_config.shown(self.config),
            copied=copied,
        )
        if is_chief(strategy):
            if self.config.history:
                held = saved_config.read(self.workdir).history
                saved_config.say_changes(self.config.history[len(held) :])
            saved_config.write(self.workdir, self.config)
            saved_config.identify(
                self.workdir, self.data, self.config, keep=True
            )
        return loop.train(model, config, self.workdir, hooks, strategy)

    def _new_model(self, config, strategy):
        """The model with its initial weights, where it is to be trained."""
        policy = "mixed_bfloat16" if config.mixed_precision else None
        before = keras.config.dtype_policy()
        if policy:
            keras.config.set_dtype_policy(policy)
        try:
            with strategy.scope():
                return self.build_model()
        finally:
            keras.config.set_dtype_policy(before)

    @alone
    @loaded.reads_data
    def tune(self, strategy: tf.distribute.Strategy) -> str:
        """Chooses `jit_compile` and `mixed_precision` by trying them.

        What was measured is in `tune.json`, which `start` reads (`tuned`).

        Args:
          strategy: of the training, of one replica.

        Returns:
          What was chosen and why, in a line.

        Raises:
          UserError: see `tfgen.train.tune`; or the run has begun without.
        """
        path = self.workdir / saved_config.TUNED
        if held := saved_config.tuned(self.workdir):
            return f"tuned before: {', '.join(held)}; see {path}"
        if any(self.workdir.glob("checkpoints/*-[0-9]*[0-9]")):
            raise UserError(
                f"tune: {self.workdir} holds a run that began without; leave it"
                " out."
            )

        def build(config):
            model = self._new_model(config, strategy)
            self.data.initialize(model)
            return model

        def batches(config, model):
            return self.data.train_batches(config, model.noise)

        config = self.config.train
        trials = tune(build, batches, config, strategy)
        best = fastest(trials, config.steps)
        saved_config.write_tuned(self.workdir, trials, best)
        self.config = apply_overrides(
            self.config, saved_config.tuned(self.workdir)
        )
        tried = "; ".join(map(str, trials))
        return f"tuned: {best}, of {tried}; see {path}"

    def _begin_with(self, model, first):
        """Copies weights, says what did not fit, and returns what did."""
        where = f"train.init_from={self.config.train.init_from}"
        copied, left = copy_weights(model, first)
        if not copied:
            raise UserError(
                f"{where}: none of its weights fit; expected a run of a model"
                " with layers of the same names and sizes."
            )
        say = logging.warning if left else logging.info
        rest = "; ".join(left[:10]) + ("; …" if len(left) > 10 else "")
        begins = type(model).begin is not Model.begin
        say(
            "%s: %d of %d variables taken; left as new: %s%s.",
            where,
            len(copied),
            len(copied) + len(left),
            rest or "none",
            "; what was taken does not begin by the data" if begins else "",
        )
        return copied

    @alone
    @loaded.reads_data
    def evaluate(
        self,
        measures: Sequence[str] = (),
        draws: int = 10,
        inception: str | os.PathLike = "",
        samples: int | None = None,
        importance: int = 5_000,
    ) -> dict[str, float]:
        """Measures the test split and writes `evaluation.json`.

        Args:
          measures: names in `tfgen.measures.MEASURES`; none are those that
            apply to the model. Figures of named ones are added to those that
            the file has of the same weights.
          draws: see `tfgen.measures.Options`; likewise the others.
          inception: also measures by InceptionV3.
          samples: how many are measured.
          importance: see `tfgen.measures.Options`.

        Returns:
          Name -> figure.

        Raises:
          UserError: an unknown measure, or one that cannot be made.
        """
        if samples is not None and samples < FEWEST:
            raise UserError(f"samples={samples}: expected at least {FEWEST}.")
        options = Options(draws, samples, importance, os.fspath(inception))
        for name in measures:
            one_of("measure", name, MEASURES)
        saved_config.identify(self.workdir, self.data, self.config, ("test",))
        values, read, spec = {}, set(), self.config.spec
        for name in chosen(measures, self.model, spec, options.inception):
            measure = measure_module(name).measure
            figures = measure(self, self.model, "test", options)
            if name in measures and not figures:
                raise UserError(
                    f"measure={name}: {self.config.model} on"
                    f" {self.config.data.name} has no such figures."
                )
            values |= figures
            read.update(options_of(name) if figures else ())
        if samples and "samples" not in read:
            raise UserError(
                f"samples={samples}: {self.config.model} is not measured by"
                " samples."
            )
        path = self.workdir / "evaluation.json"
        held = self._held_figures(path) if measures else {}
        write_text(path, json.dumps(held | values, indent=2) + "\n")
        self.show_test_figures(values)
        return values

    def show_test_figures(self, values: Mapping[str, float]) -> None:
        """Hands figures of the test split to TensorBoard.

        Args:
          values: name -> figure of the weights that are used.
        """
        if not self.checkpoint:
            return
        board = TensorBoard(self.workdir / "logs")
        figures = {f"test/{name}": value for name, value in values.items()}
        board.scalars(step_of(self.checkpoint), figures)
        board.close()

    def _held_figures(self, path):
        """Returns the saved figures; none if older than the weights."""
        if not path.exists() or not self.checkpoint:
            return {}
        newer = path.stat().st_mtime > self.checkpoint.stat().st_mtime
        return read_json(path) if newer else {}

    def once(self, name: str, key: Any, make: Callable[[Any], T]) -> T:
        """Returns `make(key)`, made once for as long as the key is the same.

        A graph for each evaluation would be garbage that Python collects only
        after several of them.
        """
        if name not in self._kept or self._kept[name][0] != key:
            self._kept[name] = key, make(key)
        return self._kept[name][1]

    def held_out(
        self, model: Model, split: str, draw: int = 0
    ) -> tf.data.Dataset:
        """Returns batches of a split with the model's noise, once."""
        return self.data.eval_batches(
            split, self.config.train, draw, model.noise
        )

    @alone
    @loaded.reads_data
    def draw(
        self,
        count: int | None = None,
        temperature: float = 1.0,
        seed: int = 0,
        **options: Any,
    ) -> list[pathlib.Path]:
        """Writes pictures below `samples/`; see `tfgen.pictures`.

        Args:
          count: of samples; None are 64 pictures, or 4,000 points or rows.
          temperature: factor on the latent noise.
          seed: of the noise.
          **options: of a `tfgen.pictures.Drawing`.

        Returns:
          The files.

        Raises:
          UserError: a bad count, or data that cannot be drawn.
        """
        if count is not None and count < 1:
            raise UserError(f"count={count}: expected at least 1.")
        check_noise(seed, temperature)
        if not self.model.can("sample", "translate"):
            raise UserError(
                f"workdir={self.workdir}: {self.config.model} makes no samples."
            )
        spec = self.config.spec
        if len(spec.shape) != 3 and spec.shape != (2,) and not spec.columns:
            raise UserError(
                f"workdir={self.workdir}: cannot draw examples of shape"
                f" {spec.shape}; images, points of the plane and tables can be."
            )
        folder = self.workdir / "samples"
        of = self.data, self.config, self.model
        drawing = pictures.Drawing(*of, count, temperature, seed, **options)
        return pictures.write(drawing, folder)

    def reads_cache(self, evaluated: bool = False) -> bool:
        """Whether a training asks for the classifier that `cache_dir` may hold.

        Args:
          evaluated: or an evaluation after it.
        """
        spec = self.config.spec
        if len(spec.shape) != 3:
            return False
        model = self.build_model()
        names = chosen((), model, spec) if evaluated else ()
        cached = any("cache_dir" in options_of(name) for name in names)
        return cached or model.selected_by == "samples"

    @functools.cached_property
    def sample_quality(self) -> SampleQuality:
        """Measures samples of a model of this run."""
        return SampleQuality(
            self.data, self.config, self.workdir, cache_dir=self.cache_dir
        )


def check_noise(seed: int, temperature: float = 1.0) -> None:
    """Raises `UserError` if no noise can be drawn so.

    Args:
      seed: of the noise.
      temperature: factor on it.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f"seed={seed}: expected 0 to 2^32 - 1.")
    if not 0 <= temperature < math.inf:
        raise UserError(
            f"temperature={temperature}: expected a finite number, 0 or more."
        )


def _named(data: str | Arrays | None) -> tuple[str | None, ArraySource | None]:
    """The name of data, and their source if they are arrays."""
    if data is None or isinstance(data, str):
        return data, None
    if isinstance(data, tf.data.Dataset):
        data = arrays.of_dataset(data)
    if not isinstance(data, Mapping):
        data = {"x": data}
    return catalog.ARRAYS, arrays.source(data)


def _first(path: str) -> Model:
    """The model of a run that another one begins with."""
    try:
        return Run.resume(path).model
    except UserError as error:
        why = str(error).removeprefix(f"workdir={path}: ")
        raise UserError(f"train.init_from={path}: {why}") from error


def _going_on(workdir: str | os.PathLike, config: RunConfig) -> RunConfig:
    """Returns the settings with the length of the schedules that they have.

    Raises:
      UserError: the workdir holds a run of other settings.
    """
    # Until there is a checkpoint, there is nothing that other settings spoil.
    checkpoints = pathlib.Path(workdir).glob("checkpoints/*-[0-9]*[0-9]")
    steps = [step_of(path) for path in checkpoints]
    if not steps:
        return saved_config.with_schedule(config, config.train.steps)
    held = saved_config.read(workdir)
    config = saved_config.with_schedule(config, held.train.schedule_steps)
    saved_config.check_same(held, config, workdir)
    return saved_config.with_history(held, config, max(steps))


def default_workdir(model: str, data: str) -> pathlib.Path:
    """Returns `runs/<model>-<data>`, a single folder for any name of data."""
    return pathlib.Path("runs") / re.sub(r"[^\w.-]+", "-", f"{model}-{data}")
