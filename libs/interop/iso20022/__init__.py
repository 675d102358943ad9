"""ISO 20022 for payouts: payment files out (pain.001); status reports and bookings in (pain.002, camt.05x)."""

from libs.interop.iso20022.camt import (
    CAMT053,
    CAMT054,
    AccountReport,
    account_reports,
    parse_camt053,
    parse_camt054,
)
from libs.interop.iso20022.errors import EndToEndIdRepeated, FieldInvalid, Iso20022Error, MessageUnreadable
from libs.interop.iso20022.model import (
    BookedEntry,
    Notification,
    Payment,
    PaymentFile,
    Reason,
    Statement,
    StatusReport,
    TransactionStatus,
)
from libs.interop.iso20022.pain001 import MAX_AMOUNT_FEN, MAX_PAYMENTS, PAIN001, build_pain001, check_payment
from libs.interop.iso20022.pain002 import PAIN002, parse_pain002
from libs.interop.iso20022.xml import Document, parse_document

__all__ = [
    "CAMT053",
    "CAMT054",
    "MAX_AMOUNT_FEN",
    "MAX_PAYMENTS",
    "PAIN001",
    "PAIN002",
    "AccountReport",
    "BookedEntry",
    "Document",
    "EndToEndIdRepeated",
    "FieldInvalid",
    "Iso20022Error",
    "MessageUnreadable",
    "Notification",
    "Payment",
    "PaymentFile",
    "Reason",
    "Statement",
    "StatusReport",
    "TransactionStatus",
    "account_reports",
    "build_pain001",
    "check_payment",
    "parse_camt053",
    "parse_camt054",
    "parse_document",
    "parse_pain002",
]
