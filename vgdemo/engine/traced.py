"""Functions of tensors that are traced once on a machine: the next process reads what TensorFlow made of them.

Tracing takes Python as long as loading takes XLA, and its graph as much memory as the program.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.function_pb2 import FunctionDefLibrary
from tensorflow.python.eager.context import context

from vgdemo.engine import compile_cache
from vgdemo.network.traced_names import MARK, names_for

DIGEST_SIZE = hashlib.sha256().digest_size  # Bytes, with which a file begins.
PACKAGE = Path(__file__).resolve().parents[1]
# What was traced here knows the lines of code that it came from, and XLA takes them for a part of the program. Another
# name of the same length has this process call what others will read, without them.
RENAMED = (MARK.encode(), b"kept".ljust(len(MARK), b"_"))


class Traced:
    """A function of structures of tensors, whose shapes never change.

    Example:
        >>> double = Traced(lambda x: 2 * x, "double", lambda x: x, jit_compile=False)
        >>> double(tf.constant([3.0])).numpy().item()
        6.0
    """

    def __init__(
        self,
        function: Callable[..., Any],
        words: str,
        answer: Callable[..., Any],
        *,
        jit_compile: bool,
        is_kept: bool = True,
    ) -> None:
        """Nothing is traced before the first call.

        Args:
            function: What to trace; it captures no tensor.
            words: What it is, in words that no other function has.
            answer: From its arguments, any structure like that of its answer.
            jit_compile: Whether XLA compiles it.
            is_kept: Whether other processes may read it, and this one what they kept.
        """
        self._function = function
        self._words = words
        self._answer = answer
        self._jit_compile = jit_compile
        self._file = compile_cache.FOLDER / f"{_digest(words)}.traced" if is_kept else None
        self._name: str | None = None

    def __call__(self, *arguments: Any) -> Any:
        """What the function answers."""
        tensors = _tensors(arguments)
        if self._name is None:
            self._name = self._define(_kept(self._file) or self._trace(arguments))
        answer = self._answer(*arguments)
        answers = iter(context().call_function(self._name.encode(), tensors, len(_tensors(answer))))
        return tf.nest.map_structure(lambda place: place if place is None else next(answers), answer)

    def _define(self, library: FunctionDefLibrary) -> str:
        """Make TensorFlow know the functions; the name of the one to call, which is the last."""
        for function in library.function:
            context().add_function_def(function)
        return library.function[-1].signature.name  # type: ignore[no-any-return]

    def _trace(self, arguments: tuple[Any, ...]) -> FunctionDefLibrary:
        """Trace the function, and keep it."""
        traced = tf.function(self._function, autograph=False, jit_compile=self._jit_compile)
        with names_for(self._words):
            concrete = traced.get_concrete_function(*arguments)
        library = concrete.graph.as_graph_def().library
        library.function.append(concrete.function_def)
        content = library.SerializeToString().replace(*RENAMED)
        if self._file is not None:
            _keep(self._file, content)
        return FunctionDefLibrary.FromString(content)


def _tensors(structure: Any) -> list[tf.Tensor]:
    return [value for value in tf.nest.flatten(structure) if value is not None]


def _kept(file: Path | None) -> FunctionDefLibrary | None:
    """What was kept in the file, or None if it is not there, or not whole."""
    try:
        content = file.read_bytes() if file is not None else b""
    except OSError:
        return None
    digest, content = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    return FunctionDefLibrary.FromString(content) if hashlib.sha256(content).digest() == digest else None


def _keep(file: Path, content: bytes) -> None:
    """Write the file at once; without a folder to write to, nothing is kept."""
    part = file.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        part.write_bytes(hashlib.sha256(content).digest() + content)
        part.replace(file)


def _digest(words: str) -> str:
    return hashlib.sha256(f"{_source()} {words}".encode()).hexdigest()


@cache
def _source() -> str:
    """What a trace is made with: all of this package and TensorFlow."""
    digest = hashlib.sha256(tf.__version__.encode())
    for file in sorted(PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
