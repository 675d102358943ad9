"""What can go wrong with keys and seals. No message carries personal data or key material."""

from pathlib import Path
from typing import ClassVar


class PrivacyError(Exception):
    """Base of every error of this library; `code` is the machine's word for it."""

    code: ClassVar[str] = "privacy"


class SealBroken(PrivacyError):
    """The text is not a seal, was tampered with, or was sealed for another context."""

    code = "seal_broken"

    def __init__(self, context: str, reason: str) -> None:
        super().__init__(f"seal of {context} is broken: {reason}")
        self.context = context


class KeyDestroyed(PrivacyError):
    """The person was erased: what was sealed under this key is unreadable for good."""

    code = "key_destroyed"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} was destroyed")
        self.key_id = key_id


class KeyUnknown(PrivacyError):
    """No key of this id was ever in this key store: the wrong store, or one restored from an older backup."""

    code = "key_unknown"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} is not in the key store")
        self.key_id = key_id


class KeyBroken(PrivacyError):
    """The stored key does not open under its master key: its row was changed or copied from another row."""

    code = "key_broken"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} does not open under its master key")
        self.key_id = key_id


class KeyContention(PrivacyError):
    """Keys of these owners were created and destroyed by others faster than they could be read."""

    code = "key_contention"

    def __init__(self, owners: int, attempts: int) -> None:
        super().__init__(f"no stable key for {owners} owners after {attempts} attempts")


class MasterKeyMissing(PrivacyError):
    """A key is wrapped under a master key that the key ring file does not hold (any more, or yet)."""

    code = "master_key_missing"

    def __init__(self, master_key_id: str) -> None:
        super().__init__(f"master key {master_key_id} is not in the key ring")
        self.master_key_id = master_key_id


class MasterKeyFileUnusable(PrivacyError):
    """The master key file is absent, malformed, already there, or open to other users."""

    code = "master_key_file_unusable"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"master key file {path}: {reason}")
        self.path = path


class PersonalDataInLog(PrivacyError):
    """A log call carried a personal field; raised only where the redactor is set to refuse (tests, CI)."""

    code = "personal_data_in_log"

    def __init__(self, field: str) -> None:
        super().__init__(f"personal field in a log call: {field}")
        self.field = field
