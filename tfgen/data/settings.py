"""Which data, and how they are prepared; nothing heavy is imported."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

from tfgen.bounds import CountOrNone, Several, Share, check
from tfgen.data import catalog
from tfgen.errors import UserError

if TYPE_CHECKING:
    from tfgen.config import DataSpec
    from tfgen.data.loaded import Data
    from tfgen.data.source import Source


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Images or points, one by one."""

    name: str = "digits"
    # Of what is drawn and of dSprites, all splits together.
    num_examples: int = 10_000
    # So many of the training split, evenly spaced, are what a model learns
    # from; figures are still of all. 0 = all.
    train_examples: CountOrNone = 0
    image_size: int = (
        32  # side in pixels, of what is drawn and images of many sizes
    )
    # Of mixed sources: how many, and how many segments of time.
    sources: Several = 5
    segments: Several = 64
    # What the short side of TFDS's images of many sizes is scaled to before a
    # square is cut: at random while training, if there is more than the square;
    # 0 = as `tfgen.data.tfds_source.RECIPES` say.
    short_side: int = 0
    # Of image folders; auto is as the first image has them, and no others.
    channels: Literal["auto", "1", "3"] = "auto"
    # Of tables: the columns of x (all of numbers without it), of classes, of
    # numbers that a model is conditional on, and of train, validation, test.
    columns: tuple[str, ...] = ()
    label_column: str = ""
    condition_columns: tuple[str, ...] = ()
    split_column: str = ""
    split_seed: int = 0  # of the split by rows, without such a column
    background: str = "white"  # colour behind transparent pixels, in folders
    flip: bool = False  # random horizontal flips while training
    # While training, images are brighter or darker, of more or less contrast
    # and colour, each by up to this share; both of a pair alike.
    jitter: Share = 0.0
    binarize: int = 0  # gray levels from here on are 1, others 0; 0 = as is
    # Add noise to gray levels, U[0, 1), and to columns of multiples of a step.
    dequantize: bool = True
    # Where TFDS data sets are prepared, "" = TFDS default; of uci:NAME, where
    # the published files are.
    data_dir: str = ""
    download: bool = False  # let TFDS download and prepare what is missing
    skip_bad_records: bool = False  # skip and count what cannot be read
    data_service: str = ""  # HOST:PORT of who makes the batches to train on

    def __post_init__(self):
        check(self)

    @property
    def drawn(self) -> bool:
        """Whether the data are points that are drawn and not collected."""
        return self.name in catalog.TOYS

    @property
    def built_in(self) -> bool:
        """Whether every machine has the data."""
        drawn = (catalog.SPRITES, *catalog.SCENES, *catalog.MIXED_SOURCES)
        names = ("digits", "photographs", *catalog.CHANGED_DIGITS, *drawn)
        return self.drawn or self.name in names

    @property
    def implied(self) -> tuple[str, ...]:
        """Settings of a model that follow from the data, `name=value`."""
        return ()

    @property
    def read(self) -> tuple[str, ...]:
        """The settings that say something of these data."""
        every = "name", "train_examples", "dequantize", "data_service"
        return (*every, *catalog.read_for(self.name))

    def source(self, seed: int) -> Source:
        """Returns the examples alone, as `apps.prepare` writes them.

        Args:
          seed: of data that are drawn.

        Raises:
          UserError: an unknown name, or a bad setting or file.
        """
        return catalog.load(self, seed)

    def load(
        self,
        seed: int,
        spec: DataSpec | None = None,
        source: Source | None = None,
    ) -> Data:
        """Returns the data.

        Args:
          seed: of data that are drawn.
          spec: what a model was built with: its classes have their names.
          source: arrays from Python, instead of what `name` says.

        Raises:
          UserError: an unknown name, or a bad setting or file.
        """
        from tfgen.data.loaded import Examples

        return Examples(self, seed, source, spec)


@dataclasses.dataclass(frozen=True)
class TwoDomainDataConfig(DataConfig):
    """Images of two domains: x, and y that it may become."""

    name: str = "scenes"
    dequantize: bool = False
    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"  # x is A, or B
    # No pair is seen while training: x and y come from two halves of the
    # training split, each in its own order.
    unpaired: bool = False
    y_size: CountOrNone = 0  # side of B in pixels, of folders; 0 = image_size
    # Folders are read at so many pixels more, of which a square is cut at
    # random while training, the same of both of a pair; else at the centre.
    crop_margin: CountOrNone = 0

    @property
    def read(self):
        """See `DataConfig`; data that cannot be cut say so themselves."""
        return (*super().read, "direction", "unpaired", "crop_margin")

    def source(self, seed):
        """See `DataConfig`; also raises of data that are no pairs."""
        if self.crop_margin:
            raise UserError(
                f"data.crop_margin={self.crop_margin}: records are cut before"
                " they are written, at the centre; expected 0."
            )
        if self.name.startswith(catalog.UNPAIRED_PREFIX):
            raise UserError(
                f"data={self.name}: prepare each folder by itself, with"
                f" data={catalog.FOLDER_PREFIX}A, and train on"
                f" {catalog.UNPAIRED_PREFIX}A.records,B.records."
            )
        return super().source(seed)

    def load(self, seed, spec=None, source=None):
        """See `DataConfig`; also raises if there is one domain."""
        from tfgen.data.two_domains import TwoDomains

        return TwoDomains(self, seed, source, spec)


@dataclasses.dataclass(frozen=True)
class SemiSupervisedDataConfig(DataConfig):
    """The same, with few labels to train on."""

    labels: int = 100  # of the training split that are shown; 0 = all

    @property
    def read(self):
        """See `DataConfig`."""
        return (*super().read, "labels")

    def load(self, seed, spec=None, source=None):
        """See `DataConfig`; also raises if there are not as many labels."""
        from tfgen.data.semi_supervised import FewLabels

        return FewLabels(self, seed, source, spec)


def refuse_unread(asked: Any, before: Any) -> None:
    """Raises `UserError` if a setting was given that these data do not read.

    Args:
      asked: the settings, `DataConfig` or `NliDataConfig`.
      before: without the user's.
    """
    for field in dataclasses.fields(asked):
        value = getattr(asked, field.name)
        given = value != getattr(before, field.name)
        if given and field.name not in asked.read:
            shown = ",".join(value) if isinstance(value, tuple) else value
            raise UserError(
                f"data.{field.name}={shown}: data={asked.name} has no use for"
                " it; leave it out."
            )
