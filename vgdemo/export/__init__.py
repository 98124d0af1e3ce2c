"""What a person takes away of a run: tables, a report, code and a log folder. Nothing here imports TensorFlow.

| name | gives |
| --- | --- |
| `Exhibit(record, title, findings)` | one run of an export, and what the reader is told about it |
| `curves_table(exhibits)`, `layers_table(exhibits)` | tidy tables, with a column for the run |
| `endings(records)` | how runs end, side by side, as a table of words |
| `to_csv(table)`, `to_parquet(table)` | a table as a file's bytes |
| `report(exhibits)` | one self-contained HTML page, runs side by side |
| `script(config)`, `notebook(config)` | the run in plain Keras, as Python and as a Jupyter notebook |
| `tensorboard(record, log_dir)`, `tensorboard_zip(record)` | a log folder that TensorBoard reads |

The settings as JSON are `RunConfig.to_json` and `RunConfig.from_json`.
"""

from vgdemo.export.endings import endings
from vgdemo.export.exhibit import Exhibit
from vgdemo.export.html import report
from vgdemo.export.keras_code import notebook, script
from vgdemo.export.logs import tensorboard, tensorboard_zip
from vgdemo.export.tables import curves_table, layers_table, to_csv, to_parquet

__all__ = [
    "Exhibit",
    "curves_table",
    "endings",
    "layers_table",
    "notebook",
    "report",
    "script",
    "tensorboard",
    "tensorboard_zip",
    "to_csv",
    "to_parquet",
]
