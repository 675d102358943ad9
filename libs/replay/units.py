"""A replay in parts: each is there wholly or not at all, so a killed replay goes on where it was."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

_WHAT = "replay.json"


class OtherReplay(Exception):
    """The directory holds the parts of another replay."""

    code = "other_replay"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} holds another replay: other rules or another history")


class Units:
    """The finished parts of one replay in a directory. `identity` says which replay it is: rules and history."""

    def __init__(self, directory: Path, identity: str) -> None:
        """Raises OtherReplay when the directory was begun with another identity."""
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        what = directory / _WHAT
        if not what.exists():
            unfinished = what.with_suffix(".unfinished")
            unfinished.write_bytes(orjson.dumps({"identity": identity}))
            unfinished.replace(what)
        elif orjson.loads(what.read_bytes())["identity"] != identity:
            raise OtherReplay(directory)

    def done(self, name: str) -> bool:
        """Whether the part is finished."""
        return self.path(name).is_dir()

    def path(self, name: str) -> Path:
        """The directory of a finished part."""
        return self._directory / name

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A directory to write a part to; it becomes the finished part on leaving, and is nothing on an error."""
        unfinished = self._directory / f"{name}.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir()
        yield unfinished
        unfinished.rename(self.path(name))
