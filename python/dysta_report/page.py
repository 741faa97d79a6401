"""The page: one HTML file with everything in it, for screens of any width and for paper."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .claims import FAILS, HOLDS, OPEN
from .data import read_json
from .errors import ReportError
from .style import GRID, INK

_CLASSES = {HOLDS: "holds", FAILS: "fails", OPEN: "open"}
_SIGNS = {HOLDS: "✓", FAILS: "✗", OPEN: "?"}


# Experiments: their facts and their results.
Parts = list[tuple[dict[str, Any], dict[str, Any]]]


# What is folded on a screen is there on paper.
_UNFOLD = """<script>
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const part of folded) part.open = true;
});
addEventListener("afterprint", () => { for (const part of folded) part.open = false; });
</script>"""


def _text(value: object) -> str:
    return html.escape(str(value))


def inline_svg(svg: str, prefix: str, label: str) -> str:
    """An SVG for use within the page: ids of its own, the page's colours, any width."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = svg.replace('xlink:href="data:', 'href="data:')
    svg = re.sub(r' xmlns(:xlink)?="[^"]+"', "", svg)
    svg = svg.replace(INK, "currentColor").replace(GRID, "var(--grid)")
    # Page and figure share a font that is there; the sizes stay the figure's.
    svg = re.sub(r"(font: [^;\"]*?)'DejaVu Sans'[^;\"]*", r"\1sans-serif", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1)


def _verdict(verdict: str) -> str:
    return (
        f'<span class="verdict {_CLASSES[verdict]}">'
        f'{_SIGNS[verdict]}<span class="word">&nbsp;{_text(verdict)}</span></span>'
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ['<div class="wide"><table><thead><tr>']
    lines += [f'<th scope="col">{_text(cell)}</th>' for cell in head]
    lines.append("</tr></thead><tbody>")
    for row in rows:
        lines.append("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>")
    lines.append("</tbody></table></div>")
    return "".join(lines)


def _traces_of(claim: dict[str, Any]) -> str:
    """Which traces a claim was held against: part of what a verdict means."""
    if not claim["origin"]:
        return ""
    return f' <span class="origin">traces: {_text(claim["origin"])}</span>'


def _claims(results: dict[str, Any]) -> str:
    if not results["claims"]:
        return ""
    items = [
        f"<li>{_verdict(claim['verdict'])} {_text(claim['says'])}{_traces_of(claim)}"
        f'<div class="evidence">{_text(claim["evidence"])}</div></li>'
        for claim in results["claims"]
    ]
    return f'<ul class="claims">{"".join(items)}</ul>'


def _reused(facts: dict[str, Any]) -> str:
    """What the time does not hold: points of sweeps that an earlier run had finished."""
    reused = sum(sweep["points_reused"] for sweep in facts.get("sweeps", []))
    of = sum(sweep["points_run"] + sweep["points_reused"] for sweep in facts.get("sweeps", []))
    return f", without {reused} of {of} points, which an earlier run had finished" if reused else ""


def _how(facts: dict[str, Any]) -> str:
    """What was run: sweeps, traces, seeds, command, machine."""
    items: list[tuple[str, str]] = []
    for sweep in facts.get("sweeps", []):
        seeds = ", ".join(str(seed) for seed in sweep["seeds"])
        items.append(
            (
                f"Sweep “{sweep['title']}”",
                f"{sweep['requests']} requests a run, seeds {seeds}; traces: {sweep['origins']}",
            )
        )
    for group in facts.get("traces", []):
        count = len(group["files"])
        items.append(
            (
                f"Traces “{group['title']}”",
                f"{count} {'file' if count == 1 else 'files'}, {group['origin']}",
            )
        )
    if "calibration" in facts:
        count = len(facts["calibration"]["traces"])
        items.append(
            (
                "Traces",
                f"{count} measured, and {facts['calibration']['draws']} synthesised from the model "
                "fitted to each",
            )
        )
    items.append(("Command", facts["command"]))
    machine = facts["machine"]
    items.append(
        (
            "Machine",
            f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}; "
            f"{facts['wall_s']:.1f} s for the data{_reused(facts)}",
        )
    )
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in items)
    return f"<details><summary>How this was made</summary><dl>{rows}</dl></details>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n") if part.strip())


def _section(folder: Path, facts: dict[str, Any], results: dict[str, Any]) -> str:
    name = facts["name"]
    lines = [f'<section id="{_text(name)}"><h2>{_text(facts["title"])}</h2>']
    restates = facts.get("restates")
    if restates:
        lines.append(f'<p class="restates">Restates {_text(restates)} of the paper.</p>')
    if facts.get("reduced"):
        lines.append(f'<p class="warning">Reduced: {_text(facts["reduced"])}.</p>')
    lines.append(_paragraphs(facts.get("about", "")))
    lines.append(_claims(results))
    if facts.get("notes"):
        lines.append(f'<div class="notes">{_paragraphs(facts["notes"])}</div>')
    if results["panels"]:
        lines.append('<div class="panels">')
        for panel in results["panels"]:
            file = folder / "figures" / f"{panel['name']}.svg"
            try:
                svg = file.read_text(encoding="utf-8")
            except OSError as error:
                raise ReportError(file, f"cannot be read: {error}") from error
            prefix = re.sub(r"[^A-Za-z0-9-]", "-", f"{name}-{panel['name']}")
            lines.append(
                f"<figure>{inline_svg(svg, prefix, panel['caption'])}"
                f"<figcaption>{_text(panel['caption'])}</figcaption></figure>"
            )
        lines.append("</div>")
    for table in results["tables"]:
        body = _table(table["head"], table["rows"])
        note = f'<p class="note">{_text(table["note"])}</p>' if table["note"] else ""
        if len(table["rows"]) > 16:
            lines.append(
                f"<details><summary>{_text(table['title'])}</summary>{body}{note}</details>"
            )
        else:
            lines.append(f"<h3>{_text(table['title'])}</h3>{body}{note}")
    lines.append(_how(facts))
    lines.append(
        f'<p class="files">Data, and figures as SVG, PDF and PNG: <code>{_text(name)}/</code></p>'
    )
    lines.append("</section>")
    return "\n".join(line for line in lines if line)


