"""The plan language: a city's plan as data, evaluated by a pure exact engine that explains every fen."""

from libs.benefits.case import Bill, BillLine, Case, LiabilityUsage, Member, Usage
from libs.benefits.case_advice import check_case
from libs.benefits.case_input import case_from, read_case
from libs.benefits.errors import (
    BenefitsError,
    CaseFault,
    CaseInvalid,
    CaseRefused,
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
    "CaseFault",
    "CaseInvalid",
    "CaseRefused",
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
    "case_from",
    "check_case",
    "evaluate",
    "load_plan",
    "load_plans",
    "plan_of",
    "pool_shares",
    "read_case",
]
