"""Where each plan's people live and are treated. Hospital codes have the national shape and are nobody's."""

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Hospital:
    """A place of treatment: national code, region of six digits, grade 1 to 3."""

    id: str
    region: str
    grade: Literal[1, 2, 3]


@dataclass(frozen=True, slots=True)
class City:
    """A plan's city: its people, its hospitals, its premium and year."""

    plan_id: str
    region: str
    counties: tuple[str, ...]
    premium_fen: int

    @property
    def covered_from(self) -> date:
        """First day of the year covered: the plans' published examples are of 2022."""
        return date(2022, 1, 1)

    @property
    def covered_to(self) -> date:
        """Last day covered."""
        return date(2022, 12, 31)

    @property
    def hospitals(self) -> tuple[Hospital, ...]:
        """Two of grade 3 in the first county, one of grade 2 in each, one of grade 1 in the last."""
        first, last = self.counties[0], self.counties[-1]
        of_grade_2 = [Hospital(f"H{county}00{20 + n}1", county, 2) for n, county in enumerate(self.counties)]
        return (
            Hospital(f"H{first}00301", first, 3),
            Hospital(f"H{first}00302", first, 3),
            *of_grade_2,
            Hospital(f"H{last}00101", last, 1),
        )


# Premiums: anyang and weifang are published (95 and 149 yuan); the others were not found, and 99 stands in,
# inside the 50 to 300 yuan of most plans.
CITIES: dict[str, City] = {
    city.plan_id: city
    for city in (
        City("anyang-2022", "410500", ("410502", "410503", "410581"), 95_00),
        City("weifang-2022", "370700", ("370702", "370705", "370781"), 149_00),
        City("huiqin", "610100", ("610102", "610113", "610116"), 99_00),
        City("shantou-2022", "440500", ("440507", "440511", "440515"), 99_00),
        City("taizhou-2022", "331000", ("331002", "331003", "331081"), 99_00),
        City("demo-generic", "430100", ("430102", "430111", "430181"), 99_00),
    )
}

# Where people go when they leave their city: Beijing, Shanghai, Guangzhou.
OUT_OF_TOWN_HOSPITALS = (
    Hospital("H11010500301", "110105", 3),
    Hospital("H31010400301", "310104", 3),
    Hospital("H44010400301", "440104", 3),
)
