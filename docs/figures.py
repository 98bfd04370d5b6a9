"""What the README measured, by model."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[1]
# As the README writes them; `name` in backquotes is each model's own.
_ALIASES = {
    "aae": ["AAE"],
    "bigan": ["BiGAN"],
    "dcgan": ["DCGAN"],
    "deep_nade": ["DeepNADE"],
    "dip_vae": ["`dip_vae` I", "`dip_vae` II"],
    "ebgan": ["EBGAN-PT", "EBGAN"],
    "ebgan_ladder": ["EBGAN-LN"],
    "fvbn": ["FVBN"],
    "gan": ["GAN"],
    "gated_pixel_cnn": ["gated PixelCNN"],
    "glow": ["Glow"],
    "improved_gan": ["K + 1 classes"],
    "infogan": ["bound of the category", "Categories named one to one"],
    "inner_attention": [
        "Basic model",
        "+ Inner-Attention",
        "+ Diversing input",
        "Original sequences",
        "Differentiating inputs",
    ],
    "iwae": ["IWAE"],
    "ladder": ["ladder"],
    "made": ["MADE"],
    "maf": ["MAF"],
    "nade": ["NADE"],
    "neural_spline": ["spline couplings"],
    "nice": ["NICE"],
    "pixel_cnn": ["PixelCNN"],
    "pixel_cnn_pp": ["PixelCNN++"],
    "pixelgan": ["PixelGAN"],
    "planar": ["Planar flows"],
    "real_nvp": ["Real NVP"],
    "sentence_encoder": ["LSTM encoders", "GRU encoders"],
    "vimco": ["VIMCO"],
    "wgan": ["WGAN-GP"],
    "word_by_word": ["Word-by-word attention"],
}


def figures(name: str, readme: str) -> list[str]:
    """Returns what the README measured of a model, as Markdown.

    Rows of tables, or whole tables that have a column of the model; where there
    are none, sentences with numbers; where there is nothing, a line says so.

    Args:
      name: in the registry.
      readme: its text.
    """
    names = [f"`{name}`", *_ALIASES.get(name, [])]
    found = list(_rows(names, readme)) or list(_sentences(names, readme))
    return found or ["There is no figure yet.\n"]


def measured(text: str) -> bool:
    """Whether a text has a number that is in no name and no command."""
    text = re.sub(r"`[^`]*`|arXiv\S*|\[[^\]]*\]\([^)]*\)", "", text)
    return bool(re.search(r"(?<![\w-])\.?\d", text))


def _rows(names: list[str], readme: str) -> Iterator[str]:
    for table in re.findall(r"(?m)(?:^\|.*\n)+", readme):
        if "![" in table:
            continue
        # Commands are in the tables of models and of faults: no figures.
        lines = table.splitlines()
        lines = [line for line in lines if "python -m" not in line]
        for head, rule, *rows in _beside(lines):
            if not _has(head, names):
                rows = [row for row in rows if _has(row, names)]
            if rows and measured(" ".join(rows)):
                yield "\n".join([head, rule, *map(_unlinked, rows)]) + "\n"


def _beside(lines: list[str]) -> Iterator[list[str]]:
    """The tables that are one: a column in between has no title."""
    cells = [line.strip("|").split("|") for line in lines]
    titles = [title.strip() for title in cells[0]]
    ends = [i for i, title in enumerate(titles) if i and not title]
    for first, end in zip([0, *(i + 1 for i in ends)], [*ends, len(titles)]):
        if end > first:
            yield [f"|{'|'.join(row[first:end])}|" for row in cells]


def _has(row: str, names: list[str]) -> bool:
    """Whether one of a row's cells is one of these."""
    cells = (cell.strip() for cell in row.split("|"))
    parts = (part for cell in cells for part in re.split(r",|:| on ", cell))
    return any(part.strip() in names for part in parts)


def _sentences(names: list[str], readme: str) -> Iterator[str]:
    prose = re.sub(r"(?ms)^```.*?^```$|^[|!<#].*?$", "", readme)
    for paragraph in prose.split("\n\n"):
        for sentence in re.split(r"(?<=\.)\s+(?=[A-Z`*])", paragraph.strip()):
            if any(name in sentence for name in names) and measured(sentence):
                yield _unlinked(f"> {' '.join(sentence.split())}\n")


def _unlinked(text: str) -> str:
    """Without links to files of the project, which the site has not."""
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]+\)", r"\1", text)
