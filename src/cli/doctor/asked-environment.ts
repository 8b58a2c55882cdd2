/** An environment that notes which of its names are read. */
export class AskedEnvironment {
  readonly asked = new Set<string>();
  readonly variables: NodeJS.ProcessEnv;

  constructor(given: NodeJS.ProcessEnv) {
    this.variables = new Proxy(given, {
      get: (target, name) => {
        if (typeof name !== 'string') return undefined;
        this.asked.add(name);
        return target[name];
      },
    });
  }
}
