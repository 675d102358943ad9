"""Write a file beside the old one and put it in its place: a reader sees the old content or the new, never half."""

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Create or replace `path`, making its directories."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
