"""Plans evaluated by column over a year of bills, equal to the engine to the fen. For what-if, never for decisions."""

from libs.benefits_columnar.columns import columns_of, columns_of_bills
from libs.benefits_columnar.errors import AmountsTooLarge, ColumnarError, TermsNotSupported
from libs.benefits_columnar.evaluation import Evaluated, evaluate_columns
from libs.benefits_columnar.supported import unsupported_terms

__all__ = [
    "AmountsTooLarge",
    "ColumnarError",
    "Evaluated",
    "TermsNotSupported",
    "columns_of",
    "columns_of_bills",
    "evaluate_columns",
    "unsupported_terms",
]
