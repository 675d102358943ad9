"""The bank as payout sees it: files in, answers out, over HTTP (docs/bank.md has the protocol and the proofs).

Two rules make a payment impossible to make twice. The bank refuses a MsgId it has had (`Receipt.already_had_it`), so
the same file may be sent any number of times; and it does not compare EndToEndIds of different files, so a payment
belongs to one file for ever. Answers are read one by one at `cursor + 1`, which takes nothing from the bank: who
commits the cursor with what the answer said misses none after a crash, and reads none twice that it has recorded.

Nothing here retries, sleeps or remembers; the caller decides.
"""

from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from libs.interop.iso20022 import MessageUnreadable
from services.payout.adapters.bank_answers import (
    Answer,
    PaymentAtBank,
    Receipt,
    decoded_json,
    finding_codes,
    integer,
    json_object,
    payment_at_bank,
    read_answer,
    string,
)
from services.payout.adapters.bank_errors import (
    BankAnswersMissing,
    BankAnswerUnreadable,
    BankForgot,
    BankRefusedFile,
    BankUnreachable,
)

_DUPLICATE = "DUPL"
_TOO_LARGE = 413
_NOT_FOUND = 404
_UNPROCESSABLE = 422
# Raised before a byte of the request could have left.
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class BankSettings(BaseModel):
    """Where the bank is and how long to wait for it. `user` and `password` go as HTTP basic credentials."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    user: str = ""
    password: SecretStr = SecretStr("")
    connect_timeout_seconds: float = Field(2.0, gt=0)
    # A file of 10 000 payments takes the reference bank about six seconds.
    answer_timeout_seconds: float = Field(30.0, gt=0)
    # The reference bank has one lock and a listen queue of five: more connections only wait, or are dropped.
    max_connections: int = Field(2, ge=1)


class Bank:
    """One connection pool to one bank; close it, or use it with `async with`."""

    def __init__(self, settings: BankSettings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(
            base_url=settings.url,
            auth=(settings.user, settings.password.get_secret_value()) if settings.user else None,
            timeout=httpx2.Timeout(settings.answer_timeout_seconds, connect=settings.connect_timeout_seconds),
            limits=httpx2.Limits(max_connections=settings.max_connections),
            transport=transport,
            # A proxy of the environment has no business between payout and its bank.
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, file_bytes: bytes, message_id: str) -> Receipt:
        """Hand in a pain.001. Safe to repeat with the same bytes as long as the outcome is not known.

        Raises BankUnreachable (send the same bytes again), BankRefusedFile (none of it will be paid) or
        BankAnswerUnreadable (treat like BankUnreachable).
        """
        action = f"send {message_id}"
        response = await self._ask(
            "POST", "/payments", action, content=file_bytes, headers={"Content-Type": "application/xml"}
        )
        if response.status_code == _TOO_LARGE:
            raise BankRefusedFile(message_id, "TOO_LARGE", (response.text,))
        if response.status_code not in (httpx2.codes.ACCEPTED, _UNPROCESSABLE):
            raise _unusable(action, response, may_have_arrived=True)
        answer = json_object(action, response)
        refused = response.status_code == _UNPROCESSABLE
        if refused and answer.get("reason") != _DUPLICATE:
            raise BankRefusedFile(message_id, str(answer.get("reason") or ""), finding_codes(answer))
        if answer.get("msg_id") != message_id:
            raise BankAnswerUnreadable(action, f"the bank speaks of {answer.get('msg_id')!r}")
        return Receipt(
            message_id=message_id,
            already_had_it=refused,
            group_status=None if refused else string(action, answer, "status"),
            accepted=integer(action, answer, "accepted"),
            rejected=integer(action, answer, "rejected"),
        )

    async def answers(self, after: int, limit: int = 100) -> list[Answer]:
        """The bank's messages at positions `after + 1` and on, in order, at most `limit`; [] when there is none yet.

        Raises BankAnswerUnreadable with the position of a message nobody can read, BankAnswersMissing, or
        BankUnreachable; each only when it concerns the first message asked for, so what came before is never lost.
        """
        found: list[Answer] = []
        while len(found) < limit:
            try:
                answer = await self._answer(after + len(found) + 1)
            except (BankAnswerUnreadable, BankAnswersMissing, BankUnreachable):
                if found:
                    return found
                raise
            if answer is None:
                return found
            found.append(answer)
        return found

    async def payment(self, end_to_end_id: str, message_id: str) -> PaymentAtBank | None:
        """The bank's books on one payment, for a file whose answer never came; None when it has no such payment.

        After `already_had_it`, None means the file had been refused as a whole.
        """
        action = f"ask for {end_to_end_id}"
        response = await self._ask("GET", f"/_mock/payments/{quote(end_to_end_id, safe='')}?all", action)
        if response.status_code == _NOT_FOUND:
            return None
        if response.status_code != httpx2.codes.OK:
            raise _unusable(action, response)
        rows = decoded_json(action, response)
        if not isinstance(rows, list):
            raise BankAnswerUnreadable(action, "not a list")
        for row in rows:
            if isinstance(row, dict) and row.get("msg_id") == message_id:
                return payment_at_bank(action, row)
        return None

    async def discard_read(self) -> None:
        """Let the bank forget what is waiting in its mailbox, so that its empty answers stay short.

        Costs nothing in safety: `answers` reads by position, whether or not the mailbox was emptied.
        """
        action = "empty the mailbox"
        # HEAD, because the reference bank collects on GET and this spares it sending every message again.
        response = await self._ask("HEAD", "/_mock/mailbox", action)
        if response.status_code != httpx2.codes.OK:
            raise _unusable(action, response)

    async def ping(self, cursor: int = 0) -> int:
        """How many answers the bank has given in all. BankForgot when that is less than `cursor`."""
        action = "ping"
        response = await self._ask("GET", "/_mock/state", action)
        if response.status_code != httpx2.codes.OK:
            raise _unusable(action, response)
        counts = json_object(action, response).get("messages")
        if not isinstance(counts, dict):
            raise BankAnswerUnreadable(action, "no messages")
        answers = sum(integer(action, counts, key) for key in ("queued", "waiting", "taken"))
        if answers < cursor:
            raise BankForgot(cursor, answers)
        return answers

    async def _answer(self, position: int) -> Answer | None:
        action = f"read answer {position}"
        response = await self._ask("GET", f"/_mock/mailbox/{position}", action)
        if response.status_code == _NOT_FOUND:
            waiting = json_object(action, response).get("waiting")
            later = [place for place in waiting if place > position] if isinstance(waiting, list) else []
            if later:
                raise BankAnswersMissing(position, min(later))
            return None
        if response.status_code != httpx2.codes.OK:
            raise _unusable(action, response)
        try:
            return read_answer(position, response.content)
        except MessageUnreadable as error:
            raise BankAnswerUnreadable(action, str(error), position) from error

    async def _ask(self, method: str, path: str, action: str, **request: Any) -> httpx2.Response:
        try:
            return await self._client.request(method, path, **request)
        except _NEVER_SENT as error:
            raise BankUnreachable(action, repr(error), may_have_arrived=False) from error
        except (httpx2.RequestError, httpx2.StreamError) as error:
            raise BankUnreachable(action, repr(error), may_have_arrived=True) from error


def _unusable(action: str, response: httpx2.Response, *, may_have_arrived: bool = False) -> BankUnreachable:
    return BankUnreachable(action, f"HTTP {response.status_code}", may_have_arrived=may_have_arrived)
