"""Colours and places of drawn scenes, read off what a model makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfgen.config import DataSpec
from tfgen.data import catalog, scenes
from tfgen.data.loaded import gather
from tfgen.measures import Options, translations
from tfgen.measures.scene_judge import Seen, foreground, judge
from tfgen.measures.translations import Translations, target
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_SHARP = 0.5  # overlap of what is not white with the true shape
_GHOST = (0.3, 0.7)  # how dark a shape is that is half there


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether pictures may be scenes, which only the data's name says."""
    del spec, model
    return False


def _share(where: np.ndarray) -> float:
    return float(np.mean(where))
