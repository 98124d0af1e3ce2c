"""Layers, first weights and weight updates of all replicates at once, as Keras defines them."""
