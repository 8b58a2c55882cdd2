import { Injectable, RequestMethod } from '@nestjs/common';
import { GUARDS_METADATA, HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { Role } from '../../auth/principal.js';
import { AccessGuard, neededRole } from '../access.guard.js';
import { isAudited } from '../audit/audit-trail.js';

/** A route as its controller declares it. */
export interface FoundRoute {
  readonly controller: unknown;
  /** Of the controller. */
  readonly handler: string;
  /** `get`, `post` and so on. */
  readonly method: string;
  /** With parameters as `{id}`. */
  readonly path: string;
  /** Of success. */
  readonly status: number;
  /** Undefined: no credential is needed. */
  readonly role: Role | undefined;
  readonly audited: boolean;
}

type Target = Parameters<Reflector['get']>[1];

/** Where connections are upgraded to WebSockets. */
const GATEWAY_OPTIONS = 'websockets:gateway_options';

/** Finds what this process answers, which depends on its role. */
@Injectable()
export class RouteReader {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  routes(): FoundRoute[] {
    return this.discovery.getControllers().flatMap(({ metatype, instance }) => {
      const prototype = instance ? (Object.getPrototypeOf(instance) as Record<string, unknown>) : undefined;
      if (!prototype || typeof metatype !== 'function') return [];
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => Reflect.hasMetadata(PATH_METADATA, prototype[name] as object))
        .map((name) => this.read(metatype, name, prototype[name] as () => unknown));
    });
  }

  /** Paths. */
  sockets(): string[] {
    return this.discovery.getProviders().flatMap(({ metatype }) => {
      const options: unknown =
        typeof metatype === 'function' ? Reflect.getMetadata(GATEWAY_OPTIONS, metatype) : undefined;
      return options && typeof options === 'object' && 'path' in options ? [String(options.path)] : [];
    });
  }

  private read(controller: Target, name: string, handler: () => unknown): FoundRoute {
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number]!.toLowerCase();
    const status = Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined;
    const targets = [handler, controller] as const;
    const guards = targets.flatMap(
      (target) => (Reflect.getMetadata(GUARDS_METADATA, target) as unknown[] | undefined) ?? [],
    );
    return {
      controller,
      handler: name,
      method,
      path: joined(
        String(Reflect.getMetadata(PATH_METADATA, controller)),
        String(Reflect.getMetadata(PATH_METADATA, handler)),
      ),
      status: status ?? (method === 'post' ? 201 : 200),
      role: guards.includes(AccessGuard) ? neededRole(this.reflector, ...targets) : undefined,
      audited: !['get', 'head', 'options'].includes(method) || isAudited(this.reflector, ...targets),
    };
  }
}

function joined(...parts: readonly string[]): string {
  const path = parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .map((part) => part.replace(/^:(\w+)$/, '{$1}'));
  return `/${path.join('/')}`;
}
