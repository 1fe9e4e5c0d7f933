"""Runs on any executor, with progress, and their cost beforehand."""
