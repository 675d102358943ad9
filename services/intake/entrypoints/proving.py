"""A caller that has proved itself speaks for its own hospitals: in documents, turns and bounds, and what it reads.

None in a caller's place: the deployment names no callers, and everybody is who they say.
"""

from libs.runtime.callers import Caller
from libs.runtime.doors import CallerRefused
from services.intake.domain.refusing import Refusing
from services.intake.use_cases.file_submissions import Item


def name_of(caller: Caller | None) -> str | None:
    """What is recorded of a caller: who, never the token."""
    return None if caller is None else caller.id


def own(item: Item, caller: Caller | None) -> Item:
    """The item, which names one of the caller's hospitals, or none. Raises CallerRefused 403: nothing is recorded."""
    named = item.hospital_id if isinstance(item, Refusing) else item.name[0]
    if caller is not None and named is not None and not caller.speaks_for(named):
        detail = "The document names a hospital that your token does not speak for. Nothing was recorded."
        raise CallerRefused(403, "not_your_hospital", "Another hospital's", detail)
    return item


def place_of(named: str, caller: Caller | None) -> str:
    """Whose place a document takes that names this hospital: a proven hospital's, or else the caller's."""
    return named if caller is None or caller.speaks_for(named) else caller.id


def sees(caller: Caller | None, hospital_id: str | None, filed_by: str | None = None) -> bool:
    """Whether the caller is told of something of this hospital, or that it has sent itself."""
    return caller is None or caller.speaks_for(hospital_id) or filed_by == caller.id
