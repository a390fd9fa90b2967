"""Rendered videos of a hand that pours from a bottle into a cup."""
