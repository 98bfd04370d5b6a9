"""What is drawn of a run: its samples, and what its latents mean.

samples/
  samples.png        images, or points of the plane with a flow's density
  interpolation.png  between test images, if the model encodes, or samples
  manifold.png       of four of them (Dinh et al. 2017, eq. 19)
  relabelled.png     test images with other labels, of a conditional model
  reconstructions.png  test images x beside g(e(x)) (BiGAN, figure 4)
  neighbors.png      test images and the training images whose features are
                     nearest by cosine (BiGAN, figure 5)
  filters_<network>.png  between images and a network's first hidden layer, or
                     a generator's last (BiGAN, figure 3)
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import RunConfig
from tfgen.data.loaded import Data, gather
from tfgen.evaluate import latent
from tfgen.evaluate.filters import image_filters
from tfgen.evaluate.nearest import nearest_neighbors
from tfgen.feature_quality import data_statistics, features
from tfgen.viz import images, plane

_CANDIDATES = 5_000  # training images among which neighbours are looked for
_FILTERS = 100


class Pictures:
    """Draws models of one run."""

    def __init__(self, data: Data, config: RunConfig):
        """Nothing is computed before it is asked for.

        Args:
          data: of the run.
          config: of the run.
        """
        self._data, self._config = data, config
        self.of_images = len(config.spec.shape) == 3
        self._conditional = getattr(config.network, "conditional", False)

    def write(
        self,
        model: keras.Model,
        folder: pathlib.Path,
        count: int,
        temperature: float,
        seed: int,
    ) -> list[pathlib.Path]:
        """Writes every picture there is of a model, and returns the files.

        Args:
          model: of images or of points of the plane; has `sample`.
          folder: gets PNG files.
          count: of sampled images.
          temperature: factor on their noise.
          seed: of the noise.
        """
        if not self.of_images:
            return [self._write_plane(model, folder / "samples.png", seed)]
        grids = {
            "samples": self.sample_grid(model, count, temperature, seed),
            **self._latent_grids(model, seed),
            **self._feature_grids(model),
            **self._filter_grids(model),
        }
        return [
            images.write_png(folder / f"{name}.png", picture)
            for name, picture in grids.items()
        ]

    def sample_grid(
        self,
        model: keras.Model,
        count: int = 64,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> np.ndarray:
        """Returns a picture of samples, [H, W, C] uint8.

        Args:
          model: of images; has `sample`. If it is conditional, each column is
            a class.
          count: of samples.
          temperature: factor on their noise.
          seed: of the noise.
        """
        noise = _noise(model, count, seed) * temperature
        x = model.sample(noise, self._labels(count)).numpy()
        classes = self._config.spec.num_classes
        columns = classes if self._conditional else max(1, round(count**0.5))
        return self._grid(x, columns)

    def _latent_grids(self, model, seed):
        """Pictures of ways between latents; of images, if it encodes."""
        batch = next(iter(self._data.eval_batches("test", self._config.train)))
        x = batch["x"][:16]
        label = batch.get("label", tf.zeros(16, tf.int32))[:16]
        encodes = hasattr(model, "encode")
        # Ways between latents are those of normal ones.
        normal = encodes and not hasattr(model, "noise_of")
        draw = model.decode if normal else model.sample

        def grid(z, label, columns):
            return self._grid(draw(z, label).numpy(), columns)

        if encodes:
            z = model.encode(x, label)
            z = (z if normal else model.noise_of(z)).numpy()
        else:
            z = _noise(model, 16, seed)
        steps, Z = 10, z.shape[-1]
        path = latent.interpolate(z[:8], z[8:16], steps).reshape(-1, Z)
        surface = latent.manifold(z[:4], steps).reshape(-1, Z)
        grids = {
            "interpolation": grid(path, np.repeat(label[:8], steps), steps),
            "manifold": grid(surface, np.repeat(label[:1], steps**2), steps),
        }
        if self._conditional:
            # Appendix F: encode with the true label, decode with each.
            classes = self._config.spec.num_classes
            grids["relabelled"] = grid(
                np.repeat(z, classes, axis=0),
                self._labels(16 * classes),
                classes,
            )
        return grids

    def _feature_grids(self, model):
        """Pictures of what a model keeps of test images."""
        grids = {}
        x = self._examples("test", 32)
        if hasattr(model, "reconstruct"):
            again = model.reconstruct(x).numpy()
            # A generator may make smaller images than the encoder sees.
            small = tf.image.resize(x, again.shape[1:3], antialias=True).numpy()
            grids["reconstructions"] = self._paint(
                images.pair_grid, small, again, columns=4
            )
        if hasattr(model, "feature_layers"):
            seen = self._examples("train", _CANDIDATES)
            with data_statistics(model, seen, self._config.train.batch_size):
                ours, others = (
                    next(iter(features(model, some).values()))
                    for some in (x[:8], seen)
                )
            nearest = nearest_neighbors(ours, others, 6, metric="cosine")
            grids["neighbors"] = self._paint(
                images.neighbor_grid, x[:8], seen[nearest]
            )
        return grids

    def _filter_grids(self, model):
        grids = {}
        for name in ("encoder", "discriminator", "critic", "generator"):
            network = getattr(model, name, None)
            if network is None:
                continue
            filters = image_filters(
                network, self._config.spec.shape, makes=name == "generator"
            )
            if filters is not None:
                grids[f"filters_{name}"] = images.filter_grid(
                    filters[..., :_FILTERS], columns=10
                )
        return grids

    def _examples(self, split, most):
        batches = self._data.eval_batches(split, self._config.train)
        return gather(batches, most)["x"]

    def _write_plane(self, model, path, seed):
        x = self._examples("test", 4000)
        flow = {}
        if hasattr(model, "log_prob"):
            flow = {
                "latents": model.encode(x).numpy(),
                "log_prob": lambda points: model.log_prob(points).numpy(),
            }
        samples = model.sample(_noise(model, 4000, seed)).numpy()
        return plane.plane_figure(path, x, samples, **flow)

    def _labels(self, count):
        """0, 1, …, N-1, 0, …: a column a class."""
        return np.arange(count, dtype=np.int32) % max(
            self._config.spec.num_classes, 1
        )

    def _grid(self, x, columns):
        return self._paint(images.grid, x, columns=columns)

    def _paint(self, layout, *sets, **options):
        # Where the data are whole levels, k is not the lower end of [k, k + 1).
        if not self._config.data.dequantize:
            sets = map(np.round, sets)
        return layout(*sets, levels=self._config.spec.levels, **options)


def _noise(model, count, seed):
    random = np.random.default_rng(seed)
    return random.standard_normal((count, *model.latent_shape), np.float32)
