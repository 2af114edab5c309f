"""How the templates of all services draw Devanagari."""

from datetime import date
from pathlib import Path

import pytest

from palika.typesetting import engine

SERVICES = Path(__file__).parents[2] / "services"
TEMPLATES = sorted(
    each
    for each in SERVICES.glob("*/data/**/*.typ")
    # What others import sets no text by itself.
    if "sys.inputs.font" in each.read_text(encoding="utf-8")
)


def drawn(template: Path, place: Path, text: str, language: str) -> list[bytes]:
    """A text as a template draws it in a language."""
    lines = template.read_text(encoding="utf-8").splitlines()
    setting = next(each for each in lines if each.startswith("#set text(font: sys.inputs.font"))
    path = place / f"{language}.typ"
    page = "#set page(width: 60mm, height: 20mm)"
    path.write_text(f'{setting}\n{page}\n#text(lang: "{language}", "{text}")\n', encoding="utf-8")
    return engine.pictures(path, [])


def test_there_are_templates_to_look_at():
    assert len(TEMPLATES) >= 2


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.parts[-4])
def test_shri_is_drawn_in_marathi_as_in_english(template, tmp_path):
    # The font has another form of it for Marathi, in which its parts collide.
    assert drawn(template, tmp_path, "श्री", "mr") == drawn(template, tmp_path, "श्री", "en")


def test_what_typst_remembers_of_long_documents_is_given_back(tmp_path):
    template = tmp_path / "long.typ"
    template.write_text(
        "#let d = json(bytes(sys.inputs.documents))\n#set text(font: sys.inputs.font)\n"
        "#for each in d.first().paras { par(each) }",
        "utf-8",
    )

    def resident_kb() -> int:
        status = Path("/proc/self/status").read_text("utf-8")
        return int(status.split("VmRSS:")[1].split()[0])

    for number in range(12):
        paras = [f"{number} {each} " + "word " * 40 for each in range(400)]
        engine.pdf(template, [{"paras": paras}], date(2026, 1, 1), tagged=False)
    before = resident_kb()
    engine.forget()
    assert before - resident_kb() > 20_000


def test_files_may_lie_beside_a_template(tmp_path):
    template = tmp_path / "picture.typ"
    template.write_text('#image("one", height: 5mm)', "utf-8")
    drawing = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
    )
    with pytest.raises(RuntimeError, match="file not found"):
        engine.pdf(template, [{}], date(2026, 1, 1), tagged=False)
    found = engine.pdf(template, [{}], date(2026, 1, 1), tagged=False, images={"one": drawing})
    assert found.startswith(b"%PDF")
    assert not (tmp_path / "one").exists()
