"""What the rules look at in a bill: sums and counts over its lines, which are not kept."""

import re
from collections.abc import Sequence
from functools import cached_property

from libs.contracts.event import Model
from libs.contracts.fraud import ClaimFacts
from libs.contracts.settlement import ChargeCategory, FeeLine
from services.fraud.domain.heard import Corrected, Filed, HeardLine, visit_of

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
    lines = claim.lines
    drugs = [line for line in lines if line.category in _DRUGS]
    return ClaimFacts(
        visit=visit_of(claim),
        diagnosis_chapter=claim.main_diagnosis_chapter,
        bill_fen=claim.settlement.total_fen,
        itemised_fen=sum(line.amount_fen for line in lines),
        idle_fen=sum(line.amount_fen for line in lines if line.category in vocabulary.idle_categories),
        bed_quantity_milli=sum(line.quantity_milli for line in lines if line.category == "bed"),
        longest_supply_days=max((line.days_supply for line in lines if line.days_supply), default=None),
        drug_fen=sum(line.amount_fen for line in drugs),
        self_funded_drug_fen=sum(line.self_funded_fen for line in drugs),
        female_only_items=_items_named(lines, vocabulary.female_only),
        male_only_items=_items_named(lines, vocabulary.male_only),
    )


def _items_named(lines: Sequence[FeeLine | HeardLine], words: re.Pattern[str]) -> int:
    return sum(1 for line in lines if words.search(line.name))


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    # One search over a name instead of one per word; of no words none is found.
    return re.compile("|".join(map(re.escape, words)) or r"(?!)")
