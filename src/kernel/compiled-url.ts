/**
 * The URL of a compiled sibling file, for worker threads: a worker loads JavaScript, so code that runs from `src`
 * (the unit tests) starts the worker that the last build put into `dist`.
 */
export function compiledUrl(moduleUrl: string, relativePath: string): URL {
  return new URL(relativePath, moduleUrl.replace('/src/', '/dist/'));
}
