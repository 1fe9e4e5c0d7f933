"""Runs for claims, patterns and phenomena."""
