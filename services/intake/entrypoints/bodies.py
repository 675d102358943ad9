"""Reading a request's body within limits, before anything is decoded."""

import re
from collections.abc import Collection

from starlette.requests import Request

from libs.runtime.problems import Problem

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
        raise _too_large(limit_bytes)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header, when one is sent. Raises Problem 400 when it is not printable ASCII of 1 to 255."""
    key = request.headers.get("idempotency-key")
    if key is not None and _IDEMPOTENCY_KEY.match(key) is None:
        detail = "Idempotency-Key has 1 to 255 printable ASCII characters without blanks."
        raise Problem(400, "idempotency_key_malformed", "Malformed Idempotency-Key", detail)
    return key


def _too_large(limit_bytes: int) -> Problem:
    detail = f"A body has at most {limit_bytes} bytes here."
    return Problem(413, "too_large", "Request too large", detail, limit_bytes=limit_bytes)
