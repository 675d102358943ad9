"""Who bears an invoice, in the order in which claims came, were corrected and withdrawn."""

from services.fraud.adapters.invoices import Bearers


def test_the_second_claim_with_an_invoice_meets_the_first() -> None:
    bearers = Bearers([])
    assert bearers.move("first", "i") is None
    assert bearers.move("second", "i") == "first"
    assert bearers.move("third", "i") == "first"


def test_a_claim_that_is_announced_again_meets_nobody_new() -> None:
    bearers = Bearers([("i", "first"), ("i", "second")])
    assert bearers.move("first", "i") is None
    assert bearers.move("second", "i") == "first"
    assert bearers.pairs() == [("i", "first"), ("i", "second")]


def test_a_withdrawn_claim_leaves_its_invoice_to_the_others() -> None:
    bearers = Bearers([("i", "first"), ("i", "second")])
    assert bearers.move("first", None) is None
    assert bearers.move("third", "i") == "second"


def test_a_claim_filed_anew_after_its_withdrawal_meets_nobody() -> None:
    bearers = Bearers([("i", "first")])
    bearers.move("first", None)
    assert bearers.move("again", "i") is None


def test_a_corrected_claim_bears_its_new_invoice_only() -> None:
    bearers = Bearers([("i", "first"), ("j", "second")])
    assert bearers.move("first", "j") == "second"
    assert bearers.move("third", "i") is None
    assert bearers.pairs() == [("i", "third"), ("j", "second"), ("j", "first")]
