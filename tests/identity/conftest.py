"""Properties are judged by what they find, not by how long the first look into a table takes."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
