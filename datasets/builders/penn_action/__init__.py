"""Penn Action with the phases of the TCC paper."""
