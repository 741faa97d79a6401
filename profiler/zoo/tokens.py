#!/usr/bin/env python3
"""Text as tokens: a small byte-pair encoding, and files of tokens for `dysta profile`.

    tokens.py vocabulary --text FOLDER... --output vocabulary.json
    tokens.py passages --text FOLDER... --vocabulary vocabulary.json --output varied.txt
    tokens.py passages --text ... --vocabulary ... --lengths 256 --output fixed.txt
    tokens.py encode --vocabulary vocabulary.json <lines.txt >tokens.txt

A file of tokens holds one sequence a line: decimal numbers with single spaces between them.
Texts are .txt, .md, .pod and .html files, also as .gz. They are cut into parts of some 30 000
characters; a hash of a part's name says whether it is held out. `vocabulary` never sees the parts
held out, and `passages` cuts its sequences from these alone.
"""

import argparse
import collections
import gzip
import hashlib
import heapq
import html
import json
import math
import os
import random
import re
import sys

SUFFIXES = (".txt", ".md", ".pod", ".html")
PART_CHARACTERS = 30000
SHORTEST_PARAGRAPH = 60

PIECE = re.compile(r" ?[A-Za-z]+| ?[0-9]| ?[^\sA-Za-z0-9]+|\s")


def prose(name, text):
    """The running text of a file: a paragraph a line, without markup, code, lists and headings."""
    if name.endswith(".html"):
        text = re.sub(r"(?s)<(script|style|pre|head)\b.*?</\1>", "", text)
        text = re.sub(r"</?(p|li|div|dt|dd|h\d)\b", r"\n\n<\1", text)
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    paragraphs = re.split(r"\n\s*\n", text)
    if name.endswith(".pod"):
        paragraphs = [re.sub(r"\b[BCFILSX]<([^<>]*)>", r"\1", each) for each in paragraphs
                      if each[:1] not in ("=", " ", "\t")]
    lines = (" ".join(each.split()) for each in paragraphs)
    return "\n".join(line for line in lines if len(line) >= SHORTEST_PARAGRAPH)


def files(paths):
    """The texts among `paths` and in folders there, as (name, path); names hold no folder above."""
    for path in paths:
        if os.path.isfile(path):
            yield os.path.basename(path), path
        elif os.path.isdir(path):
            found = [os.path.join(folder, each) for folder, _, names in os.walk(path)
                     for each in names if each.removesuffix(".gz").endswith(SUFFIXES)]
            yield from ((os.path.relpath(each, path), each) for each in sorted(found))
        else:
            raise ValueError(f"no text at {path}; files and folders are allowed")


def parts(paths):
    """The prose at `paths`, as (name, text) in the order of names."""
    result = {}
    for name, path in files(paths):
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8", errors="replace") as file:
            text = prose(name.removesuffix(".gz"), file.read())
        for start in range(0, len(text), PART_CHARACTERS):
            result[f"{name}#{start // PART_CHARACTERS}"] = text[start:start + PART_CHARACTERS]
    if not result:
        raise ValueError(f"no text in {' '.join(paths)}; files {' '.join(SUFFIXES)} are read")
    return sorted(result.items())


def is_held_out(name):
    """Whether the part of this name is kept from training: one in twenty, by a hash."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 20 == 0


def split(paths):
    """The texts to train on, and those held out."""
    everything = parts(paths)
    return ([text for name, text in everything if not is_held_out(name)],
            [text for name, text in everything if is_held_out(name)])


def merged(symbols, left, right, number):
    """`symbols` with each `left, right` in it replaced by `number`."""
    result = []
    at = 0
    while at < len(symbols):
        if symbols[at] == left and symbols[at + 1:at + 2] == (right,):
            result.append(number)
            at += 2
        else:
            result.append(symbols[at])
            at += 1
    return tuple(result)


class Vocabulary:
    """A byte-pair encoding: tokens 0..255 are bytes, and 256 + i joins the i-th pair of tokens."""

    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        self.size = 256 + len(self.merges)
        self._rank = {pair: 256 + i for i, pair in enumerate(self.merges)}
        self._known = {}
        self._bytes = [bytes([i]) for i in range(256)]
        for left, right in self.merges:
            self._bytes.append(self._bytes[left] + self._bytes[right])

    @classmethod
    def learn(cls, texts, size):
        """Joins the most frequent pair again and again; of equals, the one of lower numbers."""
        frequency = collections.Counter()
        for text in texts:
            frequency.update(PIECE.findall(text))
        words = [tuple(word.encode()) for word in frequency]
        counts = list(frequency.values())
        pairs = collections.Counter()
        where = collections.defaultdict(set)
        for i, word in enumerate(words):
            for pair in zip(word, word[1:]):
                pairs[pair] += counts[i]
                where[pair].add(i)
        heap = [(-count, pair) for pair, count in pairs.items()]
        heapq.heapify(heap)
        merges = []
        while len(merges) < size - 256 and heap:
            count, pair = heapq.heappop(heap)
            if pairs[pair] != -count or count == 0:
                continue  # a newer entry of this pair is in the heap
            number = 256 + len(merges)
            merges.append(pair)
            changed = set()
            for i in where.pop(pair):
                for old in zip(words[i], words[i][1:]):
                    pairs[old] -= counts[i]
                    changed.add(old)
                words[i] = merged(words[i], *pair, number)
                for new in zip(words[i], words[i][1:]):
                    pairs[new] += counts[i]
                    where[new].add(i)
                    changed.add(new)
            for each in changed:
                heapq.heappush(heap, (-pairs[each], each))
        return cls(merges)

    @classmethod
    def load(cls, path):
        """Reads what `save` wrote."""
        try:
            with open(path, encoding="utf-8") as file:
                return cls(json.load(file)["merges"])
        except (ValueError, KeyError, TypeError, IndexError):
            message = f"{path} is no vocabulary; `tokens.py vocabulary` writes one"
            raise ValueError(message) from None

    def save(self, path):
        """Writes the merges as JSON."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"merges": self.merges}, file)
            file.write("\n")

    def encode(self, text):
        """The tokens of `text`."""
        return [token for piece in PIECE.findall(text) for token in self._encode_piece(piece)]

    def decode(self, tokens):
        """The text of `tokens`; bytes that are no text become U+FFFD."""
        return b"".join(self._bytes[token] for token in tokens).decode(errors="replace")

    def byte_counts(self):
        """How many bytes each token stands for."""
        return [len(each) for each in self._bytes]

    def _encode_piece(self, piece):
        if piece not in self._known:
            word = tuple(piece.encode())
            while True:
                ranks = [self._rank[pair] for pair in zip(word, word[1:]) if pair in self._rank]
                if not ranks:
                    break
                word = merged(word, *self.merges[min(ranks) - 256], min(ranks))
            self._known[piece] = word
        return self._known[piece]


