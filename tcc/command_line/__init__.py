"""What commands share: how they start and fail, and their common flags."""

from tcc.command_line.running import (require, run, USER_ERRORS)

__all__ = ['USER_ERRORS', 'require', 'run']
