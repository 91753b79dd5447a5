"""A segment that somebody changed while another page had it open: what it says and said."""

import json
from hashlib import sha256
from typing import Any

from flask import request
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from outreach.advice.segments import Rule, UnreadableRule
from outreach.web.staff.meanwhile import LONGEST_NOTE, SeenForm, texts_of

State = dict[str, Any]
"""`Segment.state`"""


class SegmentForm(SeenForm):
    """All that one changes of a segment."""

    segment = HiddenField()
    was = HiddenField()
    """{segment: its state}, of the page that was open."""
    rule = HiddenField()
    """What the page would have it mean."""
    name = StringField("Name", [InputRequired(), Length(max=120)])
    meaning = SelectField("Means", choices=[], validate_choice=False)
    is_shared = BooleanField("The whole team sees it")

    def fill(self, state: State) -> None:
        """Put a state into the fields."""
        self.name.data, self.is_shared.data = state["name"], state["is_shared"]
        self.meaning.data = mark_of(state["rule"])

    def offer(self, meanings: list[tuple[State, str]]) -> None:
        """The rules to choose from, each with its sentence."""
        words = {mark_of(rule): said for rule, said in meanings}
        self.meaning.choices = [SelectChoice(mark, said) for mark, said in words.items()]

    def state(self, rules: list[State]) -> State:
        """What the fields say; rules  those that may be meant, the first where none is."""
        known = {mark_of(rule): rule for rule in rules}
        rule = known.get(self.meaning.data or "", rules[0])
        return {"name": self.name.data or "", "rule": rule, "is_shared": self.is_shared.data}


def mark_of(rule: State) -> str:
    """The same for one rule, another for another."""
    return sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:16]


def seen_in_form(segment_id: int, now: State) -> State:
    """The state of a segment on the page that was posted; the present one where it says none."""
    text = request.form.get("was", "")
    try:
        known = json.loads(text) if len(text) <= LONGEST_NOTE else None
        state = known[str(segment_id)] if isinstance(known, dict) else now
        seen = {
            "name": str(state["name"]),
            "rule": Rule.from_json(state["rule"]).to_json(),
            "is_shared": state["is_shared"] is True,
        }
    except (ValueError, RecursionError, KeyError, TypeError, UnreadableRule):
        return now
    return now if seen == now else seen


def compared(
    segment_id: int, seen: State, now: State, wanted: State, said: list[tuple[State, str]]
) -> tuple[SegmentForm, SegmentForm]:
    """(a form with what is wanted, one with what stands there), for `meanwhile.changed_page`.

    said  [(rule, its sentence)] of all that are spoken of
    """
    forms = [SegmentForm(formdata=None) for _ in range(3)]
    for form, state in zip(forms, (wanted, now, seen), strict=True):
        form.offer(said)
        form.fill(state)
    typed, standing, before = forms
    typed.segment.data, typed.rule.data = str(segment_id), json.dumps(wanted["rule"])
    typed.was.data = json.dumps({segment_id: now})
    typed.seen.data = json.dumps(texts_of(before), ensure_ascii=False)
    standing.remember(0)
    return typed, standing
