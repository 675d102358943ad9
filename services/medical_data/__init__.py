"""Medical data: the bureau's records of a claim, fetched with provenance, or the statement that none came."""
