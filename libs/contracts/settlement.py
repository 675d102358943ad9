"""A settled visit as the national insurance interface reports it (outpatient 2207, inpatient 2304), in fen.

Each field's description names the national field. The four identities are the interface's own; real hospital
systems mis-map these fields, so an edge trusts the identities and never the names.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from libs.contracts.event import Fen, Model

Scheme = Literal["employee", "resident", "none"]
Place = Literal["local", "out_of_town_filed", "out_of_town_unfiled"]

PREAUTHORISATION_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

ChargeCategory = Literal[
    "bed",
    "consultation",
    "examination",
    "laboratory",
    "treatment",
    "surgery",
    "nursing",
    "material",
    "western_drug",
    "herbal_drug",
    "patent_drug",
    "general_consultation",
    "registration",
    "other",
]


class FeeLine(Model):
    """One charged item; the four buckets of a line sum to its amount."""

    line_no: int = Field(ge=1)
    code: str = Field(
        max_length=40, description="national code of the drug, material or service (hilist_code)"
    )
    name: str = Field(max_length=200, description="catalogue name of the item")
    category: ChargeCategory = Field(description="med_chrgitm_type")
    list_class: Literal["A", "B", "C"] = Field(
        description="chrgitm_lv: A 甲类, B 乙类, C 丙类 (outside the catalogue)"
    )
    quantity_milli: int = Field(ge=0, description="cnt in thousandths")
    days_supply: int | None = Field(default=None, ge=0, description="days a prescribed quantity lasts")
    amount_fen: Fen = Field(description="det_item_fee_sumamt")
    self_funded_fen: Fen = Field(description="fulamt_ownpay_amt")
    over_limit_fen: Fen = Field(default=0, description="overlmt_amt")
    first_pay_fen: Fen = Field(default=0, description="preselfpay_amt")
    in_scope_fen: Fen = Field(description="inscp_scp_amt")


class Settlement(Model):
    """Who paid what of one bill before the supplementary plan. All amounts in fen."""

    total_fen: Fen = Field(description="medfee_sumamt")
    self_funded_fen: Fen = Field(description="fulamt_ownpay_amt 全自费")
    over_limit_fen: Fen = Field(default=0, description="overlmt_selfpay 超限价自费")
    first_pay_fen: Fen = Field(default=0, description="preselfpay_amt 先行自付")
    in_scope_fen: Fen = Field(description="inscp_scp_amt 符合政策范围金额")
    deductible_paid_fen: Fen = Field(default=0, description="act_pay_dedc 实际支付起付线")
    pool_fen: Fen = Field(default=0, description="hifp_pay 统筹基金支出")
    civil_servant_fen: Fen = Field(default=0, description="cvlserv_pay 公务员医疗补助")
    enterprise_fen: Fen = Field(default=0, description="hifes_pay 企业补充医疗保险")
    resident_critical_illness_fen: Fen = Field(default=0, description="hifmi_pay 居民大病保险")
    employee_large_amount_fen: Fen = Field(default=0, description="hifob_pay 职工大额医疗费用补助")
    assistance_fen: Fen = Field(default=0, description="maf_pay 医疗救助")
    other_fund_fen: Fen = Field(default=0, description="oth_pay 其他支出")
    fund_total_fen: Fen = Field(description="fund_pay_sumamt 基金支付总额")
    hospital_borne_fen: Fen = Field(default=0, description="hosp_part_amt 医院负担")
    personal_total_fen: Fen = Field(description="psn_part_amt 个人负担总金额")
    personal_account_fen: Fen = Field(default=0, description="acct_pay 个人账户支出")
    family_account_fen: Fen = Field(default=0, description="acct_mulaid_pay 个人账户共济支付")
    personal_cash_fen: Fen = Field(description="psn_cash_pay 个人现金支出")

    def broken_identities(self) -> list[str]:
        """The national identities that do not hold, each as a sentence with both sides; empty when sound."""
        buckets = self.self_funded_fen + self.over_limit_fen + self.first_pay_fen + self.in_scope_fen
        funds = (
            self.pool_fen
            + self.civil_servant_fen
            + self.enterprise_fen
            + self.resident_critical_illness_fen
            + self.employee_large_amount_fen
            + self.assistance_fen
            + self.other_fund_fen
        )
        payers = self.fund_total_fen + self.personal_total_fen + self.hospital_borne_fen
        means = self.personal_account_fen + self.family_account_fen + self.personal_cash_fen
        checks = (
            (
                "medfee_sumamt = fulamt_ownpay_amt + overlmt_selfpay + preselfpay_amt + inscp_scp_amt",
                self.total_fen,
                buckets,
            ),
            ("fund_pay_sumamt = sum of the seven funds", self.fund_total_fen, funds),
            ("medfee_sumamt = fund_pay_sumamt + psn_part_amt + hosp_part_amt", self.total_fen, payers),
            ("psn_part_amt = acct_pay + acct_mulaid_pay + psn_cash_pay", self.personal_total_fen, means),
        )
        return [f"{rule}: {left} ≠ {right} fen" for rule, left, right in checks if left != right]


class Visit(Model):
    """Where, when and how a settled visit took place. Nothing in it names the person."""

    hospital_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="fixmedins_code")
    hospital_grade: Literal[0, 1, 2, 3] = Field(default=0, description="0 when not graded or not known")
    med_type: str = Field(pattern=r"^[0-9]{2,8}$", description="national core code or a region's extension")
    kind: Literal["inpatient", "outpatient", "chronic_outpatient", "special_drug", "pharmacy"]
    admitted_on: date
    discharged_on: date
    scheme: Scheme = Field(description="insutype 310 employee, 390 resident")
    insured_region: str = Field(pattern=r"^[0-9]{6}$", description="insuplc_admdvs")
    hospital_region: str = Field(pattern=r"^[0-9]{6}$", description="fix_blng_admdvs")
    place: Place
    settled: bool = Field(default=True, description="basic insurance has settled the bill")
    age_years: int = Field(ge=0, le=130)
    sex: Literal["male", "female", "unknown"]
    preauthorisation_id: str | None = Field(
        default=None,
        pattern=PREAUTHORISATION_ID,
        description="the planned stay that this is, when the hospital asked before",
    )
