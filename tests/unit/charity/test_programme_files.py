"""The programmes in force: what they must say, and how faulty files are refused."""

import hashlib
from pathlib import Path

import pytest

from services.charity.adapters.programme_files import PROGRAMMES, read_programmes
from services.charity.errors import ProgrammeFileUnusable

RELIEF = PROGRAMMES / "critical-illness-relief.yaml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = RELIEF.read_text()
    assert old in text
    (tmp_path / RELIEF.name).write_text(text.replace(old, new, 1))
    return tmp_path


def test_programmes_are_asked_in_their_order() -> None:
    programmes = read_programmes()
    assert [programme.order for programme in programmes] == sorted(p.order for p in programmes)
    assert programmes[0].groups == ("poverty",)


def test_referrals_cite_the_digest_of_the_files_bytes() -> None:
    digests = {programme.id: programme.digest for programme in read_programmes()}
    assert digests[RELIEF.stem] == hashlib.sha256(RELIEF.read_bytes()).hexdigest()


def test_terms_that_nobody_published_say_so() -> None:
    assert all(programme.source.kind == "assumption" for programme in read_programmes())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("threshold_fen: 5000000", "threshold_fen: -1", "threshold_fen"),
        ("share_bp: 4000", "share_bp: 10001", "share_bp"),
        ("cap_fen: 10000000", "cap: 10000000", "cap"),
        ("id: critical-illness-relief", "id: another", "holds the programme another"),
        ("kind: assumption", "kind: guess", "source.kind"),
        ("name: {", "name: {{", "while"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place_of_the_fault(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(ProgrammeFileUnusable, match=complaint):
        read_programmes(changed(tmp_path, old, new))


def test_two_programmes_cannot_be_asked_at_the_same_time(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(
        RELIEF.read_text().replace("id: critical-illness-relief", "id: other")
    )
    with pytest.raises(ProgrammeFileUnusable, match="same order as critical-illness-relief"):
        read_programmes(changed(tmp_path, "order: 2", "order: 2"))
