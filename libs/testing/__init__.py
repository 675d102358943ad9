"""What tests share: real brokers and databases as fixtures. Nothing outside tests/ imports this."""
