# SPDX-License-Identifier: Apache-2.0
"""Bars as SVG, from zero, each with its figure."""

import html

_ROW = 22
_BAR = 14
_LEFT = 270
_WIDTH = 380
_RIGHT = 100
# In a page that is light or dark, as the reader's system is.
_STYLE = """
text { font: 13px sans-serif; fill: #1f2328 }
.head { font-weight: bold }
.ours { fill: #1a7f5a } .floor { fill: #8250df } .other { fill: #8c959f }
.page { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.ours { fill: #3fb982 } .floor { fill: #a371f7 } .other { fill: #6e7681 }
.page { fill: #0d1117 }
}
""".strip()


def _kind(name):
    for start, kind in (("binfmtbox", "ours"), ("floor", "floor")):
        if name.startswith(start):
            return kind
    return "other"


def bars(title, panels, number):
    """A picture of PANELS, (heading, [(name, value)...]), smallest value first.

    Each panel has a scale of its own. NUMBER formats a value.
    """
    width = _LEFT + _WIDTH + _RIGHT
    height = _ROW * sum(len(rows) + 2 for _, rows in panels) + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" role="img">',
           f"<title>{html.escape(title)}</title>",
           f"<style>{_STYLE}</style>",
           '<rect class="page" width="100%" height="100%"/>']
    y = 0
    for heading, rows in panels:
        rows = sorted(rows, key=lambda row: row[1])
        most = rows[-1][1]
        y += _ROW
        out.append(f'<text class="head" x="8" y="{y}">{html.escape(f"{title}: {heading}")}</text>')
        for name, value in rows:
            y += _ROW
            length = max(1.0, _WIDTH * value / most)
            out += [f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{html.escape(name)}</text>',
                    f'<rect class="{_kind(name)}" x="{_LEFT}" y="{y - _BAR + 2}" width="{length:.1f}" height="{_BAR}"/>',
                    f'<text x="{_LEFT + length + 6:.1f}" y="{y}">{number.format(value)}</text>']
        y += _ROW
    out.append("</svg>")
    return "\n".join(out) + "\n"
