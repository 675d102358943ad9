"""The national settlement JSON: fields of interfaces 2207 and 2304, published under docs/schemas."""

from libs.interop.national.reader import parse_settlement
from libs.interop.national.requests import parse_request
from libs.interop.national.writer import to_cancellation, to_correction, to_national

__all__ = ["parse_request", "parse_settlement", "to_cancellation", "to_correction", "to_national"]
