"""Sphinx's settings: `sphinx-build -W docs site`, without network."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pages  # noqa: E402

from tfgen.version import __version__  # noqa: E402

pages.write(HERE / "made")

project = "tfgen"
version = release = __version__
html_title = f"tfgen {__version__}"
html_theme = "furo"
html_show_copyright = html_show_sphinx = False
html_copy_source = False
exclude_patterns = ["**/README.md"]
extensions = ["myst_parser"]
myst_heading_anchors = 3
smartquotes = False
