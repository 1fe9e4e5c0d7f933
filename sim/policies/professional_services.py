"""Professional services (专业服务): counsellors, lawyers and mediators by the hour, for disputes only.

They take over hours of mediation and raise its success. Can fail where there are few disputes (hours are
paid and unused), and they mend what has already broken: neither repairs nor claims are any faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.calendar import WORKDAYS
from sim.levers import Move
from sim.policies.base import REFERENCE, Policy, Size, parameter


@dataclass(frozen=True)
class ProfessionalServices(Policy):
    """Counselling, legal aid and mediation training (心理咨询、法律援助、调解培训)."""

    name: ClassVar[str] = "professional_services"
    hours: float = parameter(
        1.5, 0.0, 10.0, "h per workday and 12,000 residents", "guess: one professional for a day in the week"
    )
    training: float = parameter(0.3, 0.0, 1.0, "logit", "guess: mediation's success .65 becomes .71")
    price: float = parameter(120.0, 30.0, 400.0, "CNY/h", "guess: lawyers and counsellors on call")
    course: float = parameter(
        12000.0, 0.0, 60000.0, "CNY a year per 12,000 residents", "guess: training of mediators"
    )

    def moves(self, size: Size) -> list[Move]:
        """Hours per community and workday; training."""
        x = self.intensity
        if x <= 0.0:
            return []
        hours = x * self.hours * size.residents / REFERENCE / size.communities
        return [
            Move("mediator_hours", "shift", hours),
            Move("mediation_training", "shift", x * self.training),
        ]

    def cost(self, size: Size, params) -> dict[str, float]:
        """Hours whether used or not, and courses, by the subdistrict."""
        yearly = self.hours * WORKDAYS * self.price + self.course
        return {"subdistrict": self.intensity * yearly * size.residents / REFERENCE}
