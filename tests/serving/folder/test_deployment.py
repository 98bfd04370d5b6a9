"""Each file against its proto or its schema."""

import pathlib
import shlex

import jsonschema
import kubernetes_validate
import pytest
import yaml
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)

from serving.folder import batching_params, deployment
from serving.folder.model_configs import MOUNT

ROOT = pathlib.Path(__file__).parents[3]
Field = descriptor_pb2.FieldDescriptorProto


def file(name, model="toy"):
    return deployment.deployment(model)[name]


def message(name, *fields, deps=()):
    """A message class: fields are (name, number, type or type's name).

    tensorflow-serving-api brings no code for these two files of TensorFlow
    Serving's: tensorflow_serving/config/monitoring_config.proto, and
    BatchingParameters of tensorflow_serving/servables/tensorflow/
    session_bundle_config.proto. Names, numbers and types are theirs.
    """
    proto_file = descriptor_pb2.FileDescriptorProto(
        name=f"{name}.proto", package="test", syntax="proto3", dependency=deps
    )
    proto = proto_file.message_type.add(name=name)
    for field, number, kind in fields:
        added = proto.field.add(name=field, number=number, label=1)
        if isinstance(kind, str):
            added.type, added.type_name = Field.TYPE_MESSAGE, kind
        else:
            added.type = kind
        if field == "allowed_batch_sizes":
            added.label = Field.LABEL_REPEATED
    POOL.AddSerializedFile(proto_file.SerializeToString())
    found = POOL.FindMessageTypeByName(f"test.{name}")
    return message_factory.GetMessageClass(found)


POOL = descriptor_pool.DescriptorPool()
POOL.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
INT64 = ".google.protobuf.Int64Value"


def test_batching_parameters():
    parameters = message(
        "BatchingParameters",
        ("max_batch_size", 1, INT64),
        ("batch_timeout_micros", 2, INT64),
        ("max_enqueued_batches", 3, INT64),
        ("num_batch_threads", 4, INT64),
        ("thread_pool_name", 5, ".google.protobuf.StringValue"),
        ("enable_large_batch_splitting", 8, ".google.protobuf.BoolValue"),
        ("max_execution_batch_size", 9, INT64),
        ("allowed_batch_sizes", 6, Field.TYPE_INT64),
        ("pad_variable_length_inputs", 7, Field.TYPE_BOOL),
        deps=["google/protobuf/wrappers.proto"],
    )
    shared, model = parameters(), parameters()
    text_format.Parse(file("batching_parameters.txt"), shared)
    text_format.Parse(batching_params.TEXT, model)
    assert shared.num_batch_threads.value == 2
    # With parameters of their own, models share nothing but the threads.
    assert {field.name for field, _ in shared.ListFields()} == {
        "num_batch_threads",
        "thread_pool_name",
    }
    assert "--enable_per_model_batching_parameters=true" in deployment.ARGUMENTS
    # Large requests are split, and the largest fits into an empty queue.
    assert model.enable_large_batch_splitting.value
    rows = model.max_execution_batch_size.value
    assert rows == 64
    assert model.max_batch_size.value == rows * model.max_enqueued_batches.value


def test_monitoring():
    message(
        "PrometheusConfig",
        ("enable", 1, Field.TYPE_BOOL),
        ("path", 2, Field.TYPE_STRING),
    )
    config = message(
        "MonitoringConfig",
        ("prometheus_config", 1, ".test.PrometheusConfig"),
        deps=["PrometheusConfig.proto"],
    )()
    text_format.Parse(file("monitoring.config"), config)
    assert config.prometheus_config.enable
    assert config.prometheus_config.path == deployment.METRICS_PATH


def closed(required, **properties):
    """The schema of a mapping that may have these entries and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
# What a Compose file may say, as far as ours says it: the Compose
# specification, https://github.com/compose-spec/compose-spec/blob/main/spec.md
# (chapters 5 and 8).
COMPOSE = closed(
    ["services"],
    services={
        "type": "object",
        "additionalProperties": closed(
            ["image"],
            image=TEXT,
            command={"type": "array", "items": TEXT},
            volumes={
                "type": "array",
                "items": closed(
                    ["type"],
                    type={"enum": ["bind", "volume", "tmpfs"]},
                    source=TEXT,
                    target=TEXT,
                    read_only={"type": "boolean"},
                ),
            },
            # Quoted: YAML reads 22:22 as a number to the base of 60.
            ports={"type": "array", "items": TEXT},
            restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
        ),
    },
)


def test_docker_compose():
    document = yaml.safe_load(file("docker-compose.yml"))
    jsonschema.validate(document, COMPOSE)
    service = document["services"]["serving"]
    assert service["image"] == deployment.IMAGE
    assert service["command"] == list(deployment.ARGUMENTS)
    (volume,) = service["volumes"]
    assert volume["target"] == MOUNT and volume["read_only"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


@pytest.mark.parametrize("kubernetes", ["1.25", "1.32"])
def test_kubernetes(kubernetes):
    documents = list(yaml.safe_load_all(file("kubernetes.yaml", "real_NVP")))
    for document in documents:
        kubernetes_validate.validate(document, kubernetes, strict=True)
        assert document["metadata"]["name"] == "real-nvp"
    deploy, service, autoscaler = documents
    pod = deploy["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == (
        "/v1/models/real_NVP"
    )
    assert container["args"] == list(deployment.ARGUMENTS)
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    assert {p["targetPort"] for p in service["spec"]["ports"]} == set(ports)
    selectors = deploy["spec"]["selector"]["matchLabels"]
    assert selectors == service["spec"]["selector"] == pod["metadata"]["labels"]
    target = autoscaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == (
        deploy["kind"],
        deploy["metadata"]["name"],
    )
    # A share of what is requested.
    assert "cpu" in container["resources"]["requests"]


def test_schemas_find_mistakes():
    document = yaml.safe_load(file("docker-compose.yml"))
    document["services"]["serving"]["imag"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, COMPOSE)
    text = file("kubernetes.yaml").replace("replicas:", "replicates:")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            next(yaml.safe_load_all(text)), "1.32", strict=True
        )


def test_the_image_is_of_the_version_of_the_protos():
    _, _, version = deployment.IMAGE.partition(":")
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    assert f"tensorflow-serving-api=={version}" in requirements
    assert f"tensorflow=={version}" in requirements


def test_edited_files_are_left_alone(tmp_path):
    (tmp_path / "docker-compose.yml").write_text("mine")
    deployment.write_deployment(tmp_path, "toy")
    assert (tmp_path / "docker-compose.yml").read_text() == "mine"
    assert {p.name for p in tmp_path.iterdir()} == {
        "batching_parameters.txt",
        "docker-compose.yml",
        "kubernetes.yaml",
        "monitoring.config",
    }


def test_commands(tmp_path):
    folder = tmp_path / "two words" / "toy"
    ports = ["-p", "127.0.0.1:8500:8500", "-p", "127.0.0.1:8501:8501"]
    volume = ["-v", f"{folder}:/serving:ro", deployment.IMAGE]
    words = shlex.split(deployment.docker_run(folder))
    expected = ["docker", "run", *ports, *volume, *deployment.ARGUMENTS]
    assert [word for word in words if word.strip()] == expected
    words = shlex.split(deployment.docker_run_model(folder))
    volume = ["-v", f"{folder}:/models/toy:ro"]
    name = ["-e", "MODEL_NAME=toy", deployment.IMAGE]
    assert [word for word in words if word.strip()] == (
        ["docker", "run", *ports, *volume, *name]
    )
