"""The shape of a usual settlement: what is read at once (`usual`) has these fields, in these forms."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from libs.interop.national import fields
from libs.interop.reading import MAX_ITEMS

Code = Annotated[str, Meta(min_length=1, max_length=40)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Flag = Literal["0", "1"]

_NOTHING = "0.00"


class Info(Struct, gc=False):
    """`setlinfo` without its amounts."""

    setl_id: str
    psn_name: Text
    certno: str
    gend: Literal["1", "2"]
    brdy: date
    fixmedins_code: str
    fix_blng_admdvs: str
    insuplc_admdvs: str
    med_type: str
    begndate: date
    enddate: date
    refd_setl_flag: Literal["0"] = "0"
    vali_flag: Literal["1"] = "1"
    psn_cert_type: Literal["01"] = "01"
    hosp_lv: str = "11"
    insutype: str = "340"
    mdtrt_id: Text | None = None
    tel: Text | None = None
    invono: Code | None = None


#: The amounts of `setlinfo`, in the order of the table of its fields.
Bill = msgspec.defstruct(
    "Bill",
    [
        (wire, str) if wire in fields.REQUIRED_AMOUNTS else (wire, str, _NOTHING)
        for wire in fields.SETTLEMENT_AMOUNTS
    ],
    kw_only=True,
    gc=False,
)


class Line(Struct, gc=False):
    """One of `feedetail`; texts and amounts in the order in which `usual` takes them apart."""

    hilist_code: Code
    hilist_name: Text
    med_chrgitm_type: str
    chrgitm_lv: str
    cnt: str
    det_item_fee_sumamt: str
    fulamt_ownpay_amt: str
    overlmt_amt: str
    preselfpay_amt: str
    inscp_scp_amt: str
    prd_days: Annotated[int, Meta(ge=0, le=9_999)] | None = None


class Diagnosis(Struct, gc=False):
    """One of `diseinfo`."""

    diag_code: Code
    diag_name: Text
    maindiag_flag: Flag = "0"


class Operation(Struct, gc=False):
    """One of `oprninfo`."""

    oprn_oprt_code: Code
    oprn_oprt_name: Text


class Additions(Struct, gc=False, frozen=True):
    """`huiji`, where it asks for no more than to register."""

    action: Literal["register"] = "register"
    based_on_revision: None = None
    visit_kind: str | None = None
    out_of_town_filed: Flag | None = None
    settled: Flag = "1"
    note: str | None = None
    one_stop: None = None
    preauthorisation_id: str | None = None


class Document(Struct, gc=False):
    """The whole; `Bill` is the other half of its `setlinfo`."""

    setlinfo: Info
    infno: None = None
    huiji: Additions = Additions()
    feedetail: Annotated[list[Line], Meta(max_length=MAX_ITEMS)] = []
    diseinfo: Annotated[list[Diagnosis], Meta(max_length=MAX_ITEMS)] = []
    oprninfo: Annotated[list[Operation], Meta(max_length=MAX_ITEMS)] = []
