"""How the templates of all services draw Devanagari."""

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
