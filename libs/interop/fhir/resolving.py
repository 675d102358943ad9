"""Finding resources of a Bundle: by type, by reference, by identifier."""

from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]


class Located:
    """A resource or element that knows the FHIRPath at which it stands; the path is built when asked for."""

    __slots__ = ("_parent", "_step", "data")

    def __init__(self, data: Json, step: str, parent: "Located | None" = None) -> None:
        self.data = data
        self._step = step
        self._parent = parent

    @property
    def at(self) -> str:
        """The FHIRPath from the Bundle down."""
        return self._step if self._parent is None else f"{self._parent.at}.{self._step}"

    def child(self, name: str) -> "Located":
        """The element of that name, empty when absent."""
        return Located(self.data.get(name) or {}, name, self)

    def children(self, name: str) -> list["Located"]:
        """The repeating element of that name, in order."""
        found = self.data.get(name)
        if not found:
            return []
        return [Located(item, f"{name}[{index}]", self) for index, item in enumerate(found)]


class BundleIndex:
    """The entries of a structurally sound Bundle. Lookups are by hash, whatever the number of entries."""

    def __init__(self, bundle: Json) -> None:
        self._by_type: dict[str, list[Located]] = {}
        self._by_reference: dict[str, Located] = {}
        self._by_identifier: dict[tuple[str, str, str], Located] = {}
        for index, entry in enumerate(bundle.get("entry") or ()):
            resource = entry.get("resource")
            if not isinstance(resource, dict):
                continue
            located = Located(resource, f"Bundle.entry[{index}].resource")
            self._add(located, str(resource.get("resourceType")), entry.get("fullUrl"))

    def _add(self, located: Located, kind: str, full_url: str | None) -> None:
        self._by_type.setdefault(kind, []).append(located)
        if full_url:
            self._by_reference.setdefault(full_url, located)
        if "id" in located.data:
            self._by_reference.setdefault(f"{kind}/{located.data['id']}", located)
        identifiers = located.data.get("identifier")
        for identifier in identifiers if isinstance(identifiers, list) else ():
            if isinstance(identifier, dict):
                key = (kind, str(identifier.get("system", "")), str(identifier.get("value")))
                self._by_identifier.setdefault(key, located)

    def of_type(self, kind: str) -> list[Located]:
        """All resources of a type, in order of the entries."""
        return self._by_type.get(kind, [])

    def resolve(self, reference: Located, kind: str, within: Located) -> Located | None:
        """What a Reference element points to: contained, by fullUrl, Type/id, a search, or an identifier."""
        target = reference.data.get("reference")
        found: Located | None = None
        if isinstance(target, str):
            found = self._literal(target, kind, within)
        if found is None and "identifier" in reference.data:
            identifier = reference.data["identifier"]
            key = (kind, str(identifier.get("system", "")), str(identifier.get("value")))
            found = self._by_identifier.get(key)
        return found if found is not None and found.data.get("resourceType") == kind else None

    def _literal(self, target: str, kind: str, within: Located) -> Located | None:
        if target.startswith("#"):
            contained = within.children("contained")
            return next((one for one in contained if one.data.get("id") == target[1:]), None)
        if target in self._by_reference:
            return self._by_reference[target]
        if "?identifier=" in target:
            system, _, value = unquote(target.split("?identifier=", 1)[1]).rpartition("|")
            return self._by_identifier.get((kind, system, value))
        # An absolute URL or a version-specific reference to a resource that is here under its relative name.
        steps = target.split("/_history/", 1)[0].rsplit("/", 2)
        return self._by_reference.get("/".join(steps[-2:]))


def code_in(concept: Json, *systems: str) -> str | None:
    """The code of the first coding in one of the systems, tried in their order."""
    coding = coding_in(concept, *systems)
    return None if coding is None else coding.get("code")


def coding_in(concept: Json, *systems: str) -> Json | None:
    """The first coding in one of the systems, tried in their order."""
    codings: list[Json] = concept.get("coding") or []
    for system in systems:
        for coding in codings:
            if coding.get("system") == system and coding.get("code"):
                return coding
    return None


def identifier_in(resource: Json, system: str) -> str | None:
    """The value of the resource's identifier in a system."""
    for identifier in resource.get("identifier") or ():
        if identifier.get("system") == system and identifier.get("value"):
            return str(identifier["value"])
    return None


def extension_in(element: Json, url: str) -> Json | None:
    """The element's extension with that URL."""
    return next((one for one in element.get("extension") or () if one.get("url") == url), None)
