"""The experiment layer: questions, runs, a store that no crash can hurt, analyses and pages."""
