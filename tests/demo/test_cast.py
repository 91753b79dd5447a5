"""The cast of the demonstration: plain, seeded, invented, and from the whole world."""

import re
import unicodedata
from collections import Counter
from random import Random

import pytest
from email_validator import validate_email

from outreach.advice.folding import fold
from outreach.demo.cast import SEED, cast, team, tracks
from outreach.demo.names import NameBook, ascii_letters, cultures_of
from outreach.demo.outsiders import bodies
from outreach.demo.people import LANGUAGES, star_reasons
from outreach.demo.wordlists import REFERENCE, _rows, member_states, table

EXAMPLE = re.compile(r"[a-z0-9.]+@example\.(org|net|com)")
GROUPS = {row["code"] for row in _rows(REFERENCE / "constituent_groups.csv")}


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def test_the_same_seed_gives_the_same_people():
    again = cast.__wrapped__(SEED)
    assert again == cast()
    assert cast.__wrapped__(SEED + 1) != again


def test_each_of_the_194_administrations_has_one_minister_and_more():
    administrations = [person for person in cast() if person.body.group == "member_state"]
    first = administrations[:194]
    assert [p.body.country_code for p in first] == [m["iso3166_alpha2"] for m in member_states()]
    assert 140 <= len(administrations) - 194 <= 160


def test_every_group_has_people_and_every_body_belongs_to_one():
    assert {person.body.group for person in cast()} == GROUPS
    assert len(bodies()) >= 300
    names = [body.name for body in bodies()]
    assert len(names) == len(set(names))
    assert 430 <= sum(p.body.group not in ("member_state", "host_country") for p in cast()) <= 500


def test_every_address_is_one_that_can_reach_nobody():
    everyone = [person.email for person in cast()] + [member.email for member in team()]
    assert not [email for email in everyone if not EXAMPLE.fullmatch(email)]
    for email in everyone:
        assert validate_email(email, check_deliverability=False, test_environment=True)


def test_addresses_are_ones_own_but_for_a_few_offices_with_two_people():
    shared = [email for email, count in Counter(p.email for p in cast()).items() if count > 1]
    assert len(shared) == 4
    assert all(email.startswith("minister.") for email in shared)


def test_nobody_is_called_as_someone_else():
    assert len({fold(person.full_name) for person in cast()}) == len(cast())


SCRIPTS = {
    "LATIN", "ARABIC", "CJK", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "ARMENIAN", "GREEK",
    "HEBREW", "THAI", "HANGUL", "BENGALI", "KHMER", "SINHALA",
}  # fmt: skip


def test_names_stand_in_the_scripts_of_their_owners():
    assert scripts("".join(person.full_name for person in cast())) >= SCRIPTS


def test_odd_names_are_among_them():
    everyone = cast()
    assert any(len(person.family_name) == 1 for person in everyone)
    assert any(not person.family_name for person in everyone)
    assert any("'" in person.family_name for person in everyone)
    assert any("ʻ" in person.family_name for person in everyone)
    assert max(len(person.full_name) for person in everyone) > 60


def test_nobody_lacks_what_a_letter_needs():
    for person in cast():
        assert person.full_name
        assert person.given_name
        assert person.title
        assert person.salutation
        assert person.office
        assert person.language in LANGUAGES
        assert "{" not in person.salutation


def test_gender_is_as_stated_or_left_blank():
    counted = Counter(person.gender for person in cast())
    assert set(counted) == {"female", "male", ""}
    assert 0.35 <= counted["female"] / (counted["female"] + counted["male"]) <= 0.48


def test_family_names_with_two_forms_follow_the_gender_that_was_stated():
    hers = {"binti", "Ní", "Nic", "Mint"}
    for person in cast():
        first = person.family_name.split(" ")[0]
        assert not (first in hers and person.gender == "male"), person.full_name
        assert not (first in {"bin", "Ó", "Ould"} and person.gender == "female"), person.full_name


def test_each_star_has_a_reason_of_their_own():
    stars = [person for person in cast() if person.star_reason]
    assert len(stars) == len(star_reasons())
    assert 28 <= len(stars) <= 36
    assert all(star.tier == 1 and 30 <= len(star.star_reason) <= 140 for star in stars)


def test_tracks_draw_their_co_chairs_from_groups_that_exist():
    assert 6 <= len(tracks()) <= 8
    for track in tracks():
        assert len(track.groups) == 2
        assert set(track.groups) <= GROUPS


def test_the_team_has_every_role():
    assert {member.role for member in team()} == {
        "administrator", "promoter", "approver", "organiser"
    }  # fmt: skip


def test_every_country_has_names_of_its_own():
    for row in table("places"):
        book = NameBook(Random(row["country"]))
        assert len({book.draw(row["country"], "").full for _ in range(3)}) == 3, row["country"]
        assert cultures_of(row["country"])


@pytest.mark.parametrize(
    ("written", "plain"),
    [("Ö", "o"), ("Þorvaldsdóttir", "thorvaldsdottir"), ("N'Diaye-Sow", "ndiaye.sow"),
     ("ʻAna Seini", "ana.seini"), ("Məmmədzadə", "mammadzada"), ("沈", ""), ("!Gaeb", "gaeb")],
)  # fmt: skip
def test_an_address_is_made_of_plain_letters(written, plain):
    assert ascii_letters(written) == plain
