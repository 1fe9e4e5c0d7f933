"""The report of a comparison: one self-contained page in both languages."""
