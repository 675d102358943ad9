"""Plans by the digest that decisions cite: those in force and those that were."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from libs.benefits import Plan


@dataclass(frozen=True, slots=True)
class ArchivedPlans:
    """`plans` by digest. `unusable`: digests whose archived content is another's or not readable any more, and why."""

    plans: Mapping[str, Plan]
    unusable: Mapping[str, str]


def plans_by_digest(deployed: Iterable[Plan], archived: Mapping[str, bytes]) -> ArchivedPlans:
    """All plans that receipts can be recomputed with. An archived plan counts only as what its bytes hash to."""
    plans = {plan.digest: plan for plan in deployed}
    unusable: dict[str, str] = {}
    for digest, content in archived.items():
        if hashlib.sha256(content).hexdigest() != digest:
            unusable[digest] = "its content is not what it was filed under"
        elif digest not in plans:
            try:
                plans[digest] = cited_as(Plan.of_canonical_json(content), digest)
            except ValidationError as error:
                unusable[digest] = f"today's plan language does not read it: {error.error_count()} problems"
    return ArchivedPlans(plans, unusable)


def cited_as(plan: Plan, digest: str) -> Plan:
    """The plan under the digest it had when it was filed: a term that the language got since, with its default, would
    give the same terms another one."""
    plan.__dict__["digest"] = digest
    return plan
