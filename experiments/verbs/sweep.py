"""cogov sweep: a design that maps outcomes over factors: grid, LHS, Sobol sequence, factorial, ranks over priors."""
from __future__ import annotations

from experiments import planned
from experiments.verbs import _options as options


def arguments(parser) -> None:
    planned.arguments(parser, options)


def run(args) -> int:
    if args.study is None:
        from experiments.errors import UserError

        raise UserError("plan.no_study", verb="sweep")
    return planned.run(args, options)
