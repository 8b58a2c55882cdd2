import { address, configOf, int, list, oneOf, secret, setting, text } from './setting.js';

export class AcsConfig extends configOf('acs', {
  connectionString: secret(
    'ACS_CONNECTION_STRING',
    text(),
    'Connection string of the Azure Communication Services resource (`endpoint=…;accesskey=…`). Empty, with ACS_ENDPOINT: Entra ID (managed or workload identity, or AZURE_CLIENT_ID and so on).',
  ),
  endpoint: setting(
    'ACS_ENDPOINT',
    address(),
    'Endpoint of the resource, to be reached with Entra ID. Empty, without ACS_CONNECTION_STRING: no calls through Azure Communication Services.',
  ),
  resourceId: setting(
    'ACS_RESOURCE_ID',
    text(),
    'Immutable id of the resource: the audience of the tokens with which it calls back and opens media streams. Without it these are open to anybody in development, and ACS is off in production.',
  ),
  jwtIssuer: setting('ACS_JWT_ISSUER', address(), 'Issuer of those tokens.'),
  jwksUrl: setting('ACS_JWKS_URL', address(), "Where the issuer's public keys are."),
  eventSecret: secret(
    'ACS_EVENT_SECRET',
    text(),
    'What Event Grid sends as `?code=` with incoming calls: a part of the address of its subscription. Needed in production, at least 16 characters.',
  ),
  sourceNumber: setting(
    'ACS_SOURCE_NUMBER',
    text(),
    'Telephone number that outbound calls come from, such as `+15550100`. Empty: no calls to telephones.',
  ),
  transferTargets: setting(
    'ACS_TRANSFER_TARGETS',
    list(),
    'Where agents may transfer calls to, as `name=number` or `name=id`: `customer_service=+15550123,tech=8:acs:…`. A call is transferred nowhere else.',
  ),
  sampleRate: setting(
    'ACS_SAMPLE_RATE',
    oneOf(['16000', '24000']),
    'Audio of media streams, in Hz; 24000 where the speech services work with it.',
  ),
  requestTimeoutMs: setting('ACS_REQUEST_TIMEOUT_MS', int(500, 60_000), 'How long a request to the service may take.'),
  transferTimeoutMs: setting(
    'ACS_TRANSFER_TIMEOUT_MS',
    int(1000, 120_000),
    'How long a transfer may take; the agent goes on with the caller after that.',
  ),
}) {}
