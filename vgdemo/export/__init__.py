"""What a person takes away of a run: tables, a report, code and a log folder. Nothing here imports TensorFlow.

| name | gives |
| --- | --- |
| `ReportedRun(record, title, findings)` | one run of an export, and what the reader is told about it |
| `file_name(text)`, `run_name(source, own)`, `together(names)` | how names of files begin |
| `curves_table(runs)`, `axis_table(runs, axis)`, `axes(runs)` | tidy tables, with a column for the run |
| `to_csv(table)`, `to_parquet(table)` | a table as a file's bytes |
| `report(runs)` | one self-contained HTML page, runs side by side |
| `study_table(study)`, `study_report(study)` | a study as a tidy table, and as such a page |
| `script(config, name)`, `notebook(config, name)` | the run in plain Keras, as Python and as a Jupyter notebook |
| `write_tensorboard(record, log_dir)`, `tensorboard_zip(record, name)` | a log folder that TensorBoard reads |

All but the code take a record of any network. The settings as JSON are `RunConfig.to_json` and `RunConfig.from_json`.
"""

from vgdemo.export.file_names import file_name, run_name, together
from vgdemo.export.html import report
from vgdemo.export.keras_code import notebook, script
from vgdemo.export.reported_run import ReportedRun
from vgdemo.export.study import study_report, study_table
from vgdemo.export.tables import axes, axis_table, curves_table, to_csv, to_parquet
from vgdemo.export.tensorboard import tensorboard_zip, write_tensorboard

__all__ = [
    "ReportedRun",
    "axes",
    "axis_table",
    "curves_table",
    "file_name",
    "notebook",
    "report",
    "run_name",
    "script",
    "study_report",
    "study_table",
    "tensorboard_zip",
    "to_csv",
    "to_parquet",
    "together",
    "write_tensorboard",
]
