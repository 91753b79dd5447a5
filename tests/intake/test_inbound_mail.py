"""Mail that came in: what sort it is, whom it answers, and the bounds of its reading."""

import time
from datetime import date

import pytest

from outreach.intake.inbound_mail import UnreadableMail, read_inbound
from tests.factories import NOON
from tests.intake.mails import FORM, OURS, calendar_mail, form, mail, report


def read(message, **fields):
    raw = message if isinstance(message, bytes) else message.as_bytes()
    return read_inbound(form(email=raw, **fields), FORM, at=NOON)


def test_a_persons_reply_names_its_writer_and_what_it_answers():
    letter = read(
        mail("Yes, I shall.\n", In_Reply_To=f"<{OURS}@example.org>"),
        dkim="{@example.org : pass}",
        SPF="pass",
    )
    assert (letter.kind, letter.sender, letter.sender_name) == (
        "reply",
        "ana@example.org",
        "Ana Silva",
    )
    assert (letter.text, letter.subject) == ("Yes, I shall.", "Re: Invitation")
    assert letter.answers == (OURS,)
    assert (letter.dkim, letter.spf) == ("{@example.org : pass}", "pass")


def test_the_nearest_reference_comes_first():
    one, two, three = "1" * 32, "2" * 32, "3" * 32
    references = f"<{one}@a.example> <x@y.example> <{two}@a.example>"
    letter = read(mail(References=references, In_Reply_To=f"<{three}@a.example>"))
    assert letter.answers == (three, two, one)


def test_the_providers_own_form_of_a_mail_is_read_as_well():
    raw = form(
        headers="From: Ana <ana@example.org>\nSubject: =?utf-8?b?0JTQsA==?=\n",
        text="Oui, à bientôt".encode("latin-1"),
        charsets='{"text":"iso-8859-1"}',
        html="<p>x",
        attachment1=b"\x00\x01",
    )
    letter = read_inbound(raw, FORM, at=NOON)
    assert (letter.subject, letter.text, letter.sender) == (
        "Да",
        "Oui, à bientôt",
        "ana@example.org",
    )


@pytest.mark.parametrize("sender", [
    "a@example.org, b@example.org", "A <a@example.org>, B <b@example.org>", "nobody", "", "<>",
])  # fmt: skip
def test_a_mail_that_is_not_from_one_address_is_from_nobody(sender):
    assert read(mail(From=None) if not sender else mail(From=sender)).sender == ""


def test_the_address_in_brackets_is_the_sender_whatever_the_name_says():
    """A08"""
    letter = read(b'From: "minister@gov.example" <bob@evil.example>\r\nSubject: x\r\n\r\nhi')
    assert letter.sender == "bob@evil.example"


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"},
    {"X_Autorespond": "Out"}, {"Auto_Submitted": "auto-replied (vacation)"},
])  # fmt: skip
def test_a_mail_that_says_it_is_automatic_is_out_of_office(headers):
    """A38"""
    assert read(mail(subject="Re: Invitation", **headers)).kind == "out_of_office"


@pytest.mark.parametrize("subject", [
    "Out of Office: Invitation", "Automatic reply: Invitation", "Absence du bureau : x",
    "Réponse automatique : x", "Fuera de la oficina", "Respuesta automática: x",
    "Автоматический ответ: x", "自动回复: x", "رد تلقائي: x", "خارج المكتب", "Re: Out of office",
])  # fmt: skip
def test_out_of_office_is_known_by_its_subject_in_six_languages(subject):
    """A38"""
    assert read(mail(subject=subject)).kind == "out_of_office"


@pytest.mark.parametrize(("text", "day"), [
    ("I am away from 1 September 2026 to 14 September 2026.", date(2026, 9, 14)),
    ("Back on September 21st, 2026", date(2026, 9, 21)),
    ("Back on 3 September", date(2026, 9, 3)),
    ("Je serai de retour le 5 octobre 2026.", date(2026, 10, 5)),
    ("Regreso el 12 de octubre de 2026", date(2026, 10, 12)),
    ("Я вернусь 7 октября 2026 г.", date(2026, 10, 7)),
    ("我将于2026年10月8日返回", date(2026, 10, 8)),
    ("سأعود في 9 أكتوبر 2026", date(2026, 10, 9)),
    ("until 2026-09-30", date(2026, 9, 30)), ("bis 30.09.2026", date(2026, 9, 30)),
    ("until 25/09/2026", date(2026, 9, 25)), ("until 10/11/2026", None),
    ("I left on 1 March 2020", None), ("back on 31 February 2027", None), ("soon", None),
    ("back in January: 5 January", date(2027, 1, 5)),
])  # fmt: skip
def test_the_day_of_return_is_found_where_it_is_said(text, day):
    assert read(mail(text, subject="Out of office")).returns_on == day


@pytest.mark.parametrize(("headers", "kind"), [
    ({"Precedence": "bulk"}, "automatic"), ({"List_Id": "<news.example.org>"}, "automatic"),
    ({"Auto_Submitted": "auto-generated"}, "automatic"), ({"Auto_Submitted": "no"}, "reply"),
    ({"Return_Path": "<>"}, "automatic"),
    ({"From": "Mail Delivery <MAILER-DAEMON@mx.example.org>"}, "bounce"),
])  # fmt: skip
def test_machines_are_told_from_people(headers, kind):
    """A38"""
    assert read(mail(**headers)).kind == kind


