"""Natural language inference: sentence pairs with one of three labels.

A source (`catalog.load`) gives `Pair`s of text; `encode.encode` turns them into
ids with a `Vocabulary` and a tokenizer; `batches` makes batches of the ids.
"""
