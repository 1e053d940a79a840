"""The yardstick: scikit-learn's principal components."""

import torch
from sklearn.decomposition import PCA

from analysis.gallery.principal_components import PrincipalComponents


def test_they_draw_and_score_as_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(200, 12, generator=generator) @ torch.randn(12, 12, generator=generator) * 0.02 + 0.5).clamp(0, 1)
    cases = x.reshape(200, 1, 3, 4)
    mine, theirs = PrincipalComponents(cases, 4), PCA(4).fit(x.numpy())
    reference = torch.from_numpy(theirs.inverse_transform(theirs.transform(x.numpy()))).float().clamp(0, 1)
    encoding = mine.encode(cases)
    assert torch.allclose(mine.decode(encoding.z).flatten(1), reference, atol=1e-5)
    assert torch.allclose(encoding.z.abs(), torch.from_numpy(abs(theirs.transform(x.numpy()))).float(), atol=1e-4)
    assert encoding.z.var(dim=0).diff().max() < 0  # the largest first


def test_no_more_than_the_cases_span():
    few = torch.rand(4, 1, 3, 3)
    assert PrincipalComponents(few, 10).encoding_dims == 3
