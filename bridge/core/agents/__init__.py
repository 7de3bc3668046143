"""What an agent's program shows, and what that means: pure, from text to a verdict."""
