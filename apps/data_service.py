"""Makes batches for trainings on other machines: a `tf.data` service.

A training with --data_service=HOST:PORT lets this process read, decode and
prepare its batches; they are those that it would make itself. Both machines
open the data, by the same path. There are no passwords: keep the port in a
private network.

Example:
  python -m apps.data_service --port=5050
  python -m apps.train --data_service=localhost:5050 --workdir=runs/digits
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_integer("port", 5050, "Of the dispatcher; 0 takes a free one.", 0)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    import threading

    from absl import logging

    from tfgen.data.service import start

    address, _servers = start(FLAGS.port)
    print(f"--data_service={address}", flush=True)
    logging.warning(
        "Whoever reaches this port can run any graph here: read and write"
        " files, call Python. Keep it in a private network."
    )
    threading.Event().wait()


if __name__ == "__main__":
    common.run(main)
