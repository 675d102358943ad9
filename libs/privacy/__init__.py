"""Personal data: pseudonyms, seals under per-person keys, the key store, masks and log redaction."""

from libs.privacy.errors import (
    KeyBroken,
    KeyContention,
    KeyDestroyed,
    KeyUnknown,
    MasterKeyFileUnusable,
    MasterKeyMissing,
    PersonalDataInLog,
    PrivacyError,
    SealBroken,
)
from libs.privacy.key_cache import KeyCache, KeyCacheSettings
from libs.privacy.keys import KeyStore, Opening, install_key_store, open_key_pool
from libs.privacy.masking import mask_account, mask_id_number, mask_name, mask_phone
from libs.privacy.master_key import MasterKeyRing, create_master_key, read_master_key
from libs.privacy.pseudonym import Pseudonymiser, normalise_id_number
from libs.privacy.redaction import PersonalDataRedactor
from libs.privacy.sealer import Erased, Sealer, ToSeal, ToUnseal
from libs.privacy.sealing import DataKey, key_id_of, seal, seal_json, unseal, unseal_json

__all__ = [
    "DataKey",
    "Erased",
    "KeyBroken",
    "KeyCache",
    "KeyCacheSettings",
    "KeyContention",
    "KeyDestroyed",
    "KeyStore",
    "KeyUnknown",
    "MasterKeyFileUnusable",
    "MasterKeyMissing",
    "MasterKeyRing",
    "Opening",
    "PersonalDataInLog",
    "PersonalDataRedactor",
    "PrivacyError",
    "Pseudonymiser",
    "SealBroken",
    "Sealer",
    "ToSeal",
    "ToUnseal",
    "create_master_key",
    "install_key_store",
    "key_id_of",
    "mask_account",
    "mask_id_number",
    "mask_name",
    "mask_phone",
    "normalise_id_number",
    "open_key_pool",
    "read_master_key",
    "seal",
    "seal_json",
    "unseal",
    "unseal_json",
]
