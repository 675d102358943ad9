"""Adjudication's dry runs by HTTP. Each question has a budget of time: a desk does not wait for a late answer."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

import httpx2
import structlog

from libs.interop import Submission
from libs.runtime.callers import ASKED_BY
from services.intake.use_cases.estimate import AdjudicationRefused, AdjudicationSilent

logger = structlog.get_logger(__name__)

_PROBLEM_PREFIX = "urn:huiji:problem:"
_BILL: Final = {"visit", "settlement", "lines"}


class AdjudicationDesk:
    """Asks adjudication at `url`. `seconds` is the budget of a question, `client` brings the limit of connections."""

    def __init__(self, url: str, client: httpx2.AsyncClient, seconds: float) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._client = client

    async def dry_run(
        self, person_id: str, claim_id: str, bill: Submission, asked_by: str | None
    ) -> dict[str, Any]:
        """What filing the bill would lead to. Of the submission only what names nobody is sent.

        Raises AdjudicationSilent, AdjudicationRefused.
        """
        body = bill.model_dump(mode="json", include={*_BILL, "one_stop"})
        return await self._send("POST", f"/people/{person_id}/claims/{claim_id}/dry-run", body, asked_by)

    async def compare(
        self, person_id: str, claim_id: str, made: dict[str, Any], asked_by: str | None
    ) -> dict[str, Any]:
        """Which facts under an earlier dry run have changed. Raises as `dry_run`."""
        path = f"/people/{person_id}/claims/{claim_id}/dry-run/comparison"
        return await self._send("POST", path, made, asked_by)

    async def reserve(
        self,
        person_id: str,
        reference: str,
        planned: Submission,
        main_diagnosis_chapter: str | None,
        asked_by: str | None,
    ) -> dict[str, Any]:
        """Ask for a planned stay. Raises as `dry_run`; after AdjudicationSilent asking again is safe."""
        body = planned.model_dump(mode="json", include=_BILL)
        body["main_diagnosis_chapter"] = main_diagnosis_chapter
        return await self._send("PUT", _stay_path(person_id, planned.hospital_id, reference), body, asked_by)

    async def release(
        self, person_id: str, hospital_id: str, reference: str, reason: str, asked_by: str | None
    ) -> dict[str, Any]:
        """Release what was reserved. Raises as `reserve`."""
        path = f"{_stay_path(person_id, hospital_id, reference)}/release"
        return await self._send("POST", path, {"reason": reason}, asked_by)

    async def _send(
        self, method: str, path: str, body: dict[str, Any], asked_by: str | None
    ) -> dict[str, Any]:
        headers = {} if asked_by is None else {ASKED_BY: asked_by}
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.request(method, self._url + path, json=body, headers=headers)
            answer: dict[str, Any] = response.json()
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise AdjudicationSilent(type(error).__name__) from None
        if response.is_success:
            return answer
        # Whom its door turns away is this service, for its own token: nothing that the hospital could mend.
        turned_away = response.status_code in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN)
        if turned_away:
            logger.error("turned_away_by_adjudication", status=response.status_code)
        if turned_away or response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise AdjudicationSilent(f"HTTP {response.status_code}")
        code = str(answer.get("type", "")).removeprefix(_PROBLEM_PREFIX)
        raise AdjudicationRefused(response.status_code, code, str(answer.get("detail", "")))


def _stay_path(person_id: str, hospital_id: str, reference: str) -> str:
    return f"/people/{person_id}/preauthorisations/{hospital_id}/{quote(reference, safe='')}"
