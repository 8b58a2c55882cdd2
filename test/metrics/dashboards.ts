import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';

const folder = path.join(packageRoot, 'helm', 'parley', 'dashboards');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[];
  };
}

export const dashboards: readonly Dashboard[] = readdirSync(folder)
  .sort()
  .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Dashboard);

/** Every expression, as Grafana would ask with everything chosen. */
export function expressionsOf({ title, panels }: Dashboard): (readonly [where: string, expression: string])[] {
  return panels.flatMap((panel) =>
    (panel.targets ?? []).map(
      ({ expr, refId }) =>
        [
          `${title} / ${panel.title} / ${refId}`,
          expr
            .replaceAll('$__rate_interval', '1m')
            .replaceAll('$__range', '1m')
            .replaceAll(/\$(?:namespace|job)\b/g, '.*'),
        ] as const,
    ),
  );
}
