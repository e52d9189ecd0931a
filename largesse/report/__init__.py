"""Reports from events alone: what was issued, what is owed, who was paid; as HTML, CSV and JSON."""
