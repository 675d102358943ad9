"""Events of an export, none of which is handed out before its hash was found to follow from the one before."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from libs.eventlog import ChainBroken, Recorded, verify_chain
from libs.eventlog.envelope import EnvelopeUnreadable
from libs.eventlog.hash_chain import GENESIS
from services.operations.adapters.event_files import digest_of, read_events
from services.operations.domain.errors import OperationsError
from services.operations.domain.manifest import ExportedShard, Manifest

PAGE_EVENTS = 2_000


class FileDiffers(OperationsError):
    """A file of an export is not the one that the manifest speaks of."""

    code = "file_differs"


def exported_shards(manifest: Manifest) -> dict[tuple[str, int], list[ExportedShard]]:
    """The files of each shard, in order."""
    place = attrgetter("source", "shard")
    files = sorted(manifest.shards, key=attrgetter("source", "shard", "position", "file"))
    return {key: list(group) for key, group in groupby(files, key=place)}


def verified_pages(
    directory: Path, file: ExportedShard, after: int = 0, previous: bytes = GENESIS
) -> Iterator[list[Recorded]]:
    """The events of a file that goes on after a position and its hash.

    Raises ChainBroken and EnvelopeUnreadable with the file and the place in it, FileDiffers.
    """
    position, page = after, list[Recorded]()
    try:
        for event in read_events(directory / file.file, file.source):
            position, previous = verify_chain([event], previous, position)
            page.append(event)
            if len(page) == PAGE_EVENTS:
                yield page
                page = []
    except ChainBroken as error:
        raise FileDiffers(f"{file.file}: event {position - after + 1}: {error}") from None
    except EnvelopeUnreadable as error:
        raise FileDiffers(f"{file.file}: {error}") from None
    except OSError as error:
        raise FileDiffers(f"{file.file}: {error.strerror}") from None
    if page:
        yield page
    head = previous.hex() if position else None
    if (position, head) != (file.position, file.head_hash):
        raise FileDiffers(
            f"{file.file} ends at {position}, the manifest says {file.position} with another hash"
        )
    if digest_of(directory / file.file) != file.sha256:
        raise FileDiffers(f"{file.file}: the file's SHA-256 is not the manifest's")
