"""From a model to checked SavedModel and TFLite files."""

from export.export import export_model
from export.report import Report, format_table
from export.run import export_run
from export.zoo import export_zoo

__all__ = [
    "Report",
    "export_model",
    "export_run",
    "export_zoo",
    "format_table",
]
