"""A path starts at the image, moves along the direction and nowhere else, and is decoded in one go."""

import warnings

import numpy as np
import pytest
import torch

from analysis.directions import Direction
from analysis.traversals import Traversal, encode_image, path_steps, traverse
from xaae_core.models import Encoding, add_xaae_blocks, build_encoder


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = add_xaae_blocks(build_encoder("small:4-6-8", 1), (32, 24), 1, 6, 3)
    with torch.no_grad():
        for name, parameter in model.decoder.named_parameters():
            if ".conv_skip." in name:  # as after training: the skips matter
                parameter.normal_(0, 0.2)
    return model.eval()


@pytest.fixture
def image():
    return np.random.default_rng(0).random((1, 32, 24), dtype=np.float32)


@pytest.fixture
def direction():
    rng = np.random.default_rng(1)
    vector = rng.normal(size=6)
    names = {"method": "PLS", "target": "ill", "counterpart": "healthy", "quality_name": "AUROC"}
    figures = {"quality": 0.9, "quality_interval": (0.8, 1.0), "held_out": 0.9, "cone_degrees": 10.0, "n_cases": 100}
    return Direction(vector / np.linalg.norm(vector), rng.normal(size=6), 1.7, **names, **figures)


def path(probabilities, steps=None):
    """A traversal with given probabilities; its frames are its steps."""
    probabilities = None if probabilities is None else np.array(probabilities, np.float32)
    steps = np.arange(5.0) - 2 if steps is None else np.array(steps)
    frames = np.broadcast_to(0.5 + steps[:, None, None, None] / 10, (len(steps), 1, 2, 2)).astype(np.float32)
    return Traversal(steps, np.zeros((len(steps), 3), np.float32), frames, probabilities, "ill", 1.0, 0)


def two(*chances):
    """Probabilities of two classes from that of the second."""
    return [[1 - chance, chance] for chance in chances]


@pytest.mark.parametrize("skip_dropout", [0.0, 0.5, 1.0])
def test_step_0_is_the_decoded_image(model, image, direction, skip_dropout):
    encoding = encode_image(model, image)
    found = traverse(model, encoding, direction, skip_dropout=skip_dropout, seed=4)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        expected = model.decode(encoding.z, encoding.skips, skip_dropout=skip_dropout, generator=generator)
        chances = model.classify(encoding.z).softmax(1)
    np.testing.assert_allclose(found.frames[found.origin], expected[0], atol=1e-6)
    np.testing.assert_array_equal(found.z[found.origin], encoding.z[0])
    np.testing.assert_allclose(found.probabilities[found.origin], chances[0], atol=1e-6)
    assert found.steps[found.origin] == 0


def test_every_frame_is_the_decode_of_its_own_z(model, image, direction):
    encoding = encode_image(model, image)
    found = traverse(model, encoding, direction, skip_dropout=0.0)
    for z, frame in zip(found.z, found.frames, strict=True):
        with torch.no_grad():
            alone = model.decode(torch.tensor(z)[None], encoding.skips, skip_dropout=0.0)[0]
        np.testing.assert_allclose(frame, alone, atol=1e-6)
    assert not np.allclose(found.frames[0], found.frames[-1])
    assert found.frames.dtype == np.float32
    assert 0 <= found.frames.min() <= found.frames.max() <= 1


def test_the_score_moves_by_exactly_the_steps(model, image, direction):
    steps = [-2.5, -1, 0, 0.25, 4]
    found = traverse(model, encode_image(model, image), direction, steps=steps)
    scores = direction.score(found.z)
    np.testing.assert_allclose(scores - scores[found.origin], steps, atol=1e-5)
    np.testing.assert_array_equal(found.steps, steps)


