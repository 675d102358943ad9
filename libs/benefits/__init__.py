"""The plan language: a city's plan as data, evaluated by a pure exact engine that explains every fen."""

from libs.benefits.case import Bill, BillLine, Case, LiabilityUsage, Member, Usage
from libs.benefits.errors import (
    BenefitsError,
    CaseInvalid,
    PlanInvalid,
    PlanUnknown,
    Problem,
)
from libs.benefits.evaluation import evaluate
from libs.benefits.loading import load_plan, load_plans, plan_of
from libs.benefits.node import Node
from libs.benefits.plan import Plan
from libs.benefits.pool import PoolShare, pool_shares
from libs.benefits.result import Evaluation

__all__ = [
    "BenefitsError",
    "Bill",
    "BillLine",
    "Case",
    "CaseInvalid",
    "Evaluation",
    "LiabilityUsage",
    "Member",
    "Node",
    "Plan",
    "PlanInvalid",
    "PlanUnknown",
    "PoolShare",
    "Problem",
    "Usage",
    "evaluate",
    "load_plan",
    "load_plans",
    "plan_of",
    "pool_shares",
]
