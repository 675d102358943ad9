"""Who may see what of whose claims, at any moment and as known at any: pure, from policies, consents and facts."""

from libs.access.facts import Facts, facts_of
from libs.access.policy_file import PolicyUnusable, read_policy, rules_of
from libs.access.records import Records, read_records
from libs.access.views import VIEWS
from libs.access.visible import Known, Reader, Sight, policy_in_force, sight, standing, visible

__all__ = [
    "VIEWS",
    "Facts",
    "Known",
    "PolicyUnusable",
    "Reader",
    "Records",
    "Sight",
    "facts_of",
    "policy_in_force",
    "read_policy",
    "read_records",
    "rules_of",
    "sight",
    "standing",
    "visible",
]
