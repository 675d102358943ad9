"""Charts of a what-if as SVG text: no script, no font, nothing from anywhere else."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from libs.money import format_yuan

_WIDTH = 760
_LABEL = 250
_BAR = 18
_GAP = 8
_AMOUNT = 210
_MORE, _LESS, _AXIS = "#1b7f5c", "#b5402f", "#8a8f98"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: an amount in fen that may be negative, and a word beside it."""

    label: str
    amount_fen: int
    note: str = ""


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Bars to both sides of nothing: right pays more than before, left pays less."""
    largest = max((abs(row.amount_fen) for row in rows), default=0) or 1
    low = min(0, *(row.amount_fen for row in rows)) if rows else 0
    high = max(0, *(row.amount_fen for row in rows)) if rows else 0
    # Pixels are whole numbers; the amounts beside them are exact.
    room = _WIDTH - _LABEL - _AMOUNT
    zero = _LABEL + (room * -low // (high - low) if high > low else 0)
    height = 34 + len(rows) * (_BAR + _GAP)
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" font-family="sans-serif"'
            ' font-size="13"><title>{}</title>'
        ).format(_WIDTH, height, title),
        Markup('<text x="0" y="16" font-weight="bold">{}</text>').format(title),
    ]
    for index, row in enumerate(rows):
        length = room * abs(row.amount_fen) // ((high - low) or largest)
        parts.append(_bar(row, 30 + index * (_BAR + _GAP), zero, length))
    parts.append(
        Markup('<line x1="{0}" x2="{0}" y1="24" y2="{1}" stroke="{2}"/></svg>').format(zero, height, _AXIS)
    )
    return Markup("").join(parts)


def _bar(row: Bar, top: int, zero: int, length: int) -> Markup:
    left = zero if row.amount_fen >= 0 else zero - length
    colour = _MORE if row.amount_fen >= 0 else _LESS
    middle = top + _BAR - 5
    words = f"{signed_yuan(row.amount_fen)}{f'  {row.note}' if row.note else ''}"
    label = row.label if len(row.label) <= 38 else f"{row.label[:37]}…"
    return Markup(
        '<text x="0" y="{middle}">{label}</text>'
        '<rect x="{left}" y="{top}" width="{length}" height="{bar}" fill="{colour}"><title>{words}</title></rect>'
        '<text x="{end}" y="{middle}">{words}</text>'
    ).format(
        middle=middle,
        label=escape(label),
        left=left,
        top=top,
        length=length,
        bar=_BAR,
        colour=colour,
        words=words,
        end=zero + (length if row.amount_fen >= 0 else 0) + 6,
    )


def signed_yuan(amount_fen: int) -> str:
    """A difference in yuan with its sign and groups of thousands."""
    whole, cents = format_yuan(abs(amount_fen)).split(".")
    sign = "+" if amount_fen > 0 else "−" if amount_fen < 0 else ""
    return f"{sign}{int(whole):,}.{cents}"