def passages(texts, vocabulary, count, shortest, longest, seed):
    """`count` sequences from random places in `texts`, their lengths log-uniform in a range."""
    rooms = [tokens for tokens in map(vocabulary.encode, texts) if len(tokens) >= longest]
    if not rooms:
        raise ValueError(f"no text held out has {longest} tokens; fewer or more text are allowed")
    draw = random.Random(seed)
    result = []
    for _ in range(count):
        length = round(math.exp(draw.uniform(math.log(shortest), math.log(longest))))
        tokens = draw.choices(rooms, [len(room) for room in rooms])[0]
        start = draw.randrange(len(tokens) - length + 1)
        result.append(tokens[start:start + length])
    return result


def lengths(text):
    """`16-512` or `256` as (shortest, longest)."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    shortest, longest = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= shortest <= longest:
        raise argparse.ArgumentTypeError(f"{text!r} is no length; 256 or 16-512 are examples")
    return shortest, longest


def lines_of(sequences):
    """The text of a file of tokens."""
    return "".join(" ".join(map(str, sequence)) + "\n" for sequence in sequences)


def run_vocabulary(options):
    """The command `vocabulary`."""
    train, _ = split(options.text)
    Vocabulary.learn(train, options.size).save(options.output)


def run_passages(options):
    """The command `passages`."""
    _, held_out = split(options.text)
    found = passages(held_out, Vocabulary.load(options.vocabulary), options.count,
                     *options.lengths, options.seed)
    with open(options.output, "w", encoding="ascii") as file:
        file.write(lines_of(found))


def run_encode(options):
    """The command `encode`."""
    vocabulary = Vocabulary.load(options.vocabulary)
    sequences = (vocabulary.encode(line.rstrip("\n")) for line in sys.stdin)
    sys.stdout.write(lines_of(sequence for sequence in sequences if sequence))


class Parser(argparse.ArgumentParser):
    """A parser that tells mistakes in one line and exits with 1."""

    def error(self, message):
        self.exit(1, f"{message}; {self.prog} --help tells what is allowed\n")


def main(arguments=None):
    """Runs one command; mistakes are one line on the standard error, and exit status 1."""
    parser = Parser(description="Text as tokens.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("vocabulary", help="learn a byte-pair encoding from texts")
    command.add_argument("--text", nargs="+", required=True, help="files and folders")
    command.add_argument("--size", type=int, default=2048, help="tokens (%(default)s)")
    command.add_argument("--output", required=True, help="file of the vocabulary")
    command.set_defaults(run=run_vocabulary)

    command = commands.add_parser("passages", help="cut random sequences from texts held out")
    command.add_argument("--text", nargs="+", required=True, help="as `vocabulary` had them")
    command.add_argument("--vocabulary", required=True, help="its file")
    command.add_argument("--count", type=int, default=300, help="sequences (%(default)s)")
    command.add_argument("--lengths", type=lengths, default=(16, 512),
                         help="tokens a sequence, log-uniform in a range (16-512)")
    command.add_argument("--seed", type=int, default=1, help="of the choice (%(default)s)")
    command.add_argument("--output", required=True, help="file of tokens")
    command.set_defaults(run=run_passages)

    command = commands.add_parser("encode", help="standard input to tokens, a line a sequence")
    command.add_argument("--vocabulary", required=True, help="its file")
    command.set_defaults(run=run_encode)

    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
