"""What an image classifier has learned, class by class: Summit's attribution graphs in Neo4j."""

__version__ = "0.1.0"
