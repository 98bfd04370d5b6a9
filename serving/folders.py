"""Where models are: a published folder, or that of one model's versions."""

import os
import pathlib
from collections.abc import Mapping

from export import deployment
from export.model_configs import ModelConfig, read_configs
from tfgen.errors import UserError


def published(folder: str | os.PathLike) -> Mapping[str, ModelConfig]:
    """Returns name -> config of what was published.

    Args:
      folder: written by `export.publish`, whose base paths are those that
        containers see.

    Raises:
      UserError: nothing was published there.
    """
    configs = read_configs(folder)
    if not configs:
        raise UserError(
            f"--folder={folder}: has no models.config; write one with"
            " `python -m apps.export --publish`."
        )
    for config in configs.values():
        path = pathlib.PurePosixPath(config.base_path)
        if path.is_relative_to(deployment.MOUNT):
            inside = path.relative_to(deployment.MOUNT)
            config.base_path = str(pathlib.Path(folder, inside))
    return configs


def one_model(base_path: str | os.PathLike) -> Mapping[str, ModelConfig]:
    """Returns name -> config of one model, whose newest version is served.

    Args:
      base_path: holds the versions, and is named as the model.

    Raises:
      UserError: there are no versions.
    """
    path = pathlib.Path(base_path).absolute()
    if not path.is_dir() or not any(p.name.isdecimal() for p in path.iterdir()):
        raise UserError(
            f"--model_base_path={base_path}: has no folders named 1, 2, …; give"
            " the folder of a model's versions, as export/saved_model/real_nvp."
        )
    return {path.name: ModelConfig(name=path.name, base_path=str(path))}
