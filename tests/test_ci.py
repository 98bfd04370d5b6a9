"""The scripts of .ci: the audit of the lock, and the network cut off."""

import pathlib
import runpy
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
AUDIT = runpy.run_path(str(ROOT / ".ci" / "audit.py"))["problems"]
TEXTS = [
    (ROOT / name).read_text()
    for name in ("requirements.txt", "requirements.lock", "pyproject.toml")
]


def installed():
    lines = [x.split(" ")[0] for x in TEXTS[1].splitlines() if x[0] != "#"]
    return dict(line.split("==") for line in lines)


def test_pins_ranges_and_lock_agree():
    assert not list(AUDIT(*TEXTS, installed()))
    assert "://" not in TEXTS[1]


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("numpy==2", "numpy==1", "requirements.txt: numpy==2"),
        (
            "numpy==2",
            "numpy==1",
            "pyproject.toml: numpy>=2.0,<3: the",
        ),
        ("numpy==2", "numpy==1", "numpy: installed 2"),
        ("\nsix==", "\nseven==", "six: installed 1"),
        ("--hash=sha256:", "--hash=md5:", "expected name==version, hash"),
    ],
)
def test_what_differs_is_named(old, new, expected):
    pins, lock, project = TEXTS
    found = AUDIT(pins, lock.replace(old, new), project, installed())
    assert expected in "\n".join(found)


def test_the_network_is_cut_off():
    """But for this machine; or it is said that it is not."""
    code = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname()).close()\n"
        "try: socket.create_connection(('192.0.2.1', 9), 0.1)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    command = [ROOT / ".ci" / "offline", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cut_off = done.stdout == "Network is unreachable\n"
    assert cut_off or "it is not cut off" in done.stderr
