"""A page that runs an exported model in browsers; no server computes."""
