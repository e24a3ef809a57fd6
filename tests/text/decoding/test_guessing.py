"""One guess of an encoding for training, doctor and `auto`."""

import codecs

import pytest

from charlm.text.decoding import guessing
from charlm.text.decoding.guessing import Guess, guess_encoding
from charlm.text.files import source_file
from charlm.text.files.source_file import SourceFile

TEXTS = {
    "French": "Le soir, le café de la gare reste ouvert jusqu'à minuit. On y sert une soupe légère et du pain.\n",
    "Polish": "Wczoraj wieczorem żółty autobus znów się spóźnił. Dziewczyna czekała, jedząc gorącą bułkę z serem.\n",
    "Russian": "Вечером мы долго шли вдоль реки и говорили о старых книгах. Мальчик нёс фонарь.\n",
    "Greek": "Το βράδυ περπατούσαμε για πολλή ώρα δίπλα στο ποτάμι και μιλούσαμε για παλιά βιβλία.\n",
    "Hebrew": "בערב הלכנו זמן רב לאורך הנהר ודיברנו על ספרים ישנים. הילד נשא פנס.\n",
    "Arabic": "في المساء مشينا طويلا على ضفة النهر وتحدثنا عن الكتب القديمة.\n",
    "Japanese": "夕方、私たちは川に沿って長い間歩き、古い本について話した。男の子はランプを持っていた。\n",
    "Korean": "저녁에 우리는 강을 따라 오랫동안 걸으며 오래된 책에 대해 이야기했다.\n",
    "Chinese": "傍晚，我们沿着河边走了很久，谈论着旧书。男孩提着灯笼。\n",
    "Taiwanese": "傍晚，我們沿著河邊走了很久，談論著舊書。男孩提著燈籠。\n",
}
CASES = [
    ("French", "latin-1"), ("French", "cp1252"), ("Polish", "cp1250"), ("Russian", "cp1251"), ("Russian", "koi8-r"),
    ("Greek", "cp1253"), ("Hebrew", "cp1255"), ("Arabic", "cp1256"), ("Japanese", "shift_jis"), ("Japanese", "euc_jp"),
    ("Korean", "euc_kr"), ("Chinese", "gb18030"), ("Taiwanese", "big5"), ("French", "utf-16-le"),
    ("Japanese", "utf-16-be"), ("Chinese", "utf-16"), ("Russian", "utf-32"), ("Chinese", "utf-32-be"),
    ("French", "utf-8-sig"), ("Russian", "utf-8"), ("Japanese", "iso2022_jp"), ("Chinese", "hz"),
]  # fmt: skip


@pytest.fixture
def guessed(tmp_path):
    def guess(data: bytes) -> Guess | None:
        path = tmp_path / "text"
        path.write_bytes(data)
        return guess_encoding(SourceFile("text", path, len(data)))

    return guess


@pytest.mark.parametrize("repeat", [1, 40])
@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_the_guess_reads_the_text(guessed, language, encoding, repeat):
    text = TEXTS[language] * repeat
    guess = guessed(text.encode(encoding))
    assert guess is not None
    assert text.encode(encoding).decode(guess.encoding).removeprefix("\ufeff") == text
    assert guess.excerpt[-5:] in " ".join(text.split())


@pytest.mark.parametrize(
    "text", ["un café, s'il te plaît", "déjà vu, naïve\n", "It’s £5 – too much", "naïve", "Où est le café d'été ?\n"]
)
def test_a_short_western_text_is_cp1252(guessed, text):
    assert guessed(text.encode("cp1252")) == Guess("cp1252", text.strip())


def test_the_place_of_the_first_letter_above_ascii_does_not_matter(guessed, monkeypatch):
    monkeypatch.setattr(source_file, "BLOCK", 1 << 12)
    plain = b"nothing but plain words in this line\n" * 2000
    guess = guessed(plain + TEXTS["Russian"].encode("koi8-r") + plain + TEXTS["Russian"].encode("koi8-r"))
    assert guess is not None
    assert guess.encoding == "koi8-r"
    assert "Вечером мы" in guess.excerpt


def test_a_guess_reads_the_whole_file(guessed, monkeypatch):
    """The first candidate that reads the sample may fail on the rest."""
    monkeypatch.setattr(guessing, "SAMPLE", 200)
    guess = guessed(TEXTS["Korean"].encode("euc_kr") * 4 + "똠방각하".encode("cp949"))
    assert guess is not None
    assert guess.encoding == "cp949"


def test_no_guess_makes_mojibake_of_damaged_utf_8(guessed):
    damaged = TEXTS["French"].encode() * 20 + b"\xff" + TEXTS["French"].encode() * 20
    assert guessed(damaged) is None
    assert guessed(TEXTS["French"].encode()[:-1] + "é".encode()[:1]) is None


@pytest.mark.parametrize("data", [b"abc\0\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", codecs.BOM_UTF8 + b"\xff\xff"])
def test_there_is_no_guess_for_what_is_no_text(guessed, data):
    assert guessed(data) is None


def test_latin_9_is_told_from_cp1252_by_the_letters_that_differ(guessed):
    text = "Sœur Anne, un bœuf et cinq œufs à 10 €, le cœur léger. " * 8
    assert guessed(text.encode("iso8859-15")) == Guess("iso8859-15", text[:41].strip())
    assert guessed(text.encode("cp1252")).encoding == "cp1252"


def test_an_unknown_codec_is_passed_over(guessed, monkeypatch):
    import chardet

    named = [{"encoding": name, "confidence": 1.0} for name in (None, "no-such-codec", "cp1251")]
    monkeypatch.setattr(chardet, "detect_all", lambda *_, **__: named)
    assert guessed("Привет".encode("cp1251")) == Guess("cp1251", "Привет")
    monkeypatch.setattr(chardet, "detect_all", lambda *_, **__: [])
    assert guessed("Привет".encode("cp1251")) is None
