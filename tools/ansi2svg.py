#!/usr/bin/python3
"""A captured terminal screen (tmux capture-pane -e -p) as SVG: one cell, one place.  ansi2svg.py FILE COLS ROWS > out.svg

Needs Debian's python3-pyte, which is why the interpreter is named in full. Glyphs are placed one by one on a fixed grid, so that the
picture does not depend on how the renderer spaces a font; the row height is the font's, or vertical lines would break."""
import html
import sys

import pyte

CELL_W, CELL_H, FONT, MARGIN = 9.03, 17.46, 15, 12
GROUND, INK = '#12161b', '#d6dbe2'
NAMED = {'black': '#000000', 'red': '#cd3131', 'green': '#0dbc79', 'brown': '#d7ba35', 'blue': '#2472c8', 'magenta': '#bc3fbc',
         'cyan': '#11a8cd', 'white': '#e5e5e5'}


def colour(name, default):
    if name == 'default':
        return default
    return NAMED.get(name) or ('#' + name if len(name) == 6 else default)


def colours(c):
    fg, bg = colour(c.fg, INK), colour(c.bg, GROUND)
    return (bg, fg) if c.reverse else (fg, bg)


def grounds(y, row, cols):
    """Neighbours of one ground become one rectangle: no seams."""
    start = 0
    for x in range(1, cols + 1):
        bg = colours(row[start])[1]
        if x == cols or colours(row[x])[1] != bg:
            if bg != GROUND:
                yield (f'<rect x="{MARGIN + start * CELL_W:.2f}" y="{MARGIN + y * CELL_H:.2f}" width="{(x - start) * CELL_W:.2f}" '
                       f'height="{CELL_H:.2f}" fill="{bg}"/>')
            start = x


def glyphs(y, row, cols):
    for x in range(cols):
        c = row[x]
        if c.data.strip():
            weight = ' font-weight="bold"' if c.bold else ''
            yield (f'<text x="{MARGIN + x * CELL_W:.2f}" y="{MARGIN + y * CELL_H + 14:.2f}" fill="{colours(c)[0]}"{weight}>'
                   f'{html.escape(c.data)}</text>')


def main():
    path, cols, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    screen = pyte.Screen(cols, rows)
    with open(path, encoding='utf-8') as f:
        pyte.Stream(screen).feed(f.read().rstrip('\n').replace('\n', '\r\n'))
    width, height = cols * CELL_W + 2 * MARGIN, rows * CELL_H + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="DejaVu Sans Mono" '
          f'font-size="{FONT}"><rect width="100%" height="100%" rx="8" fill="{GROUND}"/>')
    for y in range(rows):
        for part in (*grounds(y, screen.buffer[y], cols), *glyphs(y, screen.buffer[y], cols)):
            print(part)
    print('</svg>')


main()
