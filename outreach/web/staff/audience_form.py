"""The part of a campaign's form that says whom it reaches, and whom not."""

from flask_login import current_user
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from outreach.queries.audience_looks import Wish
from outreach.queries.campaign_pages import CampaignPage
from outreach.queries.lists import target_lists
from outreach.queries.saved_segments import segments
from outreach.web.frame import whole
from outreach.web.words import people_in_words

INVITE, NEWS = "invite", "news"


def _ticks(label: str, description: str) -> SelectMultipleField:
    return SelectMultipleField(
        label, coerce=whole, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
        description=description,
    )  # fmt: skip


class AudienceFields:
    """Lists and segments, less other lists and segments; mixed into a form that has `event`."""

    event: SelectField
    does = RadioField(
        "What it does",
        choices=[
            SelectChoice(INVITE, "Invites to an event, and asks for an answer"),
            SelectChoice(NEWS, "Brings news, and invites to nothing"),
        ],
        default=INVITE,
    )
    lists = _ticks("Target lists", "Who stands on several of them gets one mail.")
    wave = SelectField(
        "Of these",
        coerce=whole,
        default=0,
        choices=[
            SelectChoice(0, "Everyone"),
            *(SelectChoice(n, f"Wave {n}") for n in range(1, 10)),
        ],
        description="A wave is a round: the next one gets a campaign of its own. Alternates are "
        "left out until a place is freed for them.",
    )
    segments = _ticks(
        "Segments",
        "Whoever fits one when a step is due. Who came in stays in: an invitation ends “not asked "
        "yet”, and its reminder is for the same people.",
    )
    newcomers = SelectField(
        "People of a segment who are on no list of the event",
        coerce=whole,
        default=0,
        description="Whoever is invited is wanted on a list, which gives the group and the places.",
    )
    asks_again = BooleanField(
        "Also those who were invited already",
        description="By another campaign, by a focal point, or for a place that was freed. Without "
        "this they are left out; a reminder asks whoever has not answered.",
    )
    not_lists = _ticks("Not these lists", "")
    not_segments = _ticks(
        "Not these segments",
        "One that speaks of answers or mail is looked at when somebody comes into the campaign; "
        "any other before every step.",
    )
    kept: tuple[tuple[int, str], ...] = ()
    """(id, name) of segments that stand in the campaign, whoever may see them else."""

    def offer_audience(self) -> None:
        """Fill the ticks: the lists of the chosen event, the segments that one may see."""
        known = target_lists()
        self.lists.choices = [
            SelectChoice(one.id, f"{one.name} ({people_in_words(one.wanted_count)})")
            for one in known
            if one.event_id == self.event.data
        ]
        self.newcomers.choices = [
            SelectChoice(0, "are left out, with this reason"),
            *(
                SelectChoice(one.id, f"are put on “{one.name}”")
                for one in known
                if one.event_id == self.event.data
            ),
        ]
        self.not_lists.choices = [
            SelectChoice(one.id, f"{one.name}, {one.event} ({people_in_words(one.wanted_count)})")
            for one in known
        ]
        seen = {one.id: one.name for one in segments(current_user.id)} | dict(self.kept)
        named = sorted(seen.items(), key=lambda one: (one[1].casefold(), one[0]))
        self.segments.choices = [SelectChoice(id_, name) for id_, name in named]
        self.not_segments.choices = [SelectChoice(id_, name) for id_, name in named]

    def keep(self, page: CampaignPage) -> None:
        """Offer what stands in the campaign already, too."""
        self.kept = tuple((id_, name) for id_, name, _ in page.segments + page.left_out_segments)

    def show_audience(self, page: CampaignPage) -> None:
        """What stands in the form of a campaign that there is."""
        self.lists.data = [id_ for id_, _, _ in page.lists]
        self.segments.data = [id_ for id_, _, _ in page.segments]
        self.not_lists.data = [id_ for id_, _ in page.left_out_lists]
        self.not_segments.data = [id_ for id_, _, _ in page.left_out_segments]
        self.newcomers.data, self.wave.data = page.newcomers_list_id or 0, page.wave or 0
        self.asks_again.data = page.asks_again

    def wish(self) -> Wish:
        """Whom the form means, to be counted; what is not among its choices is passed over."""

        def offered(field: SelectMultipleField) -> list[int]:
            known = {choice.value for choice in field.choices}
            return [id_ for id_ in field.data or [] if id_ in known]

        return Wish(
            event_id=self.event.data,
            list_ids=offered(self.lists),
            wave=self.wave.data or None,
            segment_ids=offered(self.segments),
            left_out_list_ids=offered(self.not_lists),
            left_out_segment_ids=offered(self.not_segments),
            newcomers_list_id=self.newcomers.data or None,
            asks_again=self.asks_again.data,
            invites=self.does.data != NEWS,
        )
