"""What an author runs: build a stage from its percent source, and seal its numbers."""
