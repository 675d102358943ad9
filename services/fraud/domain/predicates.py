"""The ten rules' conditions: each is a model of its parameters and one pure question about the features."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from libs.contracts.event import Fen, Model
from services.fraud.domain.features import Features

Chapters = tuple[str, ...]
MedTypes = tuple[str, ...]


class Predicate(Model, extra="forbid"):
    """A condition with its parameters, as the rules file gives them."""

    def fires(self, features: Features) -> bool:
        """True when the features meet the condition. Something unknown never does."""
        raise NotImplementedError


class OverlappingStays(Predicate):
    """Nobody lies in two hospitals at once, nor twice in one: the same days are billed again."""

    min_overlap_days: int = Field(ge=1)

    def fires(self, features: Features) -> bool:
        return features.overlap_days >= self.min_overlap_days


class SplitStay(Predicate):
    """分解住院: discharged and soon admitted again with the same illness, though the treatment has no cycles."""

    max_gap_days: int = Field(ge=0)
    interim_min_days: int = Field(
        ge=1, description="a stay of so many days, going on without a gap, was settled in between (中途结算)"
    )
    transfer_med_types: MedTypes
    exempt_chapters_without_records: Chapters = Field(
        description="where cycles are the rule, when the bureau could not say whether this is one"
    )

    def fires(self, features: Features) -> bool:
        gap = features.days_since_related_discharge
        if gap is None or gap > self.max_gap_days or features.cyclic_treatment:
            return False
        if features.med_type.startswith(self.transfer_med_types):
            return False
        if gap == 0 and (features.continued_stay_days or 0) >= self.interim_min_days:
            return False
        return features.records_available or (
            features.diagnosis_chapter not in self.exempt_chapters_without_records
        )


class HangingBed(Predicate):
    """挂床: days in hospital on which hardly anything but bed and nursing was charged."""

    min_idle_share_bp: int = Field(ge=1, le=10_000)
    min_stay_days: int = Field(ge=1)

    def fires(self, features: Features) -> bool:
        if features.kind != "inpatient" or features.idle_share_bp is None:
            return False
        return features.idle_share_bp >= self.min_idle_share_bp and features.stay_days >= self.min_stay_days


class ShortStay(Predicate):
    """Less than a day is no stay, unless it is day surgery, a treatment cycle, or the patient died."""

    exempt_med_types: MedTypes

    def fires(self, features: Features) -> bool:
        if features.kind != "inpatient" or features.stay_days > 0:
            return False
        exempt = features.med_type.startswith(self.exempt_med_types)
        return not (exempt or features.cyclic_treatment or features.died_on_discharge_day)


class ServiceAfterDeath(Predicate):
    """Services in the name of the dead. Papers may be closed shortly after."""

    grace_days: int = Field(ge=0)

    def fires(self, features: Features) -> bool:
        return features.days_after_death is not None and features.days_after_death > self.grace_days


class RepeatedInvoice(Predicate):
    """The same invoice came with another claim, of anyone."""

    def fires(self, features: Features) -> bool:
        return features.invoice_seen_before


class LongPrescription(Predicate):
    """超量开药: more than the days' supply that a visit of the kind may prescribe."""

    max_days: int = Field(ge=1)
    max_days_special_drug: int = Field(ge=1)
    max_days_chronic: int = Field(ge=1, description="registered chronic patients may take more home")

    def fires(self, features: Features) -> bool:
        limits = {"special_drug": self.max_days_special_drug, "chronic_outpatient": self.max_days_chronic}
        limit = limits.get(features.kind, self.max_days)
        return features.longest_supply_days is not None and features.longest_supply_days > limit


class EarlyHighCost(Predicate):
    """A high bill right after joining for the first time."""

    within_days: int = Field(ge=1)
    min_bill_fen: Fen

    def fires(self, features: Features) -> bool:
        day = features.first_year_day
        return day is not None and day < self.within_days and features.bill_fen >= self.min_bill_fen


class SexOrAgeConflict(Predicate):
    """Charges or diagnoses that cannot be the patient's own: a borrowed card or invented records."""

    childbirth_chapters: Chapters
    childbirth_min_age: int = Field(ge=0)
    childbirth_max_age: int = Field(ge=0)
    newborn_chapters: Chapters
    newborn_max_age: int = Field(ge=0)

    def fires(self, features: Features) -> bool:
        return self._against_sex(features) or self._against_age(features)

    def _against_sex(self, features: Features) -> bool:
        childbirth = features.diagnosis_chapter in self.childbirth_chapters
        if features.sex == "male":
            return childbirth or features.female_only_items > 0
        return features.sex == "female" and features.male_only_items > 0

    def _against_age(self, features: Features) -> bool:
        age = features.age_years
        if features.diagnosis_chapter in self.childbirth_chapters:
            return not self.childbirth_min_age <= age <= self.childbirth_max_age
        return features.diagnosis_chapter in self.newborn_chapters and age > self.newborn_max_age


class SelfFundedDrugs(Predicate):
    """Nearly all of a large drug bill lies outside the catalogue: exchanged items (串换), or sold on."""

    min_share_bp: int = Field(ge=1, le=10_000)
    min_drug_fen: Fen
    exempt_kinds: tuple[str, ...]

    def fires(self, features: Features) -> bool:
        share = features.self_funded_drug_share_bp
        if share is None or features.kind in self.exempt_kinds:
            return False
        return share >= self.min_share_bp and features.drug_fen >= self.min_drug_fen


PREDICATES: Mapping[str, type[Predicate]] = MappingProxyType(
    {
        "overlapping_stays": OverlappingStays,
        "split_stay": SplitStay,
        "hanging_bed": HangingBed,
        "short_stay": ShortStay,
        "service_after_death": ServiceAfterDeath,
        "repeated_invoice": RepeatedInvoice,
        "long_prescription": LongPrescription,
        "early_high_cost": EarlyHighCost,
        "sex_or_age_conflict": SexOrAgeConflict,
        "self_funded_drugs": SelfFundedDrugs,
    }
)
