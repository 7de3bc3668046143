"""The command table for agents, by the Model Context Protocol."""
