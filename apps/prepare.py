r"""Writes data as TFRecord shards, to train on with --data=records:FOLDER.

Data are what apps.train takes: folders of images, TensorFlow Datasets, tables,
sentence pairs, pictures in pairs.
A killed process goes on by the same command. With --runner, Apache Beam's
workers write the shards: pip install 'tfgen[beam]'.

Example:
  python -m apps.prepare --data=image_folder:photos --set image_size=64 \
      --output=photos.records
  python -m apps.prepare --data=lsun/tower --data_dir=tfds --output=towers \
      --runner=DirectRunner --beam=--direct_num_workers=4
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_string("data", None, "As apps.train takes it.", required=True)
flags.DEFINE_string("output", None, "Folder to write to.", required=True)
flags.DEFINE_multi_string(
    "set", [], "name=value of how data are read: image_size=64, …; repeatable."
)
flags.DEFINE_string("data_dir", "", "Where TFDS prepares data.")
flags.DEFINE_bool("download", False, "Let TFDS download what is missing.")
flags.DEFINE_bool("skip_bad_records", False, "Skip and count bad files.")
flags.DEFINE_integer("seed", 0, "Of data that are drawn.", 0)
flags.DEFINE_integer("shard_examples", 10_000, "Of a shard, at most.", 1)
common.define_runner()
flags.adopt_module_key_flags(common)


def main() -> None:
    """Says how many examples and shards there are."""
    import dataclasses
    import pathlib

    from tfgen.config import apply_overrides
    from tfgen.data.prepare import prepare
    from tfgen.nli.settings import settings_of

    runner = common.runner()
    config = dataclasses.replace(
        settings_of(FLAGS.data),
        data_dir=FLAGS.data_dir,
        download=FLAGS.download,
        skip_bad_records=FLAGS.skip_bad_records,
    )
    named = (setting.removeprefix("data.") for setting in FLAGS.set)
    config = apply_overrides(config, named)
    contents = prepare(
        config,
        FLAGS.seed,
        pathlib.Path(FLAGS.output),
        FLAGS.shard_examples,
        runner,
    )
    for split in dict.fromkeys(shard.split for shard in contents.shards):
        shards = [s for s in contents.shards if s.split == split]
        examples = sum(shard.examples for shard in shards)
        print(f"{split}: {examples:,} examples in {len(shards):,} files")
    print(f"digest {contents.digest}; train on --data=records:{FLAGS.output}")


if __name__ == "__main__":
    common.run(main)