class Counting:
    """A model that counts its calls and the size of each."""

    input_size, input_channels, encoding_dims, classes = (32, 24), 1, 6, 3

    def __init__(self, model, has_classifier=True):
        self.model, self.has_classifier, self.calls = model, has_classifier, []

    def encode(self, x):
        self.calls.append(("encode", len(x)))
        return self.model.encode(x)

    def decode(self, z, skips=(), *, skip_dropout=1.0, generator=None):
        self.calls.append(("decode", len(z), [len(skip) for skip in skips]))
        return self.model.decode(z, skips, skip_dropout=skip_dropout, generator=generator)

    def classify(self, z):
        self.calls.append(("classify", len(z)))
        return self.model.classify(z) if self.has_classifier else None


def test_a_path_is_one_decode_and_no_encode(model, image, direction):
    counting = Counting(model)
    encoding = encode_image(counting, image)
    assert counting.calls == [("encode", 1)]
    traverse(counting, encoding, direction, skip_dropout=0.3)
    assert counting.calls[1:] == [("decode", 21, [1, 1]), ("classify", 21)]  # the skips of the one image, not copied


def test_a_model_without_a_classifier_has_a_path_without_probabilities(model, image, direction):
    bare = Counting(model, has_classifier=False)
    found = traverse(bare, encode_image(bare, image), direction)
    assert found.probabilities is None
    assert found.flip(0) is None


def test_the_same_seed_gives_the_same_frames(model, image, direction):
    encoding = encode_image(model, image)
    first, again, other = (traverse(model, encoding, direction, skip_dropout=0.5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.frames, again.frames)
    assert not np.array_equal(first.frames, other.frames)
    assert (first.seed, first.skip_dropout, first.target) == (1, 0.5, "ill")


def test_a_path_leaves_the_model_and_what_it_is_given_alone(model, image, direction):
    image.flags.writeable = False
    steps = np.array([-1.0, 0.0, 1.0])
    state = torch.get_rng_state()
    encoding = encode_image(model, image)
    found = traverse(model, encoding, direction, steps=steps, skip_dropout=0.5)
    assert torch.equal(torch.get_rng_state(), state)
    assert steps.flags.writeable
    steps[0] = 99
    assert found.steps[0] == -1
    for array in (found.steps, found.z, found.frames, found.probabilities):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("as_tensor", [False, True])
def test_images_come_as_arrays_or_tensors(model, image, as_tensor, recwarn):
    image.flags.writeable = False
    encoding = encode_image(model, torch.tensor(image) if as_tensor else image)
    with torch.no_grad():
        assert torch.equal(encoding.z, model.encode(torch.tensor(image)[None]).z)
    assert encoding.z.shape == (1, 6)
    assert not [warning for warning in recwarn if "writable" in str(warning.message)]


@pytest.mark.parametrize(
    "steps",
    [[-1, 1], [0, 1, 1], [1, 0, -1], [0, float("nan")], [float("-inf"), 0], [[0, 1]], [], [0.1, 0.2]],
)
def test_steps_that_make_no_path_are_refused(model, image, direction, steps):
    with pytest.raises(ValueError, match="expected rising distances in standard deviations with 0 among them"):
        traverse(model, encode_image(model, image), direction, steps=steps)


def test_a_path_starts_from_one_image_of_the_directions_model(model, image, direction):
    with torch.no_grad():
        two_images = model.encode(torch.rand(2, 1, 32, 24))
    with pytest.raises(ValueError, match="the encoding holds 2 images; a path starts from one"):
        traverse(model, two_images, direction)
    with pytest.raises(ValueError, match="direction has 6 dimensions, z has 4"):
        traverse(model, Encoding(torch.zeros(1, 4)), direction)


@pytest.mark.parametrize("share", [-0.5, 1.5])
def test_an_impossible_share_of_skips_is_refused(model, image, direction, share):
    with pytest.raises(ValueError, match="skip_dropout is"):
        traverse(model, encode_image(model, image), direction, skip_dropout=share)


def test_steps_are_even_and_hold_0():
    np.testing.assert_allclose(path_steps(2.0, 5), [-2, -1, 0, 1, 2])
    assert path_steps().shape == (21,)
    assert path_steps(3.7, 33)[16] == 0


@pytest.mark.parametrize(("span", "n_steps"), [(3, 20), (3, 1), (3, -5), (0, 5), (-1, 5), (np.inf, 5), (np.nan, 5)])
def test_impossible_ranges_are_refused(span, n_steps):
    with pytest.raises(ValueError, match=r"(n_steps|span) is"):
        path_steps(span, n_steps)


@pytest.mark.parametrize(
    ("chances", "flip"),
    [
        ((0.1, 0.2, 0.3, 0.4, 0.8), 1.25),  # margins −0.2 at 1 and +0.6 at 2: a quarter of the way
        ((0.9, 0.6, 0.2, 0.1, 0.0), -0.75),  # margins +0.2 at −1 and −0.6 at 0: a quarter of the way
        ((0.9, 0.1, 0.1, 0.1, 0.9), -1.5),  # two: at −1.5 and 1.5, the first of equals
        ((0.9, 0.1, 0.1, 0.9, 0.9), 0.5),  # two: at −1.5 and 0.5, the nearer to the image
        ((0.1, 0.2, 0.3, 0.4, 0.45), None),
        ((0.6, 0.7, 0.8, 0.9, 1.0), None),
    ],
)
def test_where_the_class_flips(chances, flip):
    for index in (0, 1):
        found = path(two(*chances)).flip(index)
        assert found == (None if flip is None else pytest.approx(flip, abs=1e-6))


def test_a_flip_among_three_classes_is_against_the_best_of_the_others():
    chances = [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.4, 0.5, 0.1], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]
    found = path(chances)
    assert found.flip(0) == pytest.approx(-0.5)
    assert found.flip(2) == pytest.approx(2 / 3, abs=1e-6)
    assert found.flip(1) == pytest.approx(1 / 3, abs=1e-6)  # the nearer of −1/2 and 1/3


