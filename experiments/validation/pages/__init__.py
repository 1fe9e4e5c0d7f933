"""Pages of claims, patterns and phenomena."""
