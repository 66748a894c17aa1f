"""What an instructor runs: steps of nbgrader's pipeline, named in `nbgrader_config.py`."""
