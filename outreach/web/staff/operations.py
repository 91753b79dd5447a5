"""How the way out is doing: the outbox, the clock, the provider, the promises."""

from flask import g, render_template

from outreach.queries.operations import operations as all_of_it
from outreach.web.staff.door import blueprint


@blueprint.get("/staff/operations")
def operations() -> str:
    """Depth, rate, unknowns, held with reasons, ticks, breaker, answers, the last audit."""
    return render_template("staff/operations/operations.html", ops=all_of_it(g.at))
