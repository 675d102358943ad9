"""The insurance centre hands over what it has settled."""

from collections.abc import Sequence

from libs.interop.bureau import MAX_DEPOSITS, Deposit
from services.bureau_simulator.domain.errors import TooMany
from services.bureau_simulator.domain.records import Records, check


def deposit_settlements(records: Records, deposits: Sequence[Deposit]) -> int:
    """Keep all deposits, or none when one is invalid. Returns how many. Raises TooMany, DepositInvalid."""
    if len(deposits) > MAX_DEPOSITS:
        raise TooMany(len(deposits), MAX_DEPOSITS)
    for deposit in deposits:
        check(deposit)
    for deposit in deposits:
        records.add(deposit)
    return len(deposits)
