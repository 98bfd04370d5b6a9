"""Tables of papers that can be trained, row by row.

This module imports nothing heavy: the apps' `--help` lists the names.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One row.

    Attributes:
      name: as in the paper.
      paper: the figure there, in the unit of the table's first one: percent
        of a share; None if it is a picture, or if the row is ours.
      model: name in the registry; empty if the row trains nothing.
      overrides: settings that make the row, `name=value`.
      presets: the user's preset, "" if none is named -> the row's own; of
        others, the user's.
      runs_of: name of the row whose runs are also this one's.
      figures: what goes into the table's columns, if it is not the same as in
        other rows; may be less.
      seeds: at most so many; 0: as many as the user asks for.
    """

    name: str
    paper: float | None
    model: str = ""
    overrides: tuple[str, ...] = ()
    presets: Mapping[str, str] = types.MappingProxyType({})
    runs_of: str = ""
    figures: tuple[str, ...] = ()
    seeds: int = 0


class Table(NamedTuple):
    """A table.

    Attributes:
      rows: as in the paper.
      paper: title of the column of the paper's figures.
      figures: name of a figure, a share in [0, 1] -> title of our column.
      units: name of a figure that is no share -> its unit, "" if it has none.
      checkpoint: which is measured, "best" or "last".
      samples: whether samples of the models that make some are drawn side by
        side.
      measures: what is measured beside what applies to a model by itself.
    """

    rows: tuple[Row, ...]
    paper: str
    figures: Mapping[str, str]
    checkpoint: str = "best"
    samples: bool = False
    units: Mapping[str, str] = types.MappingProxyType({})
    measures: tuple[str, ...] = ()

    def shown(self, figure: str, value: float) -> str:
        """Returns a value of a figure in its unit."""
        if figure in self.units:
            return f"{value:.2f} {self.units[figure]}".rstrip()
        return f"{100 * value:.2f} %"

    @property
    def trained(self) -> tuple[Row, ...]:
        """The rows that have runs of their own."""
        return tuple(row for row in self.rows if row.model)

    def figures_of(self, row: Row) -> tuple[str, ...]:
        """Returns the figures that a row's runs must give, its own first."""
        views = (row, *(r for r in self.rows if r.runs_of == row.name))
        return tuple(f for view in views for f in view.figures or self.figures)


def _basic(name: str, paper: float, inputs: str) -> Row:
    overrides = ("network.attention=false", f"network.inputs={inputs}")
    return Row(name, paper, "inner_attention", overrides)


def _attention(name: str, paper: float, inputs: str) -> Row:
    overrides = ("network.attention=true", f"network.inputs={inputs}")
    return Row(name, paper, "inner_attention", overrides)


def _encoder(name: str, paper: float, cell: str) -> Row:
    overrides = (f"network.cell={cell}",)
    # The paper's GRUs are 1024 units wide, its LSTMs 100.
    presets = {"snli": "snli_gru"} if cell == "gru" else {}
    return Row(name, paper, "sentence_encoder", overrides, presets)


def _pair_attention(name: str, paper: float, word_by_word: str) -> Row:
    overrides = (f"network.word_by_word={word_by_word}",)
    return Row(name, paper, "word_by_word", overrides)


def _snli(*rows: Row) -> Table:
    """Accuracy on the test split: SNLI's in the paper, any data's in ours."""
    return Table(rows, "paper, SNLI", {"accuracy": "ours"})


def _bigan(name: str, paper: float, objective: str) -> Row:
    return Row(name, paper, "bigan", (f"network.objective={objective}",))


def _margin(m: int) -> Row:
    """A line of figure 9: "nLayerG=5, sizeG=1600", the rest as in figure 4."""
    overrides = (
        "network.generator=1600,1600,1600,1600",
        f"network.margin={m}",
    )
    return Row(f"m = {m}", None, "ebgan", overrides, {"": "mnist"})


def _beside_dcgan(preset: str) -> Table:
    """Samples of a DCGAN and an EBGAN-PT under the same configuration."""
    return Table(
        (
            Row("DCGAN", None, "dcgan", presets={"": f"ebgan_{preset}"}),
            Row("EBGAN-PT", None, "ebgan", presets={"": preset}),
        ),
        "paper",
        _QUALITY,
        samples=True,
    )


def _few_labels(
    name: str,
    model: str,
    paper: Mapping[int, float | None],
    *overrides: str,
    seeds: int = 0,
) -> list[Row]:
    """Rows of one model by the number of labels."""
    return [
        Row(
            f"{name}, {n} labels",
            error,
            model,
            (f"data.labels={n}", *overrides),
            seeds=seeds,
        )
        for n, error in paper.items()
    ]


