import { byId, element } from './dom.js';

/** That of the console: one tab, one token. */
const TOKEN_KEY = 'parley.token';
const METHODS = ['get', 'post', 'put', 'delete', 'options'];

/** @type {any} */
let api;

async function load() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const answer = await fetch('openapi.json', { headers: token ? { authorization: `Bearer ${token}` } : {} });
  byId('token-form').hidden = answer.status !== 401;
  if (!answer.ok) {
    byId('about').textContent = wordsFor(answer.status, Boolean(token));
    return;
  }
  api = await answer.json();
  byId('about').textContent = api.info.description;
  byId('version').textContent = api.info.version;
  show();
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  // Fetched with the credential, which a link cannot send.
  byId('json').href = URL.createObjectURL(new Blob([JSON.stringify(api, null, 2)], { type: 'application/json' }));
}

/** Why there is no document, and what to do. */
function wordsFor(status, hasToken) {
  if (status === 401 && hasToken) return 'This token was not accepted. Give another one.';
  if (status === 401) return 'The document is for those who may use the API. Give an access token.';
  if (status === 429) return 'Too many attempts from this address. Try again in a minute.';
  return `The server cannot show the document at present (${status}). Try again in a moment.`;
}

function show() {
  const wanted = byId('filter').value.trim().toLowerCase();
  const routes = routesOf(api).filter(
    ({ method, path, operation }) =>
      wanted === '' || `${method} ${path} ${operation.summary}`.toLowerCase().includes(wanted),
  );
  const groups = api.tags.map(({ name }) => name).filter((name) => routes.some(({ group }) => group === name));
  byId('found').textContent = wanted === '' ? '' : `${routes.length} of ${routesOf(api).length} routes`;
  byId('groups').replaceChildren(
    ...groups.map((name) => element('li', {}, element('a', { href: `#${idOf(name)}` }, name))),
  );
  byId('sections').replaceChildren(
    ...groups.map((name) =>
      element(
        'section',
        { 'aria-labelledby': idOf(name) },
        element('h2', { id: idOf(name) }, name),
        ...routes.filter(({ group }) => group === name).map(routeCard),
      ),
    ),
  );
}

function routesOf({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => {
      const operation = methods[method];
      return { method, path, operation, group: operation.tags[0] };
    }),
  );
}

function routeCard({ method, path, operation }) {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const isSocket = operation['x-parley-websocket'] === true;
  return element(
    'details',
    { class: 'route', id: idOf(`${method} ${path}`) },
    element(
      'summary',
      {},
      element('span', { class: 'verb', 'data-verb': isSocket ? 'ws' : method }, isSocket ? 'WS' : method.toUpperCase()),
      ' ',
      element('code', {}, path),
      ' ',
      element('span', { class: 'words' }, summary),
    ),
    description && element('p', {}, description),
    element('p', { class: 'who' }, whoMay(operation)),
    parameters.length > 0 && parameterTable(parameters),
    requestBody && element('h3', {}, requestBody.required ? 'Body' : 'Body, if wanted'),
    ...(requestBody ? contentParts(requestBody.content) : []),
    element('h3', {}, 'Answers'),
    ...Object.entries(responses).flatMap(([status, response]) => [
      element('p', { class: 'status' }, element('strong', {}, status), ` ${response.description}`),
      ...(Number(status) < 300 ? contentParts(response.content ?? {}) : []),
    ]),
    !isSocket && exampleOf(method, path, operation),
  );
}

function whoMay(operation) {
  const role = operation['x-parley-role'];
  if (role) return 'Authorization: Bearer …, or ?token=…';
  const [scheme] = Object.keys(operation.security?.[0] ?? {});
  return scheme ? api.components.securitySchemes[scheme].description : 'Needs no credential.';
}

function parameterTable(parameters) {
  return element(
    'table',
    {},
    element('caption', {}, 'Parameters'),
    element(
      'thead',
      {},
      element('tr', {}, ...['Name', 'Where', 'What'].map((name) => element('th', { scope: 'col' }, name))),
    ),
    element(
      'tbody',
      {},
      ...parameters.map(({ name, in: where, required, schema, description }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, element('code', {}, name)),
          element('td', {}, where),
          element('td', {}, [typeOf(schema), !required && 'optional', description].filter(Boolean).join(', ')),
        ),
      ),
    ),
  );
}

function contentParts(content) {
  return Object.entries(content).flatMap(([type, { schema, example }]) => [
    element('p', { class: 'type' }, element('code', {}, type)),
    block('Example', typeof example === 'string' ? example : JSON.stringify(example, null, 2)),
    element(
      'details',
      { class: 'schema' },
      element('summary', {}, 'Schema'),
      block('Schema', JSON.stringify(whole(schema), null, 2)),
    ),
  ]);
}

/** Can be scrolled with the keyboard. */
function block(label, text) {
  return element('pre', { tabindex: '0', role: 'region', 'aria-label': label }, element('code', {}, text));
}

/** With what it refers to; none refers to itself. */
function whole(schema) {
  if (Array.isArray(schema)) return schema.map(whole);
  if (!schema || typeof schema !== 'object') return schema;
  if (schema.$ref) return whole(api.components.schemas[schema.$ref.split('/').at(-1)]);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, whole(value)]));
}

function typeOf({ type, enum: values, format, minimum, maximum }) {
  if (values) return values.join(' | ');
  const range = minimum !== undefined && maximum !== undefined ? ` ${minimum} to ${maximum}` : '';
  return `${format ?? type ?? ''}${range}`;
}

function exampleOf(method, path, { requestBody, ...operation }) {
  const lines = [`curl -X ${method.toUpperCase()} ${location.origin}${path}`];
  if (operation['x-parley-role']) lines.push('-H "Authorization: Bearer $PARLEY_KEY"');
  const body = requestBody?.content['application/json'];
  if (body) lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body.example)}'`);
  return block('With curl', lines.join(' \\\n  '));
}

function idOf(name) {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

byId('filter').addEventListener('input', show);
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN_KEY, byId('token').value.trim());
  byId('token').value = '';
  void load();
});
void load();
