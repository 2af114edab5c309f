"""The words of a text in Marathi or English, made comparable: for search and to find duplicates.

PostgreSQL's own parser takes the virama and the vowel signs of Devanagari for ends of words, so the
words are found here, and stored as an array (``text[]`` with a GIN index).

A token is what is left of a word when the accidents of writing are taken away:

- *Form*: Unicode (NFKD), joiners, nukta (so ऱ is र), chandrabindu, a nasal written as a letter
  before its own row (दुर्गन्धी = दुर्गंधी), short and long i and u, ॅ and ॉ, ष and श;
  Devanagari digits are ASCII digits.
- *Ending*: case endings, postpositions, plural and oblique stems of Marathi (रस्त्यावरील, रस्त्यात,
  रस्ते → रस्त), its commonest verb endings (तुंबलेले, तुंबते → तुंब); plurals, -ing and -ed of
  English. The stemming is light: it needs no dictionary and may leave what is not a word. It only
  has to treat alike what belongs together.
- *Language*: ``glossary.py`` has frequent words with their Latin spellings and English fellows.

Words of other scripts are kept as they are.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from palika.glossary import COURTESIES, HAPPENINGS, LANDMARKS, STOP_WORDS
from palika.india import day_of

# Texts repeat their words; what a word becomes is remembered. 50,000 words are about 10 MB.
_REMEMBERED = 50_000
_LONGEST_WORD = 64

_JOINERS = "\u200b\u200c\u200d\u2060\ufeff"
_MARKS = "".join(
    chr(each) for each in range(0x0300, 0x1B00) if unicodedata.category(chr(each))[0] == "M"
)
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}{_JOINERS}])*")
_SCRIPTS = re.compile(r"[a-z0-9]+|[\u0900-\u097f]+|[^a-z0-9\u0900-\u097f]+")

_VIRAMA = "\u094d"
_FOLD = str.maketrans(
    {
        "ी": "ि", "ू": "ु", "ई": "इ", "ऊ": "उ", "ॅ": "े", "ॆ": "े", "ॉ": "ो", "ॊ": "ो",
        "ऑ": "ओ", "ॲ": "ए", "ऍ": "ए", "ऎ": "ए", "ँ": "ं", "ष": "श", "ः": None, "ऽ": None,
        "\u093c": None,
        **dict.fromkeys(_JOINERS),
        **dict.fromkeys(map(chr, range(0x0300, 0x0370))),
        **{chr(0x0966 + digit): str(digit) for digit in range(10)},
    }
)  # fmt: skip
# A vowel typed as अ with a sign looks like the vowel's own letter.
_TYPED_VOWELS = re.compile("अ[ाोे]|आे")
_OWN_LETTER = {"अा": "आ", "अो": "ओ", "अे": "ए", "आे": "ओ"}
_NASAL = re.compile("ङ्(?=[कखगघ])|ञ्(?=[चछजझ])|ण्(?=[टठडढ])|न्(?=[तथदध])|म्(?=[पफबभ])")

_LETTERS = re.compile("[\u0904-\u0939\u0958-\u0961\u0972-\u097f]")
_SIGNS = "ािुेैोौृं"
_OBLIQUE = "्य"

_AFTER_ANYTHING = """
वर वरील वरचा वरची वरचे वरच्या वरून वरती तील तला तली तले तल्या तून चा ची चे च्या चं
जवळ जवळील जवळचा जवळची जवळचे जवळच्या समोर समोरील समोरचा समोरची समोरचे समोरच्या मागे मागील मागच्या
खाली खालील खालचा खालची खालच्या पुढे पुढील पुढच्या शेजारी शेजारील शेजारच्या मध्ये मधे मधील मधला
मधली मधले मधल्या मधून पाशी मुळे साठी पासून पर्यंत कडे कडील कडून कडचा बाहेर बाहेरील आतील बद्दल बाबत
भोवती लगत प्रमाणे शिवाय सह नंतर पूर्वी सुद्धा देखील ही
"""
# Many names end like this (मारुती, भवानी, अमृत): a longer or a well-known stem must be left.
_AFTER_A_LONG_STEM = """
ला ना ने नी शी ले ली लो लं लेला लेली लेले लेल्या लंय लाय लीय णे णं ण्यात ण्याची ण्याचे ते ती तो ता तात तं तंय तोय
तेय त ून ऊन
"""
# This one would also be the end of a stem, were it not after a vowel.
_AFTER_A_VOWEL = "च"
# Case ending of an oblique stem (रस्त्यात), or a participle's (तुंबत).
_LOCATIVE = ("ात", "ेत", "ित", "ुत", "ांत", "िंत")

_VOWEL = re.compile("[aeiouy]")
_ITSELF = "="  # in the glossary

# An "a" after every sign keeps consonants apart that only a vowel not written stands between.
_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "ch", "ज": "j", "झ": "jh",
    "ञ": "n", "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d",
    "ध": "dh", "न": "n", "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r",
    "ल": "l", "ळ": "l", "व": "v", "श": "sh", "स": "s", "ह": "h",
}  # fmt: skip
_SOUNDS = str.maketrans(
    {letter: f"{latin}a" for letter, latin in _CONSONANTS.items()}
    | {"ं": "n", "ृ": "ru", _VIRAMA: None}
    | dict.fromkeys("अआइउएऐओऔािुेैोौ", "a")
)
_PRONOUNCED = re.compile("[a-z]+|[\u0900-\u0963]+")
_LIKE = {
    "ph": "p",
    "f": "p",
    "w": "v",
    "z": "j",
    "q": "k",
    "ck": "k",
    "c": "k",
    "x": "ks",
    "m": "n",
}
_ALIKE = re.compile("ph|ck|c(?!h)|[fwzqxm]")
_BREATH = re.compile("(?<=[^aeiou])h")
_SILENT = re.compile("[aeiou]")
_REPEATED = re.compile(r"(.)\1+")


def tokens(text: str) -> list[str]:
    """The tokens of a text in its order, with repeats, without stop words."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        found += _tokens_of(word)
    return found


