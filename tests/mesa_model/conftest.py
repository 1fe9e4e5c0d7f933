"""A small Mesa model after a month, and its residents."""

from __future__ import annotations

import pytest

from sim.mesa_model.community import CommunityModel
from tests.mesa_model.small_model import model


@pytest.fixture(scope="module")
def grown() -> CommunityModel:
    return model().run(30)
