"""Write data/sample_feed.csv again: python scripts/make_sample_feed.py"""

from __future__ import annotations

from streetchief.city import shipped_city_file, shipped_data_dir
from streetchief.cityfile import read_city
from streetchief.intake.feeds.sample import write_sample
from streetchief.registry.assemble import registry_from_city

if __name__ == "__main__":
    city = read_city(shipped_city_file())
    registry, _ = registry_from_city(city)
    write_sample(shipped_data_dir() / "sample_feed.csv", registry, city)
