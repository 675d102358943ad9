"""`huiji evidence CLAIM_ID -o PACK.zip`: everything that proves one claim, with its own verifier."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from libs.proof.pack import ClaimEvidence, pack_files, zipped
from libs.proof.pack_verifier import Broken
from libs.proof.pack_verifier import verify as verify_pack
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.credentials import reader_token
from services.operations.adapters.replacing import replace_file
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, refuse
from services.operations.use_cases.collect_evidence import Evidence, NotProvable


def evidence(
    claim_id: Annotated[str, typer.Argument(help="The claim's id.")],
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="The pack to write.")],
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Pack a claim's events, receipts and proofs with a timeline and a verifier that needs none of our code."""
    with reaching():
        running = find_platform(platform)
        try:
            collected = asyncio.run(_collect(claim_id, running))
        except NotProvable as error:
            refuse(str(error), NO)
    replace_file(output, zipped(pack_files(collected)))
    try:
        lines = verify_pack(output)
    except Broken as error:
        refuse(f"the pack was written, but does not verify: {error}", NO)
    if as_json:
        receipts = [
            {"decision_id": each["decision_id"], "verdict": each["verdict"]} for each in collected.receipts
        ]
        print_json({"pack": str(output), "events": len(collected.events), "receipts": receipts})
        return
    console().print(f"{output}: {lines[0]}", markup=False, soft_wrap=True)
    console().print(
        f"Verify it anywhere: unzip -p {output} verify.py > verify.py; python3 verify.py {output}"
    )


async def _collect(claim_id: str, running: RunningAt) -> ClaimEvidence:
    async with Evidence(running, reader_token(running, "")) as asked:
        return await asked.collect(claim_id, datetime.now(UTC))
