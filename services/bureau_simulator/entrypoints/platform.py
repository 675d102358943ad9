"""The state that the routes share: what was deposited, and how to misbehave now."""

from services.bureau_simulator.domain.chance import happens
from services.bureau_simulator.domain.misbehaviour import Misbehaviour
from services.bureau_simulator.domain.records import Records


class Platform:
    """One running platform. `misbehaviour` is replaced at run time by PUT /control."""

    def __init__(self, seed: int, capacity: int) -> None:
        self.seed = seed
        self.records = Records(capacity)
        self.misbehaviour = Misbehaviour()
        self._requests = 0

    def next_request_fails(self) -> bool:
        """Whether the next request is one of those that fail; the sequence is the seed's."""
        self._requests += 1
        return happens(self.misbehaviour.error_rate_bp, self.seed, "request", str(self._requests))
