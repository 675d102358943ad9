"""Why something is not evaluated by column; the engine takes it then."""


class ColumnarError(Exception):
    """Base of this library's errors; each has a machine `code`."""

    code = "columnar_error"


class TermsNotSupported(ColumnarError):
    """A plan has terms that are evaluated by the engine alone."""

    code = "terms_not_supported"

    def __init__(self, plan_id: str, terms: tuple[str, ...]) -> None:
        self.terms = terms
        super().__init__(f"plan {plan_id} is not evaluated by column: {'; '.join(terms)}")


class AmountsTooLarge(ColumnarError):
    """A bill is so large that a product of two of its amounts leaves 64 bits."""

    code = "amounts_too_large"

    def __init__(self, largest_fen: int, limit_fen: int) -> None:
        super().__init__(f"a bill of {largest_fen} fen; by column at most {limit_fen}")
