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


TABLES = {
    # Ours. The entropy of `parabola`, that of Papamakarios et al. 2017,
    # arXiv:1705.07057, figure 1, is 3.5310 nats: no model is below.
    "toys": Table(
        tuple(
            _toy(name, model, data)
            for data in ("parabola", "moons", "checkerboard")
            for name, model in _FLOWS.items()
        ),
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
