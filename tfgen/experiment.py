"""A run: settings, data and model of one workdir, and what is done with them.

workdir/
  config.json      all settings; evaluation and export need nothing else
  checkpoints/     last-<step>/ (to resume) and best-<step>/ (to use)
  metrics.jsonl    figures of the training, one JSON object a line
  logs/            the same for TensorBoard, with histograms and pictures
  evaluation.json  figures on the test split
  samples/         PNG files
  export/          SavedModel and TFLite files
"""

import dataclasses
import functools
import json
import os
import pathlib
import re
from collections.abc import Iterable, Mapping

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgen import registry
from tfgen.config import (
    Preset,
    RunConfig,
    apply_overrides,
    flatten,
    from_dict,
    to_json,
)
from tfgen.data import catalog, loaded
from tfgen.errors import UserError
from tfgen.evaluate import latent, metrics
from tfgen.sample_quality import SampleQuality
from tfgen.train import loop
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.files import write_text
from tfgen.train.strategy import is_chief
from tfgen.viz import images, plane

# A run may go on with other values of these: they do not change what has been
# computed so far.
_FREE = frozenset(
    [
        "train.steps",
        "train.log_every",
        "train.evaluate_every",
        "train.checkpoint_every",
        "train.keep_checkpoints",
        "train.patience",
        "data.data_dir",
        "data.download",
        "data.skip_bad_records",
    ]
)


