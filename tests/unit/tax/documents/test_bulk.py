"""Many documents at once: bound into one file, or a file each."""

import io
import tracemalloc
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from palika import cli
from palika.typesetting import fonts
from palika.yaml_files import WrongData
from services.tax.documents import Seal, content_of, data, engine, file_name, samples
from services.tax.documents.binding import Binder
from services.tax.documents.bulk import LOT, a_file_each, one_pdf

SEAL = Seal([b"0123456789abcdef0123456789abcdef"], "https://city.example")
DAY = date(2026, 4, 1)


@pytest.fixture(scope="module", autouse=True)
def own_var(tmp_path_factory: pytest.TempPathFactory):
    """The fonts are put into a folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALIKA_VAR", str(tmp_path_factory.mktemp("var")))
        fonts.folder.cache_clear()
        yield
    fonts.folder.cache_clear()


def some(count: int):
    """Bills of which the third has a name that cannot be printed."""
    for at, (bill, language) in enumerate(samples.bills(count), 1):
        if at == 3:
            bill = replace(bill, holding=replace(bill.holding, owners=("ஆஷா",)))
        yield bill, language


def test_one_pdf_has_all_in_order_and_tells_what_it_left_out(tmp_path: Path):
    path = tmp_path / "bills.pdf"
    outcome = one_pdf(some(LOT * 2 + 5), SEAL, path, processes=2)
    assert (outcome.documents, outcome.pages) == (LOT * 2 + 4, LOT * 2 + 4)
    assert [each.number for each in outcome.refused] == ["PT-2026-27-000003"]
    assert "owner: there is no glyph for U+0B86" in outcome.refused[0].reason
    reader = PdfReader(path, strict=True)
    numbers = [1, 2, *range(4, LOT * 2 + 6)]
    assert len(reader.pages) == len(numbers)
    for number, page in zip(numbers, reader.pages, strict=True):
        assert f"PT-2026-27-{number:06}" in page.extract_text()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_each_is_named_by_its_number_and_tagged(tmp_path: Path):
    warrant = replace(samples.notice("warrant"), signed_by=None)
    outcome = a_file_each([*some(4), (warrant, "mr")], SEAL, tmp_path, processes=1)
    assert outcome.documents == 3
    assert [each.number for each in outcome.refused] == ["PT-2026-27-000003", warrant.number]
    assert "is signed by a person, by name" in outcome.refused[1].reason
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"PT-2026-27-00000{n}.pdf" for n in (1, 2, 4)]
    root = PdfReader(tmp_path / names[0]).trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"]


def test_nothing_gives_an_empty_whole(tmp_path: Path):
    path = tmp_path / "none.pdf"
    outcome = one_pdf([], SEAL, path, processes=1)
    assert (outcome.documents, outcome.pages) == (0, 0)
    assert len(PdfReader(path).pages) == 0


def test_when_it_breaks_off_the_old_file_stays(tmp_path: Path):
    def broken():
        yield from samples.bills(1)
        raise OSError("the list could not be read")

    path = tmp_path / "bills.pdf"
    path.write_bytes(b"yesterday's")
    with pytest.raises(OSError, match="could not be read"):
        one_pdf(broken(), SEAL, path, processes=1)
    assert path.read_bytes() == b"yesterday's"
    assert list(tmp_path.iterdir()) == [path]


def test_documents_are_taken_as_they_are_needed(tmp_path: Path):
    taken = 0

    def counted():
        nonlocal taken
        for each in samples.bills(1, first=7):
            for _ in range(LOT * 9):
                taken += 1
                yield each
                if taken == LOT * 8:
                    raise OSError("far enough")

    with pytest.raises(OSError, match="far enough"):
        one_pdf(counted(), SEAL, tmp_path / "bills.pdf", processes=1)
    assert taken == LOT * 8


@pytest.mark.parametrize(
    ("number", "name"),
    [("PT-2026-27-000001", "PT-2026-27-000001.pdf"), ("N/1/../०२", "N_1_.._.pdf")],
)
def test_no_number_leads_out_of_the_folder(number: str, name: str):
    assert file_name(number) == name


def test_binding_keeps_pages_pictures_and_fonts_of_every_part_and_no_part_in_memory():
    parts = [
        engine.pdf([content_of(bill, language, SEAL)], DAY, tagged=tagged)
        for tagged in (True, False)
        for bill, language in samples.bills(2)
    ]

    class Counted(io.BytesIO):
        pass

    file = Counted()
    binder = Binder(file)
    tracemalloc.start()
    for _ in range(5):
        for part in parts:
            assert binder.add(part) == 1
    early, _ = tracemalloc.get_traced_memory()
    written = file.tell()
    for _ in range(25):
        for part in parts:
            binder.add(part)
    late, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = file.tell() - written
    # The file itself is in memory here, twice at the most while it grows.
    assert late - early < 2.2 * grown + 200_000
    binder.close()
    reader = PdfReader(io.BytesIO(file.getvalue()), strict=True)
    assert len(reader.pages) == binder.pages == 120
    last = reader.pages[-1]
    assert "PT-2026-27-000002" in last.extract_text()
    assert len(last.images) == 3
    assert "/StructParents" not in last


def test_a_mistake_in_the_wording_is_told_before_anything_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken = tmp_path / "templates"
    broken.mkdir()
    text = (data.TEMPLATES / "wording.yaml").read_text("utf-8")
    text = text.replace('en: "Financial year {year}"', 'en: "Financial year"')
    (broken / "wording.yaml").write_text(text, "utf-8")
    (broken / "city.yaml").write_bytes((data.TEMPLATES / "city.yaml").read_bytes())
    monkeypatch.setattr(data, "TEMPLATES", broken)
    data.wording.cache_clear()
    try:
        with pytest.raises(WrongData, match=r"wording\.yaml, line \d+: words, year: .* braces"):
            one_pdf(samples.bills(1), SEAL, tmp_path / "x.pdf")
    finally:
        data.wording.cache_clear()
    assert not (tmp_path / "x.pdf").exists()


# -- fonts ----------------------------------------------------------------------------------------


def test_a_font_that_was_damaged_is_put_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    folder = fonts.folder.__wrapped__()
    file = folder / "FiraGO-Bold.ttf"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert fonts.folder.__wrapped__() == folder
    assert file.read_bytes() == whole
    assert sorted(path.name for path in folder.iterdir()) == [
        "FiraGO-Bold.ttf",
        "FiraGO-Regular.ttf",
    ]


def test_a_missing_font_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    monkeypatch.setattr(fonts, "import_module", _none)
    with pytest.raises(fonts.FontMissing, match="pymupdf-fonts is not installed") as caught:
        fonts.folder.__wrapped__()
    assert "\n" not in str(caught.value)


def _none(name: str):
    raise ImportError(name)


def test_another_version_of_the_font_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Other:
        fontbuffer = b"another"

    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    monkeypatch.setattr(fonts, "import_module", lambda name: Other)
    with pytest.raises(fonts.FontMissing, match=r"requirements\.lock"):
        fonts.folder.__wrapped__()


def test_the_command_makes_an_example_of_everything(tmp_path: Path, capsys):
    assert cli.main(["tax", "documents", "sample", str(tmp_path / "out")]) == 0
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {f"{name}-{lang}.pdf" for name in samples.all_kinds() for lang in ("mr", "en")}
    assert capsys.readouterr().out == f"{len(files)} documents in {tmp_path / 'out'}\n"