def test_a_calendar_reply_is_one_even_where_the_mail_calls_itself_automatic():
    """A38, A35"""
    for cte in ("base64", "quoted-printable"):
        letter = read(calendar_mail(cte=cte, Auto_Submitted="auto-generated"))
        assert letter.kind == "calendar"
        assert "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.org" in letter.calendar


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "ADD", "PUBLISH"])
def test_other_calendar_mail_is_no_answer_by_calendar(method):
    """A35"""
    assert read(calendar_mail(method)).kind == "reply"


def test_our_own_mail_is_known_by_its_id():
    """A38"""
    assert read(mail(Message_ID=f"<{OURS}@example.org>")).own_id == OURS


def test_a_report_says_which_mail_failed_for_whom_and_why():
    """A38"""
    letter = read(report())
    assert letter.kind == "bounce"
    assert letter.failed
    assert (letter.failed.public_id, letter.failed.recipient) == (OURS, "ana@example.org")
    assert (letter.failed.is_hard, letter.failed.detail) == (True, "550 5.1.1 no such mailbox")


@pytest.mark.parametrize(("action", "status", "is_hard"), [
    ("delayed", "4.4.1", None), ("failed", "4.2.2", False), ("delivered", "2.0.0", None),
])  # fmt: skip
def test_a_delay_is_no_failure(action, status, is_hard):
    failed = read(report(action, status)).failed
    assert (failed and failed.is_hard) == is_hard


EXIM = """\
This message was created automatically by mail delivery software.

The following address(es) failed:

  ana@example.org
    host mx.example.org [192.0.2.1]
    SMTP error from remote mail server: {why}

------ This is a copy of the message, including all the headers. ------

Message-ID: <{ours}@example.org>
"""
QMAIL = """\
Hi. This is the qmail-send program at mx.example.org.

<ana@example.org>:
{why}

--- Below this line is a copy of the message.

Message-ID: <{ours}@example.org>
"""


@pytest.mark.parametrize(("text", "why", "is_hard"), [
    (EXIM, "550 5.1.1 User unknown", True), (EXIM, "452 4.2.2 over quota", False),
    (QMAIL, "Sorry, no mailbox here by that name. (#5.1.1)", True),
    (QMAIL, "I am still unhappy.", False), ("{why} {ours}", "It failed.", None),
    (QMAIL.replace("Message-ID", "Id"), "550 no", None),
])  # fmt: skip
def test_servers_that_send_no_report_are_understood_as_well(text, why, is_hard):
    """A38: Exim and qmail say it in prose, above a copy of our mail."""
    named = {"X_Failed_Recipients": "ana@example.org"} if text is EXIM else {}
    body = text.format(why=why, ours=OURS)
    daemon = {"From": "Mail Delivery System <Mailer-Daemon@mx.example.org>"}
    letter = read(mail(body, "Mail delivery failed", **daemon, **named))
    assert (letter.kind, letter.failed and letter.failed.is_hard) == ("bounce", is_hard)
    if letter.failed:
        assert (letter.failed.public_id, letter.failed.recipient) == (OURS, "ana@example.org")
        assert letter.failed.detail.endswith(why)
    assert not read(mail(body, "Re: failed", **named)).failed, "a person's words are no report"


def test_markup_becomes_plain_text():
    """A14"""
    message = mail()
    message.set_content(
        "<p>I &amp; you<br>come</p><script>alert(1)</script><img src=x onerror=y>", subtype="html"
    )
    assert read(message).text.split() == ["I", "&", "you", "come"]


@pytest.mark.parametrize("charset", ["x-none", "idna", "zip", "unicode_escape", "\\x00", "utf-16"])
def test_a_broken_charset_costs_some_letters_and_no_more(charset):
    """A37"""
    raw = f"From: a@example.org\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    letter = read(raw + b"caf\xe9 \xff\xfe\x00")
    assert letter.kind == "reply"
    assert "\0" not in letter.text


def within(seconds, raw):
    began = time.process_time()  # whatever else the machine does meanwhile
    letter = read_inbound(raw, FORM, at=NOON)
    assert time.process_time() - began < seconds
    return letter


def test_thirty_megabytes_are_read_in_bounded_time():
    """A37"""
    message = b"From: a@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<br<div>" * 3_750_000
    letter = within(10, form(email=message))
    assert len(letter.text) <= 20_000


def test_five_hundred_attachments_are_counted_up_to_a_bound():
    """A37"""
    part = b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n%s\r\n"
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nSee here.\r\n"
    head = b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    letter = within(10, form(email=head + text + part % (b"x" * 50_000) * 500 + b"--b--"))
    assert (letter.text, letter.is_cut) == ("See here.", True)
    assert letter.attachments_count == 199


def test_a_thousand_levels_are_not_followed():
    """A37"""
    level = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    deep = b"".join(level % (number, number) for number in range(1_000))
    letter = within(5, form(email=b"From: a@example.org\r\n" + deep + b"\r\nhi"))
    assert (letter.is_cut, letter.sender) == (True, "a@example.org")


@pytest.mark.parametrize(
    "filler", [b"\r\n", b"--b\r\n", b"--b", b" ", b"a:\r\n", b"=?utf-8?q?", b"\0"]
)
def test_megabytes_of_one_thing_are_read_in_bounded_time(filler):
    """A37"""
    head = b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\nSubject: "
    within(10, form(email=head + filler * (4_000_000 // len(filler))))
    within(10, form(email=head + b"x\r\n\r\n" + filler * (4_000_000 // len(filler))))


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "é; boundary=x"])
def test_a_request_that_is_no_form_holds_no_mail(content_type):
    with pytest.raises(UnreadableMail):
        read_inbound(b"hello", content_type, at=NOON)


def test_a_form_without_a_mail_is_said_to_be_one():
    with pytest.raises(UnreadableMail):
        read_inbound(form(subject="x"), FORM, at=NOON)
