"""An evidence pack verifies anywhere, and fails when any byte of it is another; published roots bind the rest."""

import hashlib
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from libs.eventlog.hash_chain import GENESIS, link
from libs.eventlog.root_signing import create_signing_key, open_signer
from libs.proof.pack import sealed, zipped
from libs.proof.pack_verifier import Broken, check_signature, verify
from tests.support.decided_history import LogWriter
from tests.support.evidence import CLAIM, PERSON, a_paid_history, a_signer, pack_of
from tests.unit.adjudication.heard_events import NOW

FLIPS_PER_FILE = 40
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def writer() -> LogWriter:
    return a_paid_history()


@pytest.fixture(scope="module")
def files(writer: LogWriter, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return pack_of(writer, a_signer(tmp_path_factory.mktemp("keys")))


def written(directory: Path, files: Files) -> Path:
    path = directory / "pack.zip"
    path.write_bytes(zipped(files))
    return path


def holds(path: Path, published: list[dict[str, Any]] | None = None) -> bool:
    """Whether the pack verifies. Whatever a garbled pack leads to is a refusal: the program ends with status 1."""
    try:
        verify(path, published)
    except Exception:  # noqa: BLE001 - as in the verifier's own main
        return False
    return True


def flipped(content: bytes, choice: random.Random) -> bytes:
    at = choice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ choice.randrange(1, 256)]) + content[at + 1 :]


def resealed(files: Files) -> Files:
    """What somebody does who changes a file and makes the manifest say so."""
    kept = {name: content for name, content in files.items() if not name.startswith("manifest")}
    return sealed(CLAIM, PERSON, NOW.isoformat(), kept)


def test_a_pack_verifies_with_its_own_program_away_from_our_code(files: Files, tmp_path: Path) -> None:
    path = written(tmp_path, files)
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    # -I: no environment, no user packages, no directory of ours; -S: no installed package at all.
    command = [sys.executable, "-I", "-S", "verify.py", "pack.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "VERIFIED"), done.stderr
    path.write_bytes(zipped({**files, "events.ndjson": files["events.ndjson"].replace(b"plan", b"plam", 1)}))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "VERIFIED" in done.stdout) == (1, False)
    assert "BROKEN: events.ndjson is not the file that was packed" in done.stderr


