"""URIs of the identifiers, codes and extensions in our Bundles. docs/fhir.md explains each."""

BASE = "https://huiji.example/fhir"

# WS/T 364.2 value domain of the citizen identity number, as Chinese shared documents and FHIR servers use it.
IDENTITY_NUMBER = "urn:oid:2.16.156.10011.1.3"

HOSPITAL_ID = f"{BASE}/NamingSystem/fixmedins-code"
SETTLEMENT_ID = f"{BASE}/NamingSystem/setl-id"
ENCOUNTER_ID = f"{BASE}/NamingSystem/mdtrt-id"

SETTLEMENT_AMOUNT = f"{BASE}/CodeSystem/settlement-amount"
MED_TYPE = f"{BASE}/CodeSystem/med-type"
VISIT_KIND = f"{BASE}/CodeSystem/visit-kind"
CHARGE_ITEM = f"{BASE}/CodeSystem/med-chrgitm-type"
LIST_CLASS = f"{BASE}/CodeSystem/chrgitm-lv"
CATALOGUE_ITEM = f"{BASE}/CodeSystem/hilist-code"
INSURANCE_TYPE = f"{BASE}/CodeSystem/insutype"
HOSPITAL_LEVEL = f"{BASE}/CodeSystem/hosp-lv"
SUPPORTING_INFO = f"{BASE}/CodeSystem/supporting-info"

# The medical-insurance editions (医保版) of ICD-10 and ICD-9-CM-3.
DIAGNOSIS = f"{BASE}/CodeSystem/chs-icd-10"
PROCEDURE = f"{BASE}/CodeSystem/chs-icd-9-cm-3"
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"

REGION = f"{BASE}/StructureDefinition/administrative-division"
FILED = f"{BASE}/StructureDefinition/out-of-town-filed"
ONE_STOP = f"{BASE}/StructureDefinition/one-stop"
DAYS_SUPPLY = f"{BASE}/StructureDefinition/days-supply"

CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
CLAIM_RELATIONSHIP = "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship"
PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"
DIAGNOSIS_TYPE = "http://terminology.hl7.org/CodeSystem/ex-diagnosistype"
ENCOUNTER_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

# What a decision of ours is made of.
DECISION_ID = f"{BASE}/NamingSystem/decision-id"
CLAIM_ID = f"{BASE}/NamingSystem/claim-id"
COVERAGE_ID = f"{BASE}/NamingSystem/coverage-id"
PLAN_ID = f"{BASE}/NamingSystem/plan-id"
PERSON_PSEUDONYM = f"{BASE}/NamingSystem/person-pseudonym"
BEARER = f"{BASE}/CodeSystem/bearer"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
