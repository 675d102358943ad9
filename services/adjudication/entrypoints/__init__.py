"""HTTP into adjudication."""
