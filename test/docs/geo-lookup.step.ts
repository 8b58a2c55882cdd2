import { Injectable, Module } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { type LifecycleStep, Step, type StepReport } from '../../src/lifecycle/step.js';

const TABLE = new URL('./area-codes.csv', import.meta.url);

/** Where a caller's number is from. Other parts of the program inject this. */
@Injectable()
export class GeoLookup {
  private regions: ReadonlyMap<string, string> = new Map();

  get size(): number {
    return this.regions.size;
  }

  async load(signal: AbortSignal): Promise<void> {
    const text = await readFile(TABLE, { encoding: 'utf8', signal });
    const rows = text.split('\n').filter(Boolean);
    this.regions = new Map(rows.map((row) => row.split(',', 2) as [string, string]));
  }

  regionOf(areaCode: string): string | undefined {
    return this.regions.get(areaCode);
  }

  unload(): void {
    this.regions = new Map();
  }
}

/** Starts and stops it. Nothing else has to be told about this step. */
@Injectable()
@Step({ name: 'geo', after: ['core'], timeoutMs: 5000 })
export class GeoLookupStep implements LifecycleStep {
  constructor(private readonly geo: GeoLookup) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.geo.load(signal);
    return { summary: `${this.geo.size} area codes`, details: { areaCodes: this.geo.size } };
  }

  async stop(): Promise<void> {
    this.geo.unload();
  }
}

@Module({ providers: [GeoLookup, GeoLookupStep], exports: [GeoLookup] })
export class GeoModule {}
