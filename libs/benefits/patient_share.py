"""Why the patient bears what they bear."""

from libs.benefits.outcome import BillOutcome, LiabilityOutcome, PatientPart


def patient_share(bills: tuple[BillOutcome, ...]) -> tuple[PatientPart, ...]:
    """The parts of what is left, by reason and liability; they sum to what the patient bears.

    What payers beside or after the plan bear shows as a negative part, for it cannot be told which cost they meant.
    """
    sums: dict[tuple[str, str | None], int] = {}
    for bill in bills:
        for reason, liability_id, amount_fen in bill_parts(bill):
            key = (reason, liability_id)
            sums[key] = sums.get(key, 0) + amount_fen
    return tuple(
        PatientPart(reason, liability_id, fen) for (reason, liability_id), fen in sums.items() if fen
    )


def bill_parts(bill: BillOutcome) -> list[tuple[str, str | None, int]]:
    """(reason, liability, fen) of one bill."""
    parts: list[tuple[str, str | None, int]] = []
    for outcome in bill.liabilities:
        parts.extend(
            (reason, outcome.liability_id, fen) for reason, fen in kept_parts(outcome).items() if fen
        )
    parts.extend((part.reason, part.liability_id, part.amount_fen) for part in bill.excluded)
    others_fen = bill.beside_fen + bill.after_fen
    return [*parts, ("borne_by_other_payers", None, -others_fen)] if others_fen else parts


def kept_parts(outcome: LiabilityOutcome) -> dict[str, int]:
    """What one liability leaves with the patient after handing parts on to another liability."""
    handed = {part for part, _, _ in outcome.handed_on}
    parts = {
        "deductible": outcome.deductible.taken_fen,
        "coinsurance": outcome.coinsurance_fen,
        "above_cap": outcome.above_cap_fen,
        "scaled_out": outcome.scaled_out_fen,
        "limited_by_others": outcome.limited_by_others_fen,
    }
    return {reason: fen for reason, fen in parts.items() if reason not in handed}
