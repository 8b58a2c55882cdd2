import { byId, element } from './dom.js';

/** That of the console: one tab, one token. */
const TOKEN_KEY = 'parley.token';
const METHODS = ['get', 'post', 'put', 'delete', 'options'];

/** @type {any} */
let api;
/** Every route, with all that it can be found by. @type {{ method: string, path: string, operation: any, group: string, words: string }[]} */
let routes = [];

async function load() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const answer = await fetch('openapi.json', { headers: token ? { authorization: `Bearer ${token}` } : {} });
  byId('token-form').hidden = answer.status !== 401;
  if (!answer.ok) {
    byId('about').textContent = wordsFor(answer.status, Boolean(token));
    return;
  }
  api = await answer.json();
  routes = routesOf(api);
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
  if (!api) return;
  const wanted = byId('filter').value.trim().toLowerCase();
  const found = routes.filter(({ words }) => wanted.split(/\s+/).every((word) => words.includes(word)));
  const groups = api.tags.map(({ name }) => name).filter((name) => found.some(({ group }) => group === name));
  byId('found').textContent = wanted === '' ? '' : `${found.length} of ${routes.length} routes`;
  byId('groups').replaceChildren(
    ...groups.map((name) => element('li', {}, element('a', { href: `#${idOf(name)}` }, name))),
  );
  byId('sections').replaceChildren(
    ...groups.map((name) =>
      element(
        'section',
        { 'aria-labelledby': idOf(name) },
        element('h2', { id: idOf(name) }, name),
        ...found.filter(({ group }) => group === name).map(routeCard),
      ),
    ),
  );
}

function routesOf({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => {
      const operation = methods[method];
      const words = wordsOf(method, path, operation).join(' ').toLowerCase();
      return { method, path, operation, group: operation.tags[0], words };
    }),
  );
}

/** What it is called and says of itself, its parameters, and the fields of its body. */
function wordsOf(method, path, { summary, description = '', parameters = [], requestBody }) {
  const bodies = Object.values(requestBody?.content ?? {});
  return [
    `${method} ${path} ${summary} ${description}`,
    ...parameters.map((parameter) => `${parameter.name} ${parameter.description ?? ''}`),
    ...bodies.flatMap(({ schema }) => fieldsOf(whole(schema))),
  ];
}

/** Names and descriptions of all fields in it. @returns {string[]} */
function fieldsOf(schema) {
  if (!schema || typeof schema !== 'object') return [];
  const { properties = {}, description } = schema;
  const inside = Array.isArray(schema)
    ? schema
    : [...Object.values(properties), schema.items, schema.anyOf, schema.oneOf];
  return [...Object.keys(properties), typeof description === 'string' ? description : '', ...inside.flatMap(fieldsOf)];
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
byId('json').addEventListener('click', (event) => {
  // The file that the link leads to is made of the document.
  if (api) return;
  event.preventDefault();
  if (byId('token-form').hidden) return void load();
  byId('about').textContent =
    'openapi.json, too, is for those who may use the API. Give an access token, then use the link.';
  byId('token').focus();
});
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN_KEY, byId('token').value.trim());
  byId('token').value = '';
  void load();
});
void load();
