"""How the stand-in is told to behave; set by `POST /control`, merged field by field."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

MODES = (
    "ok",  # accept, 202
    "status",  # answer `status`; accept first where `accept` is true
    "html",  # 200 and a page
    "redirect",  # 302 to /elsewhere
    "reset",  # cut the connection, before or after accepting
    "silent",  # never answer, before or after accepting
    "drip",  # answer one byte a second
    "die",  # end the whole program at once, before or after accepting
)


@dataclass(slots=True)
class Behaviour:
    """What happens to the next requests.

    mode          see MODES
    accept        whether what goes wrong goes wrong after the ledger was written
    times         for how many requests the mode lasts; then "ok" again; -1 for ever
    every         the mode concerns every n-th request only
    delay         seconds before any answer
    status        for "status"; 429 comes with X-RateLimit-Reset
    reset_in      seconds until X-RateLimit-Reset
    refuse        addresses for which the whole request is refused with 400
    names_field   whether that 400 says which address it was
    log_lag       seconds after which the mail log shows a message; -1: the account has no log
    keep          how many of the last mails are kept as they would arrive (GET /control/mails)
    smtp_step     MAIL, RCPT, DATA, end or greeting: where SMTP answers smtp_code; "" nowhere
    smtp_to       only for this address
    smtp_cut      cut the connection: "envelope" at DATA, "before" a byte of the mail is read,
                  "after" it was accepted, "" never
    pipelining    whether SMTP offers it
    events        where signed events go ("" nowhere)
    event_delay   seconds between acceptance and its events
    event_twice   send every batch twice, with other sg_event_ids
    event_shuffle out of order
    event_forged  beside each batch one with a wrong signature that claims bounces
    bounce_every  every n-th message bounces instead of being delivered; 0 none
    """

    mode: str = "ok"
    accept: bool = False
    times: int = -1
    every: int = 1
    delay: float = 0.0
    status: int = 500
    reset_in: int = 2
    refuse: list[str] = field(default_factory=list)
    names_field: bool = False
    log_lag: float = 0.0
    keep: int = 0
    smtp_step: str = ""
    smtp_code: int = 450
    smtp_to: str = ""
    smtp_cut: str = ""
    pipelining: bool = True
    events: str = ""
    event_delay: float = 0.0
    event_twice: bool = False
    event_shuffle: bool = False
    event_forged: bool = False
    bounce_every: int = 0

    def change(self, wishes: dict[str, Any]) -> None:
        """Take what is named; {"reset": true} first goes back to the beginning.

        Raises ValueError for a name or a mode that does not exist.
        """
        wishes = dict(wishes)
        if wishes.pop("reset", False):
            for one, value in asdict(Behaviour()).items():
                setattr(self, one, value)
        known = {one.name for one in fields(self)}
        if unknown := wishes.keys() - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if wishes.get("mode", "ok") not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}")
        for one, value in wishes.items():
            setattr(self, one, value)

    def next_mode(self, number: int) -> str:
        """The mode for request `number`; counts it."""
        if self.mode == "ok" or self.times == 0 or number % self.every:
            return "ok"
        if self.times > 0:
            self.times -= 1
        return self.mode
