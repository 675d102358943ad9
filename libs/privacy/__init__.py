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
from libs.privacy.keys import KeyStore, Opening, install_key_store
from libs.privacy.master_key import MasterKeyRing, create_master_key, read_master_key
from libs.privacy.pseudonym import Pseudonymiser, normalise_id_number
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
    "PrivacyError",
    "Pseudonymiser",
    "SealBroken",
    "Sealer",
    "ToSeal",
    "ToUnseal",
    "create_master_key",
    "install_key_store",
    "key_id_of",
    "normalise_id_number",
    "read_master_key",
    "seal",
    "seal_json",
    "unseal",
    "unseal_json",
]
