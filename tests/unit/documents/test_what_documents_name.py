"""What the documents name is there: pages and their headings, files, settings, commands and their options."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer.main

from services.operations.entrypoints.commands import app

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "libs/**/*.md", "services/**/*.md", "tests/**/*.md")
    for page in ROOT.glob(pattern)
)
COMMANDS = ROOT / "services" / "operations" / "README.md"

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_WORDS = re.compile(r"`([^`\n]+)`")
_OF_THE_TREE = re.compile(r"(?:libs|services|tests|docs|scripts|deploy)/[\w./-]*\w")
_SETTING = re.compile(r"\bHUIJI_[A-Z][A-Z_]*[A-Z]\b")
_COMMAND = re.compile(r"(?:^    |`)huiji ([^`#\n]+)", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")

#: Named because it is not there.
NOT_THERE = {"services/mutual"}
#: A page's own example reads it.
SETTINGS_OF_EXAMPLES = {"HUIJI_HOSPITAL_KEY"}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def headings(page: Path) -> set[str]:
    """Anchors as hosts of Markdown make them of headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Links to our own pages and files: as written, the file, the heading."""
    for link in _LINK.findall(page.read_text()):
        if not link.startswith("http"):
            path, _, heading = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, heading


@cache
def sources() -> str:
    """All that could read a setting."""
    files = [file for folder in ("libs", "services", "tests") for file in (ROOT / folder).rglob("*.py")]
    files += [file for file in (ROOT / "scripts").iterdir() if file.is_file()]
    files.append(ROOT / "docker-compose.yml")
    return "\n".join(file.read_text() for file in files if file != Path(__file__))


def is_read(setting: str) -> bool:
    """By its name, or as a field of a service's settings."""
    field = setting.removeprefix("HUIJI_").lower()
    return setting in sources() or re.search(rf"^    {field}: ", sources(), re.MULTILINE) is not None


def command_of(words: list[str]) -> Any:
    """The command, or group, that these words begin with; None when there is none."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        # A table names several at once (`list\|show`), an example may leave the last word open.
        names = word.split("\\|")
        if not all(name in command.commands for name in names):
            return command if command.name != "huiji" and not word[0].islower() else None
        command = command.commands[names[-1]]
        command = getattr(command, "loaded", command)
    return command


def options_of(command: Any) -> set[str] | None:
    """The options a command takes; None when it hands them on to a service's own tool, or is a group."""
    if command.context_settings.get("ignore_unknown_options") or hasattr(command, "commands"):
        return None
    return {option for parameter in command.params for option in parameter.opts}


def wrong_in(line: str) -> list[str]:
    """What is wrong with a command as printed, without its `huiji`."""
    command = command_of(line.split())
    if command is None:
        return [line]
    known = options_of(command)
    return (
        []
        if known is None
        else [f"{line}: {option}" for option in _OPTION.findall(line) if option not in known]
    )


def test_links_lead_somewhere() -> None:
    assert len(PAGES) > 50
    lost = [
        f"{named(page)}: {link}"
        for page in PAGES
        for link, file, heading in links(page)
        if not file.exists() or (heading and heading not in headings(file))
    ]
    assert lost == []


def test_files_and_folders_are_there() -> None:
    paths = {
        (page, word)
        for page in PAGES
        for word in _WORDS.findall(page.read_text())
        if _OF_THE_TREE.fullmatch(word.rstrip("/")) and word not in NOT_THERE
    }
    assert len(paths) > 50
    lost = [
        f"{named(page)}: {path}"
        for page, path in paths
        if not (ROOT / path).exists() and not (page.parent / path).exists()
    ]
    assert lost == []


def test_settings_are_read_by_somebody() -> None:
    settings = {(page, setting) for page in PAGES for setting in _SETTING.findall(page.read_text())}
    assert len(settings) > 30
    unread = [
        f"{named(page)}: {setting}"
        for page, setting in settings
        if setting not in SETTINGS_OF_EXAMPLES and not is_read(setting)
    ]
    assert unread == []


def test_commands_are_taken_with_their_options() -> None:
    commands = {(page, line) for page in PAGES for line in _COMMAND.findall(page.read_text())}
    assert len(commands) > 100
    assert [f"{named(page)}: {wrong}" for page, line in commands for wrong in wrong_in(line)] == []


def test_every_command_stands_in_the_table_of_commands() -> None:
    table = COMMANDS.read_text()
    command: Any = typer.main.get_command(app)
    shown = [name for name, one in command.commands.items() if not one.hidden]
    assert [name for name in shown if not re.search(rf"(?:huiji |`){name}\b", table)] == []
