"""The part of the story that is about operating: what was parked, amended and published again, and by whom."""

from collections.abc import Mapping
from typing import Any

STORY_OF_OPERATIONS: Mapping[str, Any] = {
    "ParkedDiscarded.source": "intake",
    "ParkedDiscarded.shard": 3,
    "ParkedDiscarded.position": 1_204,
    "ParkedDiscarded.event_type": "ClaimRegistered",
    "ParkedDiscarded.about": "claim-0198a3f2-6c1e-7b40-9d53-2f8e41c7a650",
    "ParkedDiscarded.reason": "event_unreadable",
    "ParkedDiscarded.discarded_by": "operator-02",
    "ParkedDiscarded.discarded_at": "2026-03-15T10:20:00Z",
    "replay_id": "019a2f10-5b7c-7d21-9e64-03c8d1f75b92",
    "ReplayPlanned.scope": {"history": "export-2026-03", "plans": ["demo-generic"]},
    "ReplayPlanned.reads_events": 48_210,
    "ReplayPlanned.touches": ["what-if report"],
    "ReplayPlanned.expected_seconds": 95,
    "ReplayPlanned.requested_by": "operator-02",
    "ReplayPlanned.planned_at": "2026-03-15T11:00:00Z",
    "ReplayApproved.approved_by": "operator-05",
    "ReplayApproved.approved_at": "2026-03-15T11:02:00Z",
    "ReplayStarted.started_by": "operator-02",
    "ReplayStarted.started_at": "2026-03-15T11:03:00Z",
    "ReplayFinished.counts": {"events_read": 48_210, "decisions": 9_402},
    "ReplayFinished.finished_at": "2026-03-15T11:04:31Z",
    "about": "claim-0198a3f2-6c1e-7b40-9d53-2f8e41c7a650",
    "event_type": "ClaimRegistered",
    "ordered_by": "p_6f1c0a9be2d34857a1c95e0d7b42f368",
    "patched": {"person_id": "p_6f1c0a9be2d34857a1c95e0d7b42f368"},
    "patched_version": 1,
    "proposed_by": "operator-02",
    "proposed_at": "2026-03-15T10:20:00Z",
    "approved_by": "operator-05",
    "approved_at": "2026-03-15T10:41:30Z",
    "annulled_by": "operator-02",
    "annulled_at": "2026-03-15T10:20:00Z",
}
"""Values as `libs.contracts.story` has them."""
