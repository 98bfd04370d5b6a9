"""How soon a page of `apps.export --format=web` shows its first picture.

Each model is built, not trained: the time is the same. The page comes from a
server on this machine, so what a network takes is not in it; Chromium starts
with an empty cache. Needs Chromium and LiteRT.js, as the pages' tests do.

  python -m tests.export.web.first_picture
  python -m tests.export.web.first_picture real_nvp:digits vae:digits
"""

import pathlib
import sys
import tempfile
from collections.abc import Iterator

from export.web import litert
from tests.export.web import browser
from tests.export.web.pages import page_of

MODELS = (
    "real_nvp:digits",
    "vae:digits",
    "bigan:digits",
    "infogan:digits",
    "ebgan:digits",
    "real_nvp:toy",
    "cycle_gan:inverted_digits",
    "inner_attention:tiny",
)
_READ = "[document.body.dataset.first, document.body.dataset.shown]"


def measure(names: list[str]) -> Iterator[str]:
    """Yields a row of a table for each `model:preset`."""
    runtime = litert.find()
    with tempfile.TemporaryDirectory() as work:
        for n, name in enumerate(names):
            model, _, preset = name.partition(":")
            folder = pathlib.Path(work, str(n))
            _, page = page_of(runtime, folder, model, preset=preset)
            with (
                browser.served(page) as address,
                browser.opened("about:blank", folder / "profile") as tab,
            ):
                tab.go(address)
                tab.until("document.body.dataset.first")
                first, shown = tab(_READ)
            yield f"| {name} | {first} | {shown} |"


def main() -> None:
    """Prints the table."""
    print("| model and preset | first picture, ms | all panels, ms |")
    print("|---|---:|---:|")
    for row in measure(sys.argv[1:] or [*MODELS]):
        print(row, flush=True)


if __name__ == "__main__":
    main()
