r"""Asks a server with TensorFlow Serving's interfaces, over REST or gRPC.

Without --input it prints the model's signatures. Outputs are printed as JSON;
pictures (`*_bytes`) are written as PNG files.

Example:
  python -m apps.query --model=real_nvp
  python -m apps.query --model=real_nvp --signature=sample_png \
      --input='seed=[1, 2]' --input='temperature=[1, 0.8]' --out=pictures
  python -m apps.query --server=grpc://localhost:8500 --model=real_nvp \
      --input=x=@digit.png --levels=17
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_string(
    "server",
    "http://localhost:8501",
    "http://, https://, grpc:// or grpcs://, then host and port.",
)
flags.DEFINE_string("model", None, "Name of the model.", required=True)
flags.DEFINE_integer("version", None, "Its version. Default: the server's.", 1)
flags.DEFINE_string("label", "", "Of a version: stable, canary.")
flags.DEFINE_string("signature", "serving_default", "What to ask.")
flags.DEFINE_multi_string(
    "input",
    [],
    "name=JSON, name=@FILE (.json, .npy, .npz, an image) or @FILE.npz; repeat"
    " it: a name again adds rows.",
)
flags.DEFINE_integer("levels", 256, "Gray levels of pictures as input.", 2)
flags.DEFINE_string("out", ".", "Folder for pictures.")
flags.DEFINE_float("deadline", 30, "Seconds, all attempts together.", 0)
flags.DEFINE_integer("retries", 5, "Attempts after the first one.", 0)
flags.DEFINE_multi_string(
    "header", [], "name: value, as 'authorization: Bearer …'; repeat it."
)
flags.DEFINE_string("ca_file", "", "Certificates to check the server's with.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the answer."""
    import json

    from serving import query
    from serving.client import connect, parse_headers
    from serving.target import Target
    from tfgen.errors import one_of

    asking = ["signature", "levels", "out"]
    common.refuse(asking, "only with --input.", unless=FLAGS.input)
    headers = parse_headers(FLAGS.header)
    client = connect(Target(**common.arguments_of(Target), headers=headers))
    signatures = client.signatures()
    if not FLAGS.input:
        print(query.describe(signatures))
        return
    signature = signatures[one_of("signature", FLAGS.signature, signatures)]
    inputs = query.read_inputs(FLAGS.input, signature, FLAGS.levels)
    outputs = client.predict(signature, inputs)
    others, pictures = query.write_pictures(outputs, FLAGS.out)
    if others:
        print(json.dumps(others))
    print(*pictures, sep="\n", end="\n" if pictures else "")


if __name__ == "__main__":
    common.run(main)
