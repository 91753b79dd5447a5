"""What a single mail was like, for those who follow its links."""

from sqlalchemy import select

from outreach.db import reading
from outreach.models.message import Message
from outreach.models.template import TemplateText


def language_of_mail(message_id: int) -> str | None:
    """In which language a mail was written. One row by key."""
    return reading().scalar(
        select(TemplateText.language)
        .join(Message, Message.text_id == TemplateText.id)
        .where(Message.id == message_id)
    )
