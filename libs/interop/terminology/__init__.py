"""ICD-10: which chapter a code belongs to, and the Chinese names of the three-character categories."""

import csv
import re
from bisect import bisect_right
from functools import cache
from importlib.resources import files

# First category of each chapter (ICD-10, WHO 2019); a chapter ends where the next begins.
_CHAPTERS = (
    ("A00", "I"),
    ("C00", "II"),
    ("D50", "III"),
    ("E00", "IV"),
    ("F00", "V"),
    ("G00", "VI"),
    ("H00", "VII"),
    ("H60", "VIII"),
    ("I00", "IX"),
    ("J00", "X"),
    ("K00", "XI"),
    ("L00", "XII"),
    ("M00", "XIII"),
    ("N00", "XIV"),
    ("O00", "XV"),
    ("P00", "XVI"),
    ("Q00", "XVII"),
    ("R00", "XVIII"),
    ("S00", "XIX"),
    ("U00", "XXII"),
    ("V01", "XX"),
    ("Z00", "XXI"),
)
_STARTS = [start for start, _ in _CHAPTERS]
_ICD_10 = re.compile(r"[A-Z][0-9]{2}(?![0-9A-Z])", re.ASCII)


def icd10_chapter(code: str) -> str | None:
    """The chapter of an ICD-10 code as a roman numeral ("C34.900" → "II"); None when it is not such a code.

    A chapter names a body system at most, never the illness, so it may stand unsealed.
    """
    if _ICD_10.match(code) is None:
        return None
    position = bisect_right(_STARTS, code[:3])
    return _CHAPTERS[position - 1][1] if position else None


@cache
def _categories() -> dict[str, str]:
    text = (files("libs.interop.terminology") / "data" / "icd10_categories.csv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def category_name(code: str) -> str | None:
    """The Chinese name of a code's three-character category ("C34.900" → 支气管和肺恶性肿瘤), if it is known."""
    return _categories().get(code[:3])
