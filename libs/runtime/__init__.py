"""How a service runs: settings, telemetry, HTTP edge, consuming, graceful stop."""
