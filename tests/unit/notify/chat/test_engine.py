"""Conversations: what is understood, where it leads, and that nothing breaks one."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as some

from services.notify.domain.chat.actions import ACTIONS, LISTS
from services.notify.domain.chat.conversation import (
    AWAY,
    Conversation,
    OfficerSaid,
    Outcome,
    Tick,
)
from services.notify.domain.chat.engine import resume, step
from services.notify.domain.whatsapp import ButtonsContent, ListContent
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    MediaKind,
    SaidMedia,
    SaidOther,
    SaidPlace,
    SaidText,
)
from tests.unit.notify.chat.test_table import TABLE

PHOTO = SaidMedia(MediaKind.IMAGE, "m1", "image/jpeg")
HERE = SaidPlace(18.51, 73.85)


class Chat:
    """Talks; actions come to what is said in ``outcomes``, else to their first outcome."""

    def __init__(self, **outcomes):
        self.now = Conversation()
        self.outcomes = outcomes
        self.done = []
        self.replies = []

    def hear(self, heard):
        if isinstance(heard, str) and not isinstance(heard, Tick):
            heard = SaidText(heard)
        made = step(self.now, heard, TABLE)
        self.replies = [*made.replies]
        while made.actions:
            name = made.actions[0].name
            self.done.append(name)
            made = resume(made.conversation, self.outcome(name), TABLE)
            self.replies += made.replies
        self.now = made.conversation
        return self

    def outcome(self, name):
        told = self.outcomes.get(name, next(iter(ACTIONS[name])))
        if isinstance(told, list):
            told = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(told, Outcome):
            return told
        given = ACTIONS[name][told].gives
        return Outcome(told, {key: _value(key) for key in given})

    def say(self, *texts):
        for each in texts:
            self.hear(each)
        return self

    @property
    def state(self):
        return self.now.state


def _value(key):
    if key in LISTS:
        return [{"id": f"{key}{n}", "title": f"{key} {n}", "text": ""} for n in range(12)]
    return key.upper()


def test_hi_asks_for_the_language_and_then_shows_the_menu():
    chat = Chat().hear("नमस्कार")
    assert chat.state == "language"
    assert isinstance(chat.replies[0].content, ButtonsContent)
    chat.hear(Chosen("language/mr", "मराठी"))
    assert (chat.state, chat.now.language) == ("menu", "mr")
    assert isinstance(chat.replies[0].content, ListContent)


def test_a_citizen_who_is_known_is_not_asked_for_the_language_again():
    chat = Chat()
    chat.now = Conversation(language="en")
    assert chat.hear("Hi").state == "menu"
    chat.now = Conversation(language="en")
    assert chat.hear("takrar").state == "g-how"


def test_numbers_words_and_buttons_choose_the_same():
    for said in ("1", "१", "tax", "kar", "घरपट्टी", "ghar patti", Chosen("menu/tax", "x")):
        chat = Chat(properties="one").say("hi", "1", said)
        assert chat.state == "property", said


def test_a_grievance_is_filed_by_words():
    asked = ["done", "described"]
    chat = Chat(match="some", question=asked).say("hi", "mr", "takrar", "khadda", "2")
    assert chat.state == "g-describe"
    chat.say("मोठा खड्डा", HERE, PHOTO)
    assert chat.state == "g-confirm"
    assert chat.now.memory["kind"] == "kinds1"
    chat.hear("होय")
    assert chat.done[-1] == "file"
    assert chat.state == "g-filed"
    assert "NUMBER" in chat.replies[0].content.text


def test_back_goes_back_step_by_step_and_menu_forgets():
    chat = Chat(properties="one", dues="owed").say("hi", "mr", "tax", "dues")
    assert chat.state == "dues-owed"
    assert chat.hear("मागे").state == "property"
    assert chat.now.memory
    assert chat.hear("back").state == "menu"
    chat.say("tax", "dues", "menu")
    assert (chat.state, chat.now.memory, chat.now.trail) == ("menu", {}, ())
    assert chat.hear("back").state == "menu"


def test_a_long_list_is_shown_in_pages_and_any_row_of_it_may_be_chosen():
    chat = Chat(properties="many").say("hi", "mr", "tax")
    first = [each.id for each in chat.replies[0].content.rows]
    assert len(first) == 10
    chat.hear(Chosen("property-choose/+", "more"))
    second = [each.id for each in chat.replies[0].content.rows]
    assert set(first) & set(second) == {"property-choose/+", "property-choose/another"}
    chat.hear(Chosen(first[0], "old page"))
    assert chat.state == "property"
    assert chat.now.memory["property"] == "properties0"


def test_a_row_that_was_not_offered_is_not_taken():
    chat = Chat(properties="many").say("hi", "mr", "tax")
    chat.hear(Chosen("property-choose/#somebody-elses", "x"))
    assert chat.state == "property-choose"
    assert "property" not in chat.now.memory


def test_buttons_of_the_menu_work_in_old_messages_and_others_do_not():
    chat = Chat(match="some").say("hi", "mr", "takrar")
    assert chat.hear(Chosen("g-confirm/sure", "")).state == "g-how"
    assert chat.hear(Chosen("menu/person", "")).state == "person-about"
    # A button of a template has an id of its own.
    assert chat.hear(Chosen("payload-7", "STOP")).state == "opted-out"
    fresh = Chat()
    assert fresh.hear(Chosen("payload-7", "थांबा")).state == "opted-out"


def test_after_not_being_understood_several_times_a_person_is_offered():
    chat = Chat().say("hi", "mr", "qqq", "zzz")
    assert (chat.state, chat.now.misses) == ("menu", 2)
    assert chat.hear("www").state == "lost"
    assert chat.hear("होय").state == "person-about"


def test_stop_opts_out_everywhere_also_before_there_is_a_language():
    assert Chat().hear("STOP").done == ["opt_out"]
    assert Chat().say("hi", "mr", "takrar", "थांबा").state == "opted-out"


def test_what_was_said_is_kept_while_a_service_is_away():
    chat = Chat(match="some", question=["done", Outcome("described")])
    chat.outcomes["file"] = Outcome(AWAY)
    chat.say("hi", "mr", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो")
    assert chat.state == "away"
    assert chat.hear("पुन्हा").state == "g-confirm"
    assert chat.now.memory["description"] == "मोठा खड्डा"


def test_silence_is_reminded_of_and_then_ends_what_was_begun():
    chat = Chat(match="some").say("hi", "mr", "takrar", Tick.REMIND)
    assert chat.state == "g-how"
    assert chat.replies
    chat.hear(Tick.END)
    assert chat.now == Conversation(language="mr")
    assert len(chat.replies) == 1
    quiet = Chat().say("hi", "mr", Tick.REMIND)
    assert not quiet.replies
    assert not quiet.hear(Tick.END).replies


def test_an_officers_answer_is_heard_wherever_the_citizen_is():
    chat = Chat().say("hi", "mr", "person", "why?", Tick.END)
    assert chat.state == "with-person"
    chat.hear(OfficerSaid("because {number}"))
    assert "because {number}" in chat.replies[0].content.text
    chat.hear(OfficerSaid("that is all", over=True))
    assert chat.state == "menu"
    busy = Chat().say("hi", "mr", "takrar")
    asked = busy.replies[-1]
    busy.hear(OfficerSaid("because"))
    assert busy.state == "g-how"
    assert busy.replies[1:] == [asked]
    ended = Chat()
    ended.now = Conversation(language="mr")
    assert ended.hear(OfficerSaid("late")).state == "with-person"


def test_a_thumb_under_a_message_is_not_answered():
    chat = Chat().say("hi", "mr", "takrar")
    before = chat.now
    for _ in range(3):
        chat.hear(SaidOther("reaction"))
        assert chat.replies == []
    assert chat.now == before
    assert chat.hear(SaidOther("sticker")).replies


def test_an_address_takes_the_place_of_a_pin_and_a_pin_of_an_address():
    asked = ["done", "described"]
    chat = Chat(match="some", question=asked)
    chat.say("hi", "mr", "takrar", "khadda", "1", "मोठा खड्डा", HERE, "back", "कर्वे रस्ता")
    assert chat.now.memory["address"] == "कर्वे रस्ता"
    assert "place" not in chat.now.memory
    chat.say("back", HERE)
    assert "address" not in chat.now.memory


def test_who_changes_the_text_is_not_asked_for_the_place_again():
    chat = Chat(match="some", question=["done", Outcome("described"), Outcome("ready")])
    chat.say("hi", "mr", "takrar", "khadda", "1", "खड्डा", HERE, "नाही", "बदला", "मोठा खड्डा")
    assert chat.state == "g-confirm"
    assert chat.now.memory["description"] == "मोठा खड्डा"


def test_a_grievance_may_be_written_at_the_menu():
    for said in ("गटार तुंबली आहे", "paani yet nahi"):
        chat = Chat(match="some").say("hi", "mr", said)
        assert (chat.state, chat.now.memory["words"]) == ("g-kinds", said)
    assert Chat(properties="one").say("hi", "mr", "maza milkat kar kiti").state == "property"
    assert Chat().say("hi", "mr", "mala manasashi bolaychay").state == "person-about"


def test_who_says_thanks_is_thanked_and_is_where_they_were():
    chat = Chat(grievances="none").say("hi", "en", "status")
    for said in ("thanks", "धन्यवाद", "👍", "OK", "thank you!"):
        chat.hear(said)
        assert (chat.state, chat.now.misses) == ("follow-none", 0)
        assert chat.replies[0].content.text.startswith("Thank you!")
    assert chat.hear("tax").done[-1] == "properties"
    # Where anything may be written it is an answer.
    chat = Chat().say("hi", "en", "person", "Where?")
    assert chat.hear("ok").done[-1] == "tell_person"


def test_work_is_rated_by_words_too():
    for said, rating in (("very good", "5"), ("uttam", "5"), ("चांगले", "4"), ("not done", "1")):
        chat = Chat(grievance="resolved").say("hi", "mr", "status", "1", "गुण", said)
        assert chat.done[-1] == "rate", said
        assert chat.now.memory["rating"] == rating


_OPTIONS = [
    f"{name}/{code}" for name, state in TABLE.states.items() for code in [*state.choices, "+"]
]
_WORDS = [word for each in TABLE.commands.values() for word in each.words]
_heard = some.one_of(
    some.sampled_from(_WORDS).map(SaidText),
    some.integers(0, 12).map(lambda n: SaidText(str(n))),
    some.text(max_size=50).map(SaidText),
    some.builds(Chosen, some.sampled_from(_OPTIONS), some.text(max_size=5)),
    some.builds(Chosen, some.text(max_size=20), some.text(max_size=5)),
    some.builds(SaidPlace, some.floats(-90, 90), some.floats(-180, 180)),
    some.builds(
        SaidMedia, some.sampled_from(MediaKind), some.text(max_size=5), some.text(max_size=5)
    ),
    some.builds(SaidOther, some.text(max_size=9)),
    some.builds(OfficerSaid, some.text(max_size=5_000), some.booleans()),
    some.sampled_from(Tick),
)


@settings(max_examples=300, deadline=None)
@given(
    some.lists(some.tuples(_heard, some.integers(0, 9)), max_size=25),
    some.sampled_from(["", "mr", "en"]),
)
def test_nothing_that_is_heard_breaks_a_conversation(messages, language):
    chat = Chat()
    chat.now = Conversation(language=language)
    for heard, dice in messages:
        chat.outcomes = {
            name: [*came, AWAY][dice % (len(came) + 1)] if dice else next(iter(came))
            for name, came in ACTIONS.items()
        }
        chat.outcomes = {
            name: Outcome(AWAY) if each == AWAY else each for name, each in chat.outcomes.items()
        }
        before = chat.now
        chat.hear(heard)
        assert chat.state == "" or TABLE.states[chat.state].says is not None
        assert chat.replies or isinstance(heard, Tick | SaidOther)
        # The same again comes to the same.
        assert step(before, heard, TABLE) == step(before, heard, TABLE)


@given(_heard, some.text(max_size=9), some.dictionaries(some.text(max_size=9), some.integers()))
def test_a_state_of_an_older_table_begins_anew(heard, state, memory):
    chat = Chat()
    chat.now = replace(Conversation(language="mr"), state=f"old {state}", memory=memory)
    chat.hear(heard)
    begins_nothing = isinstance(heard, Tick) or (isinstance(heard, OfficerSaid) and heard.over)
    assert chat.state == "" if begins_nothing else chat.state in TABLE.states


def test_cancel_ends_what_was_begun_and_else_asks_whether_messages_are_meant():
    chat = Chat().say("hi", "English", "cancel")
    assert chat.state == "opt-out-sure"
    assert chat.say("No").state == "menu"
    assert chat.say("cancel", "Cancel").state == "menu"
    assert "opt_out" not in chat.done
    assert chat.say("tax", "cancel").state == "menu"
    assert chat.say("रद्द", "yes").state == "opted-out"
    assert chat.done[-1] == "opt_out"
