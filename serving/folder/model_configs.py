"""The file `models.config`: versions that are served, and their labels."""

import os
import pathlib
from collections.abc import Mapping

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tfgen.errors import UserError

FILE = "models.config"
ModelConfig = model_server_config_pb2.ModelConfig


def read_configs(directory: str | os.PathLike) -> dict[str, ModelConfig]:
    """Returns name -> config, as the file of a folder has them; {} without one.

    Raises:
      UserError: the file is no `ModelServerConfig`, or none that can be written
        again without losing a part of it.
    """
    path = pathlib.Path(directory, FILE)
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(path.read_text(), config)
        if config.HasField("custom_model_config"):
            raise ValueError("it has a custom_model_config")
        configs = {c.name: c for c in config.model_config_list.config}
        if len(configs) < len(config.model_config_list.config):
            raise ValueError("a model is there twice")
    except FileNotFoundError:
        return {}
    except (text_format.ParseError, ValueError, OSError) as error:
        reason = getattr(error, "strerror", "") or error
        raise UserError(
            f"{path}: not a ModelServerConfig ({reason}); mend it or move it"
            " away."
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
    from tfgen.files import replacing

    server = model_server_config_pb2.ModelServerConfig()
    server.model_config_list.config.extend(configs.values())
    path = pathlib.Path(directory, FILE)
    with replacing(path) as partial, partial.open("w") as file:
        file.write(text_format.MessageToString(server))
        file.flush()
        os.fsync(file.fileno())
