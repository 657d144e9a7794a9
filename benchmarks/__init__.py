"""What vidgan costs, measured side by side with plain code; see README.md."""
