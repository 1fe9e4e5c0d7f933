"""Configuration: parameters with unit, range and source, files, texts in both languages, errors."""
