"""Words in one cell, whatever they hold; every word of a page is one that a file may say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from outreach.intake.fields import FIELDS
from outreach.intake.several import in_one_cell, parts_of
from outreach.models.kind import KINDS
from outreach.models.office import CATEGORIES


@settings(max_examples=40)
@given(some.lists(some.text('ab ",;/、=').map(str.strip).filter(bool)), some.booleans())
def test_words_come_back_from_the_cell_that_they_were_written_in(words, only_commas):
    cell = in_one_cell(words, only_commas=only_commas)
    assert list(parts_of(cell, only_commas=only_commas)) == words


def test_what_other_programs_write_falls_apart_at_their_signs():
    assert list(parts_of('AI; fibre/5G|"G77/China" ، 光纤、 Le "grand" soir')) == [
        "AI", "fibre", "5G", "G77/China", "光纤", 'Le "grand" soir',
    ]  # fmt: skip


@pytest.mark.parametrize(("field", "words"), [("kind", KINDS), ("protocol", CATEGORIES)])
def test_what_the_pages_call_it_an_import_reads(field, words):
    for code, label in words.items():
        for word in (label, code.value):
            assert FIELDS[field].read(word) in (code.value, (code.value,))
