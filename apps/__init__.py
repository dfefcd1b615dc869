"""The product's Django apps. README.md in this folder draws their layers and signals."""
