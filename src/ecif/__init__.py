"""Customer identity for banks: records are facts, links are decisions, customers are derived."""

__version__ = "0.1.0"
