"""The national settlement JSON: fields of interfaces 2207 and 2304, published under docs/schemas."""

from libs.interop.national.reader import parse_settlement
from libs.interop.national.writer import to_national

__all__ = ["parse_settlement", "to_national"]
