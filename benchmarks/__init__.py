"""Measured against peers: ratios in one run on one engine (`run.py`), and the counted figures (`acceptance.py`)."""
