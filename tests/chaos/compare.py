"""What must be true after a drill, and what of it is not."""

from tests.chaos.run import Drill, Outcome


def differences(disturbed: Outcome, quiet: Outcome) -> list[str]:
    """Claims that came to something else than in a quiet city, and checks of the deployment that do not hold."""
    wrong = [
        f"claim {claim_id}: {disturbed.claims.get(claim_id)} where a quiet city has {quiet.claims.get(claim_id)}"
        for claim_id in sorted(disturbed.claims.keys() | quiet.claims.keys())
        if disturbed.claims.get(claim_id) != quiet.claims.get(claim_id)
    ]
    for each in disturbed.checks:
        if each.status != "holds":
            said = [finding.sentence for finding in each.findings[:3]] or [
                each.not_checked or "",
                *each.notes,
            ]
            wrong.append(f"{each.check}: {each.status}: {said}")
    return wrong


def too_quiet(drill: Drill, disturbed: Outcome) -> list[str]:
    """Faults of an idle platform prove nothing."""
    fell, fewest = disturbed.faults_under_load, drill.fewest_faults
    return (
        []
        if fell >= fewest
        else [f"only {fell} faults fell while claims were under way; right would be {fewest}"]
    )


def totals(disturbed: Outcome) -> str:
    """How many faults, events and payments were checked."""
    counted = {name: amount for each in disturbed.checks for name, amount in each.counted.items()}
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(disturbed.faults.items()))
    return (
        f"{disturbed.faults.total()} faults, {disturbed.faults_under_load} of them while claims were under way"
        f" ({kinds}); checked {counted.get('events', 0)} events,"
        f" {counted.get('claims', 0)} claims and {counted.get('payments', 0)} payments"
        f" in {disturbed.seconds:.0f} s"
    )
