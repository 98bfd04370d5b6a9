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
      UserError: the file is no `ModelServerConfig`.
    """
    path = pathlib.Path(directory, FILE)
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(path.read_text(), config)
    except FileNotFoundError:
        return {}
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}: not a ModelServerConfig ({error}); mend it or move it"
            " away."
        ) from error
    return {c.name: c for c in config.model_config_list.config}


def write_configs(
    directory: str | os.PathLike, configs: Mapping[str, ModelConfig]
) -> None:
    """Writes the file of a folder; who reads it, sees the old or the new one.

    Args:
      directory: that is published.
      configs: name -> config.
    """
    server = model_server_config_pb2.ModelServerConfig()
    server.model_config_list.config.extend(configs.values())
    path = pathlib.Path(directory, FILE)
    partial = path.with_name(f".partial-{FILE}")
    with partial.open("w") as file:
        file.write(text_format.MessageToString(server))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
