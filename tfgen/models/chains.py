"""Models whose samples are the last states of Markov chains."""

import tensorflow as tf


class Walks:
    """Methods of such models.

    They have `first(uniforms)`, a state of tensors [B, N], of which the first
    begins with x, and uniform numbers [B, T, M] of T steps; and
    `walk(state, u)`, the next state by numbers [B, M].
    """

    def chain(self, uniforms):
        """Returns all states' x, [B, T + 1, ...], of which `draw` is the last.

        Args:
          uniforms: [B, sample_noise] in [0, 1).
        """
        state, u = self.first(uniforms)
        seen = [self._seen(state)]
        for t in range(u.shape[1]):
            state = self.walk(state, u[:, t])
            seen.append(self._seen(state))
        return tf.stack(seen, axis=1)

    def draw(self, uniforms):
        """Returns x [B, ...] of numbers [B, sample_noise] in [0, 1)."""
        state, u = self.first(uniforms)
        T = u.shape[1]
        _, *state = tf.while_loop(
            lambda t, *_: t < T,
            lambda t, *state: (
                t + 1,
                *self.walk(state, tf.gather(u, t, axis=1)),
            ),
            (0, *state),
            maximum_iterations=T,
        )
        return self._seen(state)

    def _seen(self, state):
        x = state[0][:, : self.spec.size]
        return tf.reshape(x, [-1, *self.spec.shape])
