"""How large the tables of files from anywhere would be, before any memory is taken for them.

What a Parquet file says of itself at its end need not be so: a page is unpacked to the size that its own header says.
So the end and the headers of all pages are read here, which are structures of Thrift's compact protocol. PyArrow's own
view of the end is not used, as it ends the process where that is broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

# Parquet's fields, by number and kind: a reader passes by a number of another kind.
ROW_GROUPS, COLUMNS, NUM_ROWS, DESCRIBED = (4, 9), (1, 9), (3, 6), (3, 12)
KIND_OF_VALUES, NUM_VALUES, PACKED_COLUMN, FIRST_PAGE, DICTIONARY = (1, 5), (5, 6), (7, 6), (9, 6), (11, 6)
UNPACKED_PAGE, PACKED_PAGE = (2, 5), (3, 5)
NUMBERS = (0, 1, 2, 4, 5)  # Kinds of values that have at most eight bytes.
# The compact protocol's kinds.
STOP, BOOLEANS, BYTE, WHOLES, FRACTION, BINARY, LIST, STRUCTURE = 0, (1, 2), 3, (4, 5, 6), 7, 8, 9, 12
DEEPEST = 12  # Structures and lists within one another.
WIDEST = 63  # Bits of a whole number.
MAX_END, MAX_HEADER, MAX_PAGES = 1_000_000, 65_536, 100_000  # Bytes, bytes of a page's header, and pages of a record.

Fields = dict[tuple[int, int], Any]


class _BrokenError(ValueError):
    """What is no table, or one that nobody writes."""


def check_size(files: Mapping[str, bytes], most: int) -> None:
    """See how large the tables of files from anywhere would be.

    Raises:
        ValueError: If they hold more bytes, or other things than numbers.
    """
    tables = [content for name, content in files.items() if name.endswith(".parquet")]
    try:
        size = sum(map(_unpacked_size, tables))
    except _BrokenError as error:
        raise ValueError(f"Expected tables of numbers in Parquet. Received: {error}") from error
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError("Expected tables of numbers in Parquet. Received: a broken one") from error
    if size > most:
        raise ValueError(f"Expected tables of at most {most:,} bytes. Received: {size:,}")


def _unpacked_size(content: bytes) -> int:
    """Bytes of a table's pages and of its numbers, a few of which in the file may stand for many."""
    view = memoryview(content)
    groups = _end(view).get(ROW_GROUPS, [])
    columns = [column[DESCRIBED] for group in groups for column in group[COLUMNS]]
    if not all(column[KIND_OF_VALUES] in NUMBERS for column in columns):
        raise _BrokenError("other things than numbers")
    rows = sum(group[NUM_ROWS] * len(group[COLUMNS]) for group in groups)
    numbers = sum(column[NUM_VALUES] for column in columns)
    pages = [*islice((size for column in columns for size in _page_sizes(view, column)), MAX_PAGES)]
    if len(pages) == MAX_PAGES:
        raise _BrokenError("one of too many pages")
    return int(8 * max(rows, numbers) + sum(pages))


def _end(content: memoryview) -> Fields:
    """What the file says of itself, before its length and four signs."""
    length = int.from_bytes(content[-8:-4], "little")
    if length > MAX_END:
        raise _BrokenError("one with too long a description")
    return _structure(content[-8 - length : -8], 0)[0]


def _page_sizes(content: memoryview, column: Fields) -> Iterator[int]:
    """Of all pages of a column, where a reader looks for them."""
    place = min(
        (offset for offset in (column[FIRST_PAGE], column.get(DICTIONARY, 0)) if offset > 0), default=len(content)
    )
    end = place + column[PACKED_COLUMN]
    while place < end:
        header, length = _structure(content[place : place + MAX_HEADER], 0)
        yield max(0, header[UNPACKED_PAGE])
        place += length + max(0, header[PACKED_PAGE])


def _structure(content: memoryview, place: int, depth: int = 0) -> tuple[Fields, int]:
    """The fields of a structure, and where it ends."""
    fields: Fields = {}
    field = 0
    while (byte := content[place]) != STOP:
        step, kind = byte >> 4, byte & 15
        place += 1
        if step:
            field += step
        else:
            field, place = _whole(content, place)
        fields[field, kind], place = _value(content, place, kind, depth)
    return fields, place + 1


def _value(content: memoryview, place: int, kind: int, depth: int) -> tuple[Any, int]:
    """A value of this kind, of words and fractions only their places, and where it ends."""
    if kind in WHOLES:
        return _whole(content, place)
    if kind in BOOLEANS:
        return None, place
    if kind == BINARY:
        length, place = _varint(content, place)
        return None, place + length
    if kind in (BYTE, FRACTION):
        return None, place + (1 if kind == BYTE else 8)
    if kind in (LIST, STRUCTURE) and depth < DEEPEST:
        return (_list if kind == LIST else _structure)(content, place, depth + 1)
    raise _BrokenError("a broken one")


def _list(content: memoryview, place: int, depth: int) -> tuple[list[Any], int]:
    """The values of a list, in which a boolean has a byte of its own, and where it ends."""
    count, kind = content[place] >> 4, content[place] & 15
    place += 1
    if count == 15:
        count, place = _varint(content, place)
    values = []
    for _ in range(count):
        value, place = _value(content, place, BYTE if kind in BOOLEANS else kind, depth)
        values.append(value)
    return values, place


def _whole(content: memoryview, place: int) -> tuple[int, int]:
    """A number whose sign stands in its last bit."""
    value, place = _varint(content, place)
    return (value >> 1) ^ -(value & 1), place


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first; all bytes but the last have the eighth bit."""
    value = shift = 0
    while (byte := content[place]) & 128:
        value |= (byte & 127) << shift
        shift, place = shift + 7, place + 1
        if shift > WIDEST:
            raise _BrokenError("a broken one")
    return value | byte << shift, place + 1