class Experiment:
    """One workdir with its settings; data and model are made when needed."""

    def __init__(self, workdir: str | os.PathLike, config: RunConfig):
        """Use `start` or `resume`."""
        self.workdir = pathlib.Path(workdir)
        self.config = config

    @functools.cached_property
    def data(self) -> loaded.Data:
        """The data."""
        config = self.config
        return loaded.load(config.data, config.train.seed, config.spec)

    def build_model(self) -> keras.Model:
        """Returns the model with its initial weights."""
        keras.utils.set_random_seed(self.config.train.seed)
        entry = registry.get(self.config.model)
        return entry.build(self.config.network, self.config.spec)

    @functools.cached_property
    def model(self) -> keras.Model:
        """The model with the best weights so far, else the last ones.

        Raises:
          UserError: there is no good checkpoint.
        """
        model = self.build_model()
        for kind in ("best", "last"):
            checkpoints = Checkpoints(
                self.workdir / "checkpoints", kind, 1, model=model.variables
            )
            state = checkpoints.restore()
            if state is not None:
                logging.info(
                    "Using the %s checkpoint, step %d.", kind, state["step"]
                )
                return model
        raise UserError(
            f"--workdir={self.workdir}: no good checkpoint; train first with"
            f" python -m apps.train --workdir={self.workdir}."
        )

    def train(self, strategy: tf.distribute.Strategy) -> loop.Progression:
        """Trains, or goes on training; see `tfgen.train.loop.train`."""
        config = self.config.train
        self.__dict__.pop("model", None)  # there will be better weights
        if config.deterministic:
            tf.config.experimental.enable_op_determinism()
        policy = "mixed_bfloat16" if config.mixed_precision else None
        before = keras.config.dtype_policy()
        if policy:
            keras.config.set_dtype_policy(policy)
        try:
            with strategy.scope():
                model = self.build_model()
        finally:
            keras.config.set_dtype_policy(before)

        self.data.initialize(model)

        def batches(start_step, num_replicas, worker, num_workers):
            return self.data.train_batches(
                config,
                model.noise(),
                start_step,
                num_replicas=num_replicas,
                worker=worker,
                num_workers=num_workers,
            )

        mean_metrics = metrics.make_mean_metrics(model)

        def evaluate(model):
            values = self._sample_metrics(model, "validation")
            return values | mean_metrics(self._held_out("validation"))

        hooks = loop.Hooks(
            batches=batches,
            evaluate=evaluate,
            picture=self._sample_grid if self._is_image else None,
        )
        if is_chief(strategy):
            write_config(self.workdir, self.config)
        return loop.train(model, config, self.workdir, hooks, strategy)

    def evaluate(self, draws: int = 10) -> dict[str, float]:
        """Measures the test split and writes `evaluation.json`.

        Args:
          draws: of the dequantization noise, to average over.

        Returns:
          The figures of a game's samples, the model's metrics, and
          `max_reconstruction_error` of a flow.
        """
        if draws < 1:
            raise UserError(f"--draws={draws}: expected at least 1.")
        draws = draws if self.data.noisy else 1
        values = self._sample_metrics(self.model, "test")
        values |= metrics.mean_over_draws(
            self.model, (self._held_out("test", i) for i in range(draws))
        )
        if hasattr(self.model, "log_prob"):
            values["max_reconstruction_error"] = metrics.reconstruction_error(
                self.model, self._held_out("test")
            )
        write_text(
            self.workdir / "evaluation.json",
            json.dumps(values, indent=2) + "\n",
        )
        return values

    def sample(
        self, count: int = 64, temperature: float = 1.0, seed: int = 0
    ) -> list[pathlib.Path]:
        """Writes pictures below `samples/`.

        Args:
          count: of samples.
          temperature: factor on the latent noise.
          seed: of the noise.

        Returns:
          The files: for images, samples, interpolations between test images,
          the manifold of four of them and, for a conditional model, test
          images with other labels; for points of the plane, one figure.

        Raises:
          UserError: a bad count, or data that cannot be drawn.
        """
        if count < 1:
            raise UserError(f"--count={count}: expected at least 1.")
        if temperature < 0:
            raise UserError(f"--temperature={temperature}: expected 0 or more.")
        folder = self.workdir / "samples"
        if not self.config.spec.shape:
            raise UserError(
                f"--workdir={self.workdir}: {self.config.model} is a"
                " classifier; there is nothing to sample."
            )
        if self._is_image:
            return self._write_images(folder, count, temperature, seed)
        if self.config.spec.shape == (2,):
            return [self._write_plane(folder / "samples.png", seed)]
        raise UserError(
            f"--workdir={self.workdir}: cannot draw examples of shape"
            f" {self.config.spec.shape}; images and points of the plane can be."
        )

    def _sample_metrics(self, model, split):
        """Of a game; a likelihood says more than any figure of samples."""
        if hasattr(model, "log_prob") or not hasattr(model, "sample"):
            return {}
        return self._quality.measure(model, split)

    @functools.cached_property
    def _quality(self):
        return SampleQuality(self.data, self.config, self.workdir)

    # Pictures.

    @property
    def _is_image(self) -> bool:
        return len(self.config.spec.shape) == 3

    def _noise(self, model, count, seed, temperature=1.0):
        random = np.random.default_rng(seed)
        shape = (count, *model.latent_shape)
        return random.standard_normal(shape, np.float32) * temperature

    def _labels(self, count):
        """0, 1, …, N-1, 0, …: a column a class."""
        return np.arange(count, dtype=np.int32) % max(
            self.config.spec.num_classes, 1
        )

    def _columns(self, count):
        if getattr(self.config.network, "conditional", False):
            return self.config.spec.num_classes
        return max(1, round(count**0.5))

    def _sample_grid(self, model, count=64, temperature=1.0, seed=0):
        noise = self._noise(model, count, seed, temperature)
        x = model.sample(noise, self._labels(count))
        return self._grid(x.numpy(), self._columns(count))

    def _grid(self, x, columns):
        # Where the data are whole levels, k is not the lower end of [k, k + 1).
        x = x if self.config.data.dequantize else np.round(x)
        return images.grid(x, columns, self.config.spec.levels)

    def _write_images(self, folder, count, temperature, seed):
        batch = next(iter(self._held_out("test")))
        x = batch["x"][:16]
        label = batch.get("label", tf.zeros(16, tf.int32))[:16]

        # Between images, if the model can encode them; else between samples.
        encodes = hasattr(self.model, "encode")
        draw = self.model.decode if encodes else self.model.sample

        def decoded(z, label):
            return draw(z, label).numpy()

        def png(name, x, columns):
            return images.write_png(folder / name, self._grid(x, columns))

        picture = self._sample_grid(self.model, count, temperature, seed)
        paths = [images.write_png(folder / "samples.png", picture)]
        if encodes:
            z = self.model.encode(x, label).numpy()
        else:
            z = self._noise(self.model, 16, seed)
        ends = z[:8], z[8:16]
        steps = 10
        path = latent.interpolate(*ends, steps).reshape(-1, z.shape[-1])
        path_label = np.repeat(label[:8], steps)
        paths.append(png("interpolation.png", decoded(path, path_label), steps))
        surface = latent.manifold(z[:4], steps).reshape(-1, z.shape[-1])
        surface_label = np.repeat(label[:1], steps**2)
        paths.append(
            png("manifold.png", decoded(surface, surface_label), steps)
        )
        if getattr(self.config.network, "conditional", False):
            # Appendix F: encode with the true label, decode with each.
            classes = self.config.spec.num_classes
            z, others = (
                np.repeat(z, classes, axis=0),
                self._labels(16 * classes),
            )
            paths.append(png("relabelled.png", decoded(z, others), classes))
        return paths

    def _write_plane(self, path, seed):
        x = np.concatenate([b["x"] for b in self._held_out("test")])[:4000]
        model, flow = self.model, {}
        if hasattr(model, "log_prob"):
            flow = {
                "latents": model.encode(x).numpy(),
                "log_prob": lambda points: model.log_prob(points).numpy(),
            }
        samples = model.sample(self._noise(model, 4000, seed)).numpy()
        return plane.plane_figure(path, x, samples, **flow)

    def _held_out(self, split, draw=0):
        return self.data.eval_batches(split, self.config.train, draw)


