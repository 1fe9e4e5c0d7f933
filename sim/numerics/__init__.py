"""Numerics: keyed draws, the compiler's door, fixed point."""
