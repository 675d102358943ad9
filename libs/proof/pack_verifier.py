#!/usr/bin/env python3
"""Verify a Huiji evidence pack. Python 3.9 or later, standard library only: no network, no code of Huiji.

    python3 verify.py PACK.zip [--roots PUBLISHED_ROOTS.jsonl] [--keys PUBLISHED_KEYS.json]

It proves that every file of the pack is the one that was packed; that every event's hash covers its content and the
event before it in its log; that each of those hashes is under a published Merkle root; that the roots are chained
without a hole from the first and, where its service has a key, signed; that each decision cites exactly this plan and
this case; and that the decision's money adds up. Compare the roots or the keys it prints with those that were published
(--roots and --keys do it): without that comparison it proves that the pack is whole, not that Huiji's log is.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from libs.proof.ed25519 import ed25519_holds
from libs.proof.pack_amendments import AMENDMENTS, faults_of_amendments, how_amended

Json = dict[str, Any]
Files = dict[str, bytes]

FORMAT = "huiji-evidence-1"
GENESIS = bytes(32)
UNPROVED = "engine_not_deployed"
SEAL, MANIFEST = "manifest.sha256", "manifest.json"
HEX = re.compile(r"^[0-9a-f]{64}$")
ROOT_FIELDS = ("source", "shard", "number", "day", "first_position", "last_position", "head_hash", "root")
EVENT_FIELDS = (
    "source", "shard", "position", "stream_id", "version", "event_id", "type", "schema_version", "subject",
    "recorded_at", "caused_by", "traceparent", "body",
)  # fmt: skip


class Broken(Exception):
    """Something in the pack does not hold."""


def demand(holds: Any, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def unhex(text: Any, what: str) -> bytes:
    demand(isinstance(text, str) and HEX.match(text) is not None, what + " is not a SHA-256 in hex")
    return bytes.fromhex(text)


def framed(values: Iterable[Any]) -> bytes:
    """Each value's UTF-8 text behind its length in four bytes, big end first."""
    texts = [("" if value is None else str(value)).encode() for value in values]
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)


def canonical(value: Any, *, sort_keys: bool = False) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys).encode()


def strict_lines(content: bytes, what: str) -> list[Json]:
    """JSON objects, one a line, each written in the one way that it can be."""
    demand(content.endswith(b"\n"), what + " does not end with a line")
    values = []
    for number, line in enumerate(content[:-1].split(b"\n"), start=1):
        value = json.loads(line)
        demand(canonical(value) == line, f"{what} line {number} is not written as it was packed")
        values.append(value)
    return values


def strict_object(content: bytes, what: str) -> Json:
    value: Json = json.loads(content)
    demand(canonical(value) + b"\n" == content, what + " is not written as it was packed")
    return value


def read_pack(path: Path) -> Files:
    """The files of a pack, zipped or unpacked."""
    if path.is_dir():
        found = [each for each in sorted(path.rglob("*")) if each.is_file()]
        return {each.relative_to(path).as_posix(): each.read_bytes() for each in found}
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        demand(len(names) == len(set(names)), "a file is in the pack twice")
        return {name: archive.read(name) for name in names}


def check_files(files: Files) -> Json:
    """The seal covers the manifest, the manifest every file, this verifier included."""
    demand(MANIFEST in files and SEAL in files, "the pack has no sealed manifest")
    seal = sha256(files[MANIFEST]).hex().encode() + b"\n"
    demand(files[SEAL] == seal, "the manifest is not the one that was sealed")
    manifest = strict_object(files[MANIFEST], MANIFEST)
    demand(manifest["format"] == FORMAT, f"the pack has another format: {manifest['format']!r}")
    listed = manifest["files"]
    demand(set(listed) | {MANIFEST, SEAL} == set(files), "the pack holds other files than its manifest lists")
    for name in sorted(listed):
        demand(sha256(files[name]).hex() == listed[name], name + " is not the file that was packed")
    return manifest


def check_signature(root: Json, before: Json | None, name: str) -> None:
    """Ed25519 over the chain, which covers all before it. After the first signed root of a log all are."""
    if "signature" not in root:
        demand(before is None or "signature" not in before, name + " is not signed, the one before is")
        return
    demand(
        re.fullmatch("[0-9a-f]{64}", root["key"]) and re.fullmatch("[0-9a-f]{128}", root["signature"]),
        name + ": its signature is not written in hex",
    )
    message = b"huiji-root-1\n" + bytes.fromhex(root["chain"])
    holds = ed25519_holds(bytes.fromhex(root["key"]), message, bytes.fromhex(root["signature"]))
    demand(holds, name + " is not signed by the key that it names")


