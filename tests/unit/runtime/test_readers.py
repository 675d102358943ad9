"""Who is known as a reader, and as which participant they read."""

from pathlib import Path

import pytest
import yaml

from libs.access import Reader
from libs.runtime.problems import Problem
from libs.runtime.readers import ReaderFile, ReaderFileUnusable, read_readers, reading_desk
from libs.runtime.staff import token_hash
from libs.testing.staff import a_staff, token_of
from services.operations.adapters.demo_staff import readers_of_platform


def test_a_token_reads_as_its_participant_and_operators_with_their_own() -> None:
    entry = {"id": "picc-3", "reads_as": "insurer:lead", "token_sha256": token_hash("one")}
    who = reading_desk(ReaderFile.model_validate({"readers": [entry]}), a_staff())
    assert (who("Bearer one").reader, who("bearer one").shown_by) == (Reader("insurer", "lead"), "picc-3")
    assert who(f"Bearer {token_of('li')}").reader == Reader("operator", "li")
    for shown in (None, "Bearer two", "Basic one", "Bearer ", f"Bearer {token_of('clerk')}"):
        with pytest.raises(Problem) as refused:
            who(shown)
        assert (refused.value.status, refused.value.headers) == (401, {"WWW-Authenticate": "Bearer"})


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"id": "b", "reads_as": "insurer:x", "token_sha256": token_hash("one")}, "the same token_sha256"),
        ({"id": "A", "reads_as": "insurer:x", "token_sha256": token_hash("two")}, "the same id"),
        ({"id": "b", "reads_as": "journalist:x", "token_sha256": token_hash("two")}, "KIND:ID"),
        ({"id": "b", "reads_as": "insurer", "token_sha256": token_hash("two")}, "KIND:ID"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(tmp_path: Path, other: dict[str, str], said: str) -> None:
    first = {"id": "a", "reads_as": "insurer:lead", "token_sha256": token_hash("one")}
    (tmp_path / "readers.yaml").write_text(yaml.safe_dump({"readers": [first, other]}))
    with pytest.raises(ReaderFileUnusable, match=said):
        read_readers(tmp_path / "readers.yaml")


def test_made_up_readers_can_be_read_and_keep_their_tokens(tmp_path: Path) -> None:
    file = readers_of_platform(tmp_path)
    before = file.read_text()
    assert {one.reads_as for one in read_readers(file).readers} >= {"insurer:lead", "regulator:bureau"}
    assert readers_of_platform(tmp_path).read_text() == before
    assert (tmp_path / "reader-tokens.json").stat().st_mode & 0o077 == 0
