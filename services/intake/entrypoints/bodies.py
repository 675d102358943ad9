"""Reading a request's body within limits, before anything is decoded."""

import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import orjson
from starlette.requests import Request

from libs.interop.fhir import version_of
from libs.runtime.bounded_bodies import too_large
from libs.runtime.problems import Problem
from services.intake.entrypoints.in_hand import InHand

CANCELLATION_BYTES = 4_096
# Reading a settlement takes some tenths of a millisecond: other requests get their turn in between.
READ_IN_A_ROW = 20
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}\Z", re.ASCII)


async def read_body(request: Request, content_types: Collection[str], limit_bytes: int) -> bytes:
    """The body. Raises Problem 415 for another content type or a content encoding, 413 beyond the limit."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in content_types:
        listed = " or ".join(sorted(content_types))
        raise Problem(
            415, "content_type_unsupported", "Unsupported content type", f"Content-Type must be {listed}."
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            415, "content_encoding_unsupported", "Unsupported content encoding", "Send it uncompressed."
        )
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise too_large(limit_bytes)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise too_large(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


@asynccontextmanager
async def body_in_hand(
    in_hand: InHand, request: Request, content_types: Collection[str], limit_bytes: int
) -> AsyncIterator[bytes]:
    """The body, while it is worked on. Raises Problem as `read_body`, and 503 when it has no room beside others."""
    declared = request.headers.get("content-length", "")
    # Where nothing is said, or nonsense, it may become as large as it may be.
    announced = min(int(declared), limit_bytes) if declared.isdigit() else limit_bytes
    with in_hand.body(announced):
        yield await read_body(request, content_types, limit_bytes)


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header, when one is sent. Raises Problem 400 when it is not printable ASCII of 1 to 255."""
    key = request.headers.get("idempotency-key")
    if key is not None and _IDEMPOTENCY_KEY.match(key) is None:
        detail = "Idempotency-Key has 1 to 255 printable ASCII characters without blanks."
        raise Problem(400, "idempotency_key_malformed", "Malformed Idempotency-Key", detail)
    return key


async def cancellation_additions(request: Request) -> dict[str, object]:
    """`reason` and `based_on_revision` of a cancellation; its body may be left out. Raises Problem 400, 413, 415."""
    if not request.headers.get("content-type"):
        await read_body(request, {""}, 0)
        return {}
    body = await read_body(request, {"application/json"}, CANCELLATION_BYTES)
    if not body.strip():
        return {}
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        sent = None
    if not isinstance(sent, dict):
        raise Problem(400, "malformed", "The body cannot be read", "The body is one JSON object, or nothing.")
    if unknown := sorted(sent.keys() - {"reason", "based_on_revision"}):
        raise Problem(400, "malformed", "The body cannot be read", f"{len(unknown)} unknown member(s).")
    return sent


def if_match(request: Request) -> int | None:
    """The revision that If-Match names, when it names one. Raises Problem 400 for anything else."""
    try:
        return version_of(request.headers.get("if-match"))
    except ValueError as error:
        raise Problem(400, "if_match_malformed", "Malformed If-Match", f"{error}.") from None
