"""What is drawn of a run: its samples, and what its latents mean.

samples/
  samples.png        images, or points of the plane, with what a flow makes of
                     both spaces (Dinh et al. 2017, figure 1)
  samples_given_N.png  that flow of points, if it is conditional: of each class,
                     up to four, or for the condition of the first test point
  beside_data.png    test images, and beside them as many samples (figure 5)
  interpolation.png  between test images, if the model encodes, or samples
  manifold.png       of four of them (Dinh et al. 2017, eq. 19)
  relabelled.png     test images with other labels or attributes, of a
                     conditional model (appendix F)
  categories.png     samples, a column for each category of such a code
  codes.png          samples, four rows for each number of the codes beside the
                     noise, which goes from -2 to 2: beyond the ends of uniform
                     ones (Chen et al. 2016, figure 2)
  chain.png          Markov chains, of models that draw by them: a row each,
                     from where it begins, some steps apart, up to the sample
  swaps.png          the first latent of the test image on the left, with the
                     others of that above, of codes of several latents
  resampled.png      test images, of whose latents all, a half, a quarter, … are
                     kept and the finer scales drawn anew (appendix D)
  traversal.png      of a test image, if the model encodes, or a sample: a row
                     for each number of the latents, in their order, which goes
                     from -3 to 3; if asked for
  enlarged_x2.png    samples so many times as large (appendix C), if asked for
  completions.png    test images, what is shown of them, and four ways in which
                     the model goes on: their upper halves, or what is asked
                     for
  projections.png    test images, and beside them the nearest that a model
                     decodes (`tfgen.projection`), if asked for
  receptive_field.png  how much of each pixel the one in the middle sees, which
                     is red, on test images: bright is much, black nothing
  reconstructions.png  test images x beside g(e(x)) (BiGAN, figure 4)
  neighbors.png      test images and the training images whose features are
                     nearest by cosine (BiGAN, figure 5)
  translations.png   test pictures x, the last frame where there are several,
                     what they are translated into, and y; translations_back.png
                     likewise from y to x, if the model does so
  samples.csv        of a table, with its columns; and pairs.png, columns of it
                     against each other
  pit.png            of a flow, histograms of the latents of test examples by
                     their prior's distribution function: flat if it is right
  filters_<network>.png  between images and a network's first hidden layer, or
                     a generator's last (BiGAN, figure 3)
"""

import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen import projection
from tfgen.config import RunConfig
from tfgen.data import scenes, table_file
from tfgen.data.captions import attributes_of, captions_of
from tfgen.data.loaded import Data, gather
from tfgen.errors import UserError
from tfgen.evaluate import latent as ways
from tfgen.evaluate.filters import image_filters
from tfgen.evaluate.nearest import nearest_neighbors
from tfgen.measures import pit
from tfgen.measures.features import data_statistics, features
from tfgen.measures.translations import WAYS, inputs_of, target
from tfgen.model import Model
from tfgen.nn.frames import colours_of
from tfgen.viz import images, pairs, plane, uniform

_CANDIDATES = 5_000  # training images among which neighbours are looked for
_FILTERS = 100
_IMAGES, _POINTS = 64, 4_000
_STEPS, _LATENTS = 11, 32  # columns of a traversal, and its rows at most
_TRANSLATED = 32
_CLASSES = 4  # of points, whose densities are drawn
_ATTRIBUTES = 8  # sets of attributes that samples are drawn with, a column each


