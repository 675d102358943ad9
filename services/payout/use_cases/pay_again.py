"""Pay again what the bank refused or sent back: staff proposes with the corrected account, somebody else approves."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Instruction, Stage
from libs.privacy import Erased, Sealer
from services.payout.adapters import payees, payments
from services.payout.domain.account import Account
from services.payout.domain.commands import ApprovePayAgain, Command, ProposePayAgain
from services.payout.domain.errors import NoIdentity, PaymentUnknown
from services.payout.domain.ids import again_id_of

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

# A conflict means that the person's stream moved on meanwhile, which takes a decision or a payment: never lasting.
ATTEMPTS = 5
IDENTITY = "CoverageActivated.identity"


async def propose(
    log: EventLog,
    stage: Stage[Account, Command],
    sealer: Sealer,
    payment_id: str,
    account: str,
    account_bank: str,
    by: str,
) -> dict[str, Any]:
    """Record the proposal. Raises PaymentUnknown, NoIdentity, NothingUnpayable, ConcurrencyConflict, SealBroken."""
    async with log.pool.acquire() as connection:
        person_id = await _person_of(connection, payment_id)
        sealed = (await payees.find(connection, [person_id])).get(person_id)
    if sealed is None:
        raise NoIdentity(payment_id)
    (identity,) = await sealer.unseal_many([(sealed, IDENTITY)])
    if isinstance(identity, Erased):
        raise NoIdentity(payment_id)
    corrected = identity | {"account": account, "account_bank": account_bank}
    (creditor,) = await sealer.seal_many([(person_id, IDENTITY, corrected)])
    await _do(log, stage, payment_id, lambda now: ProposePayAgain(payment_id, creditor, by, now))
    return {"proposed": payment_id, "by": by}


async def approve(log: EventLog, stage: Stage[Account, Command], payment_id: str, by: str) -> dict[str, Any]:
    """Instruct the new payment; again changes nothing.

    Raises PaymentUnknown, NothingUnpayable, NothingProposed, ProposerApproves, ConcurrencyConflict.
    """
    await _do(log, stage, payment_id, lambda now: ApprovePayAgain(payment_id, by, now))
    return {"approved": payment_id, "paid_as": again_id_of(payment_id), "by": by}


async def _do(
    log: EventLog, stage: Stage[Account, Command], payment_id: str, command: Callable[[datetime], Command]
) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with log.transaction() as work:
                person_id = await _person_of(work.connection, payment_id)
                instruction = Instruction(f"person-{person_id}", command(work.now))
                decided = await stage.apply(work, [instruction])
                told = payments.decided_by([instruction], decided)
                await payments.follow(work.connection, told, work.now)
        except ConcurrencyConflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return
    raise AssertionError("unreachable")


async def _person_of(connection: "Connection", payment_id: str) -> str:
    person_id = await connection.fetchval("select person_id from payment where payment_id = $1", payment_id)
    if person_id is None:
        raise PaymentUnknown(payment_id)
    return cast(str, person_id)
