"""Which videos there are to train on, and which of them make each batch."""
