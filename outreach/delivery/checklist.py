"""What is looked at before a letter is saved or approved, each point with how it stands."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from outreach.advice.hyperlinks import hosts_in, images_in
from outreach.advice.merging import POINTS, checked, fields_in
from outreach.delivery.preview import Preview
from outreach.queries.conference_pages import conference_page
from outreach.queries.pictures import sizes_of, unknown_in

NOT_OUT = "{conference_link} leads to a page that nobody can read yet. Put it out first."
LARGEST = 100_000
"""In bytes: some programs cut a longer HTML part off, and with it the way to stop such mail."""


NAME = re.compile(r"/pictures/([0-9a-z]+\.(?:png|jpg))")


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the list.

    problems  what must be mended; none where it is well
    detail    what there is to know besides
    """

    words: str
    problems: tuple[str, ...] = ()
    detail: str = ""


def checklist(
    subject: str,
    body: str,
    preview: Preview,
    *,
    needs_link: bool,
    values: Mapping[str, Collection[str]],
) -> list[Point]:
    """Every point of a letter in one language.

    preview  of the same words, whose size is that of the mail
    """
    found = checked(subject, body, needs_link=needs_link, values=values)
    details = {
        "links": ", ".join(hosts_in(body)),
        "images": "" if images_in(body) else "There are none.",
    }
    known = sizes_of(set(NAME.findall(f"{body}\n{preview.html}")))
    found["images"] += unknown_in(body)
    size = len(preview.html.encode()) + sum(known.values())
    if size > LARGEST:
        found["size"] = [
            f"It has {size / 1000:.0f} KB with its pictures. Shorten it, or link to the rest."
        ]
    details["size"] = f"{max(size / 1000, 1):.0f} KB" if preview.html else ""
    points = [
        Point(POINTS[name], tuple(problems), details.get(name, ""))
        for name, problems in found.items()
    ]
    if preview.problem and not any(point.problems for point in points):
        points.append(Point("It can become a mail", (preview.problem,)))
    if "conference_link" in fields_in(subject, body):
        page = conference_page()
        is_out = page is not None and page.is_published
        points.append(
            Point("The public page of the conference is out", () if is_out else (NOT_OUT,))
        )
    empty = tuple(f"Nothing stands in {{{name}}} for this person." for name in preview.missing)
    points.append(Point("Every field is filled for the person who is shown", empty))
    return points
