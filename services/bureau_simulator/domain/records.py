"""The settlements deposited so far, by person. Bounded: the oldest deposits are forgotten first."""

from libs.interop.bureau import Deposit
from libs.money import parse_yuan
from services.bureau_simulator.domain.errors import DepositInvalid


class Records:
    """Deposits of one process's life. A second deposit of a settlement replaces the first: it was corrected."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._by_key: dict[tuple[str, str], Deposit] = {}
        self._by_person: dict[str, dict[str, Deposit]] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def add(self, deposit: Deposit) -> None:
        """Keep a deposit. Raises DepositInvalid when its amounts or dates cannot be a settlement's."""
        check(deposit)
        key = (deposit.certno, deposit.setl_id)
        self._by_key[key] = deposit
        self._by_person.setdefault(deposit.certno, {})[deposit.setl_id] = deposit
        if len(self._by_key) > self._capacity:
            self._forget(next(iter(self._by_key)))

    def undo(self, certno: str, setl_id: str) -> bool:
        """The settlement was cancelled (2305): nothing of it is known any more. False when nothing was."""
        key = (certno, setl_id)
        known = key in self._by_key
        if known:
            self._forget(key)
        return known

    def _forget(self, key: tuple[str, str]) -> None:
        certno, setl_id = key
        del self._by_key[key]
        own = self._by_person[certno]
        del own[setl_id]
        if not own:
            del self._by_person[certno]

    def find(self, certno: str, setl_id: str) -> Deposit | None:
        """The settlement of that person, if it was deposited."""
        return self._by_key.get((certno, setl_id))

    def of_person(self, certno: str) -> list[Deposit]:
        """The person's settlements, in order of admission."""
        own = self._by_person.get(certno, {}).values()
        return sorted(own, key=lambda deposit: (deposit.begndate, deposit.setl_id))


def check(deposit: Deposit) -> None:
    """Raises DepositInvalid when the deposit cannot be a settlement."""
    try:
        total, fund = parse_yuan(deposit.medfee_sumamt), parse_yuan(deposit.fund_pay_sumamt)
    except ValueError:
        raise DepositInvalid("amounts are decimal text in yuan with two decimals") from None
    if not 0 <= fund <= total:
        raise DepositInvalid("fund_pay_sumamt lies between 0 and medfee_sumamt")
    if deposit.enddate < deposit.begndate:
        raise DepositInvalid("enddate lies before begndate")
    if not deposit.setl_id or not deposit.certno:
        raise DepositInvalid("setl_id and certno are required")
