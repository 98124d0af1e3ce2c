"""What a trace tells besides its picture: its numbers in words, and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Place = str | Sequence[Any]  # Where a column's value lies in the trace, such as "x[i]"; or the one value of all rows.


def told(
    before: str, attribute: str, columns: Mapping[str, Place], *, logarithmic: bool = False, needed: str = ""
) -> dict[str, Any]:
    """Hover and meta of a trace.

    The browser writes the number in words (`wording.js`), which would be more text than all numbers of a heatmap;
    Plotly alone, as in a notebook, writes it in its own way.

    Args:
        before: The hover up to the number.
        attribute: The number that it ends with: "y", or "z" of a heatmap.
        columns: Name to place of what the trace adds to the figure's table, as `ui/numbers.js` reads it.
        logarithmic: Whether the number is a logarithm to base 10.
        needed: A place without which there is no row; the number's own, if nothing is said.

    Example:
        >>> told("layer %{x}: ", "y", {"layer": "x[i]", "size": "y[i]"}, logarithmic=True)["hovertemplate"]
        'layer %{x}: 10<sup>%{y:.2f}</sup><extra></extra>'
    """
    plain = f"10<sup>%{{{attribute}:.2f}}</sup>" if logarithmic else f"%{{{attribute}:.3~g}}"
    meta = {"columns": columns, "spelled": attribute, "log10": logarithmic} | ({"needed": needed} if needed else {})
    return {"hovertemplate": f"{before}{plain}<extra></extra>", "meta": meta}
