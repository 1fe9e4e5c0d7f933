"""cogov: an agent-based simulator of community co-governance (illustration, not prediction)."""
from __future__ import annotations

__version__ = "0.1.0"
_HOMES = {
    "CommunityModel": "sim.community", "Engine": "sim.engine", "Scenario": "sim.scenario", "Study": "sim.study",
    "Resident": "sim.views", "PartyMember": "sim.views", "CommunityWorker": "sim.views", "GridWorker": "sim.views",
    "PropertyWorker": "sim.views", "PropertyCompany": "sim.views", "SocialOrganisation": "sim.views", "Level2Desk": "sim.views",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    """Import heavy parts (Mesa, numba) only when they are asked for."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}; it offers {', '.join(__all__)}")
