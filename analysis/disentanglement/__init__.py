"""How well each dimension of a latent space stands for one factor of the data, where the factors are known.

Four scores, each with its own idea of "well"; all take codes [N, D] and the factors [N, K] of the same cases. None
asks a model anything: `scores.measure_disentanglement` takes what was encoded.
"""
