"""What the HTTP services have in common: limits, answers to bad input, logs, metrics, a graceful stop."""
