"""Data: a source of examples, and the batches made of it.

`catalog.load` turns a `DataConfig` into a source; `pipeline.train_batches` and
`pipeline.eval_batches` turn a source into a `tf.data.Dataset`.
"""
