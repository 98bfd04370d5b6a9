"""The multi-scale architecture: half of the dimensions leave at each scale."""

from collections.abc import Sequence

import tensorflow as tf

from tfgen.bijectors.base import Bijector


class MultiScale(Bijector):
    """`(z_i, h_i) = f_i(h_{i-1}),  z_L = f_L(h_{L-1}),  z = (z_1, ..., z_L)`.

    Eqs. 13-16 of Dinh et al. 2017 (arXiv:1605.08803), from images [B, H, W, C]
    to vectors [B, H*W*C]. Each f_i but the last ends with 2 x 2 squares, rows
    first (`Squeeze`). Of these the upper row goes on as h_i and the lower one
    leaves as z_i; or one diagonal and the other, which leaves a checkerboard.
    """

    def __init__(
        self,
        scales: Sequence[Bijector],
        shape: tuple[int, int, int],
        diagonal: bool = False,
        name: str = "multi_scale",
    ):
        """Composes the scales.

        Args:
          scales: f_1, ..., f_L.
          shape: (H, W, C) of the input.
          diagonal: see above.
          name: of the bijector.
        """
        self._scales = tuple(scales)
        self._shape, self._diagonal = tuple(shape), diagonal
        self.latent_shapes = []  # of z_1, ..., z_L
        h_shape = tf.TensorShape(shape)
        for scale in self._scales:
            h_shape = scale.forward_event_shape(h_shape)
            if scale is not self._scales[-1]:
                height, width, channels = h_shape
                if channels % (4 if diagonal else 2):
                    raise ValueError(
                        f"{name}: cannot factor out half of {channels} channels"
                    )
                h_shape = tf.TensorShape([height, width, channels // 2])
            self.latent_shapes.append(tuple(h_shape))
        super().__init__(3, name, inverse_event_ndims=1)

    def forward_and_log_det(self, x, **kwargs):
        h, total, latents = x, 0.0, []
        for scale in self._scales[:-1]:
            h, log_det = scale.forward_and_log_det(h, **kwargs)
            h, z = tf.split(self._ordered(h), 2, axis=-1)
            latents.append(z)
            total += log_det
        z, log_det = self._scales[-1].forward_and_log_det(h, **kwargs)
        latents.append(z)
        sizes = [tf.TensorShape(s).num_elements() for s in self.latent_shapes]
        flat = [tf.reshape(z, [-1, n]) for z, n in zip(latents, sizes)]
        return tf.concat(flat, axis=-1), total + log_det

    def inverse_and_log_det(self, y, **kwargs):
        latents = self.split(y)
        h, total = self._scales[-1].inverse_and_log_det(latents[-1], **kwargs)
        for scale, z in zip(self._scales[-2::-1], latents[-2::-1]):
            h = self._ordered(tf.concat([h, z], axis=-1))
            h, log_det = scale.inverse_and_log_det(h, **kwargs)
            total += log_det
        return h, total

    def _ordered(self, h):
        """Puts what goes on before what leaves, or back."""
        if not self._diagonal:
            return h
        upper_left, upper_right, lower_left, lower_right = tf.split(h, 4, -1)
        # An exchange, and thus its own inverse.
        parts = [upper_left, lower_right, lower_left, upper_right]
        return tf.concat(parts, axis=-1)

    def split(self, z: tf.Tensor) -> list[tf.Tensor]:
        """Cuts z [B, D] into z_1, ..., z_L, each [B, H_i, W_i, C_i]."""
        sizes = [tf.TensorShape(s).num_elements() for s in self.latent_shapes]
        parts = tf.split(z, sizes, axis=-1)
        return [
            tf.reshape(part, (-1, *shape))
            for part, shape in zip(parts, self.latent_shapes)
        ]

    def _forward_event_shape(self, shape):
        return tf.TensorShape([shape.num_elements()])

    def _inverse_event_shape(self, shape):
        return tf.TensorShape(self._shape)
