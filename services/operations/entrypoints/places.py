"""Which directories of the checkout the commands use."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
HOME = CHECKOUT / ".huiji"
UP = HOME / "up"
DEMO = HOME / "demo"


def shown(path: Path) -> str:
    """A path as people see it: relative to where they are, when it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
