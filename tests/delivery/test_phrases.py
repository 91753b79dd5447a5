"""Words of ours around names: how someone is addressed."""

import pytest

from outreach.delivery.phrases import greeting, greetings


@pytest.mark.parametrize(
    ("salutation", "language", "words"),
    [
        ("Excellency", "en", "Excellency,"),
        ("Your Highness,", "en", "Your Highness,"),
        ("Ms Otieno", "en", "Dear Ms Otieno,"),
        ("", "en", "Dear Dr Amina Otieno,"),
        ("Madame la Ministre", "fr", "Madame la Ministre,"),
        ("Señora Ministra", "es", "Señora Ministra:"),
        ("Уважаемая госпожа Министр!", "ru", "Уважаемая госпожа Министр!"),
        ("部长阁下", "zh", "尊敬的部长阁下："),
        ("尊敬的部长阁下：", "zh", "尊敬的部长阁下："),
        ("معالي الوزيرة", "ar", "\u2068معالي الوزيرة\u2069،"),
    ],
)
def test_a_salutation_that_is_a_whole_address_has_no_word_before_it(salutation, language, words):
    assert greeting(salutation, "Dr Amina Otieno", language) == words
    many = greetings([salutation, "", ""], ["Dr Amina Otieno", "100 % Ng", ""], language)
    assert many == [words, greeting("", "100 % Ng", language), ""]
