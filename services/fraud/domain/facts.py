"""What the rules look at in a bill: sums and counts over its lines, which are not kept."""

import re
from functools import cached_property

from libs.contracts.event import Model
from libs.contracts.fraud import ClaimFacts
from libs.contracts.settlement import ChargeCategory
from services.fraud.domain.heard import Corrected, Filed, visit_of

_DRUGS: frozenset[ChargeCategory] = frozenset({"western_drug", "herbal_drug", "patent_drug"})


class Vocabulary(Model, extra="forbid"):
    """How charges are recognised; part of the rules file, because product managers know the items best.

    `idle_categories` accrue while a bed is merely kept. The words are looked for in catalogue names.
    """

    idle_categories: tuple[ChargeCategory, ...]
    female_only_words: tuple[str, ...]
    male_only_words: tuple[str, ...]

    @cached_property
    def female_only(self) -> re.Pattern[str]:
        """Finds any of the words in a name."""
        return _any_of(self.female_only_words)

    @cached_property
    def male_only(self) -> re.Pattern[str]:
        """Finds any of the words in a name."""
        return _any_of(self.male_only_words)


def revision_of(settlement: Filed) -> int:
    """Which content of its claim a filed settlement is."""
    return settlement.revision if isinstance(settlement, Corrected) else 1


def facts_of(claim: Filed, vocabulary: Vocabulary) -> ClaimFacts:
    """The facts of a claim as it was registered or corrected."""
    female_words, male_words = vocabulary.female_only.search, vocabulary.male_only.search
    itemised = idle = beds = supply = drugs = self_funded_drugs = female_only = male_only = 0
    # In one pass: a bill has dozens of lines.
    for line in claim.lines:
        category, amount_fen = line.category, line.amount_fen
        itemised += amount_fen
        if category in vocabulary.idle_categories:
            idle += amount_fen
        if category in _DRUGS:
            drugs += amount_fen
            self_funded_drugs += line.self_funded_fen
        elif category == "bed":
            beds += line.quantity_milli
        if line.days_supply:
            supply = max(supply, line.days_supply)
        female_only += female_words(line.name) is not None
        male_only += male_words(line.name) is not None
    return ClaimFacts(
        visit=visit_of(claim),
        diagnosis_chapter=claim.main_diagnosis_chapter,
        bill_fen=claim.settlement.total_fen,
        itemised_fen=itemised,
        idle_fen=idle,
        bed_quantity_milli=beds,
        longest_supply_days=supply or None,
        drug_fen=drugs,
        self_funded_drug_fen=self_funded_drugs,
        female_only_items=female_only,
        male_only_items=male_only,
    )


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    # One search over a name instead of one per word; of no words none is found.
    return re.compile("|".join(map(re.escape, words)) or r"(?!)")
