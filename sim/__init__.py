"""cogov: an agent-based simulator of community co-governance (illustration, not prediction)."""

from __future__ import annotations

__version__ = "0.1.0"
_HOMES = {
    "CommunityModel": "sim.mesa_model.community",
    "Engine": "sim.engine",
    "Scenario": "sim.scenario",
    "Resident": "sim.mesa_model.views",
    "PartyMember": "sim.mesa_model.views",
    "CommunityWorker": "sim.mesa_model.views",
    "GridWorker": "sim.mesa_model.views",
    "PropertyWorker": "sim.mesa_model.views",
    "PropertyCompany": "sim.mesa_model.views",
    "SocialOrganisation": "sim.mesa_model.views",
    "Level2Desk": "sim.mesa_model.views",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    """Import heavy parts (Mesa, numba) only when they are asked for."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}; it offers {', '.join(__all__)}")
