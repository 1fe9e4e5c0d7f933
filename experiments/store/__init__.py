"""The store: the results folder, its manifest, reading in order, merging and compacting."""
