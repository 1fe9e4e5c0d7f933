"""The one kind of error that a user can mend."""
from __future__ import annotations


class UserError(Exception):
    """What is wrong, where, and what to do: ``key`` and ``values`` name a text of the catalog. Exit code 2."""

    def __init__(self, key: str, **values):
        super().__init__(key, values)
        self.key, self.values = key, values

    def __str__(self) -> str:
        from sim.texts import text

        return text(self.key, **self.values)
