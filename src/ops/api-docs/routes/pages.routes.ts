import { z } from 'zod';
import { ConsoleController } from '../../console.controller.js';
import { ApiDocsController } from '../api-docs.controller.js';
import { describeController, json, media } from '../route-description.js';

const page = media('text/html', z.string(), '<!doctype html>…');
const file = media('*/*', z.string(), '…');

export const consoleRoutes = describeController(ConsoleController, 'Pages', {
  index: { summary: 'The console', answer: page },
  asset: { summary: 'What the console is made of', answer: file, errors: { 404: 'There is no such file' } },
});

export const docsRoutes = describeController(ApiDocsController, 'Pages', {
  page: { summary: 'This document, to read', answer: page },
  asset: { summary: 'What that page is made of', answer: file, errors: { 404: 'There is no such file' } },
  document: {
    summary: 'This document, for programs',
    details: 'What is in it are the routes of this process, which depend on its role.',
    answer: json(z.looseObject({}), { openapi: '3.1.0' }),
  },
});
