"""LiteRT.js: TFLite's interpreter for browsers, of the npm registry.

Its WebAssembly has 9 MB, so it is no part of this project. A user installs the
package once, and pages hold a copy.
"""

import hashlib
import os
import pathlib
import shutil

from tfgen.errors import UserError

PACKAGE, VERSION = "@litertjs/core", "2.5.3"

# Name on a page -> path below `node_modules/@litertjs` and its SHA-256. Of the
# variants of the WebAssembly, `compat` is the one that runs in every browser
# and needs no headers from the server; here it is as fast as the others.
_FILES = {
    "core.js": (
        "core/dist/index.js",
        "e7daccc3a31eef890848a737ccb863ded5f046a6b40c3fdc0556495adeb5d9b3",
    ),
    "wasm-utils.js": (
        "wasm-utils/dist/index.js",
        "e0e20bc28ab001ac732cf40d15b6eebd24fb0deaeb95eeba5100f51eebf015f2",
    ),
    "litert_wasm_compat_internal.js": (
        "core/wasm/litert_wasm_compat_internal.js",
        "4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5",
    ),
    "litert_wasm_compat_internal.wasm": (
        "core/wasm/litert_wasm_compat_internal.wasm",
        "5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c",
    ),
}
NAMES = tuple(_FILES)


def default_folder() -> pathlib.Path:
    """Returns the folder where the package is looked for."""
    from tfgen.files import default_cache_dir

    return default_cache_dir() / "npm"


def find(folder: str | os.PathLike | None = None) -> dict[str, pathlib.Path]:
    """Returns name on a page -> file, of the package that is installed.

    Args:
      folder: what `npm install --prefix` was given; None is the default one.

    Raises:
      UserError: the package is not there, or it is another version.
    """
    top = pathlib.Path(folder or default_folder())
    found = {}
    for name, (path, digest) in _FILES.items():
        file = top / "node_modules/@litertjs" / path
        if not file.is_file():
            reason = f"no {file.relative_to(top)}"
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            reason = f"another {file.relative_to(top)}"
        else:
            found[name] = file
            continue
        raise UserError(
            f"litert={top}: {reason}; expected {PACKAGE} {VERSION}: npm install"
            f" --prefix {top} {PACKAGE}@{VERSION}"
        )
    return found


def copy(files: dict[str, pathlib.Path], folder: pathlib.Path) -> None:
    """Copies what `find` returned into a folder, which is made."""
    folder.mkdir()
    for name, file in files.items():
        shutil.copyfile(file, folder / name)
