"""Tables of classifiers with few labels."""

from collections.abc import Mapping

from tfgen.tables.table import Row, Table


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
}
