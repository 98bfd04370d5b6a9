r"""Serves exported models, with TensorFlow Serving's interfaces.

REST (/v1/models/NAME:predict, …), gRPC (PredictionService, ModelService) and
Prometheus's metrics. For development: production takes TensorFlow Serving, and
the command for it is printed. Other machines reach it only with a token.

Example:
  python -m apps.serve --folder=serving
  python -m apps.serve --folder=serving --host=0.0.0.0 --token=@token.txt \
      --cert_file=cert.pem --key_file=key.pem
  python -m apps.serve --model_base_path=runs/digits/export/saved_model/real_nvp
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_string("folder", None, "Folder of `apps.export --publish`.")
flags.DEFINE_string("model_base_path", None, "Folder of one model's versions.")
flags.mark_flags_as_mutual_exclusive(
    ["folder", "model_base_path"], required=True
)
flags.DEFINE_string("host", "127.0.0.1", "Address to listen on.")
flags.DEFINE_string(
    "token", "", "That requests must bring, as a bearer; @FILE reads it."
)
flags.DEFINE_string("cert_file", "", "Certificate for TLS, in PEM.")
flags.DEFINE_string("key_file", "", "Its private key, in PEM.")
flags.DEFINE_integer("rest_api_port", 8501, "Of REST; 0 takes a free one.")
flags.DEFINE_integer("port", 8500, "Of gRPC; 0 takes a free one.")
flags.DEFINE_integer("max_body_mb", 32, "Larger requests are refused.", 1)
flags.DEFINE_float("read_timeout", 30, "Seconds to send a request in.", 0)
flags.DEFINE_float("poll_seconds", 2, "Between looks for new versions.", 0.01)
flags.DEFINE_integer("max_batch_size", 64, "Rows of one call.", 1)
flags.DEFINE_integer("num_batch_threads", 2, "Calls at the same time.", 1)
flags.DEFINE_integer("max_waiting", 1000, "Requests; one more is refused.", 1)
flags.DEFINE_integer("max_request_rows", 1024, "More are refused.", 1)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    import functools
    import pathlib

    from serving import access
    from serving.batching import BatchingConfig
    from serving.folder import deployment, model_configs
    from serving.server import ServerConfig, serve

    if FLAGS.folder:
        read = functools.partial(model_configs.published, FLAGS.folder)
        command = deployment.docker_run(pathlib.Path(FLAGS.folder))
    else:
        path = pathlib.Path(FLAGS.model_base_path)
        read = functools.partial(model_configs.one_model, path)
        command = deployment.docker_run_model(path)

    def started(server):
        print(f"REST {server.rest_url}, gRPC {server.grpc_target}")
        print(f"In production:\n{command}", flush=True)

    protection = common.arguments_of(access.Access)
    protection["token"] = access.read_token(FLAGS.token)
    config = ServerConfig(
        **common.arguments_of(ServerConfig),
        max_body_bytes=FLAGS.max_body_mb << 20,
        batching=BatchingConfig(**common.arguments_of(BatchingConfig)),
        access=access.Access(**protection),
    )
    serve(read, config, started)


if __name__ == "__main__":
    common.run(main)
