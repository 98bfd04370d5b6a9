"""Sentence pairs as a run uses them; see `tfgen.data.loaded`."""

from __future__ import annotations

from tfgen.config import DataSpec
from tfgen.data.keys import digest
from tfgen.errors import UserError
from tfgen.nli import batches, catalog, glove
from tfgen.nli.encode import EncodedPairs
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.vocabulary import SPECIAL, Vocabulary

# XLA compiles every width anew: few widths are worth some padding.
_XLA_MULTIPLE = 8


class Pairs:
    """Sentence pairs; each split is read when it is needed, and kept."""

    noisy = False

    def __init__(
        self, config: NliDataConfig, seed: int, spec: DataSpec | None = None
    ):
        """Takes words and labels of `spec`, or those of the training split.

        With word vectors the words of the other splits are known, too.

        Args:
          config: name and settings.
          seed: of the grammar and of words without a vector.
          spec: of a model that exists.

        Raises:
          UserError: see `catalog.pair_source`.
        """
        self.config, self.seed = config, seed
        self._splits: dict[str, EncodedPairs] = {}
        self.vocabulary, self.labels = None, ()
        if spec:
            self.vocabulary = Vocabulary(spec.vocabulary)
            self.labels = spec.labels
        else:
            # With word vectors, words that training lacks are close to similar
            # ones (Liu et al. 2016, section 3.2).
            others = ("validation", "test") if config.glove else ()
            more = {w for n in others for w in catalog.words(config, seed, n)}
            train, self.vocabulary = catalog.prepare(
                config, seed, "train", more=more
            )
            self._splits["train"], self.labels = train, train.labels
        self.spec = DataSpec(
            num_classes=len(self.labels),
            labels=self.labels,
            words=" ".join(self.vocabulary.tokens[len(SPECIAL) :]),
            lower=config.lower,
            max_length=config.max_length,
        )

    def split(self, name: str) -> EncodedPairs:
        """Returns a split as ids."""
        if name not in self._splits:
            self._splits[name], self.vocabulary = catalog.prepare(
                self.config, self.seed, name, self.vocabulary, self.labels
            )
        return self._splits[name]

    def size(self, split):
        """See `Data`."""
        return len(self.split(split))

    def digest(self, split):
        """See `Data`."""
        pairs = self.split(split)
        sides = (pairs.premise, pairs.hypothesis)
        parts = [part for side in sides for part in (side.ids, side.offsets)]
        return digest(*parts, pairs.label)

    def train_batches(self, config, noise, start_step=0, **replicas):
        """See `Data`; batches are those of `batches.train_batches`."""
        del noise  # no model of sentences takes any
        return batches.train_batches(
            self.split("train"),
            batch_size=config.batch_size,
            seed=config.seed,
            num_steps=config.steps,
            start_step=start_step,
            steps_per_call=config.steps_per_call,
            multiple=_XLA_MULTIPLE if config.jit_compile else 1,
            **replicas,
        )

    def eval_batches(self, split, config, draw=0, noise=None):
        """See `Data`; batches are those of `batches.eval_batches`."""
        del draw, noise  # no model of sentences takes any
        return batches.eval_batches(
            self.split(split), batch_size=config.batch_size
        )

    def initialize(self, model):
        """Sets `model.embedding` [V, D] to GloVe's vectors, if asked to.

        Raises:
          UserError: a bad file, or none, although the model does
            not train its embeddings.
        """
        if self.config.glove:
            dimensions = model.embedding.shape[1]
            model.embedding.assign(
                glove.word_vectors(
                    self.config.glove, self.vocabulary, self.seed, dimensions
                )
            )
        elif not model.embedding.trainable:
            raise UserError(
                "data.glove=: the word vectors are not trained, so"
                " expected a GloVe file such as glove.840B.300d.txt; or"
                " network.train_embeddings=true."
            )
