/** The environment this process was started with, for files that name variables of the operator's own. */
export class Environment {
  constructor(readonly variables: Readonly<NodeJS.ProcessEnv>) {}
}