def check_keys(roots: dict[Any, Json], keys: dict[str, list[str]]) -> None:
    """Every root is signed with a key that its service has published."""
    for (source, shard, number), root in roots.items():
        known = root.get("key") in keys.get(source, ())
        demand(known, f"root {number} of {source}/{shard} is not signed with a published key")


def check_roots(files: Files, published: list[Json] | None) -> dict[Any, Json]:
    """Every log's roots from the first on, each chained to the one before. By (source, shard, number)."""
    roots: dict[Any, Json] = {}
    ends: dict[Any, Any] = {}
    for root in strict_lines(files["roots.jsonl"], "roots.jsonl"):
        signed = {"key", "signature"} & set(root)
        demand(set(root) - signed == {*ROOT_FIELDS, "chain"} and len(signed) != 1, "a root has other fields")
        lane = (root["source"], root["shard"])
        number, position, chain = ends.get(lane, (0, 0, GENESIS))
        name = f"root {root['number']} of {lane[0]}/{lane[1]}"
        demand(root["number"] == number + 1, name + " does not follow the one before")
        demand(root["first_position"] == position + 1 <= root["last_position"], name + " leaves a hole")
        unhex(root["root"], name), unhex(root["head_hash"], name)
        chained = sha256(chain, framed(root[field] for field in ROOT_FIELDS))
        demand(root["chain"] == chained.hex(), name + " is not chained to the one before")
        check_signature(root, roots.get((*lane, number)), name)
        ends[lane] = (root["number"], root["last_position"], chained)
        roots[(*lane, root["number"])] = root
    if published is not None:
        known = {(root["source"], root["shard"], root["number"]): root for root in published}
        for key, root in roots.items():
            demand(known.get(key) == root, f"root {key[2]} of {key[0]}/{key[1]} is not the published one")
    return roots


