"""Money is conserved: a checker over any exported history, which trusts no service's own arithmetic."""

from libs.conservation.check import check_history
from libs.conservation.report import Report, Totals, Violation

__all__ = ["Report", "Totals", "Violation", "check_history"]
