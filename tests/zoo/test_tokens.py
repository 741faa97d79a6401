"""Byte-pair encoding, texts held out, and files of tokens."""

import collections
import contextlib
import gzip
import io
import os
import random
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import tokens

TEXT = ("the cat sat on the mat, and the rat sat on the cat.\n"
        "that cat, the fat cat, sat; aaaa aaaaa bananas 1024!\n") * 3


def naive_merges(text, size):
    """Byte-pair encoding as its definition says: count all pairs anew for every merge."""
    words = [tuple(piece.encode()) for piece in tokens.PIECE.findall(text)]
    merges = []
    while 256 + len(merges) < size:
        pairs = collections.Counter(pair for word in words for pair in zip(word, word[1:]))
        if not pairs:
            break
        pair = min(pairs, key=lambda each: (-pairs[each], each))
        words = [tokens.merged(word, *pair, 256 + len(merges)) for word in words]
        merges.append(pair)
    return merges


class Encoding(unittest.TestCase):
    """The byte-pair encoding."""

    def test_merges_are_those_of_the_definition(self):
        for size in (256, 257, 280, 400):
            self.assertEqual(tokens.Vocabulary.learn([TEXT], size).merges,
                             naive_merges(TEXT, size))

    def test_merges_of_random_texts(self):
        for seed in range(20):
            draw = random.Random(seed)
            text = "".join(draw.choices("aab ", k=200))
            self.assertEqual(tokens.Vocabulary.learn([text], 290).merges,
                             naive_merges(text, 290), seed)

    def test_merged(self):
        self.assertEqual(tokens.merged((1, 1, 1, 2, 1, 1), 1, 1, 9), (9, 1, 2, 9))
        self.assertEqual(tokens.merged((1, 2), 2, 1, 9), (1, 2))

    def test_round_trip(self):
        vocabulary = tokens.Vocabulary.learn([TEXT], 300)
        for text in (TEXT, "", " ", "unseen – Ünïcödé\t\ttabs\r\n  and  spaces ", "\0\x7f"):
            self.assertEqual(vocabulary.decode(vocabulary.encode(text)), text)

    def test_encoding_applies_merges_in_the_order_learnt(self):
        vocabulary = tokens.Vocabulary([(97, 98), (98, 99), (256, 99)])
        self.assertEqual(vocabulary.encode("abc"), [258])
        self.assertEqual(vocabulary.encode("bcab"), [257, 256])

    def test_byte_counts(self):
        vocabulary = tokens.Vocabulary.learn([TEXT], 300)
        counts = vocabulary.byte_counts()
        self.assertEqual(vocabulary.size, len(counts))
        self.assertEqual(sum(counts[token] for token in vocabulary.encode(TEXT)), len(TEXT))


class Texts(unittest.TestCase):
    """Reading and dividing texts."""

    def test_prose(self):
        line = "This line is long enough to be a paragraph of running text, not a heading."
        self.assertEqual(tokens.prose("a.txt", f"Heading\n\n{line}\n\n  {line}\n{line}"),
                         f"{line}\n{line} {line}")
        self.assertEqual(tokens.prose("a.pod", f"=head1 {line}\n\n    {line}\n\nC<{line}>"), line)
        page = f"<head>{line}</head><p>A&amp;<b>{line}</b><pre>{line}</pre></p>"
        self.assertEqual(tokens.prose("a.html", page), f"A&{line}")

    def test_names_do_not_depend_on_the_folder_above(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "b"))
            with open(os.path.join(folder, "a.txt"), "w", encoding="utf-8") as file:
                file.write("x" * 70000)
            with gzip.open(os.path.join(folder, "b", "c.txt.gz"), "wt") as file:
                file.write("y" * 100)
            with open(os.path.join(folder, "other.bin"), "w", encoding="utf-8") as file:
                file.write("z" * 100)
            found = tokens.parts([folder])
        self.assertEqual([(name, len(text)) for name, text in found],
                         [("a.txt#0", 30000), ("a.txt#1", 30000), ("a.txt#2", 10000),
                          ("b/c.txt.gz#0", 100)])

    def test_one_part_in_twenty_is_held_out(self):
        count = sum(tokens.is_held_out(f"name#{i}") for i in range(10000))
        self.assertTrue(400 < count < 600, count)

    def test_what_is_held_out_is_not_trained_on(self):
        everything = [(f"a.txt#{i}", f"text {i}") for i in range(100)]
        with mock.patch.object(tokens, "parts", return_value=everything):
            train, held_out = tokens.split(["a.txt"])
        self.assertEqual(sorted(train + held_out), sorted(text for _, text in everything))
        self.assertTrue(held_out)


