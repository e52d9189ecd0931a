"""Largesse: gift certificates under full reserve, streamed tips and prepaid micropayments."""
