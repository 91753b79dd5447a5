"""Columns recognised as staff, ministries and programs name them."""

import pytest

from outreach.intake.columns import check_mapping, correct_mapping, guess_mapping
from outreach.intake.fields import FIELDS
from outreach.intake.headings import HEADINGS
from outreach.intake.unreadable import NoAddressColumn, UnusableMapping


def guessed(*headers):
    mapping = guess_mapping(headers)
    return [mapping.get(column) for column in range(len(headers))]


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        # Languages
        ("Nom|Prénom|Courriel|Organisme|Fonction|Pays|Langue",
         "family_name|given_name|email|organisation|office|country|language"),
        ("Nombre|Apellidos|Correo electrónico|Empresa|Cargo|País|Idioma",
         "given_name|family_name|email|organisation|office|country|language"),
        ("Фамилия|Имя|Электронная почта|Организация|Должность|Страна|Язык",
         "family_name|given_name|email|organisation|office|country|language"),
        ("ФИО|Эл. почта", "full_name|email"),
        ("الاسم الأول|اسم العائلة|البريد الإلكتروني|المنظمة|المنصب|البلد|اللغة",
         "given_name|family_name|email|organisation|office|country|language"),
        ("姓名|电子邮箱|单位|职务|国家|语言",
         "full_name|email|organisation|office|country|language"),
        ("姓|名|邮箱", "family_name|given_name|email"),
        ("Time zone|Fuseau horaire|Protocol category|Tags", "time_zone||protocol|tags"),
        ("Huso horario|Categoría protocolar", "time_zone|protocol"),
        ("Часовой пояс|Протокольная категория", "time_zone|protocol"),
        ("المنطقة الزمنية|فئة البروتوكول", "time_zone|protocol"),
        ("时区|礼宾类别", "time_zone|protocol"),
        # Programs
        ("First Name|Last Name|Company|Job Title|E-mail Address|Business Phone|Assistant's Name",
         "given_name|family_name|organisation|office|email|phone|assistant_name"),
        ("Record ID|First Name|Last Name|Email|Company name|Job Title|Country/Region",
         "external_id|given_name|family_name|email|organisation|office|country"),
        ("firstname|lastname|emailaddress1|jobtitle|telephone1",
         "given_name|family_name|email|office|phone"),
        ("Given Name|Family Name|E-mail 1 - Value|Organization 1 - Name|Phone 1 - Value",
         "given_name|family_name|email|organisation|phone"),
        ("Email Address|FirstName|last_name|TAGS", "email|given_name|family_name|tags"),
        # What we ourselves export
        ("|".join(FIELDS), "|".join(FIELDS)),
        ("|".join(field.label for field in FIELDS.values()), "|".join(FIELDS)),
        # Forgiving
        ("  E-MAIL: |full_name|COUNTRY*", "email|full_name|country"),
        ("Your work e-mail address (required)|Participant’s full name", "email|full_name"),
        ("Nom / Name|Courriel / Email|Pays (Country)", "full_name|email|country"),
        ("Name|Assistant email|Email of the assistant|Email",
         "full_name|assistant_email||email"),
        # Never two for one; the leftmost wins
        ("Email|E-mail address|Name|Full name", "email||full_name|"),
        ("Tags|Labels|Notes|Comments", "tags|tags|notes|notes"),
        # Not what it sounds like
        ("Email status|Company size|Country of birth certificate|Last email date|Address|No.",
         "|||||"),
    ],
)  # fmt: skip
def test_headers_are_recognised(headers, fields):
    headers = headers.split("|")
    assert guessed(*headers) == [field or None for field in fields.split("|")]


def test_one_name_column_is_the_whole_name_and_beside_a_half_the_other_half():
    for word in ("Nom", "Name", "Nombre", "Имя", "الاسم"):
        assert guessed(word, "Email")[0] == "full_name"
    assert guessed("Name", "Vorname") == ["family_name", "given_name"]
    assert guessed("Name", "First name", "Last name") == ["full_name", "given_name", "family_name"]


def test_every_field_has_its_headings_and_every_heading_a_field():
    of_one_language = {code for code in FIELDS if code.startswith(("title_", "salutation_"))}
    assert set(HEADINGS) == set(FIELDS) - of_one_language
    assert all(len(FIELDS[code].headings) >= 4 for code in HEADINGS)


def test_a_person_corrects_the_guess_by_header_or_number():
    headers = ["Nom", "Contact mail", "Pays"]
    mapping = correct_mapping(headers, {0: "full_name", 2: "country"}, ["contact MAIL=email"])
    assert mapping == {0: "full_name", 1: "email", 2: "country"}
    assert correct_mapping(headers, mapping, ["3=organisation"])[2] == "organisation"
    assert correct_mapping(headers, mapping, ["Pays="]) == {0: "full_name", 1: "email"}
    assert correct_mapping(headers, mapping, ["Pays=email"]) == {0: "full_name", 2: "email"}
    assert correct_mapping(["a=b", "c"], {}, ["a=b=email"]) == {0: "email"}


@pytest.mark.parametrize(
    ("wish", "reason"),
    [("Nom", "COLUMN=FIELD"), ("Nom=shoe_size", "shoe_size"), ("Ville=notes", "No column")],
)
def test_a_wish_that_names_nothing_says_what_there_is(wish, reason):
    with pytest.raises(UnusableMapping, match=reason):
        correct_mapping(["Nom", "Courriel"], {}, [wish])


def test_a_list_without_an_address_column_is_refused_with_what_it_has():
    with pytest.raises(NoAddressColumn, match="Nom, Ville"):
        check_mapping(["Nom", "Ville"], {0: "full_name"})
    check_mapping(["Nom", "Ville"], {0: "full_name"}, needs_address=False)


def test_a_mapping_from_elsewhere_is_checked():
    for mapping in ({5: "email"}, {0: "email", 1: "email"}, {0: "password"}, {-1: "email"}):
        with pytest.raises(UnusableMapping):
            check_mapping(["A", "B"], mapping)
    check_mapping(["A", "B", "C"], {0: "email", 1: "tags", 2: "tags"})
