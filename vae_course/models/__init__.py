"""What a lesson imports to get to its point."""
