"""Two processes on this machine train one model."""

import concurrent.futures
import json
import shutil
import signal
import socket
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.apps import command
from tests.train import game
from tfgen.errors import UserError
from tfgen.train.workers import host_and_port, lost_in_words, wait_for_all

ARGUMENTS = (
    "--preset=tiny",
    "--data=moons",
    "--set=num_examples=200",
    "--set=evaluate_every=10",
    "--set=log_every=10",
    "--set=checkpoint_every=10",
    "--set=ema_decay=0.5",
    "--set=optimizer.clip_norm=1",
)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_workers(workdirs, *arguments):
    """Starts a process for each workdir; the first is the chief."""
    ports = free_ports(len(workdirs))
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    return [
        command.Fork(
            "tests.train.report_weights",
            f"--workdir={workdir}",
            "--strategy=multi_worker",
            *ARGUMENTS,
            *arguments,
            TF_CONFIG=json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": i}}
            ),
        )
        for i, workdir in enumerate(workdirs)
    ]


def wait_for_a_checkpoint(workdir, process):
    while not game.folders(workdir) and process.poll() is None:
        time.sleep(0.01)


def assert_same_weights(results):
    """Each worker's output ends with a digest of its weights."""
    digests = {out[-1] for _, out, _ in results}
    assert len(digests) == 1


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A workdir of two workers, one of which was told to stop: both did."""
    workdir = tmp_path_factory.mktemp("workers") / "run"
    workers = start_workers([workdir, workdir], "--steps=100000")
    wait_for_a_checkpoint(workdir, workers[0])
    workers[1].send_signal(signal.SIGTERM)
    results = [worker.finish() for worker in workers]
    step = game.folders(workdir)[-1]
    for code, _, error in results:
        assert code == 143, error
        assert error[-1].startswith(f"stopped by SIGTERM at step {step}; saved")
    assert_same_weights(results)
    return workdir


@pytest.mark.slow
def test_two_workers_stop_resume_and_end_as_one(stopped, tmp_path):
    two, one = tmp_path / "two", tmp_path / "one"
    shutil.copytree(stopped, two)
    steps = game.folders(two)[-1] + 30
    workers = start_workers([two, two], f"--steps={steps}")
    results = [worker.finish() for worker in workers]
    for code, out, error in results:
        assert code == 0, error
        assert out[0].startswith(f"{steps} steps; best validation")
    assert_same_weights(results)
    # The chief alone writes: each line is there once.
    seen = [r["step"] for r in game.records(two) if "loss_flow" in r]
    assert seen == sorted(set(seen))
    assert game.folders(two)[-1] == steps

    # The same as one process, and as one that goes on from both, and as two
    # that go on from that one.
    others = tmp_path / "others"
    shutil.copytree(stopped, others)
    for workdir, last in ((one, steps), (others, steps - 10)):
        code, _, error = command.run_here(
            "apps.train", f"--workdir={workdir}", *ARGUMENTS, f"--steps={last}"
        )
        assert code == 0, error
    for worker in start_workers([others, others], f"--steps={steps}"):
        code, _, error = worker.finish()
        assert code == 0, error
    expected = game.checkpoint(one)
    for workdir in (two, others):
        for name, value in game.checkpoint(workdir).items():
            np.testing.assert_allclose(
                value, expected[name], rtol=1e-3, atol=1e-3, err_msg=name
            )


@pytest.mark.slow
def test_workers_must_share_their_workdir(stopped, tmp_path):
    workers = start_workers([stopped, tmp_path], "--steps=100000")
    for worker in workers:
        code, _, error = worker.finish()
        assert code == 2
        assert "the workers see other checkpoints; name a folder" in error[-1]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_is_gone_or_hangs_is_named(tmp_path, end):
    workers = start_workers([tmp_path, tmp_path], "--steps=100000")
    wait_for_a_checkpoint(tmp_path, workers[0])
    workers[0].send_signal(end)
    code, _, error = workers[1].finish()
    workers[0].kill()
    workers[0].finish()
    assert code == 2
    start = "waiting up to 300 s for the other workers: worker 0 (127.0.0.1:"
    assert any(line.startswith(start) for line in error)
    last = game.folders(tmp_path)[-1]
    assert error[-1].startswith("error: lost worker 0 (127.0.0.1:")
    assert f"/checkpoints/last-{last:010}. Start all workers again" in error[-1]
    # Not what gRPC has to say of it.
    assert not [line for line in error if line.startswith("E0")]


def cluster(count):
    return {
        f"worker {i}": f"127.0.0.1:{port}"
        for i, port in enumerate(free_ports(count))
    }


def call(address, line):
    """Calls a worker as another one does, and goes away again."""
    host, port = host_and_port(address)
    while True:
        try:
            with socket.create_connection((host, port)) as called:
                called.sendall(line)
                return
        except ConnectionRefusedError:  # it does not listen yet
            time.sleep(0.01)


def test_workers_wait_until_all_are_there():
    workers = cluster(3)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(wait_for_all, workers, "worker 0", 60)]
        call(workers["worker 0"], b"GET / HTTP/1.1\r\n")
        call(workers["worker 0"], b"worker 2\n")  # has ended, does not count
        waiting.append(pool.submit(wait_for_all, workers, "worker 1", 60))
        with pytest.raises(concurrent.futures.TimeoutError):
            waiting[0].result(0.5)
        wait_for_all(workers, "worker 2", 60)
        for future in waiting:
            future.result()


def test_all_are_told_who_did_not_come():
    workers = cluster(3)
    expected = f"worker 2 \\({workers['worker 2']}\\) did not come; start all"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        other = pool.submit(wait_for_all, workers, "worker 1", 60)
        with pytest.raises(UserError, match=f"_timeout=1: {expected}"):
            wait_for_all(workers, "worker 0", 1)
        with pytest.raises(UserError, match=expected):
            other.result()


def test_a_port_that_is_taken():
    workers = cluster(2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        workers["worker 0"] = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UserError, match="cannot listen at its port .Addr"):
            wait_for_all(workers, "worker 0", 1)
        with pytest.raises(UserError, match="worker 0 .* still waits for oth"):
            wait_for_all(workers, "worker 1", 0.1)


@pytest.mark.parametrize(
    "text, gone",
    [
        ("from remote target /job:worker/replica:0/task:1 while", "worker 1"),
        ("Error reported from /job:worker/task:2: The", "worker 2"),
        ("RPC: /tensorflow.CoordinationService/Heartbeat", "worker 0"),
        ("/job:worker/replica:0/task:0/device: Socket closed", None),
    ],
)
def test_a_worker_is_named_by_the_error(tmp_path, text, gone):
    """All of them still listen, as one does that hangs."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    workers = {
        f"worker {i}": f"127.0.0.1:{server.getsockname()[1]}"
        for i, server in enumerate(servers)
    }
    error = tf.errors.UnavailableError(None, None, text)
    expected = tf.errors.UnavailableError
    if gone:
        expected = UserError
        (tmp_path / "checkpoints" / "last-0000000007").mkdir(parents=True)
    with pytest.raises(expected) as raised:
        own = "worker 1" if gone == "worker 0" else "worker 0"
        with lost_in_words(workers, own, tmp_path):
            raise error
    if gone:
        assert str(raised.value) == (
            f"lost {gone} ({workers[gone]}); last checkpoint:"
            f" {tmp_path}/checkpoints/last-0000000007. Start all workers again,"
            " each with the same command."
        )
    for server in servers:
        server.close()


def test_of_several_the_one_that_does_not_listen_is_gone(tmp_path):
    workers = cluster(3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        workers["worker 1"] = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(
            UserError, match="^lost worker 2 .*no checkpoint ye"
        ):
            with lost_in_words(workers, "worker 0", tmp_path):
                raise tf.errors.CancelledError(None, None, "worker/task:1")


def test_alone_nothing_is_lost(tmp_path):
    with pytest.raises(tf.errors.UnavailableError):
        with lost_in_words({"worker 0": ""}, "worker 0", tmp_path):
            raise tf.errors.UnavailableError(None, None, "")
