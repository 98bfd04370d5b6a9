"""The library for people who write Python; see `tfgen`."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from export.report import Report
from export.run import export_run
from tfgen.capabilities import ANY_SIZE, input_spec, noise_of, posterior
from tfgen.data.captions import attributes_of
from tfgen.data.keys import key
from tfgen.data.loaded import gather, reads_data
from tfgen.data.streams import TABLES, uniform
from tfgen.errors import UserError, one_of
from tfgen.evaluate.latent import interpolate
from tfgen.measures.translations import inputs_of
from tfgen.nli.pair_classifier import PairClassifier
from tfgen.nli.pairs import Pair
from tfgen.nn import any_size
from tfgen.nn.cells import in_cells, middle
from tfgen.projection import Search, method, noise_size
from tfgen.run import Arrays, Run, check_noise
from tfgen.scoring import samples, score, translations
from tfgen.scoring.image_inputs import read_image
from tfgen.scoring.outputs import Output
from tfgen.train.strategy import make_strategy
from tfgen.viz.images import sheet, write_png

_BATCH = 256
_MOST = 1 << 22  # numbers of a batch's examples


class ArrayRun(Run):
    """A run whose model answers: arrays in, arrays out.

    x is [N, H, W, C] or [N, D], as the data have it: gray levels 0 to
    levels - 1, or real numbers. Images without colours may be [N, H, W].
    Conditional models also take their conditions by name, one for all or N of
    them: `label=3`, `attributes=a`. In the place of `attributes` there may be
    a caption that says their names: `caption="a small red disc at the top
    left"`.
    """

    def log_prob(
        self, x: np.ndarray, draws: int = 10, **conditions: Any
    ) -> np.ndarray:
        """Returns log p(x) in nats, [N] float32.

        Of gray levels, it is the mean over draws of log p(x + u), u uniform in
        [0, 1), and of columns of multiples likewise. u is a function of x, as
        on servers, so an example has one value. The mean over a test split is
        minus the `nats` of its evaluation, up to the error of either's draws.

        Args:
          x: see above.
          draws: of u.
          **conditions: see above.

        Raises:
          UserError: no density, or other examples than the model's.
        """
        return self._mean_of_draws("log_prob", x, draws, conditions)

    def elbo(
        self, x: np.ndarray, draws: int = 10, **conditions: Any
    ) -> np.ndarray:
        """Returns a lower bound of log p(x) in nats, [N] float32.

        It is the mean over draws of z: over a test split, minus the
        `negative_elbo` (or the bound) of its evaluation, for as many draws.

        Args:
          x: see above.
          draws: of z and, where data are noisy, of noise.
          **conditions: see above.

        Raises:
          UserError: no such bound, or other examples than the model's.
        """
        return self._mean_of_draws("elbo", x, draws, conditions)

    def _mean_of_draws(self, capability, x, draws, conditions):
        x = self._examples(x)
        places = np.arange(len(x))
        values = self.of_draws(capability, x, draws, places, **conditions)
        return values.mean(axis=0, dtype=np.float64).astype(np.float32)

    def of_draws(
        self,
        capability: Literal["log_prob", "elbo"],
        x: np.ndarray,
        draws: int,
        places: np.ndarray,
        **conditions: Any,
    ) -> np.ndarray:
        """Returns `log_prob` or `elbo` for each draw, in nats, [draws, N].

        Args:
          capability: which.
          x: see `log_prob`.
          draws: likewise; where nothing is drawn there is one.
          places: [N], ascending: of `elbo`, which rows of the tables of noise
            are taken. The noise of `log_prob` is a function of x.
          **conditions: see above.

        Raises:
          UserError: see `log_prob`.
        """
        self._check(capability)
        spec, x = self.config.spec, self._examples(x)
        bound = capability == "elbo"
        if not (self.is_noisy or bound):
            return self._of(capability, x, conditions)[None]
        if draws < 1:
            raise UserError(f"draws={draws}: expected at least 1.")
        if self.is_noisy and spec.levels and np.any(x != np.floor(x)):
            raise UserError(
                "x: has gray levels that are not whole; expected 0 to"
                f" {spec.levels - 1}."
            )
        if not bound:
            return self._of_cells(x, draws, conditions)
        first, count = places[0], places[-1] - places[0] + 1
        values = []
        for draw in range(draws):
            # Those of an evaluation of the test split.
            keys = self.config.train.seed, "evaluate", "test", draw
            noisy = x
            if self.is_noisy:
                u = uniform(key(*keys), first, count, spec.shape)
                u = tf.gather(u, places - first)
                noisy = in_cells(tf.constant(x), spec.x, u).numpy()
            noise = self.model.noise["epsilon"]
            e = TABLES[noise.kind](
                key(*keys, "epsilon"), first, count, noise.shape
            )
            e = tf.gather(e, places - first).numpy()
            values.append(self._each("elbo", [noisy, e], conditions))
        return np.array(values)

    def _of_cells(self, x, draws, conditions):
        """`log_prob` [draws, N], with the noise that a server adds."""
        spec, given = self.config.spec, self._given(conditions, len(x))
        noise = self.once("noise", (draws, spec.levels), _noise_of_rows)
        size, parts = max(1, _MOST // (draws * spec.size)), []
        for i in range(0, len(x), size):
            part = x[i : i + size]
            u = tf.reshape(noise(tf.constant(part)), [-1, *spec.shape])
            many = tf.constant(np.repeat(part, draws, axis=0))
            noisy = in_cells(many, spec.x, u).numpy()
            own = {
                name: np.repeat(values[i : i + size], draws, axis=0)
                for name, values in given.items()
            }
            parts.append(self._each("log_prob", [noisy], own))
        return np.concatenate(parts).reshape(-1, draws).T

    def encode(self, x: np.ndarray, **conditions: Any) -> np.ndarray:
        """Returns the latents of x, [N, Z], in units of their prior.

        Several are a dict, by name.
        """
        return self._of("encode", x, conditions)

    def posterior(
        self, x: np.ndarray, **conditions: Any
    ) -> dict[str, np.ndarray]:
        """Returns mean and deviation of the latents given x, [N, Z] each.

        They are named as by the signature `encode`: `z` and `stddev`, or `z_1`,
        …, `stddev_1`, … of several.
        """
        return self._of("posterior", x, conditions)

    def reconstruct(self, x: np.ndarray, **conditions: Any) -> np.ndarray:
        """Returns what the model makes of x again, as x is."""
        return self._of("reconstruct", x, conditions)

    def energy(self, x: np.ndarray, **conditions: Any) -> np.ndarray:
        """Returns the energy of x, [N]: low where data are."""
        return self._of("energy", x, conditions)

    def decode(self, *latents: np.ndarray, **conditions: Any) -> np.ndarray:
        """Returns x of latents [N, Z], in the order of `model.latents`."""
        self._check("decode")
        shapes = [latent.shape for latent in self.model.latents.values()]
        found = [np.shape(z)[1:] for z in latents]
        if found != shapes:
            raise UserError(
                f"latents of shapes {found}; expected {shapes}, each after the"
                " number of examples."
            )
        latents = [np.asarray(z, np.float32) for z in latents]
        return self._each("decode", latents, conditions)

    def sample(
        self,
        count: int = 64,
        seed: int = 0,
        temperature: float = 1.0,
        **conditions: Any,
    ) -> np.ndarray:
        """Returns samples [count, ...].

        Args:
          count: how many.
          seed: of the noise.
          temperature: factor on it.
          **conditions: see above.
        """
        self._check("sample")
        if count < 1:
            raise UserError(f"count={count}: expected at least 1.")
        noise = _noise(count, seed, temperature, self.model.sample_noise)
        return self._each("sample", [noise], conditions)

    def complete(
        self,
        x: np.ndarray,
        mask: np.ndarray,
        seed: int = 0,
        temperature: float = 1.0,
        search: Search | None = None,
        **conditions: Any,
    ) -> np.ndarray:
        """Returns x, and what the model makes of the rest.

        A model without a way of its own looks for latents whose decoded x is
        near to what is known (Yeh et al. 2017, see `tfgen.projection`).

        Args:
          x: see above; what is not known may be anything.
          mask: as x, or of one example: 1 where x is known, else 0.
          seed: of the noise.
          temperature: factor on it.
          search: how latents are found; None is the model's own way, or
            `Search()`.
          **conditions: see above.
        """
        if search is None and not self.model.can("complete"):
            search = Search()
        self._check("decode" if search else "complete")
        x = self._examples(x)
        mask = np.broadcast_to(np.asarray(mask, np.float32), x.shape)
        size = noise_size(self.model, search)
        noise = _noise(len(x), seed, temperature, size)
        return self._each("complete", [x, mask, noise], conditions, search)

    def project(
        self,
        x: np.ndarray,
        seed: int = 0,
        temperature: float = 1.0,
        search: Search | None = None,
        **conditions: Any,
    ) -> np.ndarray:
        """Returns the latents whose decoded x is nearest, as `encode` does.

        Every model that decodes does this, also without an encoder: see
        `tfgen.projection`.

        Args:
          x: see above.
          seed: of the noise that the search starts from.
          temperature: factor on it.
          search: how; None is `Search()`.
          **conditions: see above.
        """
        self._check("decode")
        search = search or Search()
        x = self._examples(x)
        noise = _noise(
            len(x), seed, temperature, noise_size(self.model, search)
        )
        return self._each("project", [x, noise], conditions, search)

    def translate(
        self, x: np.ndarray, seed: int | np.random.Generator | None = None
    ) -> np.ndarray:
        """Returns pictures of the second domain, [N, H, W, C] gray levels.

        Networks of convolutions alone take pictures of any height and width,
        too; see `Model.other_sides`. Up to the next sides that they take, they
        see mirror images below and beside them.

        Args:
          x: see above.
          seed: of the model's noise, or what draws it; None is without noise.
            With noise there are no other heights and widths.

        Raises:
          UserError: the model does not translate, or has no noise.
        """
        if seed is None:
            return self._translated("translate", x, "x")
        name = "translate_with_noise"
        self._check(name)
        if not isinstance(seed, np.random.Generator):
            check_noise(seed)
        arrays = inputs_of(self.model, name, self._examples(x), seed)
        return self._each(name, arrays)

    def translate_back(self, y: np.ndarray) -> np.ndarray:
        """Returns pictures of the first domain, of the second's, likewise."""
        return self._translated("translate_back", y, "y")

    def _translated(self, name, picture, domain):
        self._check(name)
        *sides, channels = input_spec(self.model, domain).shape[1:]
        picture = np.asarray(picture, np.float32)
        if self.model.other_sides and picture.shape[3:] == (channels,):
            if picture.shape[1:3] != (*sides,):
                return self._each(f"{name}{ANY_SIZE}", [picture])
        picture = _like(picture, (*sides, channels), domain)
        return self._each(name, [picture])

    def write_translations(
        self,
        inputs: str | os.PathLike | Sequence[str | os.PathLike],
        output: str | os.PathLike,
        direction: Literal["forward", "back"] = "forward",
        size: Literal["trained", "own"] = "trained",
        seed: int | None = None,
    ) -> translations.WrittenPictures:
        """Writes a PNG file for each picture, in the other domain.

        Files of a folder keep their names and sub-folders. Inputs that cannot
        be read are left out; `bad.csv` in the output says why.

        Args:
          inputs: path or paths: image files and folders of them, `.npy`,
            `.npz`.
          output: folder; it is made.
          direction: from the first domain into the second, or back.
          size: of image files: resized and cropped to that of the training
            pictures, or each file's own.
          seed: of the model's noise, another for each picture; None is without
            noise.

        Raises:
          UserError: the model does not translate so, or has no noise; a bad
            input, or an output that holds inputs, or lies in them.
        """
        paths = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
        paths = [os.fspath(path) for path in paths]
        return translations.write(self, paths, output, direction, size, seed)

    @reads_data
    def write_samples(
        self,
        output: str | os.PathLike,
        count: int = 64,
        seed: int = 0,
        temperature: float = 1.0,
        **conditions: Any,
    ) -> None:
        """Writes samples into a folder of PNG files, a `.npz` or a `.csv` file.

        Args:
          output: see `tfgen.scoring.samples.write`.
          count: see `sample`.
          seed: likewise.
          temperature: likewise.
          **conditions: likewise. Without `label`, a model of classes draws them
            in turn; conditions of a table that are missing are those of its
            test rows.
        """
        spec, conditions = self.config.spec, self._in_words(conditions)
        missing = [n for n in self.model.conditions if n not in conditions]
        if missing == ["label"]:
            conditions["label"] = np.arange(count) % spec.num_classes
        elif missing and spec.columns:
            conditions |= self._of_test_rows(missing, count)
        x = self.sample(count, seed, temperature, **conditions)
        if spec.levels and not self.config.data.dequantize:
            x = np.round(x)  # level k is not the lower end of [k, k + 1)
        given = self._given(conditions, count)
        config = self.config
        samples.write(pathlib.Path(output), x, given, config.spec, config.data)

    def _of_test_rows(self, names, count):
        """Fields of test rows, which begin again after the last."""
        config = self.config
        logging.warning("%s: those of test rows.", ", ".join(names))
        size = min(count, self.data.size("test"))
        test = gather(self.data.eval_batches("test", config.train), size)
        rows = np.arange(count) % size
        return {name: test[name][rows] for name in names}

    def way(
        self, start: np.ndarray, end: np.ndarray, steps: int = 10, **conditions
    ) -> np.ndarray:
        """Returns examples on the way between two, [steps, ...].

        Args:
          start: an example.
          end: another one.
          steps: of the way, both ends included.
          **conditions: see above.

        Raises:
          UserError: the model does not encode into its latents and back.
        """
        self._check("encode")
        self._check("sample")
        model = self.model
        if model.unread:
            raise UserError(
                f"{self.config.model}: encode gives no"
                f" {', '.join(model.unread)}; a way needs all that an example"
                " is made of."
            )
        if not model.encodes_all:
            raise UserError(
                f"{self.config.model}: decodes no latents; a way needs it."
            )
        x = np.stack([start, end]).astype(np.float32)
        if model.dequantized:
            x = middle(x, self.config.spec.x)
        z = model.to_normal(self.encode(x, **conditions)).numpy()
        path = interpolate(z[0], z[1], steps)
        # A decoder that draws has numbers beside the latents', all alike.
        rest = np.zeros((steps, model.sample_noise - z.shape[1]), np.float32)
        path = np.concatenate([path, rest], axis=1)
        return self._each("sample", [path], conditions)

    def draw_way(
        self,
        start: str | os.PathLike,
        end: str | os.PathLike,
        steps: int = 10,
        output: str | os.PathLike | None = None,
        **conditions: Any,
    ) -> pathlib.Path:
        """Draws the way between two image files, and returns the picture.

        Args:
          start: path of a file.
          end: likewise.
          steps: see `way`.
          output: a `.png` file; None is `samples/way.png` of the workdir.
          **conditions: see above.
        """
        config = self.config
        ends = (
            read_image(os.fspath(path), config.spec, config.data.background)
            for path in (start, end)
        )
        x = self.way(*ends, steps, **conditions)
        path = pathlib.Path(output or self.workdir / "samples" / "way.png")
        return write_png(path, sheet(x, steps, config.spec.levels))

    def classify(
        self, x: np.ndarray | Sequence[tuple[str, str]]
    ) -> dict[str, np.ndarray]:
        """Returns `label` [N] and `probabilities` [N, K].

        Args:
          x: see above; of sentences, pairs (premise, hypothesis) of text.
        """
        self._check("classify")
        if not self.config.spec.words:
            return self._of("classify", x)
        pairs = [Pair(premise, hypothesis) for premise, hypothesis in x]
        found = list(PairClassifier(self).predict(pairs))
        labels = self.config.spec.labels
        return {
            "label": np.array([labels.index(p.label) for p in found], np.int32),
            "probabilities": np.array(
                [list(p.probabilities.values()) for p in found], np.float32
            ),
        }

    def score(
        self,
        inputs: str | os.PathLike | Sequence[str | os.PathLike],
        output: str | os.PathLike,
        capability: str = "",
        draws: int = 10,
        columns: Sequence[str] = ("premise", "hypothesis"),
        runner: Sequence[str] | None = None,
        **conditions: Any,
    ) -> Output:
        """Writes what the model says of each input, a row each, in order.

        Rows are written as they come. A process that was killed goes on where
        it was, by the same call. Inputs that cannot be read have a row that
        says nothing; beside the output, `<name>.bad.csv` says why.

        Args:
          inputs: path or paths: image files and folders of them, `.npy`,
            `.npz` (of which `x`, or `FILE.npz:NAME`), `csv:PATH` of tables,
            files of sentence pairs.
          output: `.csv`, or `.npz` with an array a column.
          capability: `classify` (`label`, `probabilities`), `log_prob` (nats;
            `log_prob_std_error` of the mean over draws), `energy`,
            `elbo` (nats, and its error likewise),
            `reconstruct` (`reconstruction_error`: the root of the mean squared
            difference, in units of x), `encode` (the latents); the first of
            them that the model has, if none is named.
          draws: see `log_prob`.
          columns: of premise and hypothesis.
          runner: options of Apache Beam's pipeline, `--runner=…`, whose workers
            compute the rows; None for this process.
          **conditions: see above; those that are missing are read from `.npz`
            files and tables.

        Returns:
          What was written: `done` rows, `bad` of them without an answer.

        Raises:
          UserError: no such capability or input, or an output that was begun
            otherwise.
        """
        if isinstance(inputs, str | os.PathLike):
            inputs = [inputs]
        return score.write(
            self,
            [os.fspath(path) for path in inputs],
            output,
            capability,
            draws,
            columns,
            runner,
            **self._in_words(conditions),
        )

    def export(
        self, quantize: str | Sequence[str] = ("float32",), **options
    ) -> list[Report]:
        """Writes and checks a SavedModel and TFLite files below `export/`.

        Args:
          quantize: kind of TFLite file, or several; see `export.export_run`.
          **options: likewise.
        """
        kinds = [quantize] if isinstance(quantize, str) else quantize
        return export_run(self, kinds, **options)

    def class_of(self, label: str | int) -> int:
        """Returns the number of a class of a conditional model.

        Args:
          label: its name or its number, counted from 0.

        Raises:
          UserError: there is none.
        """
        spec = self.config.spec
        if "label" not in self.model.conditions:
            raise UserError(f"label={label}: {self.config.model} takes none.")
        numbers = map(str, range(spec.num_classes))
        known = [*spec.labels, *numbers]
        place = known.index(one_of("label", str(label), known))
        return place - len(spec.labels) * (place >= len(spec.labels))

    def attributes_of(self, said: str | Sequence[str]) -> np.ndarray:
        """Returns attributes of a conditional model, [K] of 0 and 1.

        Args:
          said: names of those that there are, or a caption that says them.

        Raises:
          UserError: the model takes none, or see `tfgen.data.captions`.
        """
        return attributes_of(said, self.model)

    def _in_words(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Conditions, with attributes in the place of captions."""
        given = dict(conditions)
        if "caption" not in given:
            return given
        captions = given.pop("caption")
        if "attributes" in given:
            raise UserError("attributes: not with caption.")
        if isinstance(captions, str):
            given["attributes"] = self.attributes_of(captions)
        else:
            rows = [self.attributes_of(caption) for caption in captions]
            given["attributes"] = np.array(rows)
        return given

    def _check(self, capability: str) -> None:
        if not self.model.can(capability):
            raise UserError(f"{self.config.model}: has no {capability}.")

    def _examples(self, x: np.ndarray) -> np.ndarray:
        """X as float32, of the model's shape."""
        return _like(x, self.config.spec.shape, "x")

    def _of(self, capability, x, conditions=()):
        """Calls a capability of examples."""
        self._check(capability)
        return self._each(capability, [self._examples(x)], conditions)

    def _each(self, capability, arrays, conditions=(), search=None):
        """Calls a capability batch by batch."""
        N = len(arrays[0])
        given = self._given(conditions, N)
        key = self.model, search
        call = self.once(capability, key, _compiled(capability))
        largest = max(self.config.spec.size, *(a[:1].size for a in arrays))
        size = max(1, min(_BATCH, _MOST // largest))
        parts = [
            call(
                [tf.constant(a[i : i + size]) for a in arrays],
                {n: tf.constant(v[i : i + size]) for n, v in given.items()},
            )
            for i in _progress(range(0, N, size), capability)
        ]
        if isinstance(parts[0], Mapping):
            return {
                name: np.concatenate([part[name] for part in parts])
                for name in parts[0]
            }
        return np.concatenate(parts)

    def _given(self, conditions, count) -> dict[str, np.ndarray]:
        """The conditions, as many as examples."""
        conditions, wanted = self._in_words(conditions), self.model.conditions
        if set(conditions) != set(wanted):
            missing = [f"{n}=…" for n in wanted if n not in conditions]
            by = f", named by {', '.join(missing)}" if missing else ""
            raise UserError(
                f"{self.config.model}: conditions"
                f" {', '.join(conditions) or 'none'}; expected"
                f" {', '.join(wanted) or 'none'}{by}."
            )
        return {
            name: self._condition(name, value, count)
            for name, value in conditions.items()
        }

    def _condition(self, name, value, count) -> np.ndarray:
        kind = input_spec(self.model, name)
        value = np.asarray(value, kind.dtype.as_numpy_dtype)
        shape = (count, *kind.shape[1:])
        if value.shape not in (shape, shape[1:]):
            raise UserError(
                f"{name}: shape {value.shape}; expected {shape[1:]} or {shape}."
            )
        classes = self.config.spec.num_classes
        if name == "label" and not 0 <= value.min() <= value.max() < classes:
            raise UserError(
                f"label: expected 0 to {classes - 1}, got {value.min()} to"
                f" {value.max()}."
            )
        return np.broadcast_to(value, shape)


def _like(x: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Examples as float32 of a shape."""
    x = np.asarray(x, np.float32)
    if x.ndim == len(shape) and shape[-1] == 1:
        x = x[..., None]
    if x.shape[1:] != shape:
        raise UserError(
            f"{name}: examples of shape {x.shape[1:]}; expected {shape}."
        )
    return x


def _noise(count, seed, temperature, size):
    check_noise(seed, temperature)
    random = np.random.default_rng(seed)
    return temperature * random.standard_normal((count, size), np.float32)


def _noise_of_rows(key: tuple[int, int]) -> Callable:
    draws, levels = key

    @tf.function(reduce_retracing=True, autograph=False)
    def noise(x):
        return noise_of(x, draws, levels)

    return noise


def _compiled(capability: str) -> Callable:
    def make(key):
        model, search = key
        name = capability.removesuffix(ANY_SIZE)
        function = method(model, name, search)
        if name == "posterior":
            function = functools.partial(posterior, model)
        if name != capability:
            function = functools.partial(
                any_size.through, function, sides=model.other_sides
            )

        @tf.function(reduce_retracing=True, autograph=False)
        def call(arrays, given):
            return function(*arrays, **given)

        return call

    return make


def _progress(steps: range, what: str) -> Iterator[int]:
    return tqdm.tqdm(steps, desc=what, delay=5, leave=False, disable=None)


def fit(
    model: str,
    data: str | Arrays | None,
    workdir: str | os.PathLike | None,
    preset: str | None,
    settings: Mapping[str, Any],
    strategy: str,
    cache_dir: str | os.PathLike | None,
) -> ArrayRun:
    """See `tfgen.fit`."""
    overrides = [f"{name}={_typed(value)}" for name, value in settings.items()]
    run = ArrayRun.start(workdir, model, preset, data, overrides)
    run.cache_dir = cache_dir
    if run.chosen:
        logging.warning(run.chosen)
    run.train(make_strategy(strategy))
    return run


def _typed(value: Any) -> str:
    """A value as `--set` has it."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)


def load(
    workdir: str | os.PathLike,
    data: Arrays | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> ArrayRun:
    """See `tfgen.load`."""
    run = ArrayRun.resume(workdir, data=data)
    run.cache_dir = cache_dir
    return run
