"""Gifts as links: what the ledger commits to, what a link carries, what only its holder reads."""
