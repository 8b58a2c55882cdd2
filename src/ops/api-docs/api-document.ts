/** The API as OpenAPI 3.1 has it, of the routes that this process has. */
export abstract class ApiDocument {
  abstract read(): Promise<Record<string, unknown>>;
}