def _mixed(layers: int, hidden: str) -> tuple[Row, Row]:
    """A model for so many layers of mixing, and linear ICA beside it."""
    name = f"TCL, L = {layers}"
    overrides = (
        f"data.name=mixed_sources_{layers}",
        f"network.hidden={hidden}",
    )
    return (
        Row(name, None, "tcl", overrides, {"": "sources"}),
        Row(
            f"FastICA, L = {layers}",
            None,
            runs_of=name,
            figures=("mean_correlation_linear",),
        ),
    )


def _clusters(K: int, paper: float | None = None) -> tuple[Row, ...]:
    """K categories of two models, and as many clusters of pixels."""
    name, overrides = f"PixelGAN, {K} categories", (f"network.categories={K}",)
    presets = {"": "digits_clusters"}
    return (
        Row(name, paper, "pixelgan", overrides, presets),
        Row(f"AAE, {K} categories", None, "aae", overrides, presets),
        Row(
            f"k-means, {K} clusters",
            None,
            runs_of=name,
            figures=("cluster_accuracy_k_means",),
        ),
    )


def _by_draws(model: str, draws: tuple[int, ...]) -> tuple[Row, ...]:
    """Rows of one model by K, its draws."""
    return tuple(
        Row(f"{model.upper()}, K = {K}", None, model, (f"network.draws={K}",))
        for K in draws
    )


def _on_sprites(name: str, model: str, *overrides: str) -> Row:
    return Row(name, None, model, overrides, {"": "sprites"})


# Settings of GANs, by technique.
_AUGMENTED = ("techniques.augment=translation,cutout",)
_SPECTRAL = ("techniques.spectral_norm=true",)
_R1 = ("techniques.r1=1.0",)
_ORTHOGONAL = ("techniques.orthogonal=0.001",)
_AVERAGED = ("train.ema_decay=0.995",)


def _small_data(name: str, examples: int, *settings: str) -> Row:
    overrides = (f"data.train_examples={examples}", *settings)
    return Row(f"{name}, {examples:,} examples", None, "gan", overrides)


def _on_points(name: str, model: str, *overrides: str) -> Row:
    return Row(name, None, model, overrides, {"": "toy"})


_LOG_PROB = {"log_prob_k5000": "log p(x)"}
_QUALITY = {"precision": "precision", "recall": "recall"}


def _frames(name: str, **settings: object) -> Row:
    """The next of moving scenes."""
    overrides = tuple(f"network.{n}={v}" for n, v in settings.items())
    return Row(name, None, "next_frame", overrides)


def _view(name: str, psnr: str) -> Row:
    """A picture that no model makes."""
    return Row(name, None, runs_of="L2", figures=(psnr,))


def _cycles(name: str, *overrides: str) -> Row:
    """Scenes of outlines that are filled, without pairs."""
    return Row(name, None, "cycle_gan", overrides)


def _classifier(name: str, learnt: str, runs_of: str) -> Row:
    """What has learnt other pictures with their labels."""
    return Row(name, None, runs_of=runs_of, figures=(f"{_TARGET}_{learnt}",))


_TARGET = "target_accuracy"
_TRANSLATED = {f"{_TARGET}_translated": "accuracy on the target"}


def _captions(name: str, *overrides: str) -> Row:
    """Pictures of captioned scenes."""
    return Row(name, None, "stack_gan", overrides)


_STAGE_1 = ("network.ratio=0", "data.image_size=16", "train.steps=3000")

