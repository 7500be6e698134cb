import type { TestProject } from 'vitest/node';
import { createDeployment } from './deployment.ts';
import { setUp } from './set-up.ts';

export default (project: TestProject) => setUp('standalone', project, createDeployment);
