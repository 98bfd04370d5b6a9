"""The models that there are: the files of `models/<family>/`, and plug-ins.

A model is a file `models/<family>/<name>.py`. Another package adds models by
entry points of the group `tfgen.models`, name -> module:

    [project.entry-points."tfgen.models"]
    my_vae = "my_package.vae"

A model's module has

- `PAPER`: authors, year and arXiv number, one string;
- `PRESETS`: name -> `tfgen.config.Preset`, a dict with the names as strings;
  the first is the default, `tiny` is what tests train;
- `Config`: the settings, a frozen dataclass;
- one subclass of `keras.Model`, built as `Model(config, spec)`.

The module is imported when its model is needed. What `--help` says is read from
its text, without TensorFlow; a plug-in takes no name that there is.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import pathlib
from types import ModuleType

from absl import logging

from tfgen.errors import UserError, one_of


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model of the zoo.

    Attributes:
      module_name: full name of the model's module.
      family: name of the folder; "plug-in" of another package's.
    """

    module_name: str
    family: str

    @functools.cached_property
    def _text(self) -> dict[str, ast.expr]:
        """Name -> value of what the module assigns, without importing it."""
        try:
            path = importlib.util.find_spec(self.module_name).origin
            body = ast.parse(pathlib.Path(path).read_text()).body
        except (
            ImportError,
            AttributeError,
            OSError,
            SyntaxError,
            ValueError,
        ) as error:
            raise self._unread(error) from error
        return {
            name.id: node.value
            for node in body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for name in getattr(node, "targets", None) or [node.target]
            if isinstance(name, ast.Name)
        }

    @property
    def paper(self) -> str:
        """Authors, year and arXiv number."""
        (paper,) = self._texts("PAPER", [self._text.get("PAPER")])
        return paper

    @property
    def presets(self) -> tuple[str, ...]:
        """Names of the presets; the first is the default."""
        presets = self._text.get("PRESETS")
        keys = presets.keys if isinstance(presets, ast.Dict) else []
        return self._texts("PRESETS", keys)

    def _texts(self, name: str, nodes: list) -> tuple[str, ...]:
        values = tuple(getattr(node, "value", None) for node in nodes)
        if not values or not all(isinstance(text, str) for text in values):
            what = {"PAPER": "a text", "PRESETS": "a dict whose keys are texts"}
            raise self._unread(f"{name}: expected {what[name]}, written out")
        return values

    def _unread(self, reason) -> UserError:
        return UserError(
            f"entry point {self.module_name}: cannot be read ({reason})."
        )

    def module(self) -> ModuleType:
        """Imports the model's module (and with it TensorFlow)."""
        return importlib.import_module(self.module_name)

    def build(self, network, spec):
        """Returns the model for the settings `network` on data `spec`."""
        import keras

        module = self.module()
        (model,) = (
            kind
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if kind.__module__ == self.module_name
            and issubclass(kind, keras.Model)
        )
        return model(network, spec)


def _models() -> dict[str, Entry]:
    folder = pathlib.Path(__file__).parent / "models"
    found = {
        path.stem: Entry(
            f"tfgen.models.{path.parent.name}.{path.stem}", path.parent.name
        )
        for path in sorted(folder.glob("*/*.py"), key=lambda path: path.stem)
    }
    for point in importlib.metadata.entry_points(group="tfgen.models"):
        entry = found.setdefault(point.name, Entry(point.value, "plug-in"))
        if entry.module_name != point.value:
            logging.warning(
                "model=%s: entry point %s is left out; %s has the name.",
                point.name,
                point.value,
                entry.module_name,
            )
    return found


MODELS = _models()


def get(name: str) -> Entry:
    """Returns the model registered as `name`, or raises `UserError`."""
    return MODELS[one_of("model", name, MODELS)]
