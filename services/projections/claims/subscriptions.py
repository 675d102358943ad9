"""The events that the claim read model is made of, by source."""

from collections.abc import Mapping

from services.projections.claims.heard import BY_SOURCE

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    source: frozenset(kind.__name__ for kind in views) for source, views in BY_SOURCE.items()
}
