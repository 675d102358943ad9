"""The pool's account at the simulated bank; a real bank opened it long before."""

import httpx2

from libs.local_platform import LocalPlatformError

#: The bank finds the debtor of a payment file by its account number; it asks for an IBAN-shaped name as well.
POOL_ACCOUNT = {
    "id": "HUIJI",
    "name": "惠济保共保体",
    "iban": "CN53HUIJI0000000001",
    "account_number": "31050161393600000",
    "currency": "CNY",
    # 1 000 million yuan, in fen
    "balance": 100_000_000_000,
}
_TIMEOUT_SECONDS = 10.0


class PoolAccountNotOpened(LocalPlatformError):
    """The bank refused to open the pool's account."""

    code = "pool_account_not_opened"

    def __init__(self, bank_url: str, status: int, answer: str) -> None:
        super().__init__(
            f"the bank at {bank_url} answered {status} to the opening of the pool's account: {answer}"
        )


def open_pool_account(bank_url: str) -> None:
    """Open the account unless the bank has it already. Raises `PoolAccountNotOpened`."""
    with httpx2.Client(base_url=bank_url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        if client.get(f"/_mock/accounts/{POOL_ACCOUNT['id']}").status_code == httpx2.codes.OK:
            return
        answer = client.post("/_mock/accounts", json=POOL_ACCOUNT)
    if answer.status_code != httpx2.codes.CREATED:
        raise PoolAccountNotOpened(bank_url, answer.status_code, answer.text)