class Pictures:
    """Draws models of one run."""

    def __init__(self, data: Data, config: RunConfig):
        """Nothing is computed before it is asked for.

        Args:
          data: of the run.
          config: of the run.
        """
        self._data, self._config = data, config
        self._attributes: np.ndarray | None = None  # [N], asked for
        self.of_images = len(config.spec.shape) == 3

    def write(
        self,
        model: Model,
        folder: pathlib.Path,
        count: int | None,
        temperature: float,
        seed: int,
        enlarge: Sequence[int] = (),
        attributes: str | Sequence[str] | None = None,
        traverse: bool = False,
        complete: str = "",
    ) -> list[pathlib.Path]:
        """Writes every picture there is of a model, and returns the files.

        Args:
          model: of images, points of the plane or a table; has `sample`.
          folder: gets PNG files, and CSV.
          count: of samples; None are 64 images, or 4,000 points or rows.
          temperature: factor on their noise.
          seed: of the noise.
          enlarge: also draw samples so many times as large.
          attributes: names of those that samples have, or a caption that says
            them; None are those of test images.
          traverse: also draw what each latent changes.
          complete: the part of images that is hidden, see
            `tfgen.projection.mask_of`; none is the lower half, of models with
            a way of their own to complete. If asked for, also projections.

        Raises:
          UserError: no larger samples, nothing to traverse or complete, or
            attributes that the data do not have.
        """
        self._attributes = None
        if attributes is not None:
            self._attributes = attributes_of(attributes, model)
        if traverse and not (model.latents and self.of_images):
            raise UserError(
                f"traverse: {self._config.model} on {self._config.data.name}:"
                " expected a model with latents, of images."
            )
        if enlarge and not (model.can("enlarged") and self.of_images):
            raise UserError(
                f"enlarge: {self._config.model} on {self._config.data.name}"
                " makes samples of one size."
            )
        can = model.can("decode", "complete")
        if complete and not (can and self.of_images):
            raise UserError(
                f"complete={complete}: {self._config.model} on"
                f" {self._config.data.name}: expected a model that decodes, of"
                " images."
            )
        if self._config.spec.columns:
            count = count or _POINTS
            made = self._write_table(model, folder, count, temperature, seed)
            return made + self._pit(model, folder)
        if not self.of_images:
            count = count or _POINTS
            made = self._write_plane(model, folder, count, temperature, seed)
            return made + self._pit(model, folder)
        if not model.can("sample"):
            return self._written(folder, self._translations(model))
        count = count or _IMAGES
        sheets = {
            "samples": self.sample_sheet(model, count, temperature, seed),
            "beside_data": self._beside_data(model, temperature, seed),
            **self._latent_sheets(model, seed),
            **(self._traversal(model, seed) if traverse else {}),
            **{
                # As many as have the area of the others.
                f"enlarged_x{times}": self.sample_sheet(
                    model.enlarged(times),
                    max(1, count // times**2),
                    temperature,
                    seed,
                )
                for times in enlarge
            },
            **self._categories(model, temperature, seed),
            **self._codes(model, seed),
            **self._chain(model, temperature, seed),
            **self._swaps(model),
            **self._feature_sheets(model),
            **self._completions(model, seed, complete),
            **(self._projections(model, seed) if complete else {}),
            **self._receptive_field(model),
            **self._filter_sheets(model),
            **self._translations(model),
        }
        return self._written(folder, sheets) + self._pit(model, folder)

    @staticmethod
    def _written(folder, sheets):
        return [
            images.write_png(folder / f"{name}.png", picture)
            for name, picture in sheets.items()
        ]

    def _pit(self, model, folder):
        if not pit.applies(model, self._config.spec):
            return []
        batches = self._data.eval_batches("test", self._config.train)
        panels = pit.panels(pit.Transform(model)(batches))
        return [uniform.uniform_histograms(folder / "pit.png", panels)]

    def sheet(self, model: Model) -> np.ndarray:
        """Returns the picture that training shows, [H, W, C] uint8.

        Args:
          model: of images; can `sample` or `translate`.
        """
        if model.can("sample"):
            return self.sample_sheet(model)
        return self.translation_sheet(model)

    def translation_sheet(
        self, model: Model, way: str = "translate"
    ) -> np.ndarray:
        """Returns a picture of x, translations and y, [H, W, 3] uint8.

        Args:
          model: translates.
          way: `translate_back` begins with y.
        """
        read, other, _ = WAYS[way]
        spec = self._config.spec
        fields = {"x": spec.x, "y": target(spec)}
        batch = self._batch("test", _TRANSLATED)
        arrays = inputs_of(model, way, batch[read])
        made = np.asarray(model.capability(way)(*arrays))
        sets = (batch[read], read), (made, other), (batch[other], other)
        panels = [
            _in_colour(x, fields[n].levels, colours_of(spec, fields[n]))
            for x, n in sets
        ]
        # x may be smaller than y.
        size = np.max([panel.shape[1:3] for panel in panels], axis=0)
        panels = [tf.image.resize(p, size, "nearest") for p in panels]
        rows = np.stack(panels, axis=1)
        names = (read, "translated", other) * 4
        rows = rows.reshape(-1, *rows.shape[2:])
        picture = images.sheet(rows, len(names), 256)
        return images.with_headings(picture, names)

    def _translations(self, model):
        return {
            f"translations{end}": self.translation_sheet(model, way)
            for way, (_, _, end) in WAYS.items()
            if model.can(way)
        }

    def sample_sheet(
        self,
        model: Model,
        count: int = _IMAGES,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> np.ndarray:
        """Returns a picture of samples, [H, W, C] uint8.

        Args:
          model: of images; can `sample`. If it is conditional, each column is
            a class, or has the attributes of one test image, or those asked
            for.
          count: of samples.
          temperature: factor on their noise.
          seed: of the noise.
        """
        noise = _noise(model, count, seed) * temperature
        x = model.sample(noise, **self._conditions(model, count)).numpy()
        if not model.conditions:
            return self._sheet(x, max(1, round(count**0.5)))
        # Several columns a condition where there would be many more rows.
        repeats = max(1, int(count**0.5 / self._columns(model)))
        return self._by_condition(model, x, repeats)

    def _beside_data(self, model, temperature, seed):
        """Draws data beside samples, as figure 5 of Dinh et al. 2017 does."""
        batch = self._batch("test", 64)
        x, given = batch["x"], model.given(batch)
        noise = _noise(model, len(x), seed) * temperature
        samples = model.sample(noise, **given).numpy()
        # A generator may make smaller images than the data are.
        x = tf.image.resize(x, samples.shape[1:3], antialias=True).numpy()
        columns = max(1, round(len(x) ** 0.5))
        return images.beside(
            self._sheet(x, columns), self._sheet(samples, columns)
        )

    def _latent_sheets(self, model, seed):
        """Pictures of ways between latents; of images, if it encodes."""
        if not model.latents:
            return {}
        z, given = self._ends(model, seed)
        steps, Z = 10, z.shape[-1]

        def sheet(z, rows, repeats, columns=steps):
            own = {
                n: np.repeat(v[rows], repeats, axis=0) for n, v in given.items()
            }
            return self._sheet(model.sample(z, **own).numpy(), columns)

        path = ways.interpolate(z[:8], z[8:16], steps).reshape(-1, Z)
        surface = ways.manifold(z[:4], steps).reshape(-1, Z)
        sheets = {
            "interpolation": sheet(path, slice(8), steps),
            "manifold": sheet(surface, slice(1), steps**2),
        }
        if model.conditions and model.encodes_all:
            # Appendix F: encode with the true condition, decode with each.
            columns = self._columns(model)
            own = self._conditions(model, 16 * columns)
            relabelled = model.sample(np.repeat(z, columns, axis=0), **own)
            sheets["relabelled"] = self._by_condition(model, relabelled.numpy())
        if model.can("latents_of_scales"):
            # Appendix D: 100 %, 50 %, … of the latents are kept.
            sizes = model.latents_of_scales()
            kept = ways.resampled(z[:8], _noise(model, 8, seed), sizes)
            kept = kept.reshape(-1, Z)
            sheets["resampled"] = sheet(kept, slice(8), len(sizes), len(sizes))
        return sheets

    def _categories(self, model, temperature, seed):
        """A column a category: Makhzani & Frey 2017, arXiv:1706.00531."""
        priors = [latent.prior for latent in model.latents.values()]
        if "categorical" not in priors:
            return {}
        sizes = [latent.shape[0] for latent in model.latents.values()]
        i = priors.index("categorical")
        first, K = sum(sizes[:i]), sizes[i]
        columns = min(K, _LATENTS)
        if columns < K:
            logging.warning(
                "categories.png: of %d categories, the first %d are drawn.",
                K,
                columns,
            )
        noise = _noise(model, 8 * columns, seed) * temperature
        noise[:, first : first + K] = np.tile(np.eye(K)[:columns], (8, 1))
        given = self._first_condition(model, len(noise))
        x = model.sample(noise, **given).numpy()
        return {"categories": self._sheet(x, columns)}

    def _chain(self, model, temperature, seed):
        """A row a chain; at most so many columns as other ways have."""
        if not model.can("chain"):
            return {}
        noise = tf.constant(_noise(model, 8, seed) * temperature)
        x = model.chain(model.uniforms(noise)).numpy()
        steps = x.shape[1] - 1
        x = x[:, :: max(1, -(-steps // (_STEPS - 1)))]
        rows = x.reshape(-1, *x.shape[2:])
        return {"chain": self._sheet(rows, x.shape[1])}

    def _codes(self, model, seed):
        """Draws the effect of codes that `encode` reads, and of other noise."""
        if not model.unread or not model.can("decode"):
            return {}
        count = 4
        latents = model.prior(_noise(model, count, seed))
        latents = [np.repeat(z, _STEPS, axis=0) for z in latents]
        path = np.tile(np.linspace(-2, 2, _STEPS), count)
        given = self._first_condition(model, len(path))
        rows = []
        for i, (name, latent) in enumerate(model.latents.items()):
            if name in model.unread or latent.prior == "categorical":
                continue
            for n in range(latent.shape[0]):
                moved = [z.copy() for z in latents]
                moved[i][:, n] = path
                rows.append(model.decode(*moved, **given).numpy())
        if not rows:
            return {}
        return {"codes": self._sheet(np.concatenate(rows), _STEPS)}

    def _swaps(self, model):
        """Images made of the codes of two."""
        both = model.encodes_all and model.can("decode")
        if len(model.latents) < 2 or not both:
            return {}
        x, given = self._pairs(model)
        first, *others = (z.numpy() for z in model.encode(x, **given).values())
        left, above = np.indices((8, 8)).reshape(2, -1)
        given = {name: value[left] for name, value in given.items()}
        made = model.decode(
            first[left], *(z[8 + above] for z in others), **given
        )
        made = made.numpy().reshape(8, 8, *x.shape[1:])
        rows = np.concatenate([x[:8, None], made], axis=1)
        top = np.concatenate([np.zeros_like(x[:1]), x[8:]])
        picture = np.concatenate([top, rows.reshape(-1, *x.shape[1:])])
        return {"swaps": self._sheet(picture, 9)}

    def _ends(self, model, seed):
        """16 latents as normal numbers, between which ways are; conditions."""
        if model.encodes_all:
            x, given = self._pairs(model)
            z = model.to_normal(model.encode(x, **given))
            # A decoder that draws has numbers beside the latents'.
            rest = _noise(model, len(x), seed)[:, model.latent_size :]
            return np.concatenate([z, rest], axis=1), given
        return _noise(model, 16, seed), self._first_condition(model, 16)

    def _traversal(self, model, seed):
        """One latent a row, in deviations of its prior; the others stay."""
        z, given = self._ends(model, seed)
        rows = min(model.latent_size, _LATENTS)
        if rows < model.latent_size:
            logging.warning(
                "traverse: of %d latents, the first %d are drawn.",
                model.latent_size,
                rows,
            )
        path = ways.traversal(z[0], rows, _STEPS).reshape(-1, z.shape[-1])
        given = {n: np.repeat(v[:1], len(path), 0) for n, v in given.items()}
        x = model.sample(path, **given).numpy()
        return {"traversal": self._sheet(x, _STEPS)}

    def _pairs(self, model):
        """16 test examples and their conditions.

        The ends i and i + 8 of a way, and the first four, which a manifold goes
        through, are of one class if the model is conditional.
        """
        batches = self._data.eval_batches("test", self._config.train)
        batch = next(iter(batches.as_numpy_iterator()))
        rows = np.arange(16)
        if "label" in model.conditions:
            label = batch["label"]
            classes = [np.flatnonzero(label == c) for c in np.unique(label)]
            eight = np.resize(classes[0], 8)
            twos = [
                np.resize(c, 2) for c in (classes[1:] * 4 or classes * 4)[:4]
            ]
            left, right = np.transpose(twos)
            rows = np.concatenate([eight[:4], left, eight[4:], right])
        given = {name: v[rows] for name, v in model.given(batch).items()}
        return batch["x"][rows], given

    def _feature_sheets(self, model):
        """Pictures of what a model keeps of test images."""
        sheets = {}
        batch = self._batch("test", 32)
        x = batch["x"]
        if model.can("reconstruct"):
            again = model.reconstruct(x, **model.given(batch)).numpy()
            # A generator may make smaller images than the encoder sees.
            small = tf.image.resize(x, again.shape[1:3], antialias=True).numpy()
            sheets["reconstructions"] = self._paint(
                images.pair_sheet, small, again, columns=4
            )
        if model.can("features"):
            seen = self._examples("train", _CANDIDATES)
            with data_statistics(model, seen, self._config.train.batch_size):
                ours, others = (
                    next(iter(features(model, some).values()))
                    for some in (x[:8], seen)
                )
            nearest = nearest_neighbors(ours, others, 6, metric="cosine")
            sheets["neighbors"] = self._paint(
                images.neighbor_sheet, x[:8], seen[nearest]
            )
        return sheets

    def _completions(self, model, seed, hidden):
        own = model.can("complete")
        if not (own or hidden):
            return {}
        batch, columns = self._batch("test", 8), 4
        x = batch["x"]
        mask = projection.mask_of(hidden or "bottom", x.shape[1:], len(x), seed)
        again = {
            name: np.repeat(value, columns, axis=0)
            for name, value in {**model.given(batch), "mask": mask}.items()
        }
        search = None if own else projection.Search()
        noise = _noise(model, len(x) * columns, seed, search)
        # Thousands of steps, of some models.
        complete = tf.function(
            projection.method(model, "complete", search), autograph=False
        )
        made = complete(np.repeat(x, columns, axis=0), noise=noise, **again)
        made = made.numpy().reshape(len(x), columns, *x.shape[1:])
        rows = np.concatenate([x[:, None], (x * mask)[:, None], made], axis=1)
        picture = self._sheet(rows.reshape(-1, *x.shape[1:]), 2 + columns)
        return {"completions": picture}

    def _projections(self, model, seed):
        if not model.can("decode"):
            return {}
        batch, search = self._batch("test", 32), projection.Search()
        x, given = batch["x"], model.given(batch)
        noise = _noise(model, len(x), seed, search)
        project = tf.function(
            projection.method(model, "project", search), autograph=False
        )
        z = model.to_normal(project(x, noise, **given))
        made = model.decode(*model.prior(z), **given).numpy()
        x = tf.image.resize(x, made.shape[1:3], antialias=True).numpy()
        picture = self._paint(images.pair_sheet, x, made, columns=4)
        return {"projections": picture}

    def _receptive_field(self, model):
        if not model.can("receptive_field"):
            return {}
        batch = self._batch("test", 64)
        seen = model.receptive_field(batch["x"], **model.given(batch))
        return {"receptive_field": images.influence(seen.numpy())}

    def _filter_sheets(self, model):
        sheets = {}
        networks = model.named_networks()
        for name in ("encoder", "discriminator", "critic", "generator"):
            if not (network := networks.get(name)):
                continue
            filters = image_filters(
                network, self._config.spec.shape, makes=name == "generator"
            )
            if filters is not None:
                sheets[f"filters_{name}"] = images.filter_sheet(
                    filters[..., :_FILTERS], columns=10
                )
        return sheets

    def _batch(self, split, most):
        batches = self._data.eval_batches(split, self._config.train)
        return gather(batches, most)

    def _examples(self, split, most):
        return self._batch(split, most)["x"]

    def _write_plane(self, model, folder, count, temperature, seed):
        batch = self._batch("test", _POINTS)
        noise = _noise(model, count, seed) * temperature

        def write(name, x, given, **flow):
            samples = model.sample(noise, **given).numpy()
            path = folder / f"{name}.png"
            return plane.plane_figure(path, x, samples, **flow)

        if not model.conditions:
            flow = _flow(model, noise, {})
            return [write("samples", batch["x"], {}, **flow)]
        made = [write("samples", batch["x"], self._conditions(model, count))]
        if not model.can("log_prob"):
            return made
        given = model.given(batch)
        for i, (title, rows) in enumerate(self._each_condition(given)):
            one = {n: v[rows[:1]] for n, v in given.items()}
            again = {n: np.repeat(v, count, axis=0) for n, v in one.items()}
            flow = _flow(model, noise, one) | {"title": title}
            x = batch["x"][rows]
            made.append(write(f"samples_given_{i}", x, again, **flow))
        return made

    def _each_condition(self, given):
        """Names of conditions with a density, and the rows that have each."""
        if [*given] != ["label"]:
            first = {n: np.round(v[0], 2).tolist() for n, v in given.items()}
            title = ", ".join(f"{n} {value}" for n, value in first.items())
            return [(title, np.arange(len(next(iter(given.values())))))]
        spec, label = self._config.spec, given["label"]
        classes = np.unique(label)
        if len(classes) > _CLASSES:
            logging.warning(
                "samples_given_N.png: of %d classes, the first %d are drawn.",
                len(classes),
                _CLASSES,
            )
        names = spec.labels or range(spec.num_classes)
        return [
            (f"label {names[c]}", np.flatnonzero(label == c))
            for c in classes[:_CLASSES]
        ]

    def _write_table(self, model, folder, count, temperature, seed):
        """Samples as a table, and beside the data.

        The conditions of a conditional model are those of test rows.
        """
        spec, config = self._config.spec, self._config.data
        test = self._batch("test", max(count, _POINTS))
        rows = np.arange(count) % len(test["x"])
        given = {n: v[rows] for n, v in model.given(test).items()}
        noise = _noise(model, count, seed) * temperature
        x = model.sample(noise, **given).numpy()
        columns = table_file.as_columns(spec, {"x": x, **given}, config)
        path = folder / "samples.csv"
        table_file.write_csv(path, columns)
        names = [column.name for column in spec.columns]
        picture = pairs.pair_figure(folder / "pairs.png", names, test["x"], x)
        return [path, picture]

    def _conditions(self, model, count):
        """Those of a conditional model, which repeat: a column each.

        Labels 0, 1, …, K-1; or attributes of test images, or those asked for.
        """
        if not model.conditions:
            return {}
        columns = np.arange(count) % self._columns(model)
        if "label" in model.conditions:
            return {"label": columns.astype(np.int32)}
        if self._attributes is not None:
            return {"attributes": np.tile(self._attributes, (count, 1))}
        batch = self._batch("test", _ATTRIBUTES)
        return {n: v[columns % len(v)] for n, v in model.given(batch).items()}

    def _first_condition(self, model, count):
        """The first of `_conditions`, so often."""
        given = self._conditions(model, 1)
        return {name: np.repeat(v, count, 0) for name, v in given.items()}

    def _columns(self, model):
        """How many conditions there are to draw."""
        if "label" in model.conditions:
            return max(self._config.spec.num_classes, 1)
        return _ATTRIBUTES

    def _by_condition(self, model, x, repeats=1):
        """A column a condition, again and again, under its name."""
        picture = self._sheet(x, repeats * self._columns(model))
        if names := self._names(model):
            picture = images.with_headings(picture, names * repeats)
        return picture

    def _names(self, model):
        """Of classes, or captions; none where conditions have none."""
        spec = self._config.spec
        if "label" in model.conditions:
            return spec.labels or tuple(map(str, range(spec.num_classes)))
        if scenes.WORDS not in [field.names for field in spec.fields]:
            return ()
        given = self._conditions(model, _ATTRIBUTES)["attributes"]
        return tuple(captions_of(row)[0] for row in given)

    def _sheet(self, x, columns):
        return self._paint(images.sheet, x, columns=columns)

    def _paint(self, layout, *sets, **options):
        # Where the data are whole levels, k is not the lower end of [k, k + 1).
        if not self._config.data.dequantize:
            sets = map(np.round, sets)
        return layout(*sets, levels=self._config.spec.levels, **options)


def _in_colour(x, levels, colours):
    """Pictures as uint8 in three colours, the last frame of several."""
    shades = images.shades(np.rint(x), levels)[..., -colours:]
    frame = shades[..., -3:] if colours % 3 == 0 else shades[..., -1:]
    return np.broadcast_to(frame, (*frame.shape[:3], 3))


def _flow(model, noise, one):
    """Density of points and, of a flow, its ways, all given one condition."""

    def given(method):
        def call(points):
            N = len(points)
            again = {n: np.repeat(v, N, axis=0) for n, v in one.items()}
            return method(points, **again).numpy()

        return call

    if not model.can("log_prob"):
        return {}
    flow = {"log_prob": given(model.log_prob)}
    if model.can("encode"):
        ways = given(model.encode), given(model.decode)
        flow["map"] = plane.Map(noise, *ways)
    return flow


def _noise(model, count, seed, search=None):
    """Of samples, or of the starts of a search."""
    random = np.random.default_rng(seed)
    size = projection.noise_size(model, search)
    return random.standard_normal((count, size), np.float32)
