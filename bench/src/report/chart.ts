/** A line chart as SVG, drawn by hand: categories on the x axis, one line per series, readable on light and dark. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const WIDTH = 760;
const HEIGHT = 400;
const PLOT = { left: 60, right: WIDTH - 150, top: 56, bottom: HEIGHT - 56 };
/** Told apart by lightness and by shape as well as by hue; enough contrast on white and on near-black. */
const COLOURS = ['#2f7fd6', '#8a8a8a', '#d9672b', '#1f9e89', '#9b5fc0', '#b58900'];
const DASHES = ['', '6 4', '', '2 3', '10 4', '4 2'];
const LABEL_HEIGHT = 16;

export function chartSvg({ title, xLabel, yLabel, series }: Chart): string {
  const drawn = series.filter(({ points }) => points.length > 0);
  const xs = [...new Set(drawn.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const step = niceStep(Math.max(0, ...drawn.flatMap(({ points }) => points.map(({ y }) => y))) / 5);
  const top = step * Math.max(1, Math.ceil(Math.max(0, ...drawn.flatMap((s) => s.points.map(({ y }) => y))) / step));
  const xOf = (x: number): number =>
    xs.length < 2
      ? (PLOT.left + PLOT.right) / 2
      : PLOT.left + (xs.indexOf(x) / (xs.length - 1)) * (PLOT.right - PLOT.left);
  const yOf = (y: number): number => PLOT.bottom - (y / top) * (PLOT.bottom - PLOT.top);

  const parts: string[] = [];
  for (let tick = 0; tick <= top + step / 2; tick += step) {
    const y = at(yOf(tick));
    parts.push(`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>`);
    parts.push(text(PLOT.left - 8, yOf(tick) + 4, 'end', '', tick.toFixed(decimalsOf(step))));
  }
  for (const x of xs) parts.push(text(xOf(x), PLOT.bottom + 20, 'middle', '', String(x)));
  parts.push(text(PLOT.left, 24, 'start', 'title', title));
  parts.push(text(PLOT.left, 42, 'start', 'faint', yLabel));
  parts.push(text((PLOT.left + PLOT.right) / 2, HEIGHT - 14, 'middle', 'faint', xLabel));

  const labels = spread(drawn.map(({ points }) => yOf(points.at(-1)!.y)));
  drawn.forEach(({ label, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const path = points.map(({ x, y }) => `${at(xOf(x))},${at(yOf(y))}`).join(' ');
    const dash = DASHES[i % DASHES.length]!;
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="2.5"${dash && ` stroke-dasharray="${dash}"`} points="${path}"/>`,
      ...points.map(
        ({ x, y }) =>
          `<circle cx="${at(xOf(x))}" cy="${at(yOf(y))}" r="3.5" fill="${colour}"><title>${escape(label)}, ${x}: ${y.toFixed(2)}</title></circle>`,
      ),
      text(xOf(points.at(-1)!.x) + 10, labels[i]! + 4, 'start', 'label', label, colour),
    );
  });

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #444; }
.title { font-size: 15px; font-weight: 600; fill: #111; }
.faint { fill: #666; }
.label { font-weight: 600; }
.grid { stroke: #888; stroke-opacity: 0.25; }
@media (prefers-color-scheme: dark) { text { fill: #c8c8c8; } .title { fill: #f0f0f0; } .faint { fill: #a0a0a0; } }
</style>
${parts.join('\n')}
</svg>
`;
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
export function niceStep(least: number): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999_999)!;
}

/** Moves labels apart that would overlap, and keeps their order. */
function spread(ys: readonly number[]): number[] {
  const order = ys.map((_, i) => i).sort((a, b) => ys[a]! - ys[b]!);
  const moved = [...ys];
  for (let i = 1; i < order.length; i++) {
    const above = moved[order[i - 1]!]!;
    moved[order[i]!] = Math.max(moved[order[i]!]!, above + LABEL_HEIGHT);
  }
  return moved;
}

function text(x: number, y: number, anchor: string, kind: string, content: string, colour?: string): string {
  const style = colour ? ` style="fill: ${colour}"` : '';
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}"${kind && ` class="${kind}"`}${style}>${escape(content)}</text>`;
}

function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}

function decimalsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step)));
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
