"""What TensorFlow Serving is started with.

`templates/` has the files of a published folder; Compose and Kubernetes start
the server with the same arguments as `docker run`.
"""

import pathlib
import shlex
import string

from serving.folder.model_configs import FILE, MOUNT
from tfgen.files import write_text

# The version of requirements.txt's tensorflow-serving-api.
IMAGE = "tensorflow/serving:2.21.0"
METRICS_PATH = "/monitoring/prometheus/metrics"

ARGUMENTS = (
    f"--model_config_file={MOUNT}/{FILE}",
    "--model_config_file_poll_wait_seconds=10",
    # At the start, and of a new model, labels come with their versions.
    "--allow_version_labels_for_unavailable_models=true",
    "--enable_batching=true",
    # Only SavedModels that bring batching_params.pbtxt. What all models share
    # is in batching_parameters.txt; the rest would be ignored there.
    "--enable_per_model_batching_parameters=true",
    f"--batching_parameters_file={MOUNT}/batching_parameters.txt",
    f"--monitoring_config_file={MOUNT}/monitoring.config",
)

_TEMPLATES = pathlib.Path(__file__).with_name("templates")
# gRPC and REST, for this machine alone: there is no authentication.
_DOCKER_RUN = "docker run -p 127.0.0.1:8500:8500 -p 127.0.0.1:8501:8501"


def docker_run(folder: pathlib.Path) -> str:
    """Returns the shell's command that serves a published folder."""
    lines = [_DOCKER_RUN, f"{_volume(folder, MOUNT)} {IMAGE}", *ARGUMENTS]
    return " \\\n    ".join(lines)


def docker_run_model(base_path: pathlib.Path) -> str:
    """Returns the shell's command that serves the versions of one model."""
    name = base_path.absolute().name
    volume = _volume(base_path, f"/models/{name}")
    variable = shlex.quote(f"MODEL_NAME={name}")
    return " \\\n    ".join([_DOCKER_RUN, volume, f"-e {variable} {IMAGE}"])


def _volume(folder: pathlib.Path, target: str) -> str:
    return f"-v {shlex.quote(f'{folder.absolute()}:{target}:ro')}"


def deployment(name: str) -> dict[str, str]:
    """Returns file name -> text.

    Args:
      name: of the model that a server is ready with.
    """
    values = {
        "name": name,
        "app": name.replace("_", "-").lower(),
        "image": IMAGE,
        "command": _list(ARGUMENTS, indent=6),
        "args": _list(ARGUMENTS, indent=12),
    }
    return {
        path.name: string.Template(path.read_text()).substitute(values)
        for path in sorted(_TEMPLATES.iterdir())
    }


def _list(items: tuple[str, ...], indent: int) -> str:
    return "\n".join(f"{' ' * indent}- {item}" for item in items)


def write_deployment(folder: pathlib.Path, name: str) -> None:
    """Writes the files that are not there; who edits one keeps it.

    Args:
      folder: that is published.
      name: of the model that a server is ready with.

    Raises:
      UserError: one could not be written.
    """
    for file, text in deployment(name).items():
        if not (folder / file).exists():
            write_text(folder / file, text)
