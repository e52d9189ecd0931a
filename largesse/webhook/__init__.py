"""A payment processor's webhook: what was paid for outside of the chain is issued once."""
