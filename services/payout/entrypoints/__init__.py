"""HTTP into payout."""
