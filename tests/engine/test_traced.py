from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import tensorflow as tf

from vgdemo.engine import compile_cache, traced
from vgdemo.engine.traced import Traced


class Pair(NamedTuple):
    """A structure with a place that may be empty."""

    first: tf.Tensor
    second: tf.Tensor | None = None


class Swap:
    """Swaps two numbers, adds one to both, and counts how often it is traced."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, numbers: Pair) -> Pair:
        self.count += 1
        return Pair(numbers.second + 1, numbers.first + 1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process keeps what it traces."""
    monkeypatch.setattr(compile_cache, "FOLDER", tmp_path)
    return tmp_path


def swapped(swap: Callable[[Pair], Pair], words: str, *, is_kept: bool = True) -> list[int]:
    """What a new `Traced` of these words answers for 3 and 7."""
    function = Traced(swap, words, lambda numbers: numbers, jit_compile=True, is_kept=is_kept)
    answer = function(Pair(tf.constant(3), tf.constant(7)))
    assert function(Pair(tf.constant(1), tf.constant(2))).second.numpy() == 2  # Other values, from the same trace.
    return [answer.first.numpy(), answer.second.numpy()]


def test_what_was_traced_once_is_read_by_the_next() -> None:
    swap = Swap()
    assert swapped(swap, "swap to read") == swapped(swap, "swap to read") == [8, 4]
    assert swap.count == 1
    assert swapped(swap, "another swap") == [8, 4]
    assert swap.count == 2


def test_what_is_not_kept_is_traced_each_time(folder: Path) -> None:
    swap = Swap()
    for _ in range(2):
        assert swapped(swap, "swap to forget", is_kept=False) == [8, 4]
    assert swap.count == 2
    assert not list(folder.iterdir())


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: b"", lambda content: b"x" + content])
def test_a_file_that_is_not_whole_is_written_again(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    swap = Swap()
    swapped(swap, "swap to damage")
    (file,) = folder.iterdir()
    content = file.read_bytes()
    file.write_bytes(damage(content))
    assert swapped(swap, "swap to damage") == [8, 4]
    assert swap.count == 2
    assert len(file.read_bytes()) == len(content)


def test_another_version_reads_nothing_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    swap = Swap()
    swapped(swap, "swap of a version")
    monkeypatch.setattr(traced, "_source", lambda: "another version")
    assert swapped(swap, "swap of a version") == [8, 4]
    assert swap.count == 2


def test_without_a_folder_to_write_to_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compile_cache, "FOLDER", tmp_path / "absent")
    assert swapped(Swap(), "swap without a folder") == [8, 4]


def test_places_without_a_tensor_stay_empty() -> None:
    function = Traced(lambda pair: Pair(pair.first * 2), "half a pair", lambda pair: pair, jit_compile=False)
    answer = function(Pair(tf.constant(4)))
    assert (answer.first.numpy(), answer.second) == (8, None)
