import type { DescribedController } from './route-description.js';
import { forwardedRoutes, jobsRoutes, privacyRoutes } from './routes/after-calls.routes.js';
import { agentsRoutes } from './routes/agents.routes.js';
import { conversationsRoutes, recordingsRoutes } from './routes/conversations.routes.js';
import { healthRoutes, voiceHealthRoutes } from './routes/health.routes.js';
import { dependenciesRoutes, transcriptRoutes } from './routes/operations.routes.js';
import { consoleRoutes, docsRoutes } from './routes/pages.routes.js';
import { opsRoutes } from './routes/sessions.routes.js';
import { acsRoutes, twilioRoutes } from './routes/telephony.routes.js';
import {
  callsRoutes,
  meRoutes,
  overridesRoutes,
  peopleRoutes,
  phrasesRoutes,
  tokensRoutes,
} from './routes/tenant.routes.js';

/** Every controller there is; which of them a process has depends on its role. */
export const describedControllers: readonly DescribedController[] = [
  callsRoutes,
  tokensRoutes,
  meRoutes,
  opsRoutes,
  transcriptRoutes,
  dependenciesRoutes,
  conversationsRoutes,
  recordingsRoutes,
  peopleRoutes,
  jobsRoutes,
  privacyRoutes,
  forwardedRoutes,
  agentsRoutes,
  overridesRoutes,
  phrasesRoutes,
  twilioRoutes,
  acsRoutes,
  healthRoutes,
  voiceHealthRoutes,
  docsRoutes,
  consoleRoutes,
];
