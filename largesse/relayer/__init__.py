"""Sends what people without gas have signed: claims, redemptions, gifts, tips, accounts."""
