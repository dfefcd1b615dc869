"""What can be read from a therapist's words: behaviour codes and, from them, measures. Decides nothing about a client."""
