"""Which kind of visit a medical type (med_type) is. The code set is open: a national core plus regions' own."""

from typing import Literal

VisitKind = Literal["inpatient", "outpatient", "chronic_outpatient", "special_drug", "pharmacy"]

# Longest prefix wins. 11 general, 12 registration, 13 emergency, 14 chronic and special disease, 15 special drug,
# 16 Chinese medicine outpatient, 21 to 29 stays (28 day surgery), 31 low self-pay, 41 pharmacy, 51 and 52
# maternity, 81 accident outpatient.
_CORE: dict[str, VisitKind] = {
    "11": "outpatient",
    "12": "outpatient",
    "13": "outpatient",
    "14": "chronic_outpatient",
    "15": "special_drug",
    "16": "outpatient",
    "2": "inpatient",
    "3101": "inpatient",
    "3102": "outpatient",
    "41": "pharmacy",
    "51": "outpatient",
    "52": "inpatient",
    "81": "outpatient",
}


def kind_of(med_type: str) -> VisitKind | None:
    """The kind of visit, or None when a region's own code does not say it."""
    for length in (4, 2, 1):
        kind = _CORE.get(med_type[:length])
        if kind is not None and len(med_type) >= 2:
            return kind
    return None
