"""One installation, many cities: each a folder, a virtual host, databases and keys of its own.

A process serves one city, which PALIKA_CITY names (docs/cities.md).
"""

from palika.cities.folder import CityFolder, all_cities, cities_folder

__all__ = ["CityFolder", "all_cities", "cities_folder"]
