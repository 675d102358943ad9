"""What plans and newspapers printed, beside what the platform has paid."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from libs.money import round_to
from libs.privacy import Pseudonymiser
from libs.synthetic.published_examples import PublishedExample


@dataclass(frozen=True, slots=True)
class Compared:
    """One example: printed and paid in fen, the latter as paid and as it would be printed."""

    example: PublishedExample
    paid_fen: int
    printed_fen: int

    @property
    def agrees(self) -> bool:
        """The payment, rounded per liability to the printed precision, is the printed figure."""
        return self.printed_fen == self.example.expected.plan_pays_fen


async def compare_published(
    examples: Sequence[PublishedExample],
    pseudonymiser: Pseudonymiser,
    claims_of: Callable[[str], Awaitable[list[dict[str, Any]]]],
    balances_of: Callable[[str], Awaitable[list[dict[str, Any]]]],
) -> list[Compared]:
    """Compare each example with what was settled at the bank for its person, and with the year's balances.

    A printed total is the sum of figures that were rounded per liability, so the balances are rounded alike.
    """
    compared = []
    for example in examples:
        person_id = pseudonymiser.person_id(example.person.id_number)
        settled = sum(claim["settled_fen"] or 0 for claim in await claims_of(person_id))
        unit = example.expected.precision_fen
        years = await balances_of(person_id)
        liabilities = [used["paid_fen"] for year in years for used in year["liabilities"].values()]
        if sum(liabilities) != settled:
            compared.append(Compared(example, settled, settled))
            continue
        compared.append(Compared(example, settled, sum(round_to(paid, unit) for paid in liabilities)))
    return compared
