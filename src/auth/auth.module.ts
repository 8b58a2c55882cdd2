import { Module } from '@nestjs/common';
import { StateModule } from '../state/state.module.js';
import { AuthReadiness } from './auth-readiness.js';
import { Authenticator } from './authenticator.js';
import { BrowserTokens } from './browser-tokens.js';
import { CredentialSources } from './credential-sources.js';
import { RequestLimits } from './request-limits.js';

@Module({
  imports: [StateModule],
  providers: [BrowserTokens, CredentialSources, Authenticator, AuthReadiness, RequestLimits],
  exports: [Authenticator, BrowserTokens, RequestLimits],
})
export class AuthModule {}
