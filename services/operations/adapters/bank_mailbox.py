"""The bank's messages as it numbers them; reading takes nothing away (docs/bank.md)."""

from pathlib import Path

import httpx2

_TIMEOUT_SECONDS = 30
_NOT_FOUND = 404


class BankSilent(Exception):
    """The bank does not answer."""

    code = "bank_silent"


def read_mailbox(bank_url: str) -> dict[int, bytes]:
    """Every message of the bank by its number; holes of old, removed ones are passed over. Raises BankSilent."""
    messages: dict[int, bytes] = {}
    number = 1
    try:
        with httpx2.Client(base_url=bank_url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
            while True:
                answer = client.get(f"/_mock/mailbox/{number}")
                if answer.status_code == _NOT_FOUND:
                    later = [place for place in answer.json().get("waiting") or [] if place > number]
                    if not later:
                        return messages
                    number = min(later)
                    continue
                answer.raise_for_status()
                messages[number] = answer.content
                number += 1
    except (httpx2.HTTPError, ValueError, AttributeError) as error:
        raise BankSilent(f"the bank at {bank_url}: {type(error).__name__}") from error


def read_statement_files(directory: Path) -> dict[int, bytes]:
    """The bank's messages as files (`*.xml`), in the order of their names."""
    return {number: path.read_bytes() for number, path in enumerate(sorted(directory.glob("*.xml")), start=1)}
