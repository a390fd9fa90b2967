"""What commands share: how they start and fail, and their common flags."""

from tcc.command_line.running import USER_ERRORS, require, run

__all__ = ["USER_ERRORS", "require", "run"]
