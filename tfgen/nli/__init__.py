"""Natural language inference: sentence pairs with one of three labels.

A source (`catalog.pair_source`) gives `Pair`s of text. `encode.encode` turns
them into ids with a `Vocabulary` and a tokenizer. `batches` batches the ids.
"""
