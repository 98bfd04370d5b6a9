"""A grammar that writes sentence pairs whose label follows by logic.

`nouns`, `verbs`, `adjectives` and `circumstances` say which words there are and
how their meanings are related (`relations`); `scene` and `quantified` write
pairs; `english` puts them into words; `logic` and `quantifiers` decide labels
by models, knowing nothing of how a pair was written; `generate` makes the
splits.
"""
