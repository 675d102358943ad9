"""The demo waits until adjudication has followed each change, and says which it did not follow."""

from collections.abc import Sequence
from typing import Any

import pytest

from libs.interop import Submission
from libs.synthetic.changes import Changes
from libs.testing.submissions import a_submission
from services.operations.use_cases.put_right import ChangesStuck, put_right

CHANGES = Changes((a_submission(submission_id="S1"),), (a_submission(submission_id="S2"),))


class Followed:
    """A city whose adjudication follows from the `after`th look on."""

    def __init__(self, after: int) -> None:
        self.left = after

    async def correct(self, submissions: Sequence[Submission]) -> list[str]:
        return [one.submission_id for one in submissions]

    async def cancel(self, submissions: Sequence[Submission]) -> list[str]:
        return [one.submission_id for one in submissions]

    async def claim_at_adjudication(self, person_id: str, claim_id: str) -> dict[str, Any]:
        assert person_id.startswith("p_")
        self.left -= 1
        if self.left > 0:
            return {"revision": 1, "withdrawn": False, "standing": {}, "decisions": 1, "pended": []}
        withdrawn = claim_id == "S2"
        standing = None if withdrawn else {"plan_pays_fen": 700}
        return {"revision": 2, "withdrawn": withdrawn, "standing": standing, "decisions": 2, "pended": []}


async def test_it_waits_until_every_change_is_followed() -> None:
    right = await put_right(Followed(after=4), CHANGES, lambda number: f"p_{number}")
    assert (right.corrected, right.cancelled, right.plan_pays_fen) == (1, 1, 700)


async def test_changes_that_are_not_followed_are_named() -> None:
    with pytest.raises(ChangesStuck, match="S1, S2"):
        await put_right(Followed(after=999), CHANGES, lambda number: f"p_{number}", patience_seconds=0)
