"""An evidence pack: everything that proves one claim, with the program that verifies it, in one file.

manifest.json, manifest.sha256   every file with its SHA-256, and the seal over the list
events.ndjson                    the claim's events of every service and their amendments, as recorded; ciphertext stays
proofs.json                      per event: the hash before it, and the way from its hash to a published root
roots.jsonl                      the published roots of those logs, from the first on, with key and signature
receipts/<decision>/             receipt.json, and for a decision under a plan plan.json and case.json
timeline.md, timeline.html       in words, Chinese and English
verify.py, README.md             the verifier, and how to use it
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.eventlog.day_roots import DayRoot
from libs.eventlog.envelope import to_json
from libs.eventlog.event import Recorded
from libs.proof import ed25519, pack_amendments, pack_verifier
from libs.proof.timeline import as_html, as_markdown, timeline_of

VERIFIER = "verify.py"
_FUTURE = "from __future__ import annotations\n"
_IMPORTED = {
    "from libs.proof.ed25519 import ed25519_holds\n": ed25519.__file__,
    "from libs.proof.pack_amendments import AMENDMENTS, faults_of_amendments, how_amended\n": (
        pack_amendments.__file__
    ),
}
_README = """# 证据包 / Evidence pack: claim {claim_id}

    python3 verify.py THIS_PACK.zip
    python3 verify.py THIS_PACK.zip --roots published-roots.jsonl --keys published-keys.json

`verify.py` 只用 Python 标准库，不联网，也不需要惠济的代码。请使用来源可信的一份，
并把它列出的根与已公布的根、签名公钥与已公布的公钥核对（`--roots`、`--keys`）。
姓名、证件号、账号与诊断以密文保存。

`verify.py` needs the standard library of Python 3.9 alone: no network, no code of Huiji. Use a copy from a source that
you trust, and compare the roots and the keys that it lists with the published ones (`--roots`, `--keys`). Names,
identity numbers, accounts and diagnoses are ciphertext.

What is proved: that these events were recorded, in this order and with this content, before the roots were published;
that each decision followed from this plan and this case; that its money adds up. Not proved: that what a hospital said
was true, and the prose of the timelines and of this file.
"""


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """An event, the number of the root it is under, its place among the leaves, and the way up to the root."""

    event: Recorded
    root_number: int
    index: int
    path: Sequence[str]
    previous_hash: str


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """What a pack is made of. `receipts` as adjudication answers them."""

    claim_id: str
    person_id: str
    packed_at: str
    events: Sequence[ProvedEvent]
    roots: Sequence[DayRoot]
    receipts: Sequence[Mapping[str, Any]]


def pack_files(evidence: ClaimEvidence) -> dict[str, bytes]:
    """The files of the pack by name."""
    proved = sorted(evidence.events, key=_order)
    events = [each.event for each in proved]
    moments = timeline_of(events)
    files = {
        "events.ndjson": b"".join(to_json(event) + b"\n" for event in events),
        "proofs.json": _json_line({_place(each.event): _proof(each) for each in proved}),
        "roots.jsonl": b"".join(_json_line(root.as_json()) for root in _in_order(evidence.roots)),
        "timeline.md": as_markdown(evidence.claim_id, moments),
        "timeline.html": as_html(evidence.claim_id, moments),
        "README.md": _README.format(claim_id=evidence.claim_id).encode(),
        VERIFIER: verifier(),
    }
    for receipt in evidence.receipts:
        folder = f"receipts/{receipt['decision_id']}"
        said = {name: value for name, value in receipt.items() if name not in ("plan", "case")}
        files[f"{folder}/receipt.json"] = _json_line(said)
        for name in ("plan", "case"):
            if receipt[name] is not None:
                files[f"{folder}/{name}.json"] = receipt[name].encode()
    return sealed(evidence.claim_id, evidence.person_id, evidence.packed_at, files)


def verifier() -> bytes:
    """The verifier as one file: what it imports of ours stands in it."""
    source = Path(pack_verifier.__file__).read_text()
    for line, file in _IMPORTED.items():
        assert line in source, "what the verifier imports of ours"
        source = source.replace(line, Path(file).read_text().replace(_FUTURE, ""))
    return source.encode()


def sealed(claim_id: str, person_id: str, packed_at: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with their manifest and its seal."""
    manifest = {
        "format": pack_verifier.FORMAT,
        "claim_id": claim_id,
        "person_id": person_id,
        "packed_at": packed_at,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    content = _json_line(manifest)
    seal = hashlib.sha256(content).hexdigest().encode() + b"\n"
    return {**files, pack_verifier.MANIFEST: content, pack_verifier.SEAL: seal}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as one; the same files give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as pack:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(entry, content)
    return archive.getvalue()


def _proof(each: ProvedEvent) -> dict[str, Any]:
    return {
        "root": each.root_number,
        "index": each.index,
        "path": list(each.path),
        "previous_hash": each.previous_hash,
    }


def _order(each: ProvedEvent) -> tuple[object, ...]:
    """By time; within one transaction as its log has them."""
    event = each.event
    return event.recorded_at, event.source, event.shard, event.position


def _in_order(roots: Iterable[DayRoot]) -> list[DayRoot]:
    return sorted(roots, key=lambda root: (root.source, root.shard, root.number))


def _place(event: Recorded) -> str:
    return f"{event.source}/{event.shard}/{event.position}"


def _json_line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
