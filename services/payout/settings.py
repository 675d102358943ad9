"""What payout is told by its environment."""

from pydantic import Field, SecretStr

from libs.runtime.settings import PersonStreamSettings


class PayoutSettings(PersonStreamSettings):
    """Settings of payout. The defaults of the debtor are the demo's account at the demo's bank."""

    bank_url: str
    bank_user: str = ""
    bank_password: SecretStr = SecretStr("")
    debtor_name: str = Field(default="惠济共保体", min_length=1, max_length=140)
    debtor_account: str = Field(default="31050161393600000", pattern=r"^[0-9A-Za-z-]{1,34}$")
    debtor_bank: str = Field(default="105290036005", pattern=r"^[0-9]{12}$", description="CNAPS number")
    payments_per_file: int = Field(
        default=500, ge=1, le=10_000, description="larger files gain nothing at the bank"
    )
    silent_seconds: float = Field(
        default=60.0, gt=0, description="a payment without answer is asked for after this"
    )
    answer_poll_seconds: float = Field(
        default=1.0, gt=0, description="for what the bank says unasked: returns"
    )
