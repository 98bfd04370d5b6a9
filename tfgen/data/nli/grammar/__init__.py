"""A grammar that writes sentence pairs whose label follows by logic.

`lexicon` says which words there are and how their meanings are related; `scene`
and `quantified` write pairs; `english` puts them into words; `logic` decides
labels by models, knowing nothing of how a pair was written; `generate` makes
the splits.
"""
