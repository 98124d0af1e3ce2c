"""A training of somebody's own as a folder that it appends to and others read: the format of docs/log.md."""

from vgdemo.log.header import FORMAT
from vgdemo.log.reader import LogReader, find_logs, read_files, read_log
from vgdemo.log.strict_json import LogError
from vgdemo.log.writer import LogWriter

__all__ = ["FORMAT", "LogError", "LogReader", "LogWriter", "find_logs", "read_files", "read_log"]
