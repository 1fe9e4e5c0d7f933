"""Mechanisms: matters and their hazards, service, evaluation, disputes, participation, the weekly round."""
