"""Checks what an export holds: `python -m export.check`, its judge."""
