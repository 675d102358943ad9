"""Random policies, consents and claims for the differential test, and the same looked at by brute force.

The brute force shares nothing with `libs.access.visible`: it walks all that was ever said, in the order in which it
became known, and keeps what holds at the moment in plain dictionaries, one field at a time.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from libs.access import Facts, Known, Reader
from libs.contracts.access import AccessPolicyAdopted, AccessRule, ConsentGiven, ConsentRevoked

START = datetime(2026, 3, 1, tzinfo=UTC)
PERSON = "p_" + "a" * 32
OTHER = "p_" + "b" * 32
VIEWS = ("claim_status", "insurer_share", "charity_referral")
FIELDS = ("claim_id", "bill_fen", "status")
PURPOSES = ("claim_detail", "charity_aid")
READERS = (
    Reader("patient", PERSON),
    Reader("patient", OTHER),
    Reader("hospital", "H1"),
    Reader("insurer", "lead"),
    Reader("insurer", "coinsurer-a"),
    Reader("charity", "poverty-relief"),
    Reader("regulator", "desk"),
)
_SCOPES = {
    "patient": "own",
    "hospital": "of_the_hospital",
    "insurer": "of_its_pool",
    "charity": "referred_to_it",
    "regulator": "every",
}

Said = Known[AccessPolicyAdopted] | Known[ConsentGiven] | Known[ConsentRevoked]

hours = st.integers(0, 20 * 24).map(lambda count: START + timedelta(hours=count))
readers = st.sampled_from(READERS)


@st.composite
def rules(draw: st.DrawFn) -> AccessRule:
    """A rule that may be about anybody."""
    reader = draw(readers).participant
    return AccessRule(
        rule_id=draw(st.sampled_from(("one", "two", "three"))),
        reader=reader,
        view=draw(st.sampled_from(VIEWS)),
        claims=draw(st.sampled_from(("every", _SCOPES[reader]))),
        fields=tuple(draw(st.sets(st.sampled_from(FIELDS), min_size=1))),
        consent=draw(st.sampled_from((None, *PURPOSES))),
    )


@st.composite
def policies(draw: st.DrawFn) -> list[Known[AccessPolicyAdopted]]:
    """Editions as a log has them: known one after the other, none in effect before the one before."""
    found: list[Known[AccessPolicyAdopted]] = []
    for edition, (known, effective) in enumerate(
        draw(st.lists(st.tuples(hours, hours), max_size=4)), start=1
    ):
        if found:
            known, effective = max(known, found[-1].known_from), max(effective, found[-1].effective_from)
        adopted = AccessPolicyAdopted(
            edition=edition,
            title="t",
            effective_from=effective.date(),
            rules=tuple(draw(st.lists(rules(), max_size=5))),
            adopted_by="op-2",
            adopted_at=known,
        )
        found.append(Known(adopted, known, effective))
    return found


@st.composite
def consents(draw: st.DrawFn) -> list[Known[ConsentGiven] | Known[ConsentRevoked]]:
    """Consents of one person; some are revoked, also with effect from before it was known."""
    found: list[Known[ConsentGiven] | Known[ConsentRevoked]] = []
    for number in range(draw(st.integers(0, 4))):
        known, effective = draw(hours), draw(hours)
        about: dict[str, Any] = {
            "person_id": PERSON,
            "consent_id": f"c{number}",
            "purpose": draw(st.sampled_from(PURPOSES)),
            "recipient": draw(
                st.sampled_from(("insurer", "insurer:lead", "charity:poverty-relief", "regulator"))
            ),
            "recorded_by": "desk",
        }
        expires_on = draw(st.none() | st.integers(0, 20).map(lambda days: date(2026, 3, 1) + timedelta(days)))
        given = ConsentGiven(**about, given_at=effective, expires_on=expires_on)
        found.append(Known(given, known, min(effective, known)))
        if draw(st.booleans()):
            later, since = max(known, draw(hours)), max(found[-1].effective_from, draw(hours))
            revoked = ConsentRevoked(**about, reason="revoked", revoked_at=since)
            found.append(Known(revoked, later, min(since, later)))
    return found


facts = st.builds(
    Facts,
    person_id=st.sampled_from((PERSON, OTHER, None)),
    hospital_id=st.sampled_from(("H1", "H2", None)),
    insurers=st.frozensets(st.sampled_from(("lead", "coinsurer-a"))),
    programmes=st.frozensets(st.sampled_from(("poverty-relief", "other"))),
)


def seen_by_brute_force(
    said: Sequence[Said], facts: Facts, reader: Reader, at: datetime, known_at: datetime
) -> dict[str, set[str]]:
    """Fields by view, one question at a time: is there a rule in force that shows this reader this field?"""
    edition: AccessPolicyAdopted | None = None
    agreed: dict[str, ConsentGiven] = {}
    for one in sorted(said, key=lambda each: (each.known_from, isinstance(each.said, ConsentRevoked))):
        if one.known_from > known_at or one.effective_from > at:
            continue
        match one.said:
            case AccessPolicyAdopted() as policy:
                if edition is None or policy.edition > edition.edition:
                    edition = policy
            case ConsentGiven() as given:
                agreed[given.consent_id] = given
            case ConsentRevoked() as revoked:
                del agreed[revoked.consent_id]
    shown: dict[str, set[str]] = {}
    for view in VIEWS:
        for field in FIELDS:
            if edition is not None and any(
                _shows(rule, view, field, facts, reader, list(agreed.values()), at) for rule in edition.rules
            ):
                shown.setdefault(view, set()).add(field)
    return shown


def _shows(
    rule: AccessRule,
    view: str,
    field: str,
    facts: Facts,
    reader: Reader,
    agreed: Sequence[ConsentGiven],
    at: datetime,
) -> bool:
    if (rule.reader, rule.view) != (reader.participant, view) or field not in rule.fields:
        return False
    mine = {
        "patient": facts.person_id is not None and facts.person_id == reader.id,
        "hospital": facts.hospital_id is not None and facts.hospital_id == reader.id,
        "insurer": any(insurer == reader.id for insurer in facts.insurers),
        "charity": any(programme == reader.id for programme in facts.programmes),
        "regulator": True,
    }[reader.participant]
    if rule.claims != "every" and not mine:
        return False
    if rule.consent is None:
        return True
    # The last moment of the last day in the city, which is eight hours ahead of UTC.
    city_day = (at + timedelta(hours=8)).date()
    return any(
        consent.purpose == rule.consent
        and (
            consent.recipient == reader.participant
            or consent.recipient == f"{reader.participant}:{reader.id}"
        )
        and not (consent.expires_on is not None and city_day > consent.expires_on)
        for consent in agreed
    )
