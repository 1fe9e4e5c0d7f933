"""Mechanisms: conditions and hazards, choice and claims, service, evaluation, disputes, participation."""
