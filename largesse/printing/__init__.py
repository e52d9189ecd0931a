"""What becomes paper: curves, pictures and pages, in vectors."""
