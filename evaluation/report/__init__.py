"""Results as JSON, tables, pictures, and one HTML page."""
