"""From a checkpoint to the embeddings of whole videos, and their files."""