TABLES = {
    # Zhao et al. 2017, arXiv:1609.03126: error of classification with few
    # labels, with and without a generator, and its samples (figure 10). Ours
    # is of every label that was hidden, so that an image weighs little; the
    # paper's is of the test split.
    "ebgan_2": Table(
        (
            *_few_labels(
                "LN bottom-layer-cost",
                "ladder",
                {100: 1.36, 200: 1.24, 1000: 1.04},
            ),
            *_few_labels(
                "LN bottom-layer-cost within EBGAN framework",
                "ebgan_ladder",
                {100: 1.04, 200: 0.99, 1000: 0.89},
            ),
        ),
        "paper, MNIST",
        {"error_rate_hidden": "ours", "error_rate": "ours, test split"},
        # To choose one by the labels of the validation split would be to
        # learn from more labels than the row says.
        checkpoint="last",
        samples=True,
    ),
    # Its figures 5, 6 and 9.
    "ebgan_figure_5": _beside_dcgan("lsun"),
    "ebgan_figure_6": _beside_dcgan("celeb_a"),
    "ebgan_figure_9": Table(
        tuple(map(_margin, (1, 2, 4, 6, 8, 12, 16, 32))),
        "paper",
        _QUALITY,
        checkpoint="last",
        samples=True,
    ),
    # Liu et al. 2016, arXiv:1605.09090. Sizes are those of the preset.
    # Input strategies of the basic model. The text below the table says that
    # doubling hypotheses helps; by the table's figures, premises do.
    "inner_attention_2": _snli(
        _basic("Original sequences", 83.24, "original"),
        _basic("Inverting premises", 82.60, "invert_premise"),
        _basic("Doubling premises", 83.66, "double_premise"),
        _basic("Doubling hypothesis", 82.83, "double_hypothesis"),
        _basic("Differentiating inputs", 83.72, "differentiate"),
    ),
    # Encoders over parse trees are not here.
    "inner_attention_3": _snli(
        _encoder("LSTM encoders", 80.6, "lstm"),
        _encoder("GRU encoders", 81.4, "gru"),
        Row("Tree-based CNN encoders", 82.1),
        Row("SPINN-NP encoders", 83.2),
        _basic("Basic model", 83.3, "original"),
        _attention("+ Inner-Attention", 84.2, "original"),
        _attention("+ Diversing input", 85.0, "differentiate"),
        _pair_attention("Static attention", 82.4, "false"),
        _pair_attention("Word-by-word attention", 83.5, "true"),
    ),
    # Ours: cells of one encoder, with and without the products of Wu et al.
    # 2016, arXiv:1606.06630.
    "multiplicative_integration": Table(
        (
            Row("LSTM", None, "sentence_encoder", ("network.cell=lstm",)),
            Row("MI-LSTM", None, "sentence_encoder", ("network.cell=mi_lstm",)),
            Row("GRU", None, "sentence_encoder", ("network.cell=gru",)),
        ),
        "paper",
        {"accuracy": "accuracy"},
    ),
    # Donahue et al. 2017, arXiv:1605.09782: the accuracy of the nearest
    # neighbour on permutation-invariant MNIST. D's features are those of the
    # latent regressor's discriminator, which plays against G alone. A game's
    # best samples say nothing of its features: the last weights count.
    "bigan_1": Table(
        (
            _bigan("BiGAN", 97.39, "bigan"),
            Row(
                "Discriminator (D)",
                97.30,
                runs_of="Latent regressor (LR)",
                figures=("nearest_neighbor_accuracy_discriminator",),
            ),
            _bigan("Latent regressor (LR)", 97.44, "latent_regressor"),
            _bigan("Joint LR (JLR)", 97.13, "joint_latent_regressor"),
            _bigan("Autoencoder, l2", 97.58, "autoencoder_l2"),
            _bigan("Autoencoder, l1", 97.63, "autoencoder_l1"),
            Row(
                "Pixels",
                None,
                runs_of="BiGAN",
                figures=("nearest_neighbor_accuracy_pixels",),
            ),
        ),
        "paper, MNIST",
        {
            "nearest_neighbor_accuracy_hidden": "ours, last hidden layer",
            "nearest_neighbor_accuracy_output": "ours, output",
        },
        checkpoint="last",
    ),
    # Burda et al. 2016, arXiv:1509.00519, table 1, of one stochastic layer. A
    # VAE is K = 1; those of several draws are not here.
    "iwae_1": Table(
        (
            Row("VAE", None, "iwae", ("network.draws=1",)),
            *_by_draws("iwae", (5, 50)),
            Row(
                "IWAE by DReG, K = 50",
                None,
                "iwae",
                ("network.draws=50", "network.estimator=dreg"),
            ),
        ),
        "paper",
        _LOG_PROB | {"active_units": "active units"},
        units={"log_prob_k5000": "nats", "active_units": "units"},
    ),
    # Mnih & Rezende 2016, arXiv:1602.06725: belief networks by K. NVIL is that
    # of Mnih & Gregor 2014, arXiv:1402.0030, there of one draw.
    "vimco": Table(
        (
            *_by_draws("nvil", (1, 5)),
            *_by_draws("vimco", (2, 5, 10, 50)),
        ),
        "paper",
        _LOG_PROB,
        units={"log_prob_k5000": "nats"},
    ),
    # Hyvarinen & Morioka 2016, arXiv:1605.06336, figure 2: curves without
    # figures, and of 20 sources where ours have 5. Mean correlations. Without a
    # hidden layer, which a matrix needs none of, L = 1 has local optima.
    "tcl": Table(
        (*_mixed(1, "40"), *_mixed(2, "40"), *_mixed(3, "40,40")),
        "paper",
        {"mean_correlation": "mean correlation"},
    ),
    # Makhzani & Frey 2017, arXiv:1706.00531: unsupervised clustering of MNIST
    # (preset mnist_clusters), whose error there is 5.27 %. An AAE has a normal
    # code beside the categories. The last weights: the best would be those of
    # the best samples.
    "pixelgan": Table(
        (*_clusters(10), *_clusters(16), *_clusters(30, 94.73)),
        "paper, MNIST",
        {"cluster_accuracy": "accuracy of clusters"},
        checkpoint="last",
    ),
    # Ours: how many of 25 Gaussians a game finds, and how many of its samples
    # lie in one, with a term against samples that are alike and without.
    "modes": Table(
        (
            _on_points("GAN", "gan"),
            _on_points(
                "GAN, minibatch discrimination",
                "gan",
                "techniques.minibatch_kernels=8",
                "techniques.minibatch_dimensions=3",
            ),
            _on_points("EBGAN", "ebgan", "network.pull_away=0"),
            _on_points("EBGAN-PT", "ebgan"),
        ),
        "paper",
        {"modes_found": "modes", "good_share": "good samples"},
        checkpoint="last",
        samples=True,
        units={"modes_found": ""},
    ),
    # Ours, after Zhao et al. 2020, arXiv:2006.10738: games with few examples.
    "small_data": Table(
        (
            *(
                _small_data(name, examples, *settings)
                for examples in (100, 1000, 8000)
                for name, settings in (
                    ("GAN", ()),
                    ("all", _AUGMENTED + _SPECTRAL + _R1 + _AVERAGED),
                )
            ),
            _small_data("augmentation", 1000, *_AUGMENTED),
            _small_data("spectral normalization", 1000, *_SPECTRAL),
            _small_data("R1", 1000, *_R1),
            _small_data("averaged weights", 1000, *_AVERAGED),
            _small_data("orthogonal regularization", 1000, *_ORTHOGONAL),
        ),
        "paper",
        {"frechet_distance": "Fréchet distance"},
        samples=True,
        units={"frechet_distance": ""},
    ),
    # Salimans et al. 2016, arXiv:1606.03498, table 1: MNIST, of which ours are
    # errors on every label that was hidden. With labels alone the network is
    # the same; ladders are those of `ebgan_2`. The paper's are of averages of
    # weights, ours of the last ones, which no label has chosen.
    "improved_gan_1": Table(
        (
            *_few_labels(
                "Labels alone",
                "improved_gan",
                dict.fromkeys((20, 50, 100, 200)),
                "network.unlabelled=0",
            ),
            *_few_labels(
                "K + 1 classes",
                "improved_gan",
                {20: 16.77, 50: 2.21, 100: 0.93, 200: 0.90},
            ),
            *_few_labels(
                "Ensemble of 10",
                "improved_gan",
                {20: 11.34, 100: 0.86},
                "network.members=10",
                seeds=1,
            ),
            *_few_labels("LN", "ladder", dict.fromkeys((20, 100))),
            *_few_labels("EBGAN-LN", "ebgan_ladder", dict.fromkeys((20, 100))),
        ),
        "paper, MNIST",
        {"error_rate_hidden": "ours", "error_rate": "ours, test split"},
        checkpoint="last",
    ),
    # Ours, after Singh et al. 2016, arXiv:1605.06465, and Zhai et al. 2016,
    # arXiv:1610.09716, whose tables are of CIFAR: one network and its layers.
    "swapout": Table(
        tuple(
            Row(name, None, "swapout", ("data.labels=100", *overrides))
            for name, *overrides in (
                ("Residual network", "network.last=1"),
                ("Swapout", "network.last=0.5"),
                ("Residual, not centred", "network.last=1", "mean_only=false"),
                ("Doubly convolutional", "network.last=1", "doubly=true"),
            )
        ),
        "paper",
        {
            "error_rate_hidden": "one pass",
            "error_rate_stochastic_hidden": "30 draws",
        },
        checkpoint="last",
    ),
    # Ours, after Mathieu et al. 2016, arXiv:1511.05440, whose figures are of
    # videos: a shape that turns left or right. Right is one shape, in its
    # colour, where one of its two futures is. The last weights: the best would
    # be those of the least distance, which a game raises.
    "next_frame": Table(
        (
            _view("Copy of the last frame", "psnr_copy"),
            _view("Mean of both futures", "psnr_mean"),
            _frames("L2", adversarial=0),
            _frames("L1", adversarial=0, power=1),
            _frames("GDL, L1", adversarial=0, power=1, edges=1),
            _frames("Adversarial, L2", wrong_pairs="false"),
            _frames("Adversarial, L2, wrong pairs"),
        ),
        "paper",
        {
            "psnr": "PSNR",
            "two_ghosts": "two ghosts",
            "right": "right",
            "turned_right": "of these to the right",
        },
        checkpoint="last",
        units={"psnr": "dB"},
    ),
    # Ours, after Zhang et al. 2017, arXiv:1612.03242, whose figures are
    # inception scores of birds: words that the judge reads off pictures of
    # combinations that no training has seen.
    "stack_gan": Table(
        (
            _captions("Stage I", *_STAGE_1),
            _captions(
                "Stage I, no wrong pairs",
                *_STAGE_1,
                "network.wrong_pairs=false",
            ),
            _captions(
                "Stage I, no augmentation",
                *_STAGE_1,
                "network.augmentation=false",
            ),
            _captions("Stage II"),
        ),
        "paper",
        {
            "right": "all words",
            "right_size": "size",
            "right_colour": "colour",
            "right_kind": "kind",
            "right_place": "place",
            "diversity": "of one caption",
        },
        checkpoint="last",
        samples=True,
    ),
    # Ours, after Isola et al. 2017, arXiv:1611.07004, figure 7 and table 1:
    # shapes that are red or blue, whatever their outline is. The last weights:
    # the best would be those of the least distance, which a game raises.
    "pix2pix": Table(
        tuple(
            Row(name, None, "pix2pix", overrides, {"": "two_coloured_scenes"})
            for name, *overrides in (
                ("L1", "network.game=none"),
                ("cGAN", "network.l1=0"),
                ("L1 + cGAN",),
                ("L1 + cGAN, dropout alone", "network.noise_maps=0"),
            )
        ),
        "paper",
        {
            "hue_intersection_with_noise": "hues in common",
            "right_with_noise": "right",
            "l1_with_noise": "L1 distance",
        },
        checkpoint="last",
    ),
    # Ours, after Zhu et al. 2017, arXiv:1703.10593, table 4. Right are the
    # overlap with the true shape, above a half, and its colour. A cycle that is
    # closed by faint noise opens when levels change by two.
    "cycle_gan": Table(
        (
            _cycles("Game alone", "network.cycle=0"),
            _cycles(
                "Cycle alone", "network.adversarial=0", "network.identity=0"
            ),
            _cycles("Game + cycle", "network.identity=0"),
            _cycles("Game + cycle + identity"),
            Row("pix2pix, of pairs", None, "pix2pix", (), {"": "scenes"}),
        ),
        "paper",
        {
            "right": "right",
            "right_place": "place",
            "right_colour": "colour",
            "l1": "L1 distance",
        },
        checkpoint="last",
    ),
    # Ours, after Liu et al. 2017, arXiv:1703.00848: digits with their labels,
    # and dark on light without. The classifier learns translations.
    "unit": Table(
        (
            _classifier("Source alone", "source", "UNIT"),
            Row("UNIT", None, "unit"),
            Row("CycleGAN", None, "cycle_gan", (), {"": "inverted_digits"}),
            _classifier("Target, with labels", "target", "UNIT"),
        ),
        "paper",
        _TRANSLATED,
        checkpoint="last",
        measures=("translated_labels",),
    ),
    # Ours, after Shrivastava et al. 2017, arXiv:1612.07828, section 3: digits
    # with labels, and those of a camera without.
    "sim_gan": Table(
        (
            _classifier("Synthetic", "source", "Refined"),
            Row("Refined", None, "sim_gan"),
            Row("Refined, no history", None, "sim_gan", ("network.pool=0",)),
            _classifier("Real, with labels", "target", "Refined"),
        ),
        "paper",
        _TRANSLATED,
        checkpoint="last",
        measures=("translated_labels",),
    ),
    # Ours: all drawn sprites, measured on those that are held out. The last
    # weights: the best would be those of the best ELBO.
    "disentangling": Table(
        (
            _on_sprites("VAE", "vae"),
            _on_sprites("beta-VAE, beta = 4", "beta_vae", "network.beta=4"),
            _on_sprites(
                "FactorVAE, gamma = 10", "factor_vae", "network.gamma=10"
            ),
            _on_sprites("DIP-VAE-I, lambda = 10, 100", "dip_vae"),
            _on_sprites(
                "DIP-VAE-II, lambda = 2, 2",
                "dip_vae",
                "network.kind=II",
                "network.off_diagonal=2",
                "network.diagonal=2",
            ),
        ),
        "paper",
        {
            "mig": "MIG",
            "disentanglement": "DCI",
            "sap": "SAP",
            "negative_elbo": "-ELBO",
        },
        checkpoint="last",
        units={"negative_elbo": "nats"},
    ),
}
