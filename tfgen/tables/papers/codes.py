"""Tables of models whose latents are codes."""

from tfgen.tables.table import Row, Table

_LOG_PROB = {"log_prob_k5000": "log p(x)"}


def _by_draws(model: str, draws: tuple[int, ...]) -> tuple[Row, ...]:
    """Rows of one model by K, its draws."""
    return tuple(
        Row(f"{model.upper()}, K = {K}", None, model, (f"network.draws={K}",))
        for K in draws
    )


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


def _on_mnist(name: str, model: str) -> Row:
    return Row(name, None, model, presets={"": "mnist_short"})


def _on_sprites(name: str, model: str, *overrides: str) -> Row:
    return Row(name, None, model, overrides, {"": "sprites"})


TABLES = {
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
    # Ours: the same networks on 10,000 images of MNIST.
    "mnist_ladder": Table(
        (
            _on_mnist("VAE", "vae"),
            _on_mnist("IWAE, K = 5", "iwae"),
            _on_mnist("IAF-VAE", "iaf_vae"),
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
