"""What the scripts of `scripts/` and the demo are made of."""
