"""Asks enrolment which policy and which consents there are, at every read.

Not a copy that follows: by the time a revocation is answered, it holds. When enrolment does not answer nobody reads.
"""

from collections.abc import Collection
from dataclasses import dataclass

import httpx2
from pydantic import ValidationError

from libs.access import Records, read_records
from libs.runtime.problems import Problem

_SECONDS = 5.0


@dataclass(frozen=True)
class AccessRecords:
    """`enrolment`: its base URL."""

    http: httpx2.AsyncClient
    enrolment: str

    async def of(self, person_ids: Collection[str]) -> Records:
        """All editions of the policy, and these people's consents. Raises Problem 503."""
        try:
            answer = await self.http.post(
                f"{self.enrolment}/access/records",
                json={"person_ids": sorted(person_ids)},
                timeout=_SECONDS,
            )
            answer.raise_for_status()
            return read_records(answer.json())
        except (httpx2.HTTPError, ValueError, ValidationError) as error:
            detail = f"Who may see this cannot be told now ({type(error).__name__}). Ask again later."
            headers = {"Retry-After": "1"}
            raise Problem(503, "access_unknown", "Not available now", detail, headers=headers) from None
