"""How numbers and lists are written, everywhere alike."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

MINUS = "−"  # What a person reads; a file has the hyphen that programs read.
# Signs that nobody sees: controls and ends of lines, those that turn the direction of reading, and halves of signs,
# which no page and no file can have.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufeff]+")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """A number with two significant digits; small and large ones in powers of ten, never "0.00".

    Example:
        >>> number(0.056), number(8.6e-3), number(1234567), number(0)
        ('0.056', '8.6·10⁻³', '1.2·10⁶', '0')
        >>> number(float("nan")), number(float("-inf"))
        ('not a number', 'infinite')
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite"
    rounded = float(f"{value:.2g}") if abs(value) < 100 else float(round(value))  # 99.6 has become 100 here.
    if rounded == 0 or 0.01 <= abs(rounded) < 1000:
        return f"{rounded + 0.0:g}".replace("-", MINUS)  # Without the sign of -0.0.
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}·{power_of_ten(int(exponent))}".replace("-", MINUS)


def power_of_ten(exponent: int) -> str:
    """10 with a superscript exponent.

    Example:
        >>> power_of_ten(-8)
        '10⁻⁸'
    """
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 in hundredths; of something that is there never "0 %".

    Example:
        >>> percent(0.546), percent(0.0012, digits=1), percent(0.0012)
        ('55 %', '0.1 %', 'less than 1 %')
    """
    hundredths = f"{100 * share:.{digits}f}"
    is_lost = share > 0 and float(hundredths) == 0
    return f"less than {10.0**-digits:g} %" if is_lost else f"{hundredths} %"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a typographic minus among them; what rounds to zero has none.

    Example:
        >>> signed(0.35), signed(-0.02), signed(-0.001)
        ('+0.35', '−0.02', '0.00')
    """
    text = f"{value:+z.{digits}f}".replace("-", MINUS)
    return text if float(f"{value:.{digits}f}") else text.removeprefix("+")


def counted(count: int, noun: str) -> str:
    """So many of something, whose plural has an s.

    Example:
        >>> counted(1, "epoch"), counted(3, "epoch")
        ('1 epoch', '3 epochs')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def time_left(seconds: float) -> str:
    """How long something still takes, which is not known better than that.

    Example:
        >>> time_left(20), time_left(80), time_left(240)
        ('less than a minute left', 'about 1 minute left', 'about 4 minutes left')
    """
    words = "less than a minute" if seconds < 45 else f"about {counted(round(seconds / 60), 'minute')}"
    return f"{words} left"


def listed(parts: Sequence[str]) -> str:
    """Words in a row.

    Example:
        >>> listed(["A", "B", "C"]), listed(["A"]), listed([])
        ('A, B and C', 'A', 'nothing')
    """
    if not parts:
        return "nothing"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def readable(text: str) -> str:
    """A text from outside in one line, with a blank in place of signs that nobody sees.

    Example:
        >>> readable("one\\n two\\x00\\u202e\\ud800three")
        'one  two three'
    """
    return _UNSEEN.sub(" ", text)


def capitalized(text: str) -> str:
    """A text that begins with a capital letter, the rest as it was.

    Example:
        >>> capitalized("gradient, RMS")
        'Gradient, RMS'
    """
    return text[:1].upper() + text[1:]


def uncapitalized(text: str) -> str:
    """A text as it goes on after a colon: with a small first letter, the rest as it was.

    Example:
        >>> uncapitalized("The RMS falls.")
        'the RMS falls.'
    """
    return text[:1].lower() + text[1:]
