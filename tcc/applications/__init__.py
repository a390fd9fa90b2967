"""What aligned videos are good for, one file per application.

Each takes `clips.Clips` (videos and their embeddings) or plain arrays, and
has a command of its own in `tcc`; `docs/applications.md` shows them all.
"""
