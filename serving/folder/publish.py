"""A folder that TensorFlow Serving is started on, and its versions.

    models.config               the versions served, and their labels
    models/<name>/<version>/    SavedModels, with requests to warm up with
    batching_parameters.txt monitoring.config docker-compose.yml kubernetes.yaml

A server that polls `models.config` reads a version when all of it is there: the
config is renamed into place after the SavedModel.

TensorFlow Serving refuses a whole config in which a label moves to a version
that it has not loaded. So a version is listed first (`publish`), and gets its
label when it is loaded (`promote`); and whatever `rollback` goes back to stays
listed. `models.config` alone says what is served: folders that it does not list
were rolled back, or are of a killed process.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
from collections.abc import Iterable, Iterator

from export.calls import Call
from export.versions import next_version, versions
from serving.folder.batching_params import write_batching_params
from serving.folder.deployment import write_deployment
from serving.folder.model_configs import (
    FILE,
    MOUNT,
    ModelConfig,
    read_configs,
    write_configs,
)
from serving.folder.warmup import write_warmup
from tfgen.errors import UserError
from tfgen.files import writing

LABELS = ("stable", "canary")


def publish(
    saved_model: str | os.PathLike,
    directory: str | os.PathLike,
    name: str,
    calls: Iterable[Call],
    keep: int = 3,
) -> int:
    """Copies a SavedModel as the next version of a model, and serves it.

    The new version is what a request without a version gets. Labels stay where
    they are until `promote`; a model's first version gets both, `stable` and
    `canary`.

    Args:
      saved_model: the folder of a SavedModel.
      directory: that is published; made if it is not there.
      name: that the model is served under.
      calls: of the model, to warm up with.
      keep: versions to keep on disk and in the server; those with a label are
        always kept.

    Returns:
      The version.

    Raises:
      UserError: the SavedModel is damaged, or see `check_publishing`.
    """
    check_publishing(directory, name, keep)
    directory = pathlib.Path(directory)
    base = directory / "models" / name
    partial = base.with_name(f".partial-{name}")
    with _locked(directory):
        configs = read_configs(directory)
        version = next_version(base)
        served = base / str(version)
        shutil.rmtree(partial, ignore_errors=True)  # of a killed process
        try:
            shutil.copytree(saved_model, partial)
            write_warmup(partial, name, calls)
            write_batching_params(partial)
            _flush(partial)
            write_deployment(directory, name)
            base.mkdir(exist_ok=True)
            partial.rename(served)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        configs[name] = _next_config(name, configs.get(name), version, keep)
        try:
            write_configs(directory, configs)
        except UserError:  # it is not served
            shutil.rmtree(served, ignore_errors=True)
            raise
        for old in set(versions(base)) - set(_listed(configs[name])):
            shutil.rmtree(base / str(old))
    return version


def check_publishing(
    directory: str | os.PathLike, name: str, keep: int = 3
) -> None:
    """Finds what is wrong with the settings of `publish`, before it starts.

    Args:
      directory: see `publish`; made if it is not there.
      name: see `publish`.
      keep: see `publish`.

    Raises:
      UserError: the name is no name for a URL, `keep` is less than 1, the
        folder cannot be written, or its `models.config` cannot be read or
        is not of `publish`.
    """
    if not re.fullmatch(r"[a-z]([\w-]{0,48}[a-z0-9])?", name, re.A | re.I):
        raise UserError(
            f"publish_as={name}: expected up to 50 letters, digits, - and _;"
            " the first a letter, the last a letter or digit."
        )
    if keep < 1:
        raise UserError(f"keep={keep}: must be 1 or more.")
    with _locked(pathlib.Path(directory)):
        config = read_configs(directory).get(name)
    # All versions, or the newest: they would not be served any more.
    if config and not config.model_version_policy.HasField("specific"):
        raise UserError(
            f"{pathlib.Path(directory, FILE)}: {name} has no list of versions;"
            " expected model_version_policy { specific { versions: … } }."
        )


def promote(directory: str | os.PathLike, name: str, version: int) -> None:
    """Gives a version the label `canary`; its last version becomes `stable`.

    A second call with the same version gives it both labels.

    Args:
      directory: that is published.
      name: of the model.
      version: that the servers have loaded; others refuse the move, and with it
        all of `models.config`, until `rollback` takes it back.

    Raises:
      UserError: there is no such model, or the version is not served.
    """
    with _changing("promote", directory, name) as config:
        if version not in _listed(config):
            raise UserError(
                f"promote={name}: version {version} is not served any more;"
                " promote again."
            )
        labels = config.version_labels
        labels["stable"] = labels.get("canary", version)
        labels["canary"] = version


def rollback(directory: str | os.PathLike, name: str) -> int:
    """Withdraws the newest version; its labels go to the one before it.

    The one before it is loaded already, so a server takes the move at its next
    look. The folder of the withdrawn version stays until the next `publish`:
    servers miss a folder sooner than they read the config, and would have
    labels without a version in between.

    Args:
      directory: that is published.
      name: of the model.

    Returns:
      The newest version now.

    Raises:
      UserError: there is no such model, or no version to go back to.
    """
    with _changing("rollback", directory, name) as config:
        if len(listed := _listed(config)) < 2:
            only = "".join(f"version {v} is the only one; " for v in listed)
            raise UserError(
                f"rollback={name}: {only}publish another one first."
            )
        back, withdrawn = listed[-2:]
        config.model_version_policy.specific.versions.remove(withdrawn)
        for label, version in list(config.version_labels.items()):
            if version == withdrawn:
                config.version_labels[label] = back
    return back


def newest(directory: str | os.PathLike, name: str) -> int:
    """Returns the newest version that is served of a model.

    Raises:
      UserError: there is no such model, or none of its versions is served.
    """
    listed = _listed(_find("promote", directory, name))
    if not listed:
        raise UserError(f"promote={name}: no version of it is served.")
    return listed[-1]


def summary(directory: str | os.PathLike, name: str) -> str:
    """Returns a line on what is served of a model that was published."""
    config = read_configs(directory)[name]
    served = ", ".join(map(str, _listed(config)))
    labels = ", ".join(
        f"{label} is {version}"
        for label, version in sorted(config.version_labels.items())
    )
    return f"{name}, versions {served}; {labels}"


def _find(action: str, directory: str | os.PathLike, name: str) -> ModelConfig:
    configs = read_configs(directory)
    if name not in configs:
        known = ", ".join(configs) or "no model at all"
        raise UserError(f"{action}={name}: {directory} has {known}.")
    return configs[name]


@contextlib.contextmanager
def _changing(
    action: str, directory: str | os.PathLike, name: str
) -> Iterator[ModelConfig]:
    """Lets a model's config be changed, and writes it."""
    _find(action, directory, name)  # before the lock makes a folder
    with _locked(pathlib.Path(directory)):
        configs = read_configs(directory)
        yield configs[name]
        write_configs(directory, configs)


def _next_config(
    name: str, before: ModelConfig | None, version: int, keep: int
) -> ModelConfig:
    before = before or ModelConfig()
    labels = dict.fromkeys(LABELS, version) | dict(before.version_labels)
    kept = [*_listed(before), version][-keep:]
    listed = sorted({*kept, *labels.values()})
    return ModelConfig(
        name=name,
        base_path=f"{MOUNT}/models/{name}",
        model_platform="tensorflow",
        model_version_policy={"specific": {"versions": listed}},
        version_labels=labels,
    )


def _listed(config: ModelConfig) -> list[int]:
    return sorted(config.model_version_policy.specific.versions)


def _flush(folder: pathlib.Path) -> None:
    """Brings files to the disk, before a rename says that they are there."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextlib.contextmanager
def _locked(directory: pathlib.Path) -> Iterator[None]:
    """Lets one process at a time change the folder."""
    with writing(directory):
        (directory / "models").mkdir(parents=True, exist_ok=True)
        with (directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
