"""Files written whole or not at all, and errors of reading and writing them."""
