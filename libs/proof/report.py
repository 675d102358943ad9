"""What a check looked at and what it found, the same in every process that checks."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

Status = Literal["holds", "broken", "incomplete", "not_checked"]

#: Of one fault everything may complain; the first findings say what is wrong.
MOST_FINDINGS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold. Names no person: ids and amounts only.

    `where` is a place in a log (`source/shard/position type`), a table's row or a file; `since` an ISO time.
    """

    rule: str
    about: str
    sentence: str
    where: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check has done. `counted` says how much it looked at, by name; `notes` what it could not prove."""

    check: str
    counted: Mapping[str, int]
    findings: Sequence[Finding] = ()
    finding_count: int = 0
    notes: Sequence[str] = ()
    not_checked: str | None = None

    @property
    def status(self) -> Status:
        """`broken`: something does not hold. `incomplete`: what was proved holds, something could not be proved."""
        if self.not_checked is not None:
            return "not_checked"
        if self.finding_count:
            return "broken"
        return "incomplete" if self.notes else "holds"

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "check": self.check,
            "status": self.status,
            "counted": dict(self.counted),
            "finding_count": self.finding_count,
            "findings": [asdict(finding) for finding in self.findings],
            "notes": list(self.notes),
            "not_checked": self.not_checked,
        }


def checked_of_json(document: Mapping[str, Any]) -> Checked:
    """The inverse of `Checked.as_json`. Raises KeyError or TypeError for anything else."""
    return Checked(
        check=document["check"],
        counted=document["counted"],
        findings=tuple(Finding(**finding) for finding in document["findings"]),
        finding_count=document["finding_count"],
        notes=tuple(document["notes"]),
        not_checked=document["not_checked"],
    )


def unchecked(check: str, why: str) -> Checked:
    """The check could not be made at all."""
    return Checked(check, {}, not_checked=why)


@dataclass(slots=True)
class Reporter:
    """Collects what one check finds."""

    check: str
    counted: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _findings: list[Finding] = field(default_factory=list)
    _finding_count: int = 0

    def count(self, what: str, amount: int = 1) -> None:
        """So much more was looked at."""
        self.counted[what] = self.counted.get(what, 0) + amount

    def find(
        self, rule: str, about: str, sentence: str, *, where: str | None = None, since: str | None = None
    ) -> None:
        """Something does not hold."""
        self._finding_count += 1
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(rule, about, sentence, where, since))

    def checked(self) -> Checked:
        """What was found so far."""
        return Checked(
            self.check,
            dict(self.counted),
            tuple(self._findings),
            self._finding_count,
            tuple(dict.fromkeys(self.notes)),
        )


def tell(checked: Checked) -> None:
    """Print the result for the process that started this one."""
    sys.stdout.write(orjson.dumps(checked.as_json()).decode() + "\n")


def tell_progress(done: int, total: int) -> None:
    """Say on standard error how far a check is."""
    sys.stderr.write(f"progress {done} {total}\n")
    sys.stderr.flush()
