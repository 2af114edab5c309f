"""How a city looks: its colours keep the contrast of every text, its emblem is a picture."""

from pathlib import Path

import pytest

from palika.config import ConfigError
from services.portal.pages.brand import contrast, read_brand
from services.portal.pages.statics import Statics

GREEN = 'light: {indigo: "#14532d", indigo-deep: "#0f3d22", link: "#14532d"}\n'
NIGHT = 'dark: {indigo: "#14361f"}\n'
EMBLEM = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><circle r="1"/></svg>'


def written(folder: Path, colours: str = GREEN + NIGHT, emblem: bytes | None = None) -> str:
    (folder / "colours.yaml").write_text(colours)
    if emblem is not None:
        (folder / "emblem.svg").write_bytes(emblem)
    return str(folder)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.478)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


def test_a_city_s_colours_and_emblem_stand_in_the_place_of_the_shipped_ones(tmp_path: Path) -> None:
    brand = read_brand(written(tmp_path, emblem=EMBLEM))
    shipped, own = Statics(), Statics(brand=brand)
    sheet, emblem = own.url("site.css"), own.url("img/emblem.svg")
    assert sheet != shipped.url("site.css")
    assert emblem != shipped.url("img/emblem.svg")
    assert (brand.theme.light, brand.theme.dark) == ("#14532d", "#141726")
    assert ":root { --indigo: #14532d; --indigo-deep: #0f3d22; --link: #14532d; }" in brand.style
    assert "(prefers-color-scheme: dark) { :root { --indigo: #14361f; } }" in brand.style
    assert own.url("icons.svg") == shipped.url("icons.svg")


def test_without_a_folder_it_is_the_shipped_brand() -> None:
    brand = read_brand("")
    assert (brand.emblem, brand.style) == (None, "")
    assert Statics(brand=brand).url("site.css") == Statics().url("site.css")


@pytest.mark.parametrize(
    ("colours", "told"),
    [
        (
            'light: {indigo: "#c9d2ff"}\n' + NIGHT,
            "line 1: light.indigo: on-indigo on indigo has a contrast of 1.5, and needs 4.5",
        ),
        ('light: {}\ndark:\n  link: "#333355"\n', "line 3: dark.link: link on ground has"),
        ('light: {saffron: "#fff7ee"}\ndark: {}\n', "light.saffron: saffron on card has"),
        ('light: {indgo: "#14532d"}\ndark: {}\n', "there is no such colour; there are indigo"),
        ("light: {indigo: green}\ndark: {}\n", "must be a colour like"),
        ("light: {indigo: 123456}\ndark: {}\n", "must be a colour like"),
        ("light: {}\n", "must have light and dark"),
        ("light: []\ndark: {}\n", "must be colours by their names"),
        ("light: {\n", "not YAML"),
    ],
)
def test_colours_that_cannot_be_used_are_told_with_line_and_rule(
    tmp_path: Path, colours: str, told: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read_brand(written(tmp_path, colours))
    assert told in str(error.value)
    assert "colours.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("emblem", "told"),
    [
        (b"GIF89a", "is no SVG"),
        (b"<svg>" + b" " * 100_000, "has more than"),
        (b"<svg><script>alert(1)</script></svg>", "must be shapes alone"),
        (b'<svg onload="alert(1)"></svg>', "must be shapes alone"),
        (b'<svg><image href="https://elsewhere.example/a.png"/></svg>', "must be shapes alone"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><svg></svg>', "must be shapes alone"),
        (b'<svg><rect style="fill:url(https://elsewhere.example/a)"/></svg>', "shapes alone"),
    ],
)
def test_an_emblem_that_is_no_picture_is_refused(tmp_path: Path, emblem: bytes, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_brand(written(tmp_path, emblem=emblem))
    assert told in str(error.value)
