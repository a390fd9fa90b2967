"""Phase labels: file formats, matching to videos, and segments in time."""
