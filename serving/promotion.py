"""Labels move when the servers have loaded what they move to."""

import os
import time
from collections.abc import Callable, Iterable

from serving.client import connect
from serving.folder import publish
from serving.target import Target
from tfgen.errors import UserError


def promote_when_loaded(
    directory: str | os.PathLike,
    name: str,
    servers: Iterable[str],
    seconds: float,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Promotes the newest version of a model: see `publish.promote`.

    TensorFlow Serving refuses a config that moves a label to a version it has
    not loaded, and then reads nothing of it: so the servers are asked first.

    Args:
      directory: that is published.
      name: of the model.
      servers: URLs, as of `Target`, of all servers that read the folder.
      seconds: to wait for each of them.
      sleep: waits between two questions.

    Raises:
      UserError: there is no such model, or a server does not have the version;
        labels stay where they are.
    """
    version = publish.newest(directory, name)
    for server in servers:
        _wait(Target(server, name, version, retries=0), seconds, sleep)
    publish.promote(directory, name, version)


def _wait(
    target: Target, seconds: float, sleep: Callable[[float], object]
) -> None:
    client = connect(target)
    end = time.monotonic() + seconds
    while True:
        try:
            client.signatures()  # a server describes what it has loaded
            return
        except UserError as error:
            if time.monotonic() >= end:
                raise UserError(
                    f"promote={target.model}: version {target.version} is not"
                    f" loaded after {seconds:g} s, labels stay. {error}"
                ) from error
        sleep(1)
