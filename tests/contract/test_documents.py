"""The documents and the kept schemas say what the code says, and no promise is broken unseen."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from palika import asyncapi, catalogue
from palika.cli.events import group
from palika.compatibility import broken_promises
from palika.events import EventType
from tests.support.part import ROOT

DOCS = ROOT / "docs"
SCHEMAS = ROOT / "tests" / "contract" / "schemas"
KEPT = {path.stem: json.loads(path.read_text("utf-8")) for path in SCHEMAS.iterdir()}
PUBLISHED = {str(kind.name): kind for kind in catalogue.all_published()}


def document(docs: Path, schemas: Path, *options: str) -> Result:
    """``palika events document``."""
    arguments = ["document", "--to", str(docs), "--schemas", str(schemas), *options]
    return CliRunner().invoke(group, arguments)


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Path]:
    """Documents and schemas as the command writes them, in folders of the test's own."""
    docs, schemas = tmp_path / "docs", tmp_path / "schemas"
    result = document(docs, schemas)
    assert result.exit_code == 0, result.output
    return docs, schemas


# ---- the command


def test_the_documents_and_schemas_are_up_to_date():
    result = document(DOCS, SCHEMAS, "--check")
    assert result.exit_code == 0, result.output


def test_the_command_writes_what_is_in_the_repository(written: tuple[Path, Path]):
    docs, schemas = written
    for path in (*docs.iterdir(), *schemas.iterdir()):
        folder = DOCS if path.parent == docs else SCHEMAS
        assert path.read_text("utf-8") == (folder / path.name).read_text("utf-8")
    assert {path.stem for path in schemas.iterdir()} == set(PUBLISHED)


def test_what_is_up_to_date_is_not_written_again(written: tuple[Path, Path]):
    result = document(*written)
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize("name", ["events.md", "asyncapi.yaml"])
def test_a_document_that_is_out_of_date_fails_the_check(written: tuple[Path, Path], name: str):
    docs, schemas = written
    (docs / name).write_text("old", "utf-8")
    result = document(docs, schemas, "--check")
    assert result.exit_code == 1
    assert f"{name} is out of date: palika events document" in result.output
    assert (docs / name).read_text("utf-8") == "old"


def test_a_type_whose_schema_is_not_kept_yet_fails_the_check(written: tuple[Path, Path]):
    docs, schemas = written
    (schemas / "tax.paid.v1.json").unlink()
    result = document(docs, schemas, "--check")
    assert result.exit_code == 1
    assert "tax.paid.v1.json is out of date" in result.output


def test_an_incompatible_change_is_refused_by_name_and_nothing_is_written(
    written: tuple[Path, Path],
):
    docs, schemas = written
    path = schemas / "tax.paid.v1.json"
    kept = json.loads(path.read_text("utf-8"))
    kept["properties"]["counter"] = {"type": "string"}
    kept["properties"]["amount_paise"] = {"type": "number"}
    path.write_text(json.dumps(kept), "utf-8")
    (docs / "events.md").write_text("old", "utf-8")
    for options in ([], ["--check"]):
        result = document(docs, schemas, *options)
        assert result.exit_code == 1
        assert "make it a new type (.v2)" in result.output
        assert "tax.paid.v1: counter: removed" in result.output
        assert "tax.paid.v1: amount_paise: type was number, is integer" in result.output
    assert json.loads(path.read_text("utf-8")) == kept
    assert (docs / "events.md").read_text("utf-8") == "old"


def test_a_compatible_change_is_written_down(written: tuple[Path, Path]):
    docs, schemas = written
    path = schemas / "grievance.filed.v1.json"
    before = path.read_text("utf-8")
    older = json.loads(before)
    older["properties"]["channel"]["description"] = "web, app, desk or phone"
    path.write_text(json.dumps(older), "utf-8")
    result = document(docs, schemas)
    assert (result.exit_code, result.output) == (0, f"wrote {path}\n")
    assert path.read_text("utf-8") == before


# ---- the schemas


def test_no_published_event_breaks_its_promise():
    assert broken_promises(KEPT, asyncapi.schemas()) == []


def test_every_kept_schema_belongs_to_a_published_event():
    assert set(KEPT) == set(PUBLISHED)


