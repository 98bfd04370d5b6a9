# Training in a container.
#
#   docker build -t tfgen .                                      # CPU
#   docker build -t tfgen-gpu --build-arg TENSORFLOW=[and-cuda] .
#   docker run -v "$PWD/runs:/runs" tfgen run --workdir=/runs/digits
#   docker run --gpus=all -v "$PWD/runs:/runs" tfgen-gpu train --workdir=/runs/x
#
# With [and-cuda], pip brings the CUDA libraries; the host has the driver and the
# NVIDIA Container Toolkit. Another BASE needs Python 3.11 and pip.
ARG BASE=python:3.11-slim
FROM ${BASE}
ARG TENSORFLOW=""

WORKDIR /opt/tfgen
COPY requirements.txt pyproject.toml README.md ./
COPY tfgen tfgen
COPY export export
COPY serving serving
COPY apps apps
# Only what runs, at the versions that are pinned.
RUN pip install --no-cache-dir -c requirements.txt . "tensorflow${TENSORFLOW}"

WORKDIR /runs
ENTRYPOINT ["tfgen"]
CMD ["--help"]
