"""deploy/ against schemas; its scripts with pretended tools."""

import json
import os
import pathlib
import stat
import subprocess

import kubernetes_validate
import pytest
import yaml

from tfgen.train.strategy import _named

FOLDER = pathlib.Path(__file__).parents[1] / "deploy"


@pytest.fixture
def tools(tmp_path):
    """Writes pretended commands; returns the environment that has them."""

    def tools(**scripts):
        for name, text in scripts.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/bash\n{text}\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    return tools


def workers(config):
    """Returns the names of a TF_CONFIG's workers, and its own."""
    task = config["task"]
    return _named(config["cluster"]), f"{task['type']} {task['index']}"


@pytest.mark.parametrize("version", ["1.31", "1.35"])
def test_kubernetes(version, tools):
    job, service, policy = yaml.safe_load_all(
        (FOLDER / "kubernetes.yaml").read_text()
    )
    for document in (job, service, policy):
        kubernetes_validate.validate(document, version, strict=True)
    spec, pod = job["spec"], job["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    count = int(container["env"][0]["value"])
    assert spec["completions"] == spec["parallelism"] == count
    assert service["spec"]["selector"] == pod["metadata"]["labels"]
    assert service["metadata"]["name"] == pod["spec"]["subdomain"]
    allowed = policy["spec"]["ingress"][0]["from"][0]["podSelector"]
    assert allowed["matchLabels"] == pod["metadata"]["labels"]

    environment = tools(tfgen='echo "$TF_CONFIG"; echo "$@"')
    out = subprocess.run(
        container["command"] + container["args"],
        env={**environment, "WORKERS": "4", "JOB_COMPLETION_INDEX": "2"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    config, arguments = out.splitlines()
    named, own = workers(json.loads(config))
    assert own == "worker 2" and len(named) == count
    port = container["ports"][0]["containerPort"]
    assert named["worker 0"] == f"tfgen-train-0.tfgen-train:{port}"
    assert arguments.startswith("train --strategy=multi_worker --workdir=/runs")


def test_tfjob():
    """The operator's own part by hand, its pods by Kubernetes's schema."""
    job = yaml.safe_load((FOLDER / "tfjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("kubeflow.org/v1", "TFJob")
    assert job["spec"].keys() == {"runPolicy", "tfReplicaSpecs"}
    (worker,) = job["spec"]["tfReplicaSpecs"].values()
    assert worker.keys() == {"replicas", "restartPolicy", "template"}
    spec = worker["template"]["spec"]
    (container,) = spec["containers"]
    assert container["name"] == "tensorflow"
    assert container["args"][:2] == ["train", "--strategy=multi_worker"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "worker"},
        "spec": spec,
    }
    kubernetes_validate.validate(pod, "1.35", strict=True)


@pytest.mark.parametrize("code", [0, 2, 143])
def test_slurm(tools, tmp_path, code):
    environment = tools(
        scontrol='[[ $1 == requeue ]] && echo "$@" || printf "a1\\na2\\na3\\n"',
        srun='while [[ $1 == -* ]]; do shift; done; SLURM_PROCID=1 exec "$@"',
        tfgen=f'echo "$TF_CONFIG"; echo "$@"; exit {code}',
    )
    environment |= {"SLURM_JOB_ID": "12", "SLURM_JOB_NODELIST": "a[1-3]"}
    done = subprocess.run(
        ["bash", FOLDER / "slurm.sbatch", "--workdir=/a b", "--steps=3"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    config, arguments, *queued = done.stdout.splitlines()
    named, own = workers(json.loads(config))
    assert own == "worker 1"
    assert named == {f"worker {i}": f"a{i + 1}:20012" for i in range(3)}
    assert arguments == "train --strategy=multi_worker --workdir=/a b --steps=3"
    # It goes on where it was stopped, and only then.
    assert queued == (["requeue 12"] if code == 143 else [])