def places(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where each word of a text begins and ends, and its tokens; stop words have none."""
    for found in _WORD.finditer(text):
        yield found.start(), found.end(), _tokens_of(found[0].lower())


def words(text: str) -> list[str]:
    """The words of a text as they are written, in small letters (NFC), without stop words."""
    written = _WORD.findall(unicodedata.normalize("NFC", text).lower())
    return [word for word in written if _tokens_of(word)]


def search_tokens(*texts: str | None) -> list[str]:
    """What to store with a thing to find it by: the tokens of its texts, each once, sorted."""
    return sorted({token for text in texts if text for token in tokens(text)})


def month_token(moment: datetime) -> str:
    """The token of the month, in India, of an aware moment: ``@2026-11``; no word has an ``@``.

    Stored before a thing's words: so the words' index finds the hits of some months.
    """
    return f"@{day_of(moment).isoformat()[:7]}"


def day_token(moment: datetime) -> str:
    """The same of its day in India: ``@2026-11-05``, for who has many things in a month."""
    return f"@{day_of(moment).isoformat()}"


def query_tokens(text: str) -> list[str]:
    """What a thing must contain to answer a search: each token once, in the order given.

    Empty when the text has no words but stop words; that is for the caller to tell.
    """
    return list(dict.fromkeys(tokens(text)))


def tells_what(token: str) -> bool:
    """Whether a token is a frequent word of what happened: it hardly tells where."""
    return token in _HAPPENINGS


def tells_nothing(token: str) -> bool:
    """Whether a token is a phrase of letters to an office: it tells neither what nor where."""
    return token in _COURTESIES


@lru_cache(_REMEMBERED)
def sound(token: str) -> str:
    """A token's consonants in Latin letters, so that कोथरूड and Kothrud are one name.

    Breath is left out (th = t), as people write it at will. What is short sounds like much else:
    compare sounds in pairs. The glossary's tokens and numbers stay as they are.
    """
    if token in _FREQUENT or not _PRONOUNCED.fullmatch(token):
        return token
    spoken = _ALIKE.sub(lambda letters: _LIKE[letters[0]], token.translate(_SOUNDS))
    return _REPEATED.sub(r"\1", _SILENT.sub("", _BREATH.sub("", spoken))) or token


@lru_cache(_REMEMBERED)
def _tokens_of(word: str) -> tuple[str, ...]:
    """The tokens of one word; several where scripts meet (``12वा``), none of a stop word."""
    parts = _SCRIPTS.findall(_folded(word[:_LONGEST_WORD]))
    found = (_SPELLED.get(part) or _meaning(_stem(part)) for part in parts if part not in _STOP)
    return tuple(token for token in found if len(token) > 1 or token.isdigit())


def _meaning(stem: str) -> str:
    return _STEMS.get(stem, stem)


def _folded(word: str) -> str:
    """A word without the accidents of form."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKD", word).lower().translate(_FOLD)
    plain = _TYPED_VOWELS.sub(lambda typed: _OWN_LETTER[typed[0]], plain)
    return _NASAL.sub("ं", plain)


