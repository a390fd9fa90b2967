"""Any folder of video files or frames, with or without labels."""
