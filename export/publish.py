"""A folder that TensorFlow Serving is started on, and its versions.

    models.config               the versions served, and their labels
    models/<name>/<version>/    SavedModels, with requests to warm up with
    withdrawn/<name>/<version>/ the last one that was rolled back
    batching_parameters.txt monitoring.config docker-compose.yml kubernetes.yaml

A server that polls `models.config` reads a version when all of it is there: the
config is renamed into place after the SavedModel.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
from collections.abc import Iterable, Iterator

from export import deployment
from export import examples as examples_lib
from export.batching_params import write_batching_params
from export.examples import Example
from export.model_configs import ModelConfig, read_configs, write_configs
from export.saved_model import next_version
from export.warmup import write_warmup
from tfgen.errors import UserError


def publish_export(
    exported: str | os.PathLike,
    model: str,
    directory: str | os.PathLike,
    name: str,
    keep: int = 3,
) -> int:
    """Publishes the newest SavedModel that `export_model` wrote.

    Args:
      exported: the workdir's `export`.
      model: the name that it was exported under.
      directory: see `publish`.
      name: see `publish`.
      keep: see `publish`.

    Returns:
      The version published.
    """
    exported = pathlib.Path(exported)
    newest = str(_versions(exported / "saved_model" / model)[-1])
    examples = exported / "checks" / model / newest / "examples.npz"
    return publish(
        exported / "saved_model" / model / newest,
        directory,
        name,
        examples_lib.read(examples),
        keep,
    )


def publish(
    saved_model: str | os.PathLike,
    directory: str | os.PathLike,
    name: str,
    examples: Iterable[Example],
    keep: int = 3,
) -> int:
    """Copies a SavedModel as the next version of a model, and serves it.

    The new version gets the label `canary`, and is what a request without a
    version gets. `stable` moves to the version that was `canary` before, or, if
    there was none, to the new one.

    Args:
      saved_model: the folder of a SavedModel.
      directory: that is published; made if it is not there.
      name: that the model is served under.
      examples: calls of the model, to warm up with.
      keep: versions to keep on disk; those with a label are always kept.

    Returns:
      The version.

    Raises:
      UserError: the name is no name for a URL, or the folder cannot be written.
    """
    if not re.fullmatch(r"[a-z]([\w-]{0,48}[a-z0-9])?", name, re.A | re.I):
        raise UserError(
            f"--publish_as={name}: not a name for a URL; begin with a letter,"
            " go on with up to 49 letters, digits, - and _, and end with a"
            " letter or digit."
        )
    if keep < 1:
        raise UserError(f"--keep={keep}: must be 1 or more.")
    directory = pathlib.Path(directory)
    with _locked(directory):
        models, withdrawn = directory / "models", directory / "withdrawn"
        version = next_version(models / name, withdrawn / name)
        partial = models / f".partial-{name}"
        shutil.rmtree(partial, ignore_errors=True)  # of a killed process
        try:
            shutil.copytree(saved_model, partial)
            write_warmup(partial, name, examples)
            write_batching_params(partial)
            _flush(partial)
            (models / name).mkdir(exist_ok=True)
            partial.rename(models / name / str(version))
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        deployment.write_deployment(directory, name)
        configs = read_configs(directory)
        before = configs[name].version_labels if name in configs else {}
        stable = before.get("canary", version)
        configs[name] = _config(name, stable=stable, canary=version)
        write_configs(directory, configs)
        for old in _versions(models / name)[:-keep]:
            if old != stable:
                shutil.rmtree(models / name / str(old))
        shutil.rmtree(withdrawn / name, ignore_errors=True)
    return version


def rollback(directory: str | os.PathLike, name: str) -> int:
    """Withdraws the newest version; both labels go to the one before it.

    The version is moved out of the way of servers that poll the folder, and its
    number is not given to another one.

    Args:
      directory: that is published.
      name: of the model.

    Returns:
      The version that is served now.

    Raises:
      UserError: there is no such model, or no version to go back to.
    """
    directory = pathlib.Path(directory)
    if name not in (configs := read_configs(directory)):
        known = ", ".join(configs) or "no model at all"
        raise UserError(f"--rollback={name}: {directory} has {known}.")
    with _locked(directory):
        configs = read_configs(directory)
        versions = _versions(directory / "models" / name)
        if len(versions) < 2:
            raise UserError(
                f"--rollback={name}: version {versions[0]} is the only one;"
                " publish another one first."
            )
        *_, back, newest = versions
        configs[name] = _config(name, stable=back, canary=back)
        write_configs(directory, configs)
        withdrawn = directory / "withdrawn" / name
        shutil.rmtree(withdrawn, ignore_errors=True)
        withdrawn.mkdir(parents=True)
        (directory / "models" / name / str(newest)).rename(
            withdrawn / str(newest)
        )
    return back


def _config(name: str, stable: int, canary: int) -> ModelConfig:
    config = ModelConfig(
        name=name,
        base_path=f"{deployment.MOUNT}/models/{name}",
        model_platform="tensorflow",
        version_labels={"stable": stable, "canary": canary},
    )
    versions = config.model_version_policy.specific.versions
    versions.extend(sorted({stable, canary}))
    return config


def _versions(folder: pathlib.Path) -> list[int]:
    return sorted(int(p.name) for p in folder.iterdir() if p.name.isdecimal())


def _flush(folder: pathlib.Path) -> None:
    """Brings files to the disk, before a rename says that they are there."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextlib.contextmanager
def _locked(directory: pathlib.Path) -> Iterator[None]:
    """Lets one process at a time change the folder."""
    try:
        (directory / "models").mkdir(parents=True, exist_ok=True)
        with (directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise UserError(
            f"--publish={directory}: cannot write there"
            f" ({error.strerror or error}); make room on the disk or choose"
            " another folder."
        ) from error
