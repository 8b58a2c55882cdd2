import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { randomUUID } from 'node:crypto';
import { type TelemetryConfig, pairsOf } from '../config/telemetry.config.js';
import { productVersion } from './product-version.js';

/** Who sends it: what the operator says, then what we know. */
export function resourceOf({ serviceName, resourceAttributes }: TelemetryConfig): Resource {
  return resourceFromAttributes({
    'service.instance.id': randomUUID(),
    'service.version': productVersion(),
    ...pairsOf(resourceAttributes),
    'service.name': serviceName,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
  });
}
