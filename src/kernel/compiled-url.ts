/**
 * The URL of a compiled sibling file, for worker threads: a worker loads JavaScript, so code that runs from `src`
 * (the unit tests) starts the worker that the last build put into `dist`.
 */
export function compiledUrl(moduleUrl: string, relativePath: string): URL {
  const source = moduleUrl.lastIndexOf('/src/');
  const compiled = moduleUrl.lastIndexOf('/dist/');
  const base =
    source > compiled ? `${moduleUrl.slice(0, source)}/dist/${moduleUrl.slice(source + '/src/'.length)}` : moduleUrl;
  return new URL(relativePath, base);
}
