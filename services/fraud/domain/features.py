"""The features of a claim as of the moment: plain values, so that a score can be recomputed from its event."""

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import asdict
from pydantic import JsonValue

from libs.contracts.fraud import ClaimFacts, RecordFactsNoted
from libs.contracts.medical_data import PriorStay
from libs.contracts.settlement import Visit
from libs.money import BASIS_POINTS
from services.fraud.domain.state import Person


class Features(Struct, frozen=True, gc=False):
    """What is known of a claim when it is scored. None: not known, so no rule may hold it against anyone."""

    kind: str
    med_type: str
    sex: str
    age_years: int
    diagnosis_chapter: str | None
    stay_days: int
    bill_fen: int
    idle_share_bp: int | None
    bed_days_milli: int
    longest_supply_days: int | None
    drug_fen: int
    self_funded_drug_share_bp: int | None
    female_only_items: int
    male_only_items: int
    invoice_seen_before: bool
    records_available: bool
    cyclic_treatment: bool
    died_on_discharge_day: bool
    days_after_death: int | None
    overlap_days: int
    days_since_related_discharge: int | None
    first_year_day: int | None
    stays_30d: int
    stays_90d: int
    stays_365d: int
    hospitals_90d: int
    bill_365d_fen: int
    continued_stay_days: int | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """The features as the scored event carries them; `Features(**…)` is the way back."""
        return asdict(self)


def features_of(person: Person, claim_id: str) -> Features:
    """The features of a claim whose facts and records are both known."""
    claim = person.claims[claim_id]
    assert claim.facts is not None and claim.records is not None, f"{claim_id} is not complete"
    facts, records, visit = claim.facts.facts, claim.records, claim.facts.facts.visit
    others = [
        other.facts.facts
        for other_id, other in person.claims.items()
        if other_id != claim_id and other.facts is not None and not other.withdrawn
    ]
    earlier = [
        (other, (visit.admitted_on - other.visit.discharged_on).days)
        for other in others
        if other.visit.discharged_on <= visit.discharged_on
    ]
    earlier_stays = [(other, days) for other, days in earlier if other.visit.kind == "inpatient"]
    stays = _other_stays(facts, records, others) if visit.kind == "inpatient" else []
    after_death = (visit.discharged_on - records.deceased_on).days if records.deceased_on else None
    return Features(
        kind=visit.kind,
        med_type=visit.med_type,
        sex=visit.sex,
        age_years=visit.age_years,
        diagnosis_chapter=facts.diagnosis_chapter,
        stay_days=(visit.discharged_on - visit.admitted_on).days,
        bill_fen=facts.bill_fen,
        idle_share_bp=_share_bp(facts.idle_fen, facts.itemised_fen),
        bed_days_milli=facts.bed_quantity_milli,
        longest_supply_days=facts.longest_supply_days,
        drug_fen=facts.drug_fen,
        self_funded_drug_share_bp=_share_bp(facts.self_funded_drug_fen, facts.drug_fen),
        female_only_items=facts.female_only_items,
        male_only_items=facts.male_only_items,
        invoice_seen_before=_invoice_seen_before(person, claim.facts.invoice_claim_id),
        records_available=records.available,
        cyclic_treatment=records.cyclic_treatment,
        died_on_discharge_day=after_death == 0,
        days_after_death=max(0, after_death) if after_death is not None else None,
        overlap_days=_overlap_days(visit, stays, others),
        days_since_related_discharge=_days_since_related_discharge(visit, stays),
        first_year_day=_first_year_day(person, visit.admitted_on),
        stays_30d=len(_within(earlier_stays, 30)),
        stays_90d=len(_within(earlier_stays, 90)),
        stays_365d=len(_within(earlier_stays, 365)),
        hospitals_90d=len({other.visit.hospital_id for other in _within(earlier, 90)}),
        bill_365d_fen=sum(other.bill_fen for other in _within(earlier, 365)),
        continued_stay_days=_continued_stay_days(visit, stays),
    )


