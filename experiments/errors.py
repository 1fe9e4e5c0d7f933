"""The root of all errors that a user can mend, as the experiments know it."""
from __future__ import annotations

from sim.errors import UserError

__all__ = ["UserError"]
