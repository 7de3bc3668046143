"""Agents: programs that converse, in panes, and what is known of each."""