class Passages(unittest.TestCase):
    """Sequences cut from texts."""

    def setUp(self):
        self.vocabulary = tokens.Vocabulary([])
        draw = random.Random(1)
        self.texts = ["".join(draw.choices("abcdefgh ", k=2000)) for _ in range(3)]

    def test_they_are_passages_of_the_lengths_asked_for(self):
        found = tokens.passages(self.texts, self.vocabulary, 400, 16, 512, 1)
        self.assertEqual(len(found), 400)
        for sequence in found:
            self.assertTrue(16 <= len(sequence) <= 512)
            self.assertTrue(any(self.vocabulary.decode(sequence) in text for text in self.texts))
        middle = sorted(map(len, found))[200]
        self.assertTrue(70 < middle < 115, middle)  # the geometric mean of 16 and 512 is 90.5

    def test_fixed_length_and_seed(self):
        first = tokens.passages(self.texts, self.vocabulary, 5, 256, 256, 1)
        self.assertEqual({len(sequence) for sequence in first}, {256})
        self.assertEqual(first, tokens.passages(self.texts, self.vocabulary, 5, 256, 256, 1))
        self.assertNotEqual(first, tokens.passages(self.texts, self.vocabulary, 5, 256, 256, 2))

    def test_texts_may_be_too_short(self):
        with self.assertRaisesRegex(ValueError, "no text held out has 2001 tokens; "):
            tokens.passages(self.texts, self.vocabulary, 5, 16, 2001, 1)


class Commands(unittest.TestCase):
    """The command line."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = lambda name: os.path.join(folder.name, name)
        draw = random.Random(2)
        words = ["".join(draw.choices("aeinrst", k=draw.randint(1, 6))) for _ in range(50)]
        os.mkdir(self.path("text"))
        for i in range(60):
            with open(self.path(f"text/{i}.txt"), "w", encoding="utf-8") as file:
                file.write(" ".join(draw.choices(words, k=400)))

    def fails(self, *arguments):
        """What the command says on failing with status 1."""
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as caught:
            tokens.main(arguments)
        code = caught.exception.code
        if isinstance(code, int):
            self.assertEqual(code, 1)
            code = errors.getvalue().rstrip("\n")
        self.assertNotIn("\n", code)
        return code

    def test_from_texts_to_tokens(self):
        text = ("--text", self.path("text"))
        tokens.main(["vocabulary", *text, "--size", "300", "--output", self.path("v.json")])
        contents = []
        for _ in range(2):
            tokens.main(["passages", *text, "--vocabulary", self.path("v.json"), "--count", "7",
                         "--lengths", "5-40", "--output", self.path("t.txt")])
            with open(self.path("t.txt"), encoding="ascii") as file:
                contents.append(file.read())
        self.assertEqual(*contents)
        self.assertRegex(contents[0], r"\A((\d+ )*\d+\n){7}\Z")
        self.assertLess(max(map(int, contents[0].split())), 300)

    def test_encode(self):
        tokens.Vocabulary([(97, 98)]).save(self.path("v.json"))
        output = io.StringIO()
        with mock.patch("sys.stdin", io.StringIO("abc\n\nb\n")), contextlib.redirect_stdout(output):
            tokens.main(["encode", "--vocabulary", self.path("v.json")])
        self.assertEqual(output.getvalue(), "256 99\n98\n")

    def test_mistakes_are_one_line(self):
        output = ("--output", self.path("o"))
        missing = self.path("none")
        self.assertIn("files and folders are allowed",
                      self.fails("vocabulary", "--text", missing, *output))
        self.assertIn("`tokens.py vocabulary` writes one",
                      self.fails("encode", "--vocabulary", self.path("text/1.txt")))
        self.assertIn("No such file", self.fails("encode", "--vocabulary", missing))
        self.assertIn("256 or 16-512 are examples",
                      self.fails("passages", "--text", missing, "--vocabulary", missing,
                                 "--lengths", "9-3", *output))
        self.assertIn("--help", self.fails("passage"))


if __name__ == "__main__":
    unittest.main()
