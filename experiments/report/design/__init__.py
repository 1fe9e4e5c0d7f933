"""The page of a design: indices, ranks and effects."""