def _stem(word: str) -> str:
    first = word[0]
    if "\u0900" <= first <= "\u097f":
        return _marathi_stem(word)
    return _english_stem(word) if "a" <= first <= "z" and word.isalpha() else word


def _marathi_stem(word: str) -> str:
    """Take off endings, at most three deep (``रस्त्या|वर|चे``), then the last vowel."""
    for _ in range(3):
        if _bare(word) in _FREQUENT_BARE:
            break
        shorter = _without_ending(word)
        if shorter is None:
            break
        word = shorter
    return _bare(word)


def _without_ending(word: str) -> str | None:
    """The word without its longest ending, or None if it has none that may go.

    Two letters must be left, and no half letter: the ``ते`` of रस्ते is not an ending.
    """
    for ending in _ENDINGS:
        if not word.endswith(ending):
            continue
        rest = word[: -len(ending)]
        letters = len(_LETTERS.findall(rest))
        if letters < 2 or rest[-1] == _VIRAMA:
            continue
        if ending in _ENDINGS_AFTER_A_VOWEL and rest[-1] not in _SIGNS:
            continue
        if ending in _WEAK_ENDINGS and letters < 3 and _bare(rest) not in _FREQUENT_BARE:
            continue
        return rest
    return None


def _bare(word: str) -> str:
    """Without the vowels at the end, and without the य of an oblique stem (रस्त्या → रस्त)."""
    bare = word.rstrip(_SIGNS + _VIRAMA)
    if bare.endswith(_OBLIQUE) and len(_LETTERS.findall(bare)) > 2:
        bare = bare[: -len(_OBLIQUE)]
    return bare or word


def _english_stem(word: str) -> str:
    """Plurals, -ing and -ed; in part after Porter's first step."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest):
            word = rest
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _folded_words(text: str) -> Iterable[str]:
    return (_folded(word) for word in text.split())


_STOP = frozenset(_folded_words(STOP_WORDS))
_ENDINGS_AFTER_A_VOWEL = frozenset(_folded_words(_AFTER_A_VOWEL))
_WEAK_ENDINGS = frozenset(_folded_words(_AFTER_A_LONG_STEM)) | {"ुन"}
_ENDINGS = sorted(
    {*_folded_words(_AFTER_ANYTHING), *_ENDINGS_AFTER_A_VOWEL, *_WEAK_ENDINGS, *_LOCATIVE},
    key=len,
    reverse=True,
)
_LINES = [list(_folded_words(line)) for line in f"{HAPPENINGS}{LANDMARKS}".splitlines() if line]
_FREQUENT_BARE = frozenset(
    _bare(word) for line in _LINES for word in line if "\u0900" <= word[0] <= "\u097f"
)
_SPELLED = {word.rstrip(_ITSELF): _stem(line[0]) for line in _LINES for word in line}
_STEMS = {
    _stem(word): _stem(line[0])
    for line in reversed(_LINES)
    for word in reversed(line)
    if not word.endswith(_ITSELF)
}
_FREQUENT = frozenset(_SPELLED.values())
_HAPPENINGS = frozenset(_stem(_folded(line.split()[0])) for line in HAPPENINGS.strip().splitlines())
_COURTESIES = frozenset(_meaning(_stem(word)) for word in _folded_words(COURTESIES))
