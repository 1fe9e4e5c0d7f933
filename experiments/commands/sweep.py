"""cogov sweep: a design that maps outcomes over factors: grid, LHS, Sobol sequence, factorial, ranks over
priors.
"""

from __future__ import annotations

from experiments.commands import _design
from experiments.commands import _options as options


def arguments(parser) -> None:
    _design.arguments(parser, options)


def run(args) -> int:
    if args.study is None:
        from sim.config.errors import UserError

        raise UserError("plan.no_study", verb="sweep")
    return _design.run(args, options)
