"""Refusals: what a person asked for that cannot be done, said so that they can act on it.

Bugs are not refusals and are not caught. Each refusal carries the HTTP status that fits it.
"""


class Refusal(Exception):
    """Something that was asked for and is refused; its text is what the person reads."""

    status = 422


class NotFound(Refusal):
    """What the address names is not there, or is not for this person to see."""

    status = 404

    def __init__(self, what: str = "page") -> None:
        super().__init__(f"There is no such {what}.")


class NotAllowed(Refusal):
    """The account is known, and its role does not allow this."""

    status = 403


class NotAnApprover(NotAllowed):
    """Only an approver decides this."""


class Conflict(Refusal):
    """Someone or something else came first; nothing was changed."""

    status = 409


class ChangedMeanwhile(Conflict):
    """Someone else saved since the page was opened."""

    def __init__(self) -> None:
        super().__init__(
            "Someone changed this since you opened the page. Choose below what shall stand, field "
            "by field, and save again."
        )