def start(
    workdir: str | os.PathLike | None,
    model: str,
    preset: str | None = None,
    data: str | None = None,
    overrides: Iterable[str] = (),
) -> Experiment:
    """Returns the experiment of these settings, new or to be resumed.

    Args:
      workdir: its folder; may be empty or hold a run of the same settings.
        None is `runs/<model>-<data>`.
      model: name in the registry.
      preset: name in the model's `PRESETS`; None is the first that suits
        the data.
      data: name of the data; None is the preset's.
      overrides: `name=value` strings.

    Raises:
      UserError: an unknown name, or a workdir with other settings.
    """
    entry = registry.get(model)
    if preset:
        registry.lookup("--preset", preset, entry.presets)
    presets = entry.load().PRESETS
    preset = preset or _preset_for(data, presets)
    settings = presets[preset]
    if data:
        chosen = dataclasses.replace(settings.data, name=data)
        settings = dataclasses.replace(settings, data=chosen)
    settings = apply_overrides(settings, overrides)
    catalog.check_kind(settings.data.name, settings.data, model)
    examples = loaded.load(settings.data, settings.train.seed)
    if settings.train.batch_size > examples.size("train"):
        raise UserError(
            f"--set train.batch_size={settings.train.batch_size}: expected at"
            f" most the {examples.size('train')} training examples."
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
    # Until there is a checkpoint, there is nothing that other settings spoil.
    if any(pathlib.Path(workdir).glob("checkpoints/*-[0-9]*")):
        _check_same(read_config(workdir), config, workdir)
    experiment = Experiment(workdir, config)
    experiment.__dict__["data"] = examples
    return experiment


def default_workdir(model: str, data: str) -> pathlib.Path:
    """Returns `runs/<model>-<data>`, a single folder for any name of data."""
    return pathlib.Path("runs") / re.sub(r"[^\w.-]+", "-", f"{model}-{data}")


def _preset_for(data: str | None, presets: Mapping[str, Preset]) -> str:
    """The first preset for this data, else for data of this kind."""

    def same_kind(preset):
        synthetic = catalog.SYNTHETIC
        return (preset.data.name in synthetic) == (data in synthetic)

    names = [n for n, p in presets.items() if p.data.name == data]
    names += [n for n, p in presets.items() if data and same_kind(p)]
    return (names or list(presets))[0]


def resume(
    workdir: str | os.PathLike, overrides: Iterable[str] = ()
) -> Experiment:
    """Returns the experiment that a workdir holds.

    Args:
      workdir: its folder.
      overrides: `name=value` strings, of settings that may change.

    Raises:
      UserError: the folder holds none, or it is of other settings.
    """
    held = read_config(workdir)
    config = apply_overrides(held, overrides)
    _check_same(held, config, workdir)
    return Experiment(workdir, config)


def read_config(workdir: str | os.PathLike) -> RunConfig:
    """Reads `config.json`.

    Raises:
      UserError: it is missing, damaged or of another version.
    """
    path = pathlib.Path(workdir) / "config.json"
    try:
        values = json.loads(path.read_text())
        model = values["model"]
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(
            f"--workdir={workdir}: there is no {path.name}; name the folder of"
            " a run of python -m apps.train."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: not readable as JSON ({error}).") from error
    module = registry.get(model).load()
    data = next(iter(module.PRESETS.values())).data
    return from_dict(RunConfig, values, network=module.Config, data=type(data))


def write_config(workdir: str | os.PathLike, config: RunConfig) -> None:
    """Writes `config.json`, whole or not at all.

    Raises:
      UserError: the folder cannot be written.
    """
    write_text(pathlib.Path(workdir) / "config.json", to_json(config))


def _check_same(
    old: RunConfig, new: RunConfig, workdir: str | os.PathLike
) -> None:
    """Raises `UserError` unless a run of `old` may go on as `new`."""
    before = dataclasses.asdict(old) if old.model != new.model else flatten(old)
    after = dataclasses.asdict(new) if old.model != new.model else flatten(new)
    for name, value in after.items():
        if name not in _FREE and before.get(name) != value:
            # A vocabulary is no value that an error can print.
            was, now = (f"{v!s:.60}" for v in (before.get(name), value))
            raise UserError(
                f"--workdir={workdir}: holds a run with {name}={was}, not"
                f" {now}; use another --workdir, or the settings of its"
                " config.json."
            )
