"""What clients send, as it is understood."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from palika.errors import Invalid
from services.portal.open311.arguments import Asked, Parser, Report, attributes
from services.portal.open311.filing import filing, in_the_standards_words
from services.portal.open311.times import SPAN, read, told, window

NOW = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PLACE = {"service_code": "pothole", "lat": "18.5", "long": "73.8"}
SECOND = timedelta(seconds=1)


def asked(query):
    with Flask(__name__).test_request_context(f"/?{query}") as context:
        return Parser().parse(Asked(), context.request, location="query")


def reported(**fields):
    with Flask(__name__).test_request_context("/", method="POST", data=fields) as context:
        return Parser().parse(Report(), context.request, location="form")


def refused(call, *args, **fields):
    with pytest.raises(Invalid) as caught:
        call(*args, **fields)
    return caught.value.fields


def test_values_come_with_commas_or_again_and_again():
    assert asked("service_code=a,b,,a&service_code=c")["service_code"] == ["a", "b", "c"]
    assert asked("status=open&status=CLOSED")["status"] == ["open", "closed"]


def test_an_empty_argument_is_none():
    empty = "&".join(f"{name}=" for name in ("service_code", "status", "start_date", "page", "x"))
    assert asked(empty) == {"page": 1, "page_size": 1000}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=done", "status"),
        ("status=,", "status"),
        ("page=0", "page"),
        ("page=1001", "page"),
        ("page_size=1001", "page_size"),
        ("page_size=many", "page_size"),
        ("start_date=yesterday", "start_date"),
        ("end_date=2026-02-30", "end_date"),
        ("end_date=0001-01-01T00:00:00Z", "end_date"),
        ("end_date=9999-12-31T23:59:59-12:00", "end_date"),
        (f"service_request_id={','.join(map(str, range(1001)))}", "service_request_id"),
        (f"service_code={'x' * 201}", "service_code"),
    ],
)
def test_a_wrong_filter_is_named(query, field):
    assert refused(asked, query).keys() == {field}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-01T04:30:00Z", NOW),
        ("2026-07-01T10:00:00+05:30", NOW),
        ("2026-07-01T10:00:00 05:30", NOW),
        ("2026-07-01T10:00+05:30", NOW),
        ("2026-07-01T10:00:00", NOW),
        ("२०२६-०७-०१T१०:००:००", NOW),
        ("2026-07-01", datetime(2026, 6, 30, 18, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_clients_write_them(text, moment):
    assert read(text) == moment


def test_a_day_is_meant_to_its_end_where_something_ends_with_it():
    both = asked("start_date=2026-07-01&end_date=2026-07-01")
    first = datetime(2026, 6, 30, 18, 30, tzinfo=UTC)
    assert window(both["start_date"], both["end_date"], NOW) == (first, first + DAY)
    assert asked("end_date=२०२६-०७-०१")["end_date"] == first + DAY - SECOND
    assert asked("end_date=2026-07-01T00:00")["end_date"] == first


@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_a_time_of_no_stored_year_is_told_to_be_one(name):
    rule = "must be of the years 1900 to 2199"
    assert refused(asked, f"{name}=9999-12-31T23:59:59Z") == {name: [rule]}
    assert refused(asked, f"{name}=9999-12-31") == {name: [rule]}
    (rule,) = refused(asked, f"{name}=2026-02-30")[name]
    assert rule.startswith("must be a time such as")


def test_times_are_told_in_whole_seconds_of_india():
    assert told("2026-07-01T04:30:00.123456+00:00") == "2026-07-01T10:00:00+05:30"


def test_nothing_said_means_the_last_90_days():
    assert window(None, None, NOW) == (NOW - 90 * DAY, NOW + SECOND)


def test_one_end_is_90_days_from_the_other():
    assert window(NOW, None, NOW + 400 * DAY) == (NOW, NOW + SPAN + SECOND)
    assert window(None, NOW, NOW) == (NOW - SPAN, NOW + SECOND)


def test_more_than_90_days_are_refused_and_so_is_an_end_before_the_beginning():
    assert window(NOW - SPAN, NOW, NOW) == (NOW - SPAN, NOW + SECOND)
    with pytest.raises(ValueError, match="90 days"):
        window(NOW - SPAN - SECOND, NOW, NOW)
    with pytest.raises(ValueError, match="before it begins"):
        window(NOW, NOW - SECOND, NOW)


def test_answers_are_found_in_every_way_of_writing_them():
    form = [
        ("attribute[size]", "12"),
        ("attribute[kinds][]", "a"),
        ("attribute[kinds][]", "b"),
        ("attribute[hours]", "am"),
        ("attribute[hours]", "pm"),
        ("attribute[days][0]", "mon"),
        ("attribute[none]", "  "),
        ("attribute[", "x"),
        ("attribute[a[b]]", "x"),
        ("description", "x"),
    ]
    assert attributes(form) == {
        "size": "12",
        "kinds": ["a", "b"],
        "hours": ["am", "pm"],
        "days": "mon",
    }


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"lat": ""}, "lat"),
        ({"long": ""}, "long"),
        ({"lat": "", "long": ""}, "address_string"),
        ({"lat": "", "long": "", "address_id": "7"}, "address_string"),
        ({"lat": "nan"}, "lat"),
        ({"long": "east"}, "long"),
        ({"service_code": ""}, "service_code"),
        ({"media_url": ["https://a.example/1", "https://a.example/2"]}, "media_url"),
    ],
)
def test_a_report_without_a_place_or_a_kind_is_refused(fields, wrong):
    assert refused(reported, **(PLACE | fields)).keys() == {wrong}


def test_words_for_the_place_are_enough():
    report = reported(service_code="pothole", address_string="Baner Road")
    assert report == {"service_code": "pothole", "address_string": "Baner Road"}


def test_a_report_becomes_a_filing():
    report = reported(
        **PLACE,
        address_string="Baner Road",
        first_name="Asha",
        last_name="Patil",
        phone="9822012345",
        email="asha@example.org",
        description="Deep",
        media_url="https://a.example/1.jpg",
        device_id="d",
        account_id="a",
    )
    assert filing(report, {"size": "1"}, "Pothole", "en") == {
        "category": "pothole",
        "description": "Deep",
        "attributes": {"size": "1"},
        "attributes_as_text": True,
        "anonymous": False,
        "language": "en",
        "channel": "open311",
        "lat": 18.5,
        "lon": 73.8,
        "address": "Baner Road",
        "citizen_name": "Asha Patil",
        "citizen_phone": "9822012345",
        "citizen_email": "asha@example.org",
        "media_url": "https://a.example/1.jpg",
    }


def test_who_leaves_no_name_and_no_way_back_is_anonymous_and_no_words_are_the_services_name():
    made = filing(reported(**PLACE), {}, "Pothole", "mr")
    assert made["anonymous"] is True
    assert made["description"] == "Pothole"
    assert not filing(reported(**PLACE, last_name="Patil"), {}, "Pothole", "mr")["anonymous"]


def test_a_refusal_speaks_of_what_the_client_sent():
    ours = {name: ["no"] for name in ("lon", "citizen_phone", "attributes.size", "lat")}
    told_to_client = in_the_standards_words(Invalid("wrong", ours))
    assert told_to_client.fields == {
        name: ["no"] for name in ("long", "phone", "attribute[size]", "lat")
    }


@pytest.mark.parametrize("sent", ["%ff%fe", "a%c3", "%ed%a0%80"])
def test_what_is_no_utf_8_is_refused_by_its_name(sent):
    rule = ["must be text in UTF-8"]
    assert refused(asked, f"service_code={sent}&page=2") == {"service_code": rule}
    body = f"service_code=pothole&lat=18.5&long=73.8&description={sent}"
    form = "application/x-www-form-urlencoded"
    for given, named in ((body, "description"), (body + "&%ff=1", "\ufffd")):
        context = Flask(__name__).test_request_context(
            "/", method="POST", data=given, content_type=form
        )
        with context, pytest.raises(Invalid) as caught:
            Parser().parse(Report(), context.request, location="form")
        assert caught.value.fields[named] == rule


def test_a_form_of_several_parts_that_is_no_utf_8_is_refused():
    body = b'--x\r\nContent-Disposition: form-data; name="description"\r\n\r\ncaf\xe9\r\n--x--\r\n'
    context = Flask(__name__).test_request_context(
        "/", method="POST", data=body, content_type="multipart/form-data; boundary=x"
    )
    with context, pytest.raises(Invalid) as caught:
        Parser().parse(Report(), context.request, location="form")
    assert caught.value.fields == {"form": ["must be text in UTF-8"]}


def test_text_in_utf_8_is_taken_whole():
    assert reported(**PLACE, description="खड्डा + 100 %")["description"] == "खड्डा + 100 %"


def test_many_names_that_are_no_utf_8_are_told_short():
    told = refused(asked, "&".join(f"x{each}{'y' * 500}=%ff" for each in range(100)))
    assert len(told) == 10
    assert max(map(len, told)) == 100


def test_a_list_is_refused_by_the_argument_that_it_came_in():
    ours = Invalid("wrong arguments", {"categories": {"0": ["is odd"], "3": ["is odd", "is long"]}})
    assert in_the_standards_words(ours).fields == {"service_code": ["is odd", "is long"]}
