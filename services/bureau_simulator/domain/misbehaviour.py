"""How the platform is told to misbehave."""

from typing import Annotated

import msgspec

from libs.money import format_yuan, parse_yuan
from services.bureau_simulator.domain.chance import drawn, happens

_BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
_MAX_DIFFERENCE_FEN = 100_000


class Misbehaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Slow by `latency_ms`, failing or wrong in so many of ten thousand cases, or dead. The default is healthy."""

    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    error_rate_bp: _BasisPoints = 0
    wrong_amount_rate_bp: _BasisPoints = 0
    dead: bool = False

    def amount_shown(self, amount: str, seed: int, setl_id: str) -> str:
        """The recorded amount, or a larger one for the settlements that are shown wrong: always the same ones."""
        if not happens(self.wrong_amount_rate_bp, seed, "wrong", setl_id):
            return amount
        difference = 1 + drawn(seed, "difference", setl_id) % _MAX_DIFFERENCE_FEN
        return format_yuan(parse_yuan(amount) + difference)
