"""How commands speak: refusals as one sentence and exit code 1, JSON one way everywhere."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from outreach.errors import Refusal
from outreach.models.activity import CONSOLE, Actor
from outreach.queries.accounts import account_id_of

P = ParamSpec("P")
R = TypeVar("R")


def say(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a refusal into one sentence on standard error and exit code 1."""

    @wraps(command)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except (OperationalError, ProgrammingError) as problem:
            why = str(problem.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database does not answer as it should: {why}. "
                "Run `flask --app wsgi db upgrade` first."
            ) from problem

    return spoken


def actor(email: str | None) -> Actor:
    """Who acts: the account that --as names, or the operator at the console."""
    if email is None:
        return CONSOLE
    account_id = account_id_of(email)
    if account_id is None:
        raise click.ClickException(f"There is no account {email}.")
    return Actor.account(account_id)


acting = click.option("--as", "as_", metavar="EMAIL", help="The account that acts.")
