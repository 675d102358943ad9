"""Adjudication's dry runs by HTTP. Each question has a budget of time: a desk does not wait for a late answer."""

import asyncio
from typing import Any

import httpx2

from libs.interop import Submission
from services.intake.use_cases.estimate import AdjudicationRefused, AdjudicationSilent

_PROBLEM_PREFIX = "urn:huiji:problem:"


class AdjudicationDesk:
    """Asks adjudication at `url`. `seconds` is the budget of a question, `client` brings the limit of connections."""

    def __init__(self, url: str, client: httpx2.AsyncClient, seconds: float) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._client = client

    async def dry_run(self, person_id: str, claim_id: str, bill: Submission) -> dict[str, Any]:
        """What filing the bill would lead to. Of the submission only what names nobody is sent.

        Raises AdjudicationSilent, AdjudicationRefused.
        """
        body = bill.model_dump(mode="json", include={"visit", "settlement", "lines", "one_stop"})
        return await self._post(f"/people/{person_id}/claims/{claim_id}/dry-run", body)

    async def compare(self, person_id: str, claim_id: str, made: dict[str, Any]) -> dict[str, Any]:
        """Which facts under an earlier dry run have changed. Raises as `dry_run`."""
        return await self._post(f"/people/{person_id}/claims/{claim_id}/dry-run/comparison", made)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.post(self._url + path, json=body)
            answer: dict[str, Any] = response.json()
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise AdjudicationSilent(type(error).__name__) from None
        if response.is_success:
            return answer
        if response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise AdjudicationSilent(f"HTTP {response.status_code}")
        code = str(answer.get("type", "")).removeprefix(_PROBLEM_PREFIX)
        raise AdjudicationRefused(response.status_code, code, str(answer.get("detail", "")))
