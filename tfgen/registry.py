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
its text, without TensorFlow.
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
        except (ImportError, AttributeError, OSError, SyntaxError) as error:
            raise UserError(
                f"entry point {self.module_name}: cannot be read ({error})."
            ) from error
        return {
            node.targets[0].id: node.value
            for node in body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
        }

    @property
    def paper(self) -> str:
        """Authors, year and arXiv number."""
        return ast.literal_eval(self._text["PAPER"])

    @property
    def presets(self) -> tuple[str, ...]:
        """Names of the presets; the first is the default."""
        return tuple(map(ast.literal_eval, self._text["PRESETS"].keys))

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
    plug_ins = {
        point.name: Entry(point.value, "plug-in")
        for point in importlib.metadata.entry_points(group="tfgen.models")
    }
    return plug_ins | found  # a plug-in takes no name that there is


MODELS = _models()


def get(name: str) -> Entry:
    """Returns the model registered as `name`, or raises `UserError`."""
    return MODELS[one_of("model", name, MODELS)]
