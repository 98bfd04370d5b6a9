"""Tables of adversarial games."""

from tfgen.tables.table import Row, Table

_QUALITY = {"precision": "precision", "recall": "recall"}
# Settings of GANs, by technique.
_AUGMENTED = ("techniques.augment=translation,cutout",)
_SPECTRAL = ("techniques.spectral_norm=true",)
_R1 = ("techniques.r1=1.0",)
_ORTHOGONAL = ("techniques.orthogonal=0.001",)
_AVERAGED = ("train.ema_decay=0.995",)


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
    # The DCGAN's own preset of this name is its paper's.
    same = f"ebgan_{preset}"
    return Table(
        (
            Row("DCGAN", None, "dcgan", presets={"": same, preset: same}),
            Row("EBGAN-PT", None, "ebgan", presets={"": preset}),
        ),
        "paper",
        _QUALITY,
        samples=True,
    )


def _small_data(name: str, examples: int, *settings: str) -> Row:
    overrides = (f"data.train_examples={examples}", *settings)
    return Row(f"{name}, {examples:,} examples", None, "gan", overrides)


def _on_points(name: str, model: str, *overrides: str) -> Row:
    return Row(name, None, model, overrides, {"": "toy"})


_HOLES = {
    f"completion_{hidden}": title
    for hidden, title in (("center", "centre"), ("bottom", "bottom half"))
}
_WAYS = ("search", "encoder", "both", "neighbor", "mean")


def _completed(name: str, way: str, model: str = "", runs_of: str = "") -> Row:
    """A way to complete digits."""
    figures = tuple(f"{h}_{way}{what}" for h in _HOLES for what in ("", "_l1"))
    return Row(name, None, model, runs_of=runs_of, figures=figures)


TABLES = {
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
    # Ours, after Chen et al. 2016, arXiv:1606.03657, figure 1, whose lambda = 0
    # is a GAN: how much of a category of entropy 2.303 its samples show, and
    # how many digits lie in their class's own category.
    "infogan": Table(
        (
            Row("InfoGAN", None, "infogan"),
            Row("lambda = 0", None, "infogan", ("network.information=0",)),
            Row(
                "k-means of pixels",
                None,
                runs_of="InfoGAN",
                figures=("matched_accuracy_k_means",),
            ),
        ),
        "paper",
        {"matched_accuracy": "right category", "bound_category": "L_I"},
        checkpoint="last",
        units={"bound_category": "nats"},
    ),
    # Ours, after Yeh et al. 2017, arXiv:1607.07539, whose pictures are faces.
    "completion": Table(
        (
            _completed("GAN, search", "search", "gan"),
            _completed("BiGAN, search", "search", "bigan"),
            _completed("BiGAN, encoder", "encoder", runs_of="BiGAN, search"),
            _completed("BiGAN, both", "both", runs_of="BiGAN, search"),
            _completed("Neighbour", "neighbor", runs_of="GAN, search"),
            _completed("Mean image", "mean", runs_of="GAN, search"),
        ),
        "paper",
        {
            f"{hole}_search{what}": f"{title}: {column}"
            for hole, title in _HOLES.items()
            for what, column in (("", "class kept"), ("_l1", "error"))
        },
        units={f"{h}_{way}_l1": "levels" for h in _HOLES for way in _WAYS},
        measures=("completion",),
    ),
}