def root_of_proof(data: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2: the root that leads from a leaf over the hashes beside it."""
    demand(0 <= index < size, "a proof is for no leaf of its tree")
    found, last, beside = sha256(b"\x00", data), size - 1, list(path)
    while last:
        if index % 2 or index < last:
            demand(beside, "a proof is too short")
            other = beside.pop(0)
            found = sha256(b"\x01", other, found) if index % 2 else sha256(b"\x01", found, other)
        index, last = index // 2, last // 2
    demand(not beside, "a proof is too long")
    return found


def check_events(files: Files, manifest: Json, roots: dict[Any, Json]) -> list[Json]:
    """Each event's hash covers it, and is under a root."""
    events = strict_lines(files["events.ndjson"], "events.ndjson")
    proofs = strict_object(files["proofs.json"], "proofs.json")
    demand(set(proofs) == {place(event) for event in events}, "events and proofs are not of the same places")
    demand(len(proofs) == len(events) > 0, "an event is in the pack twice, or none is")
    hashes = {}
    for event in events:
        name = f"{place(event)} {event['type']}"
        demand(set(event) == {*EVENT_FIELDS, "hash"}, name + " has other fields")
        proof = proofs[place(event)]
        demand(
            set(proof) == {"root", "index", "path", "previous_hash"}, name + ": its proof has other fields"
        )
        previous = unhex(proof["previous_hash"], name)
        own = sha256(previous, framed(event[field] for field in EVENT_FIELDS))
        demand(event["hash"] == own.hex(), name + ": its hash does not match its content")
        root = roots.get((event["source"], event["shard"], proof["root"]))
        if root is None:
            raise Broken(name + ": its root is not in the pack")
        size = root["last_position"] - root["first_position"] + 1
        demand(
            proof["index"] == event["position"] - root["first_position"], name + ": its proof is another's"
        )
        path = [unhex(each, name) for each in proof["path"]]
        demand(
            root_of_proof(own, proof["index"], size, path).hex() == root["root"],
            name + " is not under its root",
        )
        if event["position"] == root["last_position"]:
            demand(root["head_hash"] == own.hex(), name + " is not where its root says that the chain ends")
        hashes[event["source"], event["shard"], event["position"]] = (previous, own)
    for (source, shard, position), (previous, _) in hashes.items():
        before = hashes.get((source, shard, position - 1), (None, GENESIS if position == 1 else None))[1]
        demand(before in (None, previous), f"{source}/{shard}/{position} does not follow the event before")
    for fault in faults_of_amendments(events):
        raise Broken(fault)
    subjects = {event["subject"] for event in events if event["type"] not in AMENDMENTS}
    allowed = {"claim-" + manifest["claim_id"], "person-" + manifest["person_id"]}
    demand("claim-" + manifest["claim_id"] in subjects <= allowed, "events of something else are in the pack")
    return events


def place(event: Json) -> str:
    return f"{event['source']}/{event['shard']}/{event['position']}"


def check_receipts(files: Files, events: list[Json]) -> list[str]:
    """Each decision has its receipt: this plan, this case, and the digest of what came out. Returns what is unproved:
    decisions of a program that was not at hand when the pack was made."""
    unproved = []
    decided = {}
    for event in events:
        if event["source"] == "adjudication" and event["type"] in ("ClaimAdjudicated", "ClaimDenied"):
            decided[place(event)] = (event, json.loads(event["body"]))
    named = {name.split("/")[1] for name in files if name.startswith("receipts/")}
    demand(
        named == {body["decision_id"] for _, body in decided.values()}, "receipts and decisions do not match"
    )
    filed = [json.loads(event["body"])["settlement"] for event in events if event["type"] == "ClaimOpened"]
    for where, (event, body) in decided.items():
        folder = f"receipts/{body['decision_id']}/"
        receipt = strict_object(files[folder + "receipt.json"], folder + "receipt.json")
        proved = receipt.get("verdict") == "equal"
        demand(
            proved or receipt.get("verdict") == UNPROVED,
            where + ": its receipt says neither yes nor unproved",
        )
        expected = {
            "place": where,
            "decision_id": body["decision_id"],
            "number": body["number"],
            "verdict": receipt["verdict"],
            "differs_in": [] if proved else receipt["differs_in"],
            "recomputed_digest": sha256(canonical(body, sort_keys=True)).hex() if proved else None,
        }
        demand(receipt == expected, where + ": what was recomputed is not what was decided")
        if not proved:
            unproved.append(f"{where} was decided by program {body['engine_digest']}: not recomputed here")
        totals = {settlement["total_fen"] for settlement in filed}
        demand(body["bill_fen"] in totals, where + ": decided on a bill that nobody filed")
        check_decision(body, where)
        if event["type"] == "ClaimAdjudicated" and (proved or folder + "case.json" in files):
            check_inputs(files, folder, body, filed, where)
    return unproved


def check_inputs(files: Files, folder: str, body: Json, filed: list[Json], where: str) -> None:
    plan, case = files[folder + "plan.json"], files[folder + "case.json"]
    demand(sha256(plan).hex() == body["plan_digest"], where + ": the plan is not the one that was decided by")
    inputs = sha256(body["plan_digest"].encode(), b"\n", case).hex()
    demand(inputs == body["inputs_digest"], where + ": the case is not the one that was decided on")
    demand(json.loads(plan)["id"] == body["plan_id"], where + ": the plan has another id")
    (bill,) = json.loads(case)["bills"]
    fields = ("total_fen", "first_pay_fen", "over_limit_fen", "self_funded_fen", "in_scope_fen")
    same = [all(bill[field] == settlement[field] for field in fields) for settlement in filed]
    demand(any(same), where + ": the case has another bill than was filed")
    used = json.loads(case)["used"]["liabilities"]
    for name, after in body["usage_after"]["liabilities"].items():
        taken = body["usage_taken"].get("liabilities", {}).get(name, {})
        for measure, amount in after.items():
            moved = used.get(name, {}).get(measure, 0) + taken.get(measure, 0)
            demand(moved == amount, f"{where}: balance {name} {measure} does not follow")


def check_decision(body: Json, where: str) -> None:
    """Every fen of the bill has one bearer, and every part of the decision says the same."""
    borne: dict[str, int] = {}
    for part in body["bearings"]:
        borne[part["bearer"]] = borne.get(part["bearer"], 0) + part["amount_fen"]
    demand(sum(borne.values()) == body["bill_fen"], where + ": the bearings do not sum to the bill")
    if "plan_pays_fen" not in body:
        demand(not borne.get("plan"), where + ": denied, and the plan bears something")
        return
    demand(borne.get("plan", 0) == body["plan_pays_fen"], where + ": the plan's part is another")
    demand(borne.get("patient", 0) == body["patient_bears_fen"], where + ": the patient's part is another")
    liabilities = sum(each["paid_fen"] for each in body["liabilities"])
    demand(liabilities == body["plan_pays_fen"], where + ": the liabilities do not sum to the plan's part")
    due = body["plan_pays_fen"] + body["cash_benefits_fen"]
    shares = sum(each["amount_fen"] for each in body["pool_shares"])
    demand(
        not body["pool_shares"] or shares == due, where + ": the insurers' shares do not sum to what is due"
    )
    demand(adds_up(body["explanation"]), where + ": the explanation does not add up")
    demand(
        body["explanation"]["result_fen"] == body["bill_fen"], where + ": the explanation is of another bill"
    )


def adds_up(node: Json) -> bool:
    children = node["children"]
    own = not children or sum(child["result_fen"] for child in children) == node["result_fen"]
    return own and all(adds_up(child) for child in children)


def check_payments(events: list[Json]) -> None:
    """Double entries sum to zero, and what was settled is what was instructed, once."""
    instructed, settled = {}, set()
    for event in events:
        if event["source"] != "payout":
            continue
        body, where = json.loads(event["body"]), place(event)
        demand(
            sum(each["amount_fen"] for each in body.get("postings", ())) == 0,
            where + ": postings do not balance",
        )
        if event["type"] == "PaymentInstructed":
            demand(body["payment_id"] not in instructed, where + ": instructed twice")
            instructed[body["payment_id"]] = body["amount_fen"]
        elif event["type"] == "PaymentSettled":
            demand(
                instructed.get(body["payment_id"]) == body["amount_fen"],
                where + ": another amount was settled",
            )
            demand(body["payment_id"] not in settled, where + ": settled twice")
            settled.add(body["payment_id"])


def check_timeline(files: Files, events: list[Json]) -> None:
    """The timelines name every event of the pack in its order, with its hash; their prose is not proved."""
    for name in ("timeline.md", "timeline.html"):
        text, at = files[name].decode(), 0
        for event in events:
            mark = f"{place(event)} {event['hash'][:16]}"
            at = text.find(mark, at)
            demand(at >= 0, f"{name} does not have {place(event)} in its place")


def verify(
    path: Path, published: list[Json] | None = None, keys: dict[str, list[str]] | None = None
) -> list[str]:
    """What was verified, as lines, the verdict last. Raises Broken and whatever a garbled pack leads to."""
    files = read_pack(path)
    manifest = check_files(files)
    roots = check_roots(files, published)
    if keys is not None:
        check_keys(roots, keys)
    events = check_events(files, manifest, roots)
    unproved = check_receipts(files, events)
    check_payments(events)
    check_timeline(files, events)
    lines = [
        f"claim {manifest['claim_id']}: {len(files)} files, {len(events)} events, {len(roots)} roots",
        *how_amended(events),
        *unproved,
    ]
    lines += what_to_compare(roots) if published is None else ["Every root is the published one."]
    lines += ["Every root is signed with a published key."] if keys is not None else []
    lines.append(f"VERIFIED, but for {len(unproved)} receipts" if unproved else "VERIFIED")
    return lines


def what_to_compare(roots: dict[Any, Json]) -> list[str]:
    """The newest root of each log, and who signed it."""
    newest = {}
    for root in roots.values():
        newest[root["source"], root["shard"]] = root
    lines = ["Not compared with published roots. Compare these (log, root number, day, chain, key):"]
    for (source, shard), root in sorted(newest.items()):
        signed = root.get("key", "not signed")
        lines.append(f"  {source}/{shard}  {root['number']}  {root['day']}  {root['chain']}  {signed}")
    return lines


def main(arguments: list[str]) -> None:
    given = {arguments[at]: arguments[at + 1] for at in range(1, len(arguments) - 1, 2)}
    if (
        len(arguments) % 2 == 0
        or not set(given) <= {"--roots", "--keys"}
        or len(arguments) != 1 + 2 * len(given)
    ):
        raise SystemExit(__doc__)
    try:
        published = keys = None
        if "--roots" in given:
            lines = Path(given["--roots"]).read_bytes().splitlines()
            published = [json.loads(line) for line in lines if line.strip()]
        if "--keys" in given:
            keys = json.loads(Path(given["--keys"]).read_bytes())
        said = verify(Path(arguments[0]), published, keys)
    except Broken as error:
        raise SystemExit(f"BROKEN: {error}") from None
    except Exception as error:  # noqa: BLE001 - whatever a garbled pack leads to
        raise SystemExit(f"BROKEN: the pack cannot be read: {type(error).__name__}: {error}") from None
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
