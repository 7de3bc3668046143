"""The records that agents' programs keep of their conversations, from bytes to turns."""
