"""Times flows in several libraries, side by side.

What is timed is in `flow_task.py`, each library's answer in
`peers/flows_<library>.py`.

    PEERS=../peers/bin/python
    python -m benchmarks.flows --task=maf --peers=$PEERS --json=maf.json

`maf`, `spline`, `image_8` and `image_28` are the tasks. tfgen and TFP run in
this interpreter, all others in that of `--peers`, unless `--python` says more.
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import flow_task, runner

_HERE = ("tfgen", "tfp")
FLAGS = flags.FLAGS


def chosen(task: str, asked: Sequence[str] | None) -> list[str]:
    """Returns the libraries of a task.

    Args:
      task: its name.
      asked: by the user; None is all that take part.

    Raises:
      ValueError: one does not take part.
    """
    known = flow_task.PEERS[flow_task.KINDS[flow_task.TASKS[task]]]
    for name in asked or ():
        if name not in known:
            raise ValueError(f"{name}: has no {task} here; {', '.join(known)}")
    return list(asked or known)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    try:
        asked = FLAGS.only if FLAGS["only"].present else None
        FLAGS.only = chosen(FLAGS.task, asked)
    except ValueError as error:
        raise app.UsageError(f"--only: {error}") from error
    if FLAGS.peers:
        named = {pair.partition("=")[0] for pair in FLAGS.python}
        others = [n for n in FLAGS.only if n not in (*_HERE, *named)]
        FLAGS.python = [
            *FLAGS.python,
            *(f"{name}={FLAGS.peers}" for name in others),
        ]
    runner.run(flow_task, flow_task.TASKS[FLAGS.task], check="log_prob")


if __name__ == "__main__":
    runner.define_flags(flow_task.LIBRARIES)
    flags.DEFINE_enum("task", "maf", list(flow_task.TASKS), "What flow.")
    flags.DEFINE_string("peers", None, "The interpreter of the peers.")
    app.run(main)