@pytest.mark.parametrize("kind", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_a_kept_schema_has_the_fields_of_the_code(kind: EventType):
    schema = KEPT[str(kind.name)]
    assert schema["properties"].keys() == kind.schema.fields.keys()
    needed = {name for name, field in kind.schema.fields.items() if field.required}
    assert set(schema["required"]) == needed
    assert schema["additionalProperties"] is False
    nullable = {name for name, field in kind.schema.fields.items() if field.allow_none}
    said = {name for name, each in schema["properties"].items() if "null" in each["type"]}
    assert said == nullable


# ---- the AsyncAPI document


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """docs/asyncapi.yaml, as a tool reads it."""
    text = (DOCS / "asyncapi.yaml").read_text("utf-8")
    assert not re.search(r"(: |- )[&*]\w+$", text, re.MULTILINE), "no tool is tried with anchors"
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def references(node: Any) -> Iterator[str]:
    """Every ``$ref`` in it."""
    if isinstance(node, dict):
        if "$ref" in node:
            assert list(node) == ["$ref"], "a reference object holds nothing else"
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def resolve(document: dict[str, Any], reference: str) -> Any:
    """What a ``$ref`` within the document points to."""
    assert reference.startswith("#/"), reference
    node: Any = document
    for part in reference[2:].split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def test_it_has_what_asyncapi_3_requires(published: dict[str, Any]):
    assert published["asyncapi"] == "3.0.0"
    assert published["info"]["title"]
    assert published["info"]["version"]
    allowed = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations"}
    assert published.keys() <= allowed | {"components"}


def test_every_reference_leads_somewhere(published: dict[str, Any]):
    found = list(references(published))
    assert len(found) >= 2 * len(PUBLISHED)
    for reference in found:
        assert isinstance(resolve(published, reference), dict)


def test_every_channel_is_an_exchange_with_a_routing_key(published: dict[str, Any]):
    assert set(published["channels"]) == set(PUBLISHED)
    for name, channel in published["channels"].items():
        kind = PUBLISHED[name].name
        assert channel["address"] == kind.routing_key
        assert list(channel["messages"]) == [name]
        binding = channel["bindings"]["amqp"]
        assert binding["is"] == "routingKey"
        assert binding["exchange"] == {"name": kind.exchange, "type": "topic", "durable": True}


def test_every_event_is_sent_once_and_received_by_those_who_listen(published: dict[str, Any]):
    operations = published["operations"].values()
    assert {each["action"] for each in operations} == {"send", "receive"}
    sent = [each["channel"]["$ref"] for each in operations if each["action"] == "send"]
    assert sorted(sent) == sorted(f"#/channels/{name}" for name in PUBLISHED)
    received = [each["channel"]["$ref"] for each in operations if each["action"] == "receive"]
    wanted = [f"#/channels/{name}" for one in catalogue.all_listeners() for name in one.types]
    assert sorted(received) == sorted(wanted)


def test_every_message_says_what_its_envelope_and_its_data_are(published: dict[str, Any]):
    for name, message in published["components"]["messages"].items():
        payload = message["payload"]
        assert message["contentType"] == "application/json"
        assert payload["properties"]["type"] == {"const": name}
        assert payload["properties"]["data"] == KEPT[name]
        assert set(payload["required"]) <= payload["properties"].keys()


def test_names_are_such_as_asyncapi_allows(published: dict[str, Any]):
    names = [*published["channels"], *published["operations"], *published["components"]["messages"]]
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in names)


# ---- the page


def test_the_page_lists_every_event_with_its_fields_and_every_queue():
    page = (DOCS / "events.md").read_text("utf-8")
    for name, kind in PUBLISHED.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert kind.summary in section
        for field in kind.schema.fields:
            assert f"| `{field}` |" in section
    for one in catalogue.all_listeners():
        assert f"| `{one.queue}` |" in page


def test_the_links_of_the_page_lead_to_its_headings():
    page = (DOCS / "events.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    # As GitHub makes anchors: small letters, no full stops, hyphens for spaces.
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


@pytest.mark.parametrize("service", sorted({name.partition(".")[0] for name in PUBLISHED}))
def test_a_services_readme_names_every_event_that_it_publishes(service: str):
    readme = (ROOT / "services" / service / "README.md").read_text("utf-8")
    events = readme.partition("\n## Events\n")[2].partition("\n## ")[0]
    for name in PUBLISHED:
        of, _, rest = name.partition(".")
        event = rest.partition(".")[0]
        if of == service and event != "heartbeat":
            assert f"`{event}`" in events or f"`{name}`" in events, name
