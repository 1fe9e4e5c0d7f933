"""The world: the tables of a place, its people and buildings, their ties, and the laws they keep."""
