"""How near translations of pictures are to the true ones, of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfgen.config import DataSpec
from tfgen.evaluate.paired import hue_intersection, l1, psnr, ssim
from tfgen.measures import Options, translations
from tfgen.measures.translations import last_frame, target, unit
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model translates, and held-out pictures come in pairs."""
    both = translations.applies(model, spec)
    return both and target(spec).paired != "never"


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns figures of each way in which the model translates.

    `l1` and `ssim` are of pictures in [0, 1], `psnr` in dB, at most 100, and
    `hue_intersection` of pictures in colour. `…_copy` are those of what is
    translated itself, or of its last frame: no model may be worse. There are
    none where it is not of the other pictures' size and colours.
    """
    del options
    values = {}
    for found in translations.of(run, model, split):
        field, end = found.fields[1], found.ending
        true = unit(found.other, field)
        noisy = found.ending == "_with_noise"
        copy = None if noisy else last_frame(found)
        copies = {} if copy is None else {"_copy": (copy, found.fields[0])}
        for kind, (x, own) in {"": (found.made, field), **copies}.items():
            made = unit(x, own)
            values[f"l1{kind}{end}"] = l1(made, true)
            values[f"psnr{kind}{end}"] = psnr(made, true)
            values[f"ssim{kind}{end}"] = ssim(made, true)
            if field.shape[-1] == 3:
                hues = hue_intersection(made, true)
                values[f"hue_intersection{kind}{end}"] = hues
    return values
