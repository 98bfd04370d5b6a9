"""Tables of models with a density."""

from tfgen.tables.table import Row, Table

_NATS = {"nats": "-log p(x)"}
_BITS = {"bits_per_dim": "bits per dimension"}
_FLOWS = {
    "NICE": "nice",
    "Real NVP": "real_nvp",
    "MAF": "maf",
    "Spline couplings": "neural_spline",
}


def _toy(name: str, model: str, data: str) -> Row:
    overrides = (f"data.name={data}", "data.num_examples=100000")
    return Row(f"{name}, {data}", None, model, overrides, {"": "toy"})


def _digits(name: str, model: str, preset: str = "digits") -> Row:
    return Row(name, None, model, presets={"": preset})


# Papamakarios et al. 2017, section 4.2 and the authors' code: hidden units,
# steps of an epoch in batches of 100, and what else differs. Networks have two
# hidden layers, where theirs had the better of one and two by validation. A
# training stops after 30 epochs without progress; theirs has no other end.
_UCI = {
    "power": ("100,100", 16_600, ()),
    "gas": ("100,100", 8522, ("network.activation=tanh",)),
    "hepmass": ("512,512", 3152, ()),
    "miniboone": ("512,512", 296, ()),
    "bsds300": ("512,512", 10_000, ()),
}
_MADE = (
    "network.layers=1",
    "network.batch_norm=false",
    "network.optimizer.learning_rate=1e-3",
)
# Couplings of halves, whose networks say scales and shifts at once and have
# rectified units; theirs alternate and have two networks, one of them of tanh.
# Theirs have the penalty of weights, too.
_NVP = (
    "network.batch_norm=true",
    "network.bn_momentum=0.99",
    "network.optimizer.learning_rate=1e-4",
    "network.optimizer.epsilon=1e-8",
    "network.optimizer.schedule=constant",
    "train.batch_size=100",
)
_SUITE = {
    "MADE": _MADE,
    "MADE MoG": (*_MADE, "network.components=10"),
    "Real NVP (5)": ("network.couplings=5", *_NVP),
    "Real NVP (10)": ("network.couplings=10", *_NVP),
    "MAF (5)": ("network.layers=5",),
    "MAF (10)": ("network.layers=10",),
    # A MADE MoG is the base of five layers.
    "MAF MoG (5)": ("network.layers=6", "network.components=10"),
}


def _uci(name: str, data: str) -> Row:
    hidden, epoch, of_masks = _UCI[data]
    nvp = name.startswith("Real NVP")
    overrides = (
        f"data.name=uci:{data}",
        f"network.hidden={hidden}",
        *(() if nvp else of_masks),
        *_SUITE[name],
        f"train.steps={1000 * epoch}",
        f"train.evaluate_every={epoch}",
        f"train.checkpoint_every={epoch}",
        "train.patience=30",
    )
    # MAF's preset is the paper's: batches of 100, Adam, weight decay.
    model, preset = ("real_nvp", "toy") if nvp else ("maf", "table")
    title = f"{name}, {data.upper()}"
    return Row(title, None, model, overrides, {"": preset})


TABLES = {
    # Ours. The entropy of `parabola`, that of Papamakarios et al. 2017,
    # arXiv:1705.07057, figure 1, is 3.5310 nats: no model is below.
    "toys": Table(
        tuple(
            _toy(name, model, data)
            for data in ("parabola", "moons", "checkerboard")
            for name, model in (*_FLOWS.items(), ("IAF", "iaf"))
        ),
        "paper",
        _NATS,
        units={"nats": "nats"},
    ),
    # Papamakarios et al. 2017, arXiv:1705.07057, table 1, whose figures are not
    # verified here. `--set=data.data_dir=PATH` says where the published files
    # are, see `tfgen/data/uci.py`.
    "maf_uci": Table(
        tuple(_uci(name, data) for data in _UCI for name in _SUITE),
        "paper",
        _NATS,
        units={"nats": "nats"},
    ),
    # Dinh et al. 2014, arXiv:1410.8516, table 1, of MNIST and others, whose
    # figures are not verified here. Ours are of the data's own levels, 0, 1, …;
    # of pixels in [0, 1], log p(x) is D log(levels - 1) more.
    "nice_1": Table(
        (_digits("NICE", "nice"),),
        "paper",
        _NATS | _BITS,
        units={"nats": "nats", "bits_per_dim": "bits"},
    ),
    # Ours: 17 gray levels. A flow's is a bound from above.
    "density_digits": Table(
        (
            *(_digits(name, model) for name, model in _FLOWS.items()),
            _digits("Glow", "glow"),
            _digits("MADE", "made", "digits_levels"),
            _digits("PixelCNN", "pixel_cnn"),
            _digits("Gated PixelCNN", "gated_pixel_cnn"),
            _digits("PixelCNN++, logistics", "pixel_cnn_pp"),
        ),
        "paper",
        _BITS,
        units={"bits_per_dim": "bits"},
    ),
    # Larochelle & Murray 2011, table 1, of binarized MNIST, whose figures are
    # not verified here. `--data=npz:PATH --set=data.binarize=128` is MNIST.
    "nade_mnist": Table(
        (
            _digits("FVBN", "fvbn"),
            _digits("MADE", "made"),
            _digits("NADE", "nade"),
            _digits("DeepNADE", "deep_nade"),
        ),
        "paper",
        _NATS,
        units={"nats": "nats"},
    ),
}
