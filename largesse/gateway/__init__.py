"""A paid HTTP API: 402 with x402 requirements, payment reserved, the call served, then charged."""
