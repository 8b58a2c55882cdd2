/** The part of the WebAssembly interface in use: TypeScript has it only in the library of the browser. */
declare namespace WebAssembly {
  interface Module {}

  interface Memory {
    readonly buffer: ArrayBuffer;
  }

  type ImportedFunctions = Record<string, (...args: never[]) => number | void>;

  class Instance {
    constructor(module: Module, imports: Record<string, ImportedFunctions>);
    readonly exports: Readonly<Record<string, unknown>>;
  }

  function compile(bytes: Uint8Array): Promise<Module>;
}