def _invoice_seen_before(person: Person, invoice_claim_id: str | None) -> bool:
    """Another claim bore the invoice, and, where it is the person's own, was not withdrawn since."""
    return invoice_claim_id is not None and not person.claim(invoice_claim_id).withdrawn


def _share_bp(part: int, whole: int) -> int | None:
    return part * BASIS_POINTS // whole if whole else None


def _within(earlier: Iterable[tuple[ClaimFacts, int]], most_days: int) -> list[ClaimFacts]:
    """Of earlier claims with the days from their end to this one's beginning, those that ended so recently."""
    return [other for other, days in earlier if days <= most_days]


def _other_stays(
    facts: ClaimFacts, records: RecordFactsNoted, others: Iterable[ClaimFacts]
) -> list[PriorStay]:
    """The person's other stays: the bureau's, and those of our own claims that it does not list.

    The bureau compares diagnosis categories; of our own claims only the chapter is in the clear.
    """
    own = (facts.visit.hospital_id, facts.visit.admitted_on)
    stays = {(stay.hospital_id, stay.admitted_on): stay for stay in records.prior_stays}
    for other in others:
        visit = other.visit
        if visit.kind == "inpatient":
            related = (
                facts.diagnosis_chapter is not None and other.diagnosis_chapter == facts.diagnosis_chapter
            )
            stay = PriorStay(
                hospital_id=visit.hospital_id,
                admitted_on=visit.admitted_on,
                discharged_on=visit.discharged_on,
                related=related,
            )
            stays.setdefault((stay.hospital_id, stay.admitted_on), stay)
    return [stay for key, stay in stays.items() if key != own]


def _overlap_days(visit: Visit, stays: Iterable[PriorStay], others: Iterable[ClaimFacts]) -> int:
    """The longest overlap with another stay; one that begins on the day on which the other ends overlaps by none.

    At the same hospital only our own claims count: there the bureau lists the very stay that is claimed, whole where
    we were sent its interim settlements.
    """
    if visit.kind != "inpatient":
        return 0
    elsewhere = [
        (min(stay.discharged_on, visit.discharged_on) - max(stay.admitted_on, visit.admitted_on)).days
        for stay in stays
        if stay.hospital_id != visit.hospital_id
    ]
    billed_again = [
        _days_billed_twice(visit, other.visit)
        for other in others
        if other.visit.kind == "inpatient" and other.visit.hospital_id == visit.hospital_id
    ]
    return max([0, *elsewhere, *billed_again])


def _days_billed_twice(one: Visit, other: Visit) -> int:
    """Days of a stay that another settlement of the hospital bills too: a stay within one day counts as that day."""
    begins, ends = max(one.admitted_on, other.admitted_on), min(one.discharged_on, other.discharged_on)
    same = (one.admitted_on, one.discharged_on) == (other.admitted_on, other.discharged_on)
    inside = any(stay.admitted_on < begins and ends < stay.discharged_on for stay in (one, other))
    return max(1, (ends - begins).days) if same or (begins == ends and inside) else (ends - begins).days


def _days_since_related_discharge(visit: Visit, stays: Iterable[PriorStay]) -> int | None:
    gaps = [
        (visit.admitted_on - stay.discharged_on).days
        for stay in stays
        if stay.related and stay.discharged_on <= visit.admitted_on
    ]
    return min(gaps, default=None)


def _continued_stay_days(visit: Visit, stays: Iterable[PriorStay]) -> int | None:
    """How long the stay was that ended at this hospital on the very day this one begins; None when none did."""
    lengths = [
        (stay.discharged_on - stay.admitted_on).days
        for stay in stays
        if stay.hospital_id == visit.hospital_id and stay.discharged_on == visit.admitted_on
    ]
    return max(lengths, default=None)


def _first_year_day(person: Person, admitted_on: date) -> int | None:
    """Days since the person's very first coverage began; None in later years of unbroken cover."""
    coverage = person.coverage_on(admitted_on)
    if coverage is None or coverage.continuous_years > 1:
        return None
    return (admitted_on - coverage.covered_from).days
