import gzip
import hashlib
import pathlib

import pytest

from export.web import litert
from tests.apps import command
from tfgen.errors import UserError


def installed(folder):
    for path, _ in litert._FILES.values():
        file = folder / "node_modules/@litertjs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)


def test_what_is_missing_is_said_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(UserError) as error:
        litert.find()
    folder = tmp_path / "tfgen" / "npm"
    assert str(error.value) == (
        f"litert={folder}: no node_modules/@litertjs/core/dist/index.js;"
        " expected @litertjs/core 2.5.3: npm install --prefix"
        f" {folder} @litertjs/core@2.5.3"
    )


def test_another_version_is_refused(tmp_path):
    installed(tmp_path)
    with pytest.raises(UserError, match="another node_modules/@litertjs/core/"):
        litert.find(tmp_path)


def test_a_page_without_its_model_is_small(runtime):
    """At most 11 MB on disk and 4 MB gzipped."""
    templates = pathlib.Path(litert.__file__).with_name("templates")
    texts = [p.read_bytes() for p in (*runtime.values(), *templates.iterdir())]
    assert 9.6e6 < sum(map(len, texts)) < 11e6
    packed = [gzip.compress(text, compresslevel=1) for text in texts]
    assert 2e6 < sum(map(len, packed)) < 4e6


def test_files_have_their_names_on_the_page(tmp_path, monkeypatch):
    installed(tmp_path)
    known = {
        name: (path, hashlib.sha256(path.encode()).hexdigest())
        for name, (path, _) in litert._FILES.items()
    }
    monkeypatch.setattr(litert, "_FILES", known)
    litert.copy(litert.find(tmp_path), tmp_path / "page")
    found = {p.name: p.read_text() for p in (tmp_path / "page").iterdir()}
    assert found == {name: path for name, (path, _) in known.items()}


def test_the_page_asks_for_these_files():
    templates = pathlib.Path(litert.__file__).with_name("templates")
    text = "".join(p.read_text() for p in templates.iterdir())
    for name in litert.NAMES:
        # The glue of the WebAssembly names it.
        assert f"./litert/{name}" in text or name.endswith(".wasm")


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--workdir=none", "--litert=here"], "--litert=here: only with --fo"),
        (["--format=web"], "--format=web: only with --workdir."),
    ],
)
def test_flags_that_need_others(flags, message):
    code, _, error = command.run_here("apps.export", *flags)
    assert code == 2 and message in error[-1]
