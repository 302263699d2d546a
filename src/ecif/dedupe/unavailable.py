"""What is said where there is no Spark; it stands apart because it must be known without it."""


class SparkUnavailable(Exception):
    """Spark cannot be used here, or gave up: says what is missing."""
