// Imports run downwards in this list, never upwards and never in a circle.
const layers = [
  'config',
  'telemetry',
  'kernel',
  'audio',
  'lifecycle',
  'state',
  'auth',
  'speech',
  'llm',
  'services',
  'tools',
  'agents',
  'events',
  'warmup',
  'conversation',
  'voice',
  'telephony',
  'pusher',
  'listen',
  'health',
  'ops',
  'cli',
];
// `config` and `kernel` know of each other: errors below, nothing else.
const upwards = layers.map((layer, index) => ({
  name: `${layer}-imports-downwards`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: {
    path: `^src/(${
      layers
        .slice(index + 1)
        .filter((above) => !(layer === 'config' && above === 'kernel'))
        .join('|') || '$^'
    })/`,
  },
}));

module.exports = {
  forbidden: [
    ...upwards,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'kernel-is-pure',
      severity: 'error',
      comment: 'no framework, no I/O',
      from: { path: '^src/(kernel|audio)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '@nestjs|^node:(fs|net|http|child_process)' },
    },
    {
      name: 'nothing-imports-a-test',
      severity: 'error',
      from: { pathNot: '\\.spec\\.ts$' },
      to: { path: '\\.spec\\.ts$' },
    },
    {
      name: 'ws-stays-at-the-edge',
      severity: 'error',
      from: { path: '^src/(conversation|agents|tools|llm|speech|state)/', pathNot: '^src/speech/drivers/' },
      to: { path: '^node_modules/ws/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
