"""Bars as SVG, on a logarithmic scale: the figures lie three powers of ten apart."""

import html
import math

ROW = 24
LEFT = 250
WIDTH = 480
OURS = "#2a6fb0"
OTHERS = "#9aa5b1"


def bars(title, rows):
    """A picture of ROWS, (name, value), smallest value first."""
    rows = sorted(rows, key=lambda row: row[1])
    least = 10 ** math.floor(math.log10(rows[0][1]))
    span = math.log10(rows[-1][1] / least)
    height = ROW * (len(rows) + 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 110}" height="{height}" '
           'font-family="sans-serif" font-size="13" role="img">',
           f"<title>{html.escape(title)}</title>",
           f'<rect width="100%" height="100%" fill="#ffffff"/>',
           f'<text x="8" y="18" font-weight="bold">{html.escape(title)} (each line: ten times more)</text>']
    for power in range(math.ceil(span) + 1):
        x = LEFT + WIDTH * power / span
        if x > LEFT + WIDTH + 1:
            break
        out.append(f'<line x1="{x:.1f}" y1="{ROW + 4}" x2="{x:.1f}" y2="{height - 8}" stroke="#d8dde3"/>')
    for number, (name, value) in enumerate(rows):
        y = ROW * (number + 1) + 8
        length = max(2.0, WIDTH * math.log10(value / least) / span)
        colour = OURS if name.startswith("binfmtbox") else OTHERS
        out += [f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>',
                f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{ROW - 8}" fill="{colour}"/>',
                f'<text x="{LEFT + length + 6:.1f}" y="{y + 13}">{value:,.0f}</text>']
    out.append("</svg>")
    return "\n".join(out) + "\n"
