"""Ground shared by all apps: walls between organisations, health, errors, template tags. Knows no domain."""
