"""API keys: who may do what, and what a wrong file says."""

import hashlib
import os

import pytest
import yaml

from palika.auth import ANONYMOUS
from palika.config import ConfigError
from palika.errors import Forbidden
from services.portal.open311 import keys as module
from services.portal.open311.keys import PUBLIC, Keys


def entry(name, key, *may):
    return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), "may": list(may)}


@pytest.fixture
def written(tmp_path):
    """Writes a file of keys; gives its path."""

    def write(*entries, text=None):
        path = tmp_path / "keys.yaml"
        path.write_text(text or yaml.safe_dump({"keys": list(entries)}))
        return str(path)

    return write


def test_without_a_key_anybody_reads_and_nobody_files(written):
    keys = Keys(written(entry("fms", "k", "file")), anybody_files=False)
    assert keys.reader(None) == ANONYMOUS
    with pytest.raises(Forbidden, match="missing"):
        keys.filer(None)


def test_a_city_may_let_anybody_file():
    keys = Keys("", anybody_files=True)
    assert keys.filer(None) == PUBLIC.identity
    # What anybody has filed is not anybody's to see.
    assert keys.reader(None) == ANONYMOUS


def test_a_key_is_a_system_of_its_own_and_does_what_it_may(written):
    keys = Keys(written(entry("fms", "k", "file"), entry("map", "m")), anybody_files=True)
    assert keys.filer("k").subject == keys.reader("k").subject == "open311:fms"
    assert keys.filer("k").roles == {"citizen"}
    assert keys.reader("m").subject == "open311:map"
    with pytest.raises(Forbidden, match="may not file"):
        keys.filer("m")


@pytest.mark.parametrize("key", ["", "K", "k ", "open311:fms", "\udc00"])
def test_a_key_that_is_not_known_is_refused_even_to_read(written, key):
    keys = Keys(written(entry("fms", "k", "file")), anybody_files=True)
    with pytest.raises(Forbidden, match="not known"):
        keys.reader(key)
    with pytest.raises(Forbidden, match="not known"):
        keys.filer(key)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("keys: [", "cannot be read"),
        ("- a", "must have a list"),
        ("keys: {}", "must have a list"),
        ("keys: [1]", "key 1: must have name, sha256 and may"),
        (yaml.safe_dump({"keys": [entry("A B", "k")]}), "key 1: name must be"),
        ("keys: [{name: a, sha256: abc, may: []}]", "key 1: sha256 must be"),
        (yaml.safe_dump({"keys": [entry("a", "k", "everything")]}), "key 1: may must be"),
        (yaml.safe_dump({"keys": [entry("public", "k")]}), "key 1: the name public is taken"),
        (yaml.safe_dump({"keys": [entry("a", "k"), entry("a", "l")]}), "key 2: the name a is"),
        (yaml.safe_dump({"keys": [entry("a", "k"), entry("b", "k")]}), "key 2: the same key as a"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(written, text, reason):
    with pytest.raises(ConfigError, match=reason):
        Keys(written(text=text), anybody_files=False)


def test_a_change_is_seen_and_a_mistake_keeps_the_last_good_keys(written, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_EVERY_S", 0.0)
    keys = Keys(written(entry("fms", "k", "file")), anybody_files=False)
    path = written(entry("fms", "new", "file"))
    os.utime(path, (1, 1))
    assert keys.reader("new").subject == "open311:fms"
    with pytest.raises(Forbidden):
        keys.reader("k")
    written(text="keys: [")
    assert keys.reader("new").subject == "open311:fms"
