/** What of a CycloneDX bill of materials is looked at; all else stays as it is. */
export interface Bill {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly [other: string]: unknown;
}

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

const DEVELOPMENT = 'cdx:npm:package:development';

/** Of all packages, those that come with the product: `npm sbom --omit=dev` also leaves out what both need, ws and zod here. */
export function shippedOf(bill: Bill): Bill {
  const isShipped = ({ properties = [] }: Component): boolean =>
    !properties.some(({ name, value }) => name === DEVELOPMENT && value === 'true');
  const others = new Set(bill.components.filter((one) => !isShipped(one)).map((one) => one['bom-ref']));
  return {
    ...bill,
    components: bill.components.filter(isShipped),
    dependencies: bill.dependencies
      .filter(({ ref }) => !others.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((needed) => !others.has(needed)) })),
  };
}
