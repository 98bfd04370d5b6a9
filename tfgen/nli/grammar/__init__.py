"""A grammar that writes sentence pairs whose label follows by logic.

`lexicon.toml` lists the words; `nouns`, `verbs`, `adjectives` and
`circumstances` say how their meanings are related (`relations`); `scene` and
`quantified` write pairs; `english` puts them into words; `quantifiers` looks at
models, knowing nothing of how a pair was written; `generate` makes the splits.
"""
