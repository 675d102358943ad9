"""The claim read model: one row per claim, from which every participant's views are cut."""
