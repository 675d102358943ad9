"""Bundled national catalogues that a plan's list can take over whole."""

from datetime import date
from functools import cache
from importlib import resources

import yaml

from libs.benefits.plan import Plan
from libs.benefits.product_lists import ListEntry, ProductList
from libs.benefits.provisions import Source
from libs.benefits.terms import Strict, Words

_FOLDER = "catalogues"


class Catalogue(Strict):
    """A published list of products, in force for the same days throughout."""

    name: Words
    source: Source
    valid_from: date
    valid_to: date
    entries: tuple[ListEntry, ...]


@cache
def catalogue_names() -> tuple[str, ...]:
    """Names of the bundled catalogues, sorted."""
    files = resources.files("libs.benefits").joinpath(_FOLDER).iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@cache
def load_catalogue(name: str) -> Catalogue:
    """The catalogue, each entry with the days it is in force. Raises OSError when there is none of this name."""
    file = resources.files("libs.benefits").joinpath(_FOLDER, f"{name}.yaml")
    catalogue = Catalogue.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    in_force = {"valid_from": catalogue.valid_from, "valid_to": catalogue.valid_to}
    entries = tuple(entry.model_copy(update=in_force) for entry in catalogue.entries)
    return catalogue.model_copy(update={"entries": entries})


def with_catalogues(plan: Plan) -> Plan:
    """The plan with the entries of the catalogues its lists name.

    What an entry of the plan itself says replaces what the catalogue says of the same product.
    """
    named = {list_id: each for list_id, each in plan.lists.items() if each.catalogue in catalogue_names()}
    if not named:
        return plan
    filled = {list_id: each.model_copy(update={"entries": _merged(each)}) for list_id, each in named.items()}
    return plan.model_copy(update={"lists": {**plan.lists, **filled}})


def _merged(product_list: ProductList) -> tuple[ListEntry, ...]:
    catalogue = {entry.name: entry for entry in load_catalogue(product_list.catalogue or "").entries}
    for own in product_list.entries:
        written = {name: getattr(own, name) for name in own.model_fields_set}
        catalogue[own.name] = catalogue.get(own.name, own).model_copy(update=written)
    return tuple(catalogue.values())
