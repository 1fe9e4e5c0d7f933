"""Results as files that other programs open: CSV, Parquet, Excel, Stata, each with a codebook in both
languages.

Every writer takes tables in pieces, so that a million runs never stand in memory at once.
"""
