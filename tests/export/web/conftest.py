"""What pages need to be run; tests that need it are skipped without."""

import pathlib

import pytest

from export.web import litert
from tests.export.web import browser
from tfgen.errors import UserError


@pytest.fixture(scope="session")
def runtime():
    """The files of LiteRT.js."""
    try:
        # The tests' own cache is empty.
        return litert.find(pathlib.Path.home() / ".cache/tfgen/npm")
    except UserError as error:
        pytest.skip(f"pages are not run: {error}")


@pytest.fixture(scope="module")
def files(runtime):
    if not browser.CHROMIUM:
        pytest.skip("no chromium in PATH: pages are not run")
    return runtime


@pytest.fixture(scope="module")
def tab(files, tmp_path_factory):
    """One Chromium for all pages that need no network of their own."""
    profile = tmp_path_factory.mktemp("profile")
    with browser.opened("about:blank", profile) as found:
        yield found
