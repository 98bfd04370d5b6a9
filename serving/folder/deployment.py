"""What TensorFlow Serving is started with: files that are written once.

They may be edited: publishing leaves them alone where they are. Compose and
Kubernetes start the server with the same arguments.
"""

import pathlib
import shlex

# The version of requirements.txt's tensorflow-serving-api.
IMAGE = "tensorflow/serving:2.21.0"
# Where the server sees the folder.
MOUNT = "/serving"
GRPC_PORT, REST_PORT = 8500, 8501
METRICS_PATH = "/monitoring/prometheus/metrics"

ARGUMENTS = (
    f"--model_config_file={MOUNT}/models.config",
    "--model_config_file_poll_wait_seconds=10",
    # At the start, and of a new model, labels come with their versions.
    "--allow_version_labels_for_unavailable_models=true",
    "--enable_batching=true",
    # Only SavedModels that bring batching_params.pbtxt.
    "--enable_per_model_batching_parameters=true",
    f"--batching_parameters_file={MOUNT}/batching_parameters.txt",
    f"--monitoring_config_file={MOUNT}/monitoring.config",
)

# What all models share. The rest would be ignored here: each SavedModel has its
# own (`batching_params.py`).
BATCHING = """\
thread_pool_name { value: "batch" }
num_batch_threads { value: 2 }
"""

MONITORING = f"""\
prometheus_config {{
  enable: true
  path: "{METRICS_PATH}"
}}
"""


# gRPC and REST, for this machine alone: there is no authentication.
_PORTS = tuple(f"127.0.0.1:{port}:{port}" for port in (GRPC_PORT, REST_PORT))
_DOCKER_RUN = " ".join(["docker run", *(f"-p {port}" for port in _PORTS)])


def docker_run(folder: pathlib.Path) -> str:
    """Returns the shell's command that serves a published folder."""
    return " \\\n    ".join(
        [
            _DOCKER_RUN,
            f"{_volume(folder, MOUNT)} {IMAGE}",
            *ARGUMENTS,
        ]
    )


def docker_run_model(base_path: pathlib.Path) -> str:
    """Returns the shell's command that serves the versions of one model."""
    name = base_path.absolute().name
    return " \\\n    ".join(
        [
            _DOCKER_RUN,
            _volume(base_path, f"/models/{name}"),
            f"-e {shlex.quote(f'MODEL_NAME={name}')} {IMAGE}",
        ]
    )


def _volume(folder: pathlib.Path, target: str) -> str:
    return f"-v {shlex.quote(f'{folder.absolute()}:{target}:ro')}"


def compose() -> str:
    """Returns `docker-compose.yml`."""
    return f"""\
# docker compose up
services:
  serving:
    image: {IMAGE}
    command:
{_list(ARGUMENTS, indent=6)}
    volumes:
      - type: bind
        source: .
        target: {MOUNT}
        read_only: true
    # gRPC and REST, for this machine alone: there is no authentication.
    ports:
{_list(tuple(f'"{port}"' for port in _PORTS), indent=6)}
    restart: unless-stopped
"""


def kubernetes(name: str) -> str:
    """Returns `kubernetes.yaml`: Deployment, Service and autoscaler.

    Args:
      name: of the model that a server is ready with.
    """
    app = name.replace("_", "-").lower()
    return f"""\
# kubectl apply -f kubernetes.yaml
# The folder is expected in the volume claim "{app}-models".
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}
  labels: {{app: {app}}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: {app}}}
  template:
    metadata:
      labels: {{app: {app}}}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "{REST_PORT}"
        prometheus.io/path: {METRICS_PATH}
    spec:
      containers:
        - name: serving
          image: {IMAGE}
          args:
{_list(ARGUMENTS, indent=12)}
          ports:
            - {{name: grpc, containerPort: {GRPC_PORT}}}
            - {{name: rest, containerPort: {REST_PORT}}}
          readinessProbe:
            httpGet: {{path: /v1/models/{name}, port: rest}}
            periodSeconds: 5
          resources:
            requests: {{cpu: "1", memory: 1Gi}}
            limits: {{memory: 2Gi}}
          volumeMounts:
            - {{name: models, mountPath: {MOUNT}, readOnly: true}}
      volumes:
        - name: models
          persistentVolumeClaim: {{claimName: {app}-models, readOnly: true}}
---
apiVersion: v1
kind: Service
metadata:
  name: {app}
  labels: {{app: {app}}}
spec:
  selector: {{app: {app}}}
  ports:
    - {{name: grpc, port: {GRPC_PORT}, targetPort: grpc}}
    - {{name: rest, port: {REST_PORT}, targetPort: rest}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {app}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {app}}}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {{type: Utilization, averageUtilization: 70}}
"""


def _list(items: tuple[str, ...], indent: int) -> str:
    return "\n".join(f"{' ' * indent}- {item}" for item in items)


def write_deployment(folder: pathlib.Path, name: str) -> None:
    """Writes the files that are not there.

    Args:
      folder: that is published.
      name: of the model that a server is ready with.

    Raises:
      UserError: one could not be written.
    """
    from tfgen.files import write_text

    files = {
        "batching_parameters.txt": BATCHING,
        "monitoring.config": MONITORING,
        "docker-compose.yml": compose(),
        "kubernetes.yaml": kubernetes(name),
    }
    for file, text in files.items():
        path = folder / file
        if not path.exists():
            write_text(path, text)
