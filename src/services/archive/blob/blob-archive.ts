import { BlobServiceClient, type ContainerClient, type StoragePipelineOptions } from '@azure/storage-blob';
import type { Readable } from 'node:stream';
import type { ArchiveConfig } from '../../../config/archive.config.js';
import { ParleyError, messageOf } from '../../../kernel/errors.js';
import {
  type ArchivedAudio,
  type ArchivedContent,
  type ArchivedPlace,
  AudioArchive,
  archiveFailed,
  idOfPart,
  pathPart,
} from '../audio-archive.js';

const MAX_TRIES = 3;
const RETRY_DELAY_MS = 100;
/** Blobs that are listed with one request. */
const PAGE = 1000;
/** What it will not take at a second try either. Refused credentials are not among them: somebody may allow us in. */
const FINAL_STATUSES = [400, 413];
/** Answers at the start that only other settings can change. */
const FAULTY_STATUSES = [400, 401, 403, 404];

/** Audio in Azure Blob storage, one block blob each, `<tenant>/<conversation>/<name>`. */
export class BlobArchive extends AudioArchive {
  readonly name = 'blob';
  private readonly container: ContainerClient;
  /** The container is to be there before anything else is asked for. */
  private isToBeMade = false;
  private making: Promise<void> | undefined;

  private constructor(
    private readonly config: ArchiveConfig,
    service: BlobServiceClient,
  ) {
    super();
    this.container = service.getContainerClient(config.blobContainer);
  }

  static async create(config: ArchiveConfig): Promise<BlobArchive> {
    const options: StoragePipelineOptions = {
      retryOptions: {
        maxTries: MAX_TRIES,
        tryTimeoutInMs: config.timeoutMs,
        retryDelayInMs: RETRY_DELAY_MS,
        maxRetryDelayInMs: 10 * RETRY_DELAY_MS,
      },
    };
    if (config.blobConnectionString)
      return new BlobArchive(config, BlobServiceClient.fromConnectionString(config.blobConnectionString, options));
    const { DefaultAzureCredential } = await import('@azure/identity');
    return new BlobArchive(config, new BlobServiceClient(config.blobEndpoint, new DefaultAzureCredential(), options));
  }

  override async start(signal: AbortSignal): Promise<void> {
    this.isToBeMade = true;
    await this.made(AbortSignal.any([signal, AbortSignal.timeout(this.config.timeoutMs)]));
  }

  override async check(): Promise<Record<string, unknown>> {
    await this.ask((abortSignal) => this.container.getProperties({ abortSignal }));
    return { driver: this.name };
  }

  override async put(
    tenant: string,
    conversationId: string,
    name: string,
    bytes: Uint8Array,
    contentType: string,
  ): Promise<void> {
    const blob = this.container.getBlockBlobClient(prefixOf(tenant, conversationId) + pathPart(name));
    await this.ask((abortSignal) =>
      blob.upload(bytes, bytes.byteLength, { blobHTTPHeaders: { blobContentType: contentType }, abortSignal }),
    );
  }

  override list(tenant: string, conversationId: string): Promise<ArchivedAudio[]> {
    const prefix = prefixOf(tenant, conversationId);
    return this.ask(async (abortSignal) => {
      const found: ArchivedAudio[] = [];
      for await (const { name, properties } of this.container.listBlobsFlat({ prefix, abortSignal })) {
        const id = idOfPart(name.slice(prefix.length));
        if (id === undefined) continue;
        const { contentLength = 0, lastModified } = properties;
        found.push({ name: id, bytes: contentLength, writtenAt: lastModified.toISOString() });
      }
      return found;
    }, []);
  }

