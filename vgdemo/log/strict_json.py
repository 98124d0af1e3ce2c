"""JSON as the standard has it: numbers that are not finite stand as strings, and whoever wrote it is not trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from vgdemo.record.files import is_number

MAX_LINE = 4_000_000  # Bytes.
MAX_TEXT = 200  # Characters of a name.
HALF_A_SIGN = rb"\ud"  # What JSON spells those signs with that take two.


class LogError(ValueError):
    """A log cannot be read; the message is one sentence that says what was expected and what came."""

    @classmethod
    def of(cls, expected: str, received: object) -> LogError:
        """The error whose sentence names both."""
        return cls(f"Expected {expected}. Received: {received!r:.80}")


def parsed(content: bytes, what: str) -> dict[str, Any]:
    """The JSON object in a line or a file.

    Args:
        content: Bytes of UTF-8.
        what: What a sentence calls it, such as "record 3 of a log".

    Raises:
        LogError: If it is none, or a larger one than any log has.
    """
    if len(content) > MAX_LINE:
        raise LogError(f"Expected {what} in at most {MAX_LINE:,} bytes. Received: {len(content):,} bytes")
    try:
        value = json.loads(content, parse_constant=_refuse)
        if HALF_A_SIGN in content.lower():
            json.dumps(value, ensure_ascii=False).encode()  # No page and no file can have one without its other half.
    except (ValueError, RecursionError) as error:
        raise LogError.of(f"{what} as a JSON object", content) from error
    if not isinstance(value, dict):
        raise LogError.of(f"{what} as a JSON object", content)
    return value


def line(content: Mapping[str, Any]) -> bytes:
    """A JSON object in one line, its end included.

    Example:
        >>> line({"loss": [0.5, float("inf"), float("nan")]})
        b'{"loss":[0.5,"Infinity","NaN"]}\\n'
    """
    return json.dumps(_strict(content), separators=(",", ":"), allow_nan=False).encode() + b"\n"


def text(value: object, what: str, most: int = MAX_TEXT) -> str:
    """A name or a sentence; LogError if it is none, or longer than so many characters."""
    if not isinstance(value, str) or len(value) > most:
        raise LogError.of(f"{what} to be a text of at most {most:,} characters", value)
    return value


def mapping(value: object, what: str) -> dict[str, Any]:
    """A JSON object; LogError if it is none."""
    if not isinstance(value, dict):
        raise LogError.of(f"{what} to be a JSON object", value)
    return value


def sequence(value: object, what: str, most: int) -> list[Any]:
    """A JSON array; LogError if it is none, or longer than that."""
    if not isinstance(value, list) or len(value) > most:
        raise LogError.of(f"{what} to be a list of at most {most:,}", value)
    return value


def count(value: object, what: str) -> int:
    """A number of epochs or steps; LogError if it is none."""
    if type(value) is not int or not 0 <= value < 2**31:
        raise LogError.of(f"{what} to be a whole number from 0 on", value)
    return value


def finite(value: object, what: str) -> float:
    """A number; LogError if it is none, not finite or so large that a saved record could not have it."""
    if is_number(value):
        return float(cast(float, value))
    raise LogError.of(f"{what} to be a finite number", value)


def share(value: object, what: str) -> float:
    """A number from 0 to 1; LogError if it is none."""
    number = finite(value, what)
    if 0 <= number <= 1:
        return number
    raise LogError.of(f"{what} to be a share from 0 to 1", value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _strict(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's.
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, Mapping):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_strict(one) for one in value]
    return value
