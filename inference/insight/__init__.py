"""What can be read from a therapist's words: behaviour codes, and measures made of them. Moves no client."""
