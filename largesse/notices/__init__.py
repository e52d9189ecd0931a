"""Signed notices to both sides of what happened, and reminders before certificates expire."""
