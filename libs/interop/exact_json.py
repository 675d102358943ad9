"""JSON with exact numbers: a fraction becomes a Decimal, never a float."""

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from libs.contracts.intake import RefusalReason
from libs.interop.errors import Refusal, SubmissionInvalid

# National amounts have 16 digits; anything this long is noise or an attack on the decimal parser.
_MAX_NUMBER_LENGTH = 40


def _exact(text: str) -> Decimal:
    if len(text) > _MAX_NUMBER_LENGTH:
        raise ValueError("number too long")
    return Decimal(text)


_DECODER = msgspec.json.Decoder(float_hook=_exact)


def decode_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises SubmissionInvalid (`malformed_json`) for anything else."""
    try:
        value = _DECODER.decode(body)
    except (ValueError, RecursionError, InvalidOperation) as error:
        # msgspec names the byte, not the content; other causes (bad UTF-8, depth, number) are named here.
        detail = str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__
        raise _malformed(f"the body is not JSON in UTF-8 that can be read exactly: {detail}") from None
    if not isinstance(value, dict):
        raise _malformed("the body must be one JSON object")
    return value


def _malformed(sentence: str) -> SubmissionInvalid:
    return SubmissionInvalid(Refusal((RefusalReason(code="malformed_json", location="", sentence=sentence),)))
