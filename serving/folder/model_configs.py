"""The file `models.config`: the versions served, and their labels."""

import os
import pathlib
from collections.abc import Mapping

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from export.versions import versions
from tfgen.errors import UserError
from tfgen.files import failure, read_text, replacing

FILE = "models.config"
# Where servers see the folder.
MOUNT = "/serving"
ModelConfig = model_server_config_pb2.ModelConfig


def read_configs(directory: str | os.PathLike) -> dict[str, ModelConfig]:
    """Returns name -> config, as a folder's file has them; {} without one.

    Raises:
      UserError: the file is no `ModelServerConfig`, or none that can be written
        again without losing a part of it.
    """
    path = pathlib.Path(directory, FILE)
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(read_text(path), config)
        if config.HasField("custom_model_config"):
            raise ValueError("it has a custom_model_config")
        configs = {c.name: c for c in config.model_config_list.config}
        if len(configs) < len(config.model_config_list.config):
            raise ValueError("a model is there twice")
    except FileNotFoundError:
        return {}
    except (text_format.ParseError, ValueError, OSError) as error:
        raise UserError(
            f"{path}: not a ModelServerConfig ({failure(error)}); mend it."
        ) from error
    return configs


def write_configs(
    directory: str | os.PathLike, configs: Mapping[str, ModelConfig]
) -> None:
    """Writes the file of a folder; who reads it, sees the old or the new one.

    Args:
      directory: that is published.
      configs: name -> config.

    Raises:
      UserError: it could not be written; nothing has changed.
    """
    server = model_server_config_pb2.ModelServerConfig()
    server.model_config_list.config.extend(configs.values())
    path = pathlib.Path(directory, FILE)
    with replacing(path) as partial, partial.open("w") as file:
        file.write(text_format.MessageToString(server))
        file.flush()
        os.fsync(file.fileno())


def published(folder: str | os.PathLike) -> dict[str, ModelConfig]:
    """Returns name -> config, with the base paths that this machine sees.

    Raises:
      UserError: nothing was published there, a model's path leads out of the
        folder, or see `read_configs`.
    """
    configs = read_configs(folder)
    if not configs:
        raise UserError(
            f"folder={folder}: has no {FILE}; publish a model there first."
        )
    for config in configs.values():
        path = pathlib.PurePosixPath(config.base_path)
        if path.is_relative_to(MOUNT):
            here = pathlib.Path(folder, path.relative_to(MOUNT))
            if ".." in path.parts:
                raise UserError(
                    f"{pathlib.Path(folder, FILE)}: base_path {path} leads out"
                    f" of the folder; expected {MOUNT}/models/NAME."
                )
            config.base_path = str(here)
    return configs


def one_model(base_path: str | os.PathLike) -> dict[str, ModelConfig]:
    """Returns name -> config of one model, whose newest version is served.

    Args:
      base_path: holds the versions, and is named as the model.

    Raises:
      UserError: there are no versions.
    """
    path = pathlib.Path(base_path).absolute()
    if not versions(path):
        raise UserError(
            f"model_base_path={base_path}: has no folders named 1, 2, …; give"
            " the folder of a model's versions, as export/saved_model/real_nvp."
        )
    return {path.name: ModelConfig(name=path.name, base_path=str(path))}