def test_one_class_never_flips():
    assert path([[1.0]] * 5).flip(0) is None


def test_the_change_is_against_the_decoded_image_and_may_be_laid_on_the_original():
    found = path(None)
    assert not found.change()[found.origin].any()
    np.testing.assert_allclose(found.change()[:, 0, 0, 0], [-0.2, -0.1, 0, 0.1, 0.2], atol=1e-6)
    original = np.array([[[0.0, 0.95], [0.5, 0.5]]])
    edited = found.on_original(original)
    np.testing.assert_allclose(edited[found.origin], original, atol=1e-6)
    np.testing.assert_allclose(edited[-1], [[[0.2, 1.0], [0.7, 0.7]]], atol=1e-6)
    np.testing.assert_allclose(edited[0], [[[0.0, 0.75], [0.3, 0.3]]], atol=1e-6)


@pytest.fixture
def warnings_are_errors():
    """torch gives most of its warnings once a process; here every time, as errors."""
    torch.set_warn_always(True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield
    torch.set_warn_always(False)


@pytest.mark.parametrize("kind", ["read-only", "mirrored", "float64", "big-endian", "a list"])
def test_any_array_of_pixels_is_encoded_as_its_plain_copy(model, image, direction, kind, warnings_are_errors):
    made = {
        "read-only": lambda: np.frombuffer(image.tobytes(), np.float32).reshape(image.shape),
        "mirrored": lambda: image[:, :, ::-1].copy()[:, :, ::-1],
        "float64": lambda: image.astype(np.float64),
        "big-endian": lambda: image.astype(">f4"),
        "a list": image.tolist,
    }
    found = encode_image(model, made[kind]())
    assert torch.equal(found.z, encode_image(model, torch.tensor(image)).z)
    traverse(model, found, direction)


def test_the_warning_that_is_meant_would_be_seen(image, warnings_are_errors):
    with pytest.raises(UserWarning, match="not writable"):
        torch.from_numpy(np.frombuffer(image.tobytes(), np.float32))
