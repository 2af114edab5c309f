"""How the demo's projects go: of every twenty so many as the file says, and by the seed alone."""

import random
from collections import Counter

from services.warroom.demo.lives import ways
from services.warroom.reference import read_data

LIVES = read_data("seed.yaml")["lives"]


def drawn(count: int, seed: int) -> list[str]:
    names = list(LIVES)
    return [names[list(LIVES.values()).index(each)] for each in ways(count, random.Random(seed))]


def test_of_every_twenty_projects_so_many_go_so_as_the_file_says():
    wanted = {name: way["of_twenty"] for name, way in LIVES.items()}
    assert sum(wanted.values()) == 20
    for seed in range(20):
        found = drawn(60, seed)
        for first in (0, 20, 40):
            assert Counter(found[first : first + 20]) == wanted


def test_how_a_project_goes_does_not_depend_on_how_many_there_are():
    assert drawn(50, 1)[:7] == drawn(7, 1)
    assert drawn(50, 1) != drawn(50, 2)
