"""Any folder of video files, with or without labels."""
