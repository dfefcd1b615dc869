"""What may be looked into and by whom: the models that speak. Knows ids and figures, never what anybody said."""
