"""Tables of translations of pictures."""

from tfgen.tables.table import Row, Table

_TARGET = "target_accuracy"
_TRANSLATED = {f"{_TARGET}_translated": "accuracy on the target"}
_STAGE_1 = ("network.ratio=0", "data.image_size=16", "train.steps=3000")


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


def _captions(name: str, *overrides: str) -> tuple[Row, ...]:
    """Pictures of captioned scenes, and without each of two parts."""
    return tuple(
        Row(f"{name}{end}", None, "stack_gan", (*overrides, *without))
        for end, *without in (
            ("",),
            (", no wrong pairs", "network.wrong_pairs=false"),
            (", no augmentation", "network.augmentation=false"),
        )
    )


TABLES = {
    # Ours, after Mathieu et al. 2016, arXiv:1511.05440, whose figures are of
    # videos: a shape that turns left or right. Right is one shape, in its
    # colour, where one of its two futures is. The last weights, which with a
    # D are the best checkpoint: a game raises the distance to one future.
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
        units=dict.fromkeys(("psnr", "psnr_copy", "psnr_mean"), "dB"),
    ),
    # Ours, after Zhang et al. 2017, arXiv:1612.03242, whose figures are
    # inception scores of birds: words that the judge reads off pictures of
    # combinations that no training has seen, and beside them of those seen.
    "stack_gan": Table(
        (*_captions("Stage I", *_STAGE_1), *_captions("Stage II")),
        "paper",
        {
            "right": "all words",
            "right_seen": "all, seen",
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
            Row(
                "pix2pix, of pairs",
                None,
                "pix2pix",
                presets={"": "scenes"},
                figures=("right", "right_place", "right_colour", "l1"),
            ),
        ),
        "paper",
        {
            "right": "right",
            "right_place": "place",
            "right_colour": "colour",
            "l1": "L1 distance",
            "cycle_l1": "cycle",
            "cycle_l1_changed": "cycle, levels changed",
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
}