  override get(tenant: string, conversationId: string, name: string): Promise<ArchivedContent | undefined> {
    const blob = this.container.getBlockBlobClient(prefixOf(tenant, conversationId) + pathPart(name));
    return this.ask(async (abortSignal) => {
      // The time limit is for the answer to begin; how long it takes is up to who reads it.
      const begun = new AbortController();
      const stop = (): void => begun.abort(abortSignal.reason);
      abortSignal.addEventListener('abort', stop, { once: true });
      try {
        const answer = await blob.download(0, undefined, { abortSignal: begun.signal });
        const { readableStreamBody, contentLength = 0, contentType = 'application/octet-stream' } = answer;
        // Under Node that is what it is.
        return { stream: readableStreamBody as Readable, bytes: contentLength, contentType };
      } finally {
        abortSignal.removeEventListener('abort', stop);
      }
    }, undefined);
  }

  override async remove(tenant: string, conversationId: string, name: string): Promise<void> {
    const blob = this.container.getBlockBlobClient(prefixOf(tenant, conversationId) + pathPart(name));
    await this.ask((abortSignal) => blob.deleteIfExists({ deleteSnapshots: 'include', abortSignal }));
  }

  override async removeAll(tenant: string, conversationId: string): Promise<number> {
    const audio = await this.list(tenant, conversationId);
    for (const { name } of audio) await this.remove(tenant, conversationId, name);
    return audio.length;
  }

  override async *everywhere(): AsyncGenerator<ArchivedPlace> {
    let before = '';
    let continuationToken: string | undefined;
    do {
      const page = await this.ask(async (abortSignal) => {
        const settings = { maxPageSize: PAGE, ...(continuationToken && { continuationToken }) };
        return (await this.container.listBlobsFlat({ abortSignal }).byPage(settings).next()).value;
      }, undefined);
      for (const { name, properties } of page?.segment.blobItems ?? []) {
        const [tenant, conversationId, ...rest] = name.split('/').map(idOfPart);
        if (tenant === undefined || conversationId === undefined || rest.length !== 1) continue;
        // They come in order of their names.
        const folder = name.slice(0, name.lastIndexOf('/'));
        if (folder !== before) yield { tenant, conversationId, writtenAt: properties.lastModified.toISOString() };
        before = folder;
      }
      continuationToken = page?.continuationToken;
    } while (continuationToken);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private async ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** @param absent the result where there is no such blob. */
  private async ask<T, A>(request: (signal: AbortSignal) => Promise<T>, absent: A): Promise<T | A>;
  private async ask<T, A>(request: (signal: AbortSignal) => Promise<T>, ...absent: [] | [A]): Promise<T | A> {
    const limit = AbortSignal.timeout(this.config.timeoutMs);
    // What is wrong with the settings now may be right later, and is not the fault of what is to be written.
    await this.made(limit).catch((error: unknown) => {
      throw new ParleyError('store_failed', messageOf(error), true, { cause: error });
    });
    try {
      return await request(limit);
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 && absent.length > 0) return absent[0]!;
      throw archiveFailed(reasonOf(error), !FINAL_STATUSES.includes(status ?? 0), error);
    }
  }

  /** All who ask meanwhile wait for the same. */
  private async made(signal: AbortSignal): Promise<void> {
    if (!this.isToBeMade) return;
    this.making ??= this.make(signal).finally(() => (this.making = undefined));
    await this.making;
  }

  private async make(abortSignal: AbortSignal): Promise<void> {
    const { blobContainer, blobConnectionString } = this.config;
    try {
      await this.container.createIfNotExists({ abortSignal });
      this.isToBeMade = false;
    } catch (error) {
      const setting = blobConnectionString ? 'AZURE_STORAGE_CONNECTION_STRING' : 'AZURE_STORAGE_BLOB_ENDPOINT';
      const problem = `${setting}: the container "${blobContainer}" cannot be used: ${reasonOf(error)}`;
      throw new ParleyError('store_failed', problem, !FAULTY_STATUSES.includes(statusOf(error) ?? 0), { cause: error });
    }
  }
}

function prefixOf(tenant: string, conversationId: string): string {
  return `${pathPart(tenant)}/${pathPart(conversationId)}/`;
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** Its messages quote requests, with signatures in them. */
function reasonOf(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `status ${status}`;
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' && /^[A-Z_]+$/.test(code)
    ? code
    : name === 'AbortError'
      ? 'no answer in time'
      : 'no answer';
}
