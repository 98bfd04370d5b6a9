"""The versions that are served: found on the disk, loaded, let go of."""

import asyncio
import concurrent.futures
import dataclasses
import logging
import pathlib
from collections.abc import Callable, Mapping

import grpc
from tensorflow_serving.apis import get_model_status_pb2

from serving.batching import BatchingConfig
from serving.errors import RequestError
from serving.folder.model_configs import ModelConfig
from serving.metrics import Metrics
from serving.servable import Servable
from tfgen.errors import UserError

Status = get_model_status_pb2.GetModelStatusResponse
State = get_model_status_pb2.ModelVersionStatus.State


@dataclasses.dataclass
class _Model:
    config: ModelConfig
    versions: dict[int, Servable] = dataclasses.field(default_factory=dict)
    # What could not be loaded: version -> its folder's stamp, and why.
    failed: dict[int, tuple[str, str]] = dataclasses.field(default_factory=dict)
    loading: int | None = None


class Models:
    """All models of a server.

    `poll` brings what is served to what the config and the disk say. New
    versions are loaded in another thread and then take the place of the old
    ones, which end with the last request that reached them.

    Attributes:
      metrics: what is told of requests, batches and versions.
    """

    def __init__(
        self,
        read_configs: Callable[[], Mapping[str, ModelConfig]],
        batching: BatchingConfig,
    ):
        """Loads nothing yet.

        Args:
          read_configs: returns name -> config of all models; asked again at
            each `poll`. Base paths are folders of this machine.
          batching: how requests are put together.
        """
        self._read_configs, self._batching = read_configs, batching
        self.metrics = Metrics()
        self._models: dict[str, _Model] = {}
        self._threads = concurrent.futures.ThreadPoolExecutor(
            batching.num_batch_threads, "batch"
        )
        self._loader = concurrent.futures.ThreadPoolExecutor(1, "load")

    def find(
        self, name: str, version: int | None = None, label: str = ""
    ) -> Servable:
        """Returns what answers a request.

        Args:
          name: of the model.
          version: its number; without, the label decides, or the newest.
          label: of a version.

        Raises:
          RequestError: there is no such model, version or label.
        """
        model, version = self._asked(name, version, label)
        versions = model.versions
        if version is None:
            version = max(versions, default=None)
        if version not in versions:
            asked = "Latest" if version is None else f"Specific({version})"
            served = ", ".join(map(str, sorted(versions))) or "none"
            raise RequestError(
                f"Servable not found for request: {asked}({name}); versions"
                f" served: {served}",
                grpc.StatusCode.NOT_FOUND,
            )
        return versions[version]

    def status(
        self, name: str, version: int | None = None, label: str = ""
    ) -> Status:
        """Returns the state of a model's versions, the newest first.

        Raises:
          RequestError: there is no such model, version or label.
        """
        model, version = self._asked(name, version, label)
        found = dict.fromkeys(model.versions, (State.AVAILABLE, ""))
        if model.loading is not None:
            found[model.loading] = State.LOADING, ""
        for v, (_, why) in model.failed.items():
            found[v] = State.END, why
        if version not in (None, *found):
            raise RequestError(
                f"Could not find version {version} of model {name}",
                grpc.StatusCode.NOT_FOUND,
            )
        asked = sorted(found, reverse=True) if version is None else [version]
        status = Status()
        for v in asked:
            state, why = found[v]
            code = grpc.StatusCode.UNKNOWN if why else grpc.StatusCode.OK
            status.model_version_status.add(
                version=v,
                state=state,
                status={"error_code": code.value[0], "error_message": why},
            )
        return status

    def _asked(
        self, name: str, version: int | None, label: str
    ) -> tuple[_Model, int | None]:
        """Returns the model, and the version that a label stands for."""
        if name not in self._models:
            known = ", ".join(sorted(self._models)) or "none"
            raise RequestError(
                f"Servable not found for request: Latest({name}); models"
                f" served: {known}",
                grpc.StatusCode.NOT_FOUND,
            )
        model = self._models[name]
        labels = model.config.version_labels
        if label and label not in labels:
            known = ", ".join(sorted(labels)) or "none"
            raise RequestError(
                f"Unrecognized servable version label: {label}; labels of"
                f" {name}: {known}"
            )
        return model, labels[label] if label else version

    async def poll(self) -> None:
        """Loads versions that are new, then drops those not wanted any more.

        Raises:
          UserError: the config cannot be read, or a label moves to a version
            that is not loaded. Nothing has changed, as in TensorFlow Serving: a
            label keeps its old version until the new one is loaded, and a file
            that moves it sooner is ignored as a whole.
        """
        configs = self._read_configs()
        self._check_labels(configs)
        for name, config in configs.items():
            model = self._models.setdefault(name, _Model(config))
            wanted = _wanted(config)
            for version, folder in wanted.items():
                if version not in model.versions:
                    await self._load_version(model, version, folder)
            model.config = config
            # An old version is better than none.
            if any(version in wanted for version in model.versions):
                for version in set(model.versions) - set(wanted):
                    del model.versions[version]
                    logging.info("unloaded %s version %d", name, version)
            for version in set(model.failed) - set(wanted):
                del model.failed[version]
            self.metrics.versions.labels(name).set(len(model.versions))
        for name in set(self._models) - set(configs):
            del self._models[name]
            self.metrics.versions.labels(name).set(0)

    def _check_labels(self, configs: Mapping[str, ModelConfig]) -> None:
        for name, model in self._models.items():
            new = configs[name].version_labels if name in configs else {}
            for label, old in model.config.version_labels.items():
                if new.get(label, old) not in {old, *model.versions}:
                    raise UserError(
                        f"{name} moves label {label} to version {new[label]},"
                        " which is not loaded yet"
                    )

    async def _load_version(
        self, model: _Model, version: int, folder: pathlib.Path
    ) -> None:
        name, stamp = model.config.name, _stamp(folder)
        if version in model.failed and model.failed[version][0] == stamp:
            return
        model.loading = version
        try:
            servable = await asyncio.get_running_loop().run_in_executor(
                self._loader, Servable, folder, name, version
            )
            servable.start(self._batching, self._threads, self.metrics)
            model.versions[version] = servable
            model.failed.pop(version, None)
            logging.info("loaded %s version %d", name, version)
        except Exception as error:  # whatever is in the folder
            why = f"{type(error).__name__}: {error}".partition("\n")[0]
            model.failed[version] = (stamp, why)
            logging.warning(
                "%s version %d: %s (%s)", name, version, why, folder
            )
        finally:
            model.loading = None

    def close(self) -> None:
        """Ends the threads."""
        self._loader.shutdown(wait=False, cancel_futures=True)
        self._threads.shutdown()


def _stamp(folder: pathlib.Path) -> str:
    """Changes with any file in a folder: a version may still be copied."""
    try:
        files = [(str(p), p.stat()) for p in sorted(folder.rglob("*"))]
    except OSError as error:  # it has just been removed
        return str(error)
    return str([(path, s.st_mtime_ns, s.st_size) for path, s in files])


def _wanted(config: ModelConfig) -> dict[int, pathlib.Path]:
    """The versions that a config asks for, as far as they are on the disk."""
    # No folder yet, or none that we may read, has no versions.
    folders = pathlib.Path(config.base_path).glob("*")
    found = {int(p.name): p for p in folders if p.name.isdecimal()}
    policy = config.model_version_policy
    if policy.HasField("all"):
        return found
    if policy.HasField("specific"):
        return {v: found[v] for v in policy.specific.versions if v in found}
    newest = sorted(found)[-(policy.latest.num_versions or 1) :]
    return {v: found[v] for v in newest}