def test_the_verifier_imports_the_standard_library_alone(files: Files) -> None:
    imported = {
        line.split()[1].split(".")[0]
        for line in files["verify.py"].decode().splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names | {"__future__"}
    assert not imported & {"socket", "urllib", "http", "ssl", "subprocess"}


def test_a_pack_of_a_redecided_claim_holds_all_its_decisions(files: Files) -> None:
    receipts = {name.split("/")[1] for name in files if name.startswith("receipts/")}
    assert len(receipts) >= 2
    kinds = {json.loads(line)["type"] for line in files["events.ndjson"].splitlines()}
    assert {"ClaimOpened", "ClaimAdjudicated", "AdjudicationReversed", "PaymentSettled"} <= kinds


def test_a_flipped_byte_anywhere_in_any_file_breaks_the_pack(files: Files, tmp_path: Path) -> None:
    choice = random.Random(2026)
    assert holds(written(tmp_path, files))
    for name in files:
        for _ in range(FLIPS_PER_FILE):
            path = written(tmp_path, {**files, name: flipped(files[name], choice)})
            assert not holds(path), name


def test_a_flipped_byte_breaks_the_pack_also_when_the_manifest_was_sealed_anew(
    files: Files, tmp_path: Path
) -> None:
    """Prose and the verifier itself are bound by the manifest alone: docs/verify.md says so."""
    choice = random.Random(2027)
    prose = {"README.md", "timeline.md", "timeline.html", "verify.py", "manifest.json", "manifest.sha256"}
    assert holds(written(tmp_path, resealed(files)))
    for name in sorted(files.keys() - prose):
        for _ in range(FLIPS_PER_FILE):
            path = written(tmp_path, resealed({**files, name: flipped(files[name], choice)}))
            assert not holds(path), name


def test_what_is_around_the_files_of_the_zip_may_change_and_nothing_that_is_read_does(
    files: Files, tmp_path: Path
) -> None:
    path, unpacked = written(tmp_path, files), tmp_path / "unpacked"
    said = verify(path)
    with zipfile.ZipFile(path, "a") as pack:
        pack.comment = b"looked at"
        pack.extractall(unpacked)
    path.write_bytes(b"before" + path.read_bytes())
    assert verify(path) == verify(unpacked) == said
    (unpacked / "more.txt").write_text("unlisted")
    assert not holds(unpacked)


def test_a_damaged_verifier_never_says_that_a_pack_verifies(files: Files, tmp_path: Path) -> None:
    """It finds itself in the pack, and its own hash is not the listed one."""
    choice = random.Random(2028)
    damaged = tmp_path / "verify.py"
    for _ in range(12):
        content = flipped(files["verify.py"], choice)
        damaged.write_bytes(content)
        written(tmp_path, {**files, "verify.py": content})
        done = subprocess.run(
            [sys.executable, "-I", "-S", "verify.py", "pack.zip"],
            cwd=tmp_path, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        assert not (done.returncode == 0 and b"VERIFIED" in done.stdout)


def _without(name: str) -> Callable[[Files], Files]:
    return lambda files: {each: content for each, content in files.items() if each != name}


def _without_last_event(files: Files) -> Files:
    lines = files["events.ndjson"].splitlines(keepends=True)
    return resealed({**files, "events.ndjson": b"".join(lines[:-1])})


def _events_swapped(files: Files) -> Files:
    lines = files["events.ndjson"].splitlines(keepends=True)
    return resealed({**files, "events.ndjson": b"".join([lines[1], lines[0], *lines[2:]])})


def _roots_cut(files: Files) -> Files:
    return resealed({**files, "roots.jsonl": files["roots.jsonl"].splitlines(keepends=True)[-1]})


def _receipt_of_another(files: Files) -> Files:
    one, other = sorted({name.split("/")[1] for name in files if name.startswith("receipts/")})[:2]
    return resealed({**files, f"receipts/{one}/case.json": files[f"receipts/{other}/case.json"]})


@pytest.mark.parametrize(
    "change",
    [
        _without("roots.jsonl"), _without("manifest.sha256"), _without("verify.py"),
        lambda files: {**files, "more.txt": b"more"},
        _without_last_event, _events_swapped, _roots_cut, _receipt_of_another,
    ],
)  # fmt: skip
def test_a_pack_from_which_something_is_missing_added_or_exchanged_is_broken(
    files: Files, tmp_path: Path, change: Callable[[Files], Files]
) -> None:
    assert not holds(written(tmp_path, change(files)))


def test_an_event_that_was_hashed_anew_is_under_no_root(files: Files, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in files["events.ndjson"].splitlines()]
    proofs = json.loads(files["proofs.json"])
    event = next(each for each in lines if each["type"] == "PaymentSettled")
    event["body"] = event["body"].replace('"bank_reference":"B1"', '"bank_reference":"B2"')
    fields = [value for name, value in event.items() if name != "hash"]
    framed = b"".join(
        len(text).to_bytes(4, "big") + text
        for text in (("" if value is None else str(value)).encode() for value in fields)
    )
    place = f"{event['source']}/{event['shard']}/{event['position']}"
    previous = bytes.fromhex(proofs[place]["previous_hash"])
    event["hash"] = hashlib.sha256(previous + framed).hexdigest()
    content = b"".join(
        json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for each in lines
    )
    with pytest.raises(Broken, match="is not under its root"):
        verify(written(tmp_path, resealed({**files, "events.ndjson": content})))


def test_a_history_rewritten_with_all_its_hashes_and_roots_differs_from_the_published_roots(
    writer: LogWriter, files: Files, tmp_path: Path
) -> None:
    published = [json.loads(line) for line in files["roots.jsonl"].splitlines()]
    assert holds(written(tmp_path, files), published)
    forged = pack_of(_rewritten(writer))
    assert holds(written(tmp_path, forged)), "without published roots or keys nobody can tell"
    with pytest.raises(Broken, match="is not the published one"):
        verify(written(tmp_path, forged), published)


def test_who_has_not_the_key_cannot_rewrite_history_for_those_who_know_it(
    writer: LogWriter, files: Files, tmp_path: Path
) -> None:
    roots = [json.loads(line) for line in files["roots.jsonl"].splitlines()]
    keys = {root["source"]: [root["key"]] for root in roots}
    assert "Every root is signed with a published key." in verify(written(tmp_path, files), None, keys)
    create_signing_key(tmp_path / "mine.pem")
    for forger in (None, open_signer(tmp_path / "mine.pem")):
        forged = pack_of(_rewritten(writer), forger)
        with pytest.raises(Broken, match="is not signed with a published key"):
            verify(written(tmp_path, forged), None, keys)


def test_a_signature_that_is_of_another_root_or_left_out_breaks_the_pack(
    files: Files, tmp_path: Path
) -> None:
    roots = [json.loads(line) for line in files["roots.jsonl"].splitlines()]
    unsigned = {name: value for name, value in roots[0].items() if name not in ("key", "signature")}
    with pytest.raises(Broken, match="is not signed, the one before is"):
        check_signature(unsigned, roots[0], "")
    for changed in ({"signature": roots[1]["signature"]}, {"key": "00" * 32}):
        content = _lines([{**roots[0], **changed}, *roots[1:]])
        with pytest.raises(Broken, match="is not signed by the key"):
            verify(written(tmp_path, resealed({**files, "roots.jsonl": content})))


def _lines(values: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in values)


def _rewritten(writer: LogWriter) -> LogWriter:
    """The payment settled an hour later, and every hash after it made to fit."""
    forged = LogWriter()
    for key, log in writer.logs.items():
        forged.logs[key], previous = [], GENESIS
        for event in log:
            if event.type == "PaymentSettled":
                event = replace(event, recorded_at=event.recorded_at + timedelta(hours=1))
            event = replace(event, hash=link(previous, event))
            forged.logs[key].append(event)
            previous = event.hash
    return forged


def test_the_timeline_is_in_both_languages_and_names_every_event(files: Files) -> None:
    page, table = files["timeline.html"].decode(), files["timeline.md"].decode()
    for text in (page, table):
        assert "理算决定" in text and "decided under the plan" in text and "到账" in text
    assert table.count("| adjudication |") + table.count("| payout |") == len(
        files["events.ndjson"].splitlines()
    )
    assert "<script" not in page and "http" not in page