def _summary(parts: Parts) -> str:
    """The headline claims with their traces, and of all claims how many hold."""
    headlines = []
    for facts, results in parts:
        chosen = [claim for claim in results["claims"] if claim["headline"]]
        if not chosen:
            continue
        headlines.append(
            f'<tr><th colspan="2" scope="rowgroup"><a href="#{_text(facts["name"])}">'
            f'{_text(facts["title"])}</a></th></tr>'
        )
        headlines += [
            f'<tr><td>{_verdict(claim["verdict"])}</td><td>{_text(claim["says"])}'
            f'{_traces_of(claim)}<details class="evidence"><summary>evidence</summary>'
            f'{_text(claim["evidence"])}</details></td></tr>'
            for claim in chosen
        ]
    rows = []
    for facts, results in parts:
        found = [claim["verdict"] for claim in results["claims"]]
        counts = "".join(
            f'<td class="{_CLASSES[v]}">{found.count(v) or "–"}</td>' for v in _CLASSES
        )
        restates = (
            f' <span class="restates">{_text(facts["restates"])}</span>'
            if facts["restates"]
            else ""
        )
        rows.append(
            f'<tr><td><a href="#{_text(facts["name"])}">{_text(facts["title"])}</a>{restates}</td>'
            f"{counts}</tr>"
        )
    all_of = [claim["verdict"] for _, results in parts for claim in results["claims"]]
    lines = ['<section id="summary"><h2>What holds</h2>']
    if all_of:
        lines.append(
            f"<p>Of {len(all_of)} claims {all_of.count(HOLDS)} hold, {all_of.count(FAILS)} do not, and "
            f"{all_of.count(OPEN)} cannot be decided. A claim about policies is held against paired "
            "runs on the same requests, at every point that it is about, with confidence intervals. "
            "Each verdict has 95% confidence: where one comparison of several decides, its interval "
            "is corrected for their number (Bonferroni); where all have to agree, none needs to be. "
            "Verdicts are not corrected for the number of claims. Most traces are synthesised: "
            "what a claim was held against stands beside it.</p>"
        )
    if headlines:
        lines.append(
            '<table class="summary"><thead><tr><th>verdict</th><th>claim</th></tr></thead><tbody>'
            + "".join(headlines)
            + "</tbody></table>"
        )
    heads = "".join(f'<th scope="col">{_verdict(verdict)}</th>' for verdict in _CLASSES)
    lines.append(
        '<h3>All experiments</h3><table class="contents"><thead><tr><th scope="col">experiment</th>'
        f'{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></section>'
    )
    return "".join(lines)


def page(parts: list[tuple[Path, dict[str, Any], dict[str, Any]]]) -> str:
    """The whole page, from experiments in the order in which they are to stand."""
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    told = [(facts, results) for _, facts, results in parts]
    versions = sorted({str(facts["dysta"]) for facts, _ in told})
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>The evaluation of Sparse-DySta, reproduced</title>",
            f"<style>\n{style}</style>\n</head>\n<body>\n<main>",
            "<header><h1>The evaluation of Sparse-DySta, reproduced</h1>",
            f"<p>dysta {_text(', '.join(versions))}. The paper’s traces are not public. Here traces are "
            "<strong>measured</strong> (zeros counted in networks that ran; latencies modelled from "
            "them) or <strong>synthesised</strong> (drawn from statistical models); each figure says "
            "which. Absolute figures therefore cannot equal the paper’s; orders and factors are held "
            "against its claims.</p></header>",
            _summary(told),
            *(_section(folder, facts, results) for folder, facts, results in parts),
            f"</main>\n{_UNFOLD}\n</body>\n</html>\n",
        ]
    )


def write_page(folder: Path) -> None:
    """Writes FOLDER/index.html of all drawn experiments in FOLDER."""
    parts = []
    for file in folder.glob("*/experiment.json"):
        if (file.parent / "results.json").exists():
            parts.append((file.parent, read_json(file), read_json(file.parent / "results.json")))
    if not parts:
        raise ReportError(folder, "holds no experiment that was drawn; dysta reproduce makes some")
    parts.sort(key=lambda part: (part[1].get("order", 0), part[1]["name"]))
    target = folder / "index.html"
    beside = folder / ".index.html"
    try:
        text = page(parts)
    except KeyError as missing:
        raise ReportError(
            folder, f"holds results without {missing}, of another version: dysta report draws anew"
        ) from None
    beside.write_text(text, encoding="utf-8")
    beside.replace(target)
