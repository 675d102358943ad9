"""Which program decided: a digest of the sources that turn a case into money, so that a receipt can name it."""

import hashlib
from functools import cache
from importlib import resources


@cache
def engine_digest(*packages: str) -> str:
    """SHA-256 over the Python sources of these packages (not of packages below them), names and contents, in order."""
    digest = hashlib.sha256()
    for package in packages:
        files = (file for file in resources.files(package).iterdir() if file.name.endswith(".py"))
        for file in sorted(files, key=lambda file: file.name):
            for part in (package.encode(), file.name.encode(), file.read_bytes()):
                digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
